"""What do all errors have? Words for a person (`message`), and a `code` for a program that never changes."""

from typing import ClassVar


class StagingError(Exception):
    """Something went wrong on our side. Nothing was lost; please try again."""

    code: ClassVar[str] = "internal_error"
    http_status: ClassVar[int] = 500
    retryable: ClassVar[bool] = False

    def __init__(self, message: str | None = None, **subjects: object) -> None:
        self.message = message or " ".join((type(self).__doc__ or "").split())
        self.subjects = subjects
        super().__init__(self.message)

    @property
    def title(self) -> str:
        """The code in words."""
        return self.code.replace("_", " ").capitalize()

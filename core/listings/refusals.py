"""Which of many files is refused, and why, while the others go on?"""

from dataclasses import dataclass

from core import errors
from core.images import validation


@dataclass(frozen=True, slots=True)
class Refusal:
    """One file that is not taken: its name as it came, and the error that tells why and what to do.

    The error is a `PhotoRefused`, or `PicturesBusy`, which is retryable.
    """

    file_name: str
    error: errors.StagingError

    def __post_init__(self) -> None:
        # Refusals are kept in lists; where an error came from holds on to the photo that was read there.
        self.error.__traceback__ = self.error.__cause__ = self.error.__context__ = None

    @property
    def shown_name(self) -> str:
        """The name for display: without folders and without characters that could mislead."""
        return validation.safe_file_name(self.file_name)

    @property
    def code(self) -> str:
        """The reason for a program; it never changes once published."""
        return self.error.code

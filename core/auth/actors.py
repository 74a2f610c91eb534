"""Who makes this call? Every use case is handed an actor and asks it for permission."""

from dataclasses import dataclass
from enum import StrEnum

from core import errors
from core.auth.roles import PERMISSIONS, Action, Role


class Source(StrEnum):
    """Through which door a call or a piece of news came."""

    PAGE = "page"
    API = "api"
    WEBHOOK = "webhook"
    SWEEP = "sweep"
    SYNC = "sync"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """A person, a key or the desk itself. With `account_id`, it sees that account and no other.

    `made_by` is who made the key that is calling, where that is known.
    """

    name: str
    role: Role
    source: Source
    account_id: int | None = None
    made_by: str | None = None

    @property
    def person(self) -> str:
        """Who answers for the call: nobody can check themselves by means of a key."""
        return self.made_by or self.name

    def may(self, action: Action) -> bool:
        """Whether the role includes the action."""
        return action in PERMISSIONS[self.role]

    def require(self, action: Action) -> None:
        """Go on only if the role includes the action.

        Raises:
            PermissionDenied: naming the role and the action.
        """
        if not self.may(action):
            raise errors.PermissionDenied(
                f"The role {self.role} can't {action.value}. Nothing was changed; ask a manager for it."
            )

    def sees(self, account_id: int) -> bool:
        """Whether things of that account exist for this actor."""
        return self.account_id is None or self.account_id == account_id


# What the desk calls itself in events and in the ledger.
SYSTEM_NAME = "system"


def system(source: Source) -> Actor:
    """The desk itself, acting on news from `source`."""
    return Actor(name=SYSTEM_NAME, role=Role.MANAGER, source=source)

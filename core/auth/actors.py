"""Who makes this call? Every use case is handed an actor and asks it for permission."""

import getpass
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

    `name` is for people to read, and may change: people change their e-mail. `identity` never does, so what money and
    roles hang on goes by it: "user:12", "key:5", "local:NAME" in development, "command:NAME", "system", or
    "named:NAME" for whom nothing but a name is known of. `made_by` and `made_by_identity` are who made the key that
    is calling, where that is known.
    """

    name: str
    role: Role
    source: Source
    account_id: int | None = None
    made_by: str | None = None
    identity: str = ""
    made_by_identity: str | None = None

    def __post_init__(self) -> None:
        """Nobody is without an identity: two of none would be the same."""
        if not self.identity:
            object.__setattr__(self, "identity", f"named:{self.name}")
        if self.made_by is not None and self.made_by_identity is None:
            object.__setattr__(self, "made_by_identity", f"named:{self.made_by}")

    @property
    def person(self) -> str:
        """The name of who answers for the call: whoever made the key, or the actor themselves."""
        return self.made_by or self.name

    @property
    def person_identity(self) -> str:
        """Who answers for the call: nobody can check themselves by means of a key."""
        return self.made_by_identity or self.identity

    @property
    def identities(self) -> frozenset[str]:
        """Everybody who acts in this call: the actor and, behind a key, who made it."""
        return frozenset({self.identity, self.person_identity})

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
# What identities begin with: a person's, a key's, those of who works at this machine.
USER, _KEY, _LOCAL, _COMMAND = "user:", "key:", "local:", "command:"


def system(source: Source) -> Actor:
    """The desk itself, acting on news from `source`."""
    return Actor(name=SYSTEM_NAME, role=Role.MANAGER, source=source, identity=SYSTEM_NAME)


def command() -> Actor:
    """Whoever gives a command at this machine, by the name that the operating system has for them."""
    name = local_name()
    return Actor(name=f"{name}, by command", role=Role.MANAGER, source=Source.SYSTEM, identity=f"{_COMMAND}{name}")


def local(role: Role = Role.MANAGER, *, account_id: int | None = None) -> Actor:
    """The person at this machine in development, where nobody signs in, in any role."""
    name = local_name()
    return Actor(name=name, role=role, source=Source.PAGE, account_id=account_id, identity=f"{_LOCAL}{name}")


def local_name() -> str:
    """What the operating system calls who runs this process."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "local user"


def user_identity(user_id: int) -> str:
    """The identity of a person who signs in."""
    return f"{USER}{user_id}"


def key_identity(key_id: int) -> str:
    """The identity of an API key."""
    return f"{_KEY}{key_id}"


def key_name(name: str) -> str:
    """What a key is called where names are read: so that none passes for a person."""
    return f"key {name}"


def user_id_of(identity: str) -> int | None:
    """Which row of the people an identity is, or None if it is of no person who signs in."""
    return int(identity.removeprefix(USER)) if identity.startswith(USER) else None


def is_at_machine(identity: str) -> bool:
    """Whether it is somebody who works at this machine, whose role no manager gives."""
    return identity == SYSTEM_NAME or identity.startswith((_COMMAND, _LOCAL))

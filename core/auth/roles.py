"""Who may do what? The whole permission table, on one screen."""

from enum import StrEnum


class Role(StrEnum):
    """What a person or key is trusted with."""

    STAFF = "staff"
    SUPPORT = "support"
    MANAGER = "manager"


class Action(StrEnum):
    """What can be asked of `core`."""

    STAGE = "stage photos"
    READ_JOBS = "see jobs"
    READ_ACCOUNTS = "see balances and statements"
    ASK_PROVIDER = "see a prediction at Replicate"
    SYNC = "sync jobs"
    CANCEL = "cancel jobs"
    RETRY = "retry jobs"
    READ_ANALYTICS = "see analytics"
    GRANT_CREDITS = "grant credits"


_STAFF = frozenset({Action.STAGE, Action.READ_JOBS, Action.READ_ACCOUNTS, Action.ASK_PROVIDER})

PERMISSIONS: dict[Role, frozenset[Action]] = {
    Role.STAFF: _STAFF,
    Role.SUPPORT: _STAFF | {Action.SYNC, Action.CANCEL, Action.RETRY},
    Role.MANAGER: frozenset(Action),
}

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
    REFUND = "refund jobs"
    DECIDE_REFUNDS = "decide on requested refunds"
    EXPORT = "export figures"
    READ_ANALYTICS = "see analytics"
    GRANT_CREDITS = "grant and adjust credits"
    SET_LIMITS = "set limits"
    MANAGE_MODELS = "switch models"
    MANAGE_EXPERIMENTS = "run experiments"
    MANAGE_USERS = "manage people"
    MANAGE_KEYS = "manage API keys"
    READ_AUDIT = "see the audit log"


_STAFF = frozenset({Action.STAGE, Action.READ_JOBS, Action.READ_ACCOUNTS, Action.ASK_PROVIDER, Action.EXPORT})

PERMISSIONS: dict[Role, frozenset[Action]] = {
    Role.STAFF: _STAFF,
    Role.SUPPORT: _STAFF | {Action.SYNC, Action.CANCEL, Action.RETRY, Action.REFUND},
    Role.MANAGER: frozenset(Action),
}

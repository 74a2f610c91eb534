"""What is kept? Tables with their columns, constraints and indexes; no queries and no rules live here."""

from core.models.accounts import Account, LedgerEntry
from core.models.api_keys import ApiKey
from core.models.audit import AuditEntry
from core.models.base import Base
from core.models.experiments import Experiment, ExperimentArm, ExperimentAssignment
from core.models.jobs import Attempt, Job, JobEvent, Variant
from core.models.listings import Favorite, Listing, ListingPhoto, Rating
from core.models.model_settings import ModelSetting
from core.models.photos import Photo
from core.models.queue_pauses import QueuePause
from core.models.queue_turns import QueueTurn
from core.models.rate_limits import RateLimit
from core.models.refunds import Refund, RefundLimit
from core.models.reuses import Reuse
from core.models.users import User
from core.models.webhooks import WebhookDelivery

__all__ = [
    "Account",
    "ApiKey",
    "Attempt",
    "AuditEntry",
    "Base",
    "Experiment",
    "ExperimentArm",
    "ExperimentAssignment",
    "Favorite",
    "Job",
    "JobEvent",
    "LedgerEntry",
    "Listing",
    "ListingPhoto",
    "ModelSetting",
    "Photo",
    "QueuePause",
    "QueueTurn",
    "RateLimit",
    "Rating",
    "Refund",
    "RefundLimit",
    "Reuse",
    "User",
    "Variant",
    "WebhookDelivery",
]

"""Would it be noticed? Mistakes that people make in such code, and the rules that have to notice them."""

from dataclasses import dataclass
from datetime import timedelta

from core.credits import ledger
from core.jobs import dispatch, idempotency, pause, provider_list, settlement, sweep, transitions
from core.models.base import new_id
from core.provider import contract
from core.webhooks import inbox
from tests.simulation import mistakes


@dataclass(frozen=True, slots=True, kw_only=True)
class Bug:
    """A mistake, how it is made, the rules that may notice it, and a seed that did when it was last looked for."""

    name: str
    plant: mistakes.Planting
    noticed_by: tuple[str, ...]
    seed: int = 0


_KEPT = "a webhook that was taken is kept, once"
_RETURNED = "what has no result is returned, once"
_STAYS = "terminal states stay"
_VAIN = "nothing is bought in vain"
_ENDS = "everything ends"
_STORED = "a success has its own stored result"
_OWNED = "each prediction has one owner"
_SIGNED = "what is not signed is refused"
_TRUE = "an ending is true"
_BALANCE = "the balance is the sum of its entries"

BUGS = (
    Bug(
        name="webhooks are not told apart by their id",
        plant=mistakes.keyed_by_a_fresh_id,
        noticed_by=(_KEPT,),
        seed=1,
    ),
    Bug(
        name="a webhook is acknowledged before the commit",
        plant=mistakes.acknowledged_before_commit,
        noticed_by=(_KEPT,),
        seed=1,
    ),
    Bug(
        name="a webhook's variant is believed without a look at its input",
        plant=mistakes.text(
            inbox.Inbox,
            "_adopt",
            (" or not (order_key(prediction.input) == order_key(attempt.input) is not None)", ""),
        ),
        noticed_by=(_OWNED, _VAIN),
        seed=35,
    ),
    Bug(
        name="signatures are not verified",
        plant=mistakes.attribute(inbox.Inbox, "_require_signed", lambda self, body, headers: None),
        noticed_by=(_SIGNED,),
        seed=8,
    ),
    Bug(name="credits are returned twice", plant=mistakes.refunded_again_at_the_end, noticed_by=(_RETURNED,), seed=0),
    Bug(
        name="a time-out returns nothing",
        plant=mistakes.refund_forgotten_after_a_time_out,
        noticed_by=(_RETURNED,),
        seed=0,
    ),
    Bug(
        name="a charge takes what is there",
        plant=mistakes.text(
            ledger,
            "charge",
            (", Account.balance >= amount_credits)", ")"),
            ("balance=Account.balance - amount_credits", "balance=sa.func.max(Account.balance - amount_credits, 0)"),
        ),
        noticed_by=(_BALANCE,),
        seed=22,
    ),
    Bug(
        name="late news reopens what has failed",
        plant=mistakes.reopened_by_late_news,
        noticed_by=(_STAYS, _RETURNED),
        seed=8,
    ),
    Bug(
        name="an unanswered order is sent again",
        plant=mistakes.unanswered_is_refused,
        noticed_by=(_VAIN,),
        seed=4,
    ),
    Bug(
        name="orders are told apart without their seed",
        plant=mistakes.attribute(contract, "_IDENTIFYING_INPUTS", ("prompt", "input_image")),
        noticed_by=(_OWNED, _VAIN),
        seed=12,
    ),
    Bug(
        name="the list is believed to be up to date",
        plant=mistakes.attribute(sweep, "LIST_LAG", timedelta()),
        noticed_by=(_VAIN,),
        seed=32,
    ),
    Bug(
        name="clocks are believed to agree",
        plant=mistakes.attribute(provider_list, "CLOCK_SKEW", timedelta()),
        noticed_by=(_VAIN,),
        seed=116,
    ),
    Bug(
        name="a call that is under way is believed to be lost",
        plant=mistakes.attribute(sweep, "CALL_MAX", timedelta()),
        noticed_by=(_VAIN,),
        seed=60,
    ),
    Bug(
        name="the deadline is left to the provider",
        plant=mistakes.no_deadline_of_our_own,
        noticed_by=(_ENDS,),
        seed=12,
    ),
    Bug(
        name="a variant is settled before its result is stored",
        plant=mistakes.settled_before_stored,
        noticed_by=(_STORED,),
        seed=30,
    ),
    Bug(
        name="a storage that fails is taken for one that stored",
        plant=mistakes.storage_that_fails_is_believed,
        noticed_by=(_STORED,),
        seed=53,
    ),
    Bug(name="one variant gets the other's result", plant=mistakes.result_kept_by_job, noticed_by=(_STORED,), seed=1),
    Bug(
        name="a settlement that is put off is forgotten",
        plant=mistakes.attribute(settlement, "_RETRY_PAUSE", mistakes.FOR_EVER),
        noticed_by=(_ENDS,),
        seed=16,
    ),
    Bug(
        name="the claim of a killed settlement lasts for ever",
        plant=mistakes.attribute(settlement, "_CLAIM", mistakes.FOR_EVER),
        noticed_by=(_ENDS,),
        seed=6,
    ),
    Bug(
        name="a released variant is never released again",
        plant=mistakes.attribute(dispatch, "RELEASE_LEASE", mistakes.FOR_EVER),
        noticed_by=(_ENDS,),
        seed=2,
    ),
    Bug(
        name="a pause never ends",
        plant=mistakes.attribute(pause, "claim_trial", lambda *_arguments: False),
        noticed_by=(_ENDS,),
        seed=10,
    ),
    Bug(
        name="what was canceled is ordered again",
        plant=mistakes.text(transitions, "_queue_again", ("variant.cancel_requested_at is not None", "False")),
        noticed_by=("nothing is ordered after a cancel",),
        seed=6,
    ),
    Bug(
        name="the free retry has no limit",
        plant=mistakes.unlimited_retry,
        noticed_by=("each ending comes once", _VAIN),
        seed=8,
    ),
    Bug(
        name="a job ends with its first variant",
        plant=mistakes.job_ends_with_its_first_variant,
        noticed_by=("a job agrees with its variants",),
        seed=3,
    ),
    Bug(
        name="a repeated request is a new one",
        plant=mistakes.attribute(idempotency, "numbered", lambda key, number: f"{key}#{number}#{new_id()}"),
        noticed_by=("the same key is answered with the same job",),
        seed=0,
    ),
    Bug(
        name="news of an earlier prediction is taken",
        plant=mistakes.news_of_any_prediction_is_taken,
        noticed_by=(_TRUE,),
        seed=59,
    ),
)

"""What may a history look like? Small random ones, written row by row through the models, as the desk leaves them."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db.session import Database
from core.jobs.refund_queries import RefundReason
from core.jobs.states import JobState, Priority, VariantState, final_job_state
from core.models import Account, Attempt, Job, LedgerEntry, Photo, Variant
from core.models.base import new_id

PEOPLE = ("bob", "charlie", "eve")
ROOMS, STYLES = ("living_room", "bedroom"), ("modern", "coastal", "luxury")
MODELS = ("one/model", "another/model")
_CODES = ("safety", "timed_out", "queue_timed_out", "prediction_failed")
_SOURCES = ("webhook", "sweep", "sync", "page", None)
_IN_FLIGHT = (VariantState.QUEUED, VariantState.SUBMITTING, VariantState.RUNNING)
_ENDS = (VariantState.SUCCEEDED, VariantState.SUCCEEDED, VariantState.FAILED, VariantState.CANCELED)
_FAR = datetime(2100, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)


@dataclass
class Writer:
    """Writes what happens, one thing a call, by chance and near `around`."""

    database: Database
    chance: Random
    around: datetime
    days: float = 2.0
    _photos: dict[int, str] = field(default_factory=dict)

    def step(self) -> None:
        """Something happens: mostly a submission or an end, at times a refund, a grant or an adjustment."""
        deed = self.chance.choice((self.submit, self.submit, self.end, self.end, self.refund, self.grant))
        with self.database.write() as session:
            deed(session)

    def moment(self) -> datetime:
        """Some moment near the middle of the history; often one on the hour, where borders lie."""
        wide = self.days * 86_400_000_000
        found = self.around + timedelta(microseconds=self.chance.randint(int(-wide), int(wide)))
        if self.chance.random() < 0.4:
            found = found.replace(minute=self.chance.choice((0, 15, 30)), second=0, microsecond=0)
            found -= timedelta(microseconds=self.chance.choice((0, 1)))
        return found

    def submit(self, session: Session) -> str:
        """A job with one or two variants, charged; often a retry of an earlier one."""
        account = self.chance.choice(session.scalars(sa.select(Account.id).order_by(Account.id)).all())
        indexes = self.chance.choice(((0, 1), (0, 1), (0, 1), (1,)))
        earlier = session.scalars(sa.select(Job.id).order_by(Job.id)).all()
        at, job_id = self.moment(), new_id()
        session.add(
            Job(
                id=job_id,
                account_id=account,
                photo_id=self._photo(session, account),
                state=JobState.PENDING,
                room_type=self.chance.choice(ROOMS),
                style=self.chance.choice(STYLES),
                instructions="",
                prompt="",
                prompt_version="1",
                model=self.chance.choice(MODELS),
                priority=self.chance.choice(tuple(Priority)),
                created_by=self.chance.choice(PEOPLE),
                retry_of=self.chance.choice(earlier) if earlier and self.chance.random() < 0.3 else None,
                credits_used=20 * len(indexes),
                credits_refunded=0,
                created_at=at,
                search_name="room.jpg",
            )
        )
        session.flush()
        for index in indexes:
            session.add(self._variant(job_id, index, at))
        self._move(session, account, -20 * len(indexes), kind="charge", reason="staging", job_id=job_id, at=at)
        return job_id

    def end(self, session: Session) -> None:
        """A job under way goes on: each of its variants is ordered, retried or ended."""
        jobs = session.scalars(sa.select(Job).where(Job.completed_at.is_(None)).order_by(Job.id)).all()
        if not jobs:
            return
        job = self.chance.choice(jobs)
        variants = session.scalars(sa.select(Variant).where(Variant.job_id == job.id).order_by(Variant.id)).all()
        ended = [self._go_on(session, job, variant) for variant in variants if variant.completed_at is None]
        job.state = JobState.PROCESSING
        state = final_job_state([VariantState(variant.state) for variant in variants])
        if state is not None:
            last = max(variant.completed_at for variant in variants if variant.completed_at is not None)
            job.state, job.completed_at = state, last
            job.error_code = next((variant.error_code for variant in variants if variant.error_code), None)
        session.flush()
        for variant in filter(None, ended):
            if variant.state != VariantState.SUCCEEDED and variant.completed_at is not None:
                self._refund(session, job, 20, reason="system", at=variant.completed_at)

    def refund(self, session: Session) -> None:
        """Somebody refunds a part of what a job has left, perhaps days later."""
        query = sa.select(Job).where(Job.completed_at.is_not(None), Job.credits_refunded < Job.credits_used)
        jobs = session.scalars(query.order_by(Job.id)).all()
        if jobs:
            job = self.chance.choice(jobs)
            amount = self.chance.randint(1, job.credits_used - job.credits_refunded)
            reason = self.chance.choice(tuple(RefundReason))
            self._refund(session, job, amount, reason=reason, at=self.moment())

    def grant(self, session: Session) -> None:
        """An account is given credits, or has its balance corrected."""
        account = self.chance.choice(session.scalars(sa.select(Account.id).order_by(Account.id)).all())
        kind, amount = self.chance.choice((("grant", 70), ("adjustment", 5), ("adjustment", -3)))
        self._move(session, account, amount, kind=kind, reason="package", job_id=None, at=self.moment())

    def _go_on(self, session: Session, job: Job, variant: Variant) -> Variant | None:
        chance = self.chance
        begun = variant.retried_at or job.created_at
        ordered = begun + _SECOND * chance.choice((0, 0.25, 3, 70.5))
        number = 1 + session.scalars(sa.select(sa.func.count()).where(Attempt.variant_id == variant.id)).one()
        ended = ordered + _SECOND * round(chance.uniform(0, 300), 6)
        if chance.random() < 0.85:
            session.add(self._attempt(variant, number, ordered, ended))
        if number == 1 and chance.random() < 0.25:
            variant.retried_at = ended
            return None
        if chance.random() < 0.3:
            variant.state = chance.choice(_IN_FLIGHT)
            return None
        state = chance.choice(_ENDS)
        variant.state, variant.next_due_at = state, None
        variant.completed_at = ended + _SECOND * chance.choice((0, 0.4, 12))
        variant.settled_by = chance.choice(_SOURCES)
        variant.error_code = chance.choice(_CODES) if state is VariantState.FAILED else None
        variant.result_key = "a result" if state is VariantState.SUCCEEDED else None
        return variant

    def _attempt(self, variant: Variant, number: int, ordered: datetime, ended: datetime) -> Attempt:
        chance = self.chance
        took = chance.choice((None, 12.345678, 30.5, round(chance.uniform(0.001, 200), 6)))
        times = chance.choice(((None, None), (ordered, None), (ordered, ended), (ordered + 2 * _SECOND, ended)))
        return Attempt(
            id=new_id(),
            variant_id=variant.id,
            number=number,
            seed=1,
            input={},
            prediction_id=new_id(),
            status="succeeded",
            cost_usd_micros=chance.choice((0, 40_000, 41_001)),
            created_at=ordered,
            provider_started_at=times[0],
            provider_completed_at=times[1],
            predict_seconds=took,
        )

    def _variant(self, job_id: str, index: int, at: datetime) -> Variant:
        return Variant(
            id=new_id(),
            job_id=job_id,
            variant_index=index,
            state=VariantState.QUEUED,
            seed=1,
            price_credits=20,
            turn=1,
            created_at=at,
            next_due_at=_FAR,
        )

    def _photo(self, session: Session, account: int) -> str:
        if account not in self._photos:
            keys = dict.fromkeys(("original_key", "prepared_key", "thumbnail_key"), "")
            sizes = dict.fromkeys(("size_bytes", "width", "height", "prepared_width", "prepared_height"), 1)
            self._photos[account] = new_id()
            session.add(
                Photo(
                    id=self._photos[account],
                    account_id=account,
                    sha256="",
                    file_name="room.jpg",
                    media_type="image/jpeg",
                    created_at=self.around,
                    **keys,
                    **sizes,
                )
            )
            session.flush()
        return self._photos[account]

    def _refund(self, session: Session, job: Job, amount: int, *, reason: str, at: datetime) -> None:
        job.credits_refunded += amount
        self._move(session, job.account_id, amount, kind="refund", reason=reason, job_id=job.id, at=at)

    def _move(self, session: Session, account: int, amount: int, **entry: Any) -> None:
        owner = session.get_one(Account, account)
        owner.balance += amount
        session.add(
            LedgerEntry(
                entry_key=new_id(),
                account_id=account,
                amount=amount,
                balance_after=owner.balance,
                note="",
                actor="alice",
                **entry,
            )
        )
        session.flush()

"""How do the figures stay true while work goes on? Columns read once, then extended by what has come since.

Each look, at most one every few seconds:

1. Ledger entries that are not known yet; ids may become visible out of order, so a stretch back is looked at again.
2. Jobs with a new charge, and those that had not ended when they were last read. What has ended never changes.
3. Proof: for each account, the sum of all known movements is its balance, as of the same moment. If it is not,
   everything is read anew. An account of which the tables themselves don't add up is named, and read once.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import numpy as np
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock, errors, logs
from core.analytics import column_file, columns, reading, recount
from core.analytics.columns import History
from core.credits.ledger import EntryKind
from core.db.session import Database
from core.jobs import stuck
from core.models import Variant

MAX_AGE_SECONDS = 5.0
# An entry may become visible after others with so many higher ids.
_LATE_IDS = 1_000
# Beyond this, reading everything in order is quicker than picking.
_EXTENSION_JOBS_MAX = 50_000
# How long one who waits for another's look waits before it asks whether to go on.
_WAIT_SECONDS = 0.5
# A start reads what is not in the file: so many entries take a tenth of a second.
_SAVE_AFTER_ENTRIES = 5_000
_log = logs.get(__name__)


class KeptHistory:
    """The history of one process. With a `file`, a copy is kept there, and the next start begins with it.

    `version` grows with every change, `read_at` is when it was last looked. `accounts_off` are the ids of those whose
    entries in the ledger do not add up to their balance.
    """

    def __init__(
        self, database: Database, *, file: Path | None = None, max_age_seconds: float = MAX_AGE_SECONDS
    ) -> None:
        self._database, self._file, self._max_age_seconds = database, file, max_age_seconds
        self._turn = threading.RLock()
        self._history: History | None = None
        self._known_until = -1.0
        self._saved_entries = 0
        self._proven = column_file.proof(file) if file is not None else None
        self._at_each_step: Callable[[], None] | None = None
        self._off: dict[int, int] = {}
        self.version = 0
        self.read_at = clock.now()

    @property
    def accounts_off(self) -> frozenset[int]:
        """The accounts whose entries do not add up to their balance, in the tables as well."""
        return frozenset(self._off)

    def read_ahead(self, at_each_step: Callable[[], None]) -> None:
        """Read what the first question would have to wait for; `at_each_step` may end it by an exception."""
        while not self._turn.acquire(timeout=_WAIT_SECONDS):
            at_each_step()
        try:
            self._at_each_step = at_each_step
            with self.current():
                pass
        finally:
            self._at_each_step = None
            self._turn.release()

    @contextmanager
    def current(self) -> Iterator[History]:
        """The history as it is now, or was some seconds ago. It stays as it is, and is this thread's, to the end."""
        with self._turn:
            if self._history is None or time.monotonic() >= self._known_until:
                self._history = self._look()
                self._known_until = time.monotonic() + self._max_age_seconds
            yield self._history

    def recount(self) -> list[str]:
        """How the columns, brought up to date, differ from the tables read anew, in sentences; none if they don't.

        What was read anew takes their place, in the file as well, and other processes of that file go on from there.
        Both are of the same moment.

        Raises:
            FiguresNotKept: if the file could not be written.
        """
        with self._turn:
            with self._database.read() as session:
                kept = self._history or self._from_file(session) or History()
                self.version += extend(session, kept)
                counted = reading.whole(session)
                counted.stuck = stuck_places(session, counted, clock.now())
            found = recount.differences(kept, counted)
            self._history, self.version = counted, self.version + 1
            if self._file is not None:
                try:
                    column_file.save(self._file, counted)
                    self._proven = column_file.prove(self._file)
                except OSError:
                    raise errors.FiguresNotKept from None
            return found

    def _look(self) -> History:
        self._forget_what_is_proven_elsewhere()
        looked_at = clock.now()
        with self._database.read() as session:
            history = self._history if self._history is not None else self._from_file(session)
            if history is not None and not self._is_brought_up(session, history):
                _log.warning("figures did not add up and are read anew")
                # There is room in memory for one of them.
                history = self._history = None
            if history is None:
                history = reading.whole(session, at_each_chunk=self._at_each_step)
                self.version += 1
                self._tell_what_is_off(off(session, history))
            history.stuck = stuck_places(session, history, looked_at)
        self.read_at = looked_at
        self._save(history)
        return history

    def _is_brought_up(self, session: Session, history: History) -> bool:
        """Extend the history; whether it adds up now, but for what does not add up in the tables themselves."""
        # At once: should what follows fail, nobody is to be told what was remembered from before.
        self.version += extend(session, history)
        self.version += take_names(session, history)
        return off(session, history) == self._off

    def _tell_what_is_off(self, found: dict[int, int]) -> None:
        self._off = found
        if found:
            _log.error("balances differ from the ledger: run the check", accounts=sorted(found))

    def _forget_what_is_proven_elsewhere(self) -> None:
        if self._file is None:
            return
        proven = column_file.proof(self._file)
        if proven != self._proven:
            self._proven, self._history = proven, None
            self.version += 1

    def _from_file(self, session: Session) -> History | None:
        if self._file is None:
            return None
        history = column_file.load(self._file, session)
        self._saved_entries = history.ledger.length if history is not None else 0
        return history

    def _save(self, history: History) -> None:
        if self._file is None or history.ledger.length - self._saved_entries < _SAVE_AFTER_ENTRIES:
            return
        try:
            column_file.save(self._file, history)
        except OSError as error:
            # The next start takes longer, and nothing else is lost.
            _log.warning("the copy of the figures' columns could not be written", error=type(error).__name__)
        self._saved_entries = history.ledger.length


def extend(session: Session, history: History) -> bool:
    """Read what has come since into the history; whether anything has."""
    ids = history.ledger["id"]
    last = int(ids.max()) if len(ids) else 0
    known = set(ids[ids > last - _LATE_IDS].tolist())
    entries = [
        row
        for rows in reading.entry_chunks(session, after_id=last - _LATE_IDS)
        for row in rows
        if row[0] not in known
    ]
    charged = [row[5] for row in entries if row[2] == EntryKind.CHARGE]
    if len(charged) > _EXTENSION_JOBS_MAX:
        fresh = reading.whole(session)
        _replace(history, fresh)
        return True
    before = history.in_flight()
    under_way = history.job_ids(before)
    chunks = list(reading.jobs(session, history, sorted({*under_way, *charged})))
    changed = bool(entries) or _differ(history, before, chunks)
    history.jobs.remove(before)
    for chunk in chunks:
        history.jobs.insert(chunk)
    if entries:
        history.ledger.insert(reading.entry_columns(history, entries))
    return changed


def off(session: Session, history: History) -> dict[int, int]:
    """By how much the known movements of an account are more than its balance, by its id; none that add up."""
    sums = history.sums_by_account()
    expected = {account_id: balance for account_id, (_name, balance) in reading.balances(session).items()}
    found = {one: sums.get(one, 0) - expected.get(one, 0) for one in sums.keys() | expected.keys()}
    return {account_id: difference for account_id, difference in found.items() if difference}


def take_names(session: Session, history: History) -> bool:
    """Call the accounts what they are called now; whether that is something new."""
    names = {account_id: name for account_id, (name, _balance) in reading.balances(session).items()}
    changed = names != history.account_names
    history.account_names = names
    return changed


def stuck_places(session: Session, history: History, now: datetime) -> columns.Ints:
    """The places of jobs of which a variant stands still at this moment."""
    is_in_flight = Variant.state.in_(stuck.IN_FLIGHT_VARIANTS)
    found = set(session.scalars(sa.select(Variant.job_id).where(is_in_flight, stuck.is_stuck(now))))
    if not found:
        return np.zeros(0, dtype=np.int64)
    places = history.in_flight()
    return places[[job_id in found for job_id in history.job_ids(places)]]


def _differ(history: History, places: columns.Ints, chunks: list[dict[str, columns.Array]]) -> bool:
    if len(places) != sum(len(chunk["at"]) for chunk in chunks):
        return True
    if not len(places):
        return False
    again = columns.joined(columns.JOB_SHAPE, columns.JOB_ORDER, [dict(chunk) for chunk in chunks])
    return any(not np.array_equal(history.jobs[name][places], again[name]) for name in columns.JOB_SHAPE)


def _replace(history: History, fresh: History) -> None:
    for name in ("jobs", "ledger", "words", "account_names"):
        setattr(history, name, getattr(fresh, name))

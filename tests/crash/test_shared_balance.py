"""Can a balance be spent twice? Twenty threads in two processes buy from the same account."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

from core.db.session import Database
from tests import factories
from tests.crash import spend
from tests.crash.books import Books
from tests.crash.processes import ROOT, environment, poll

PROCESSES, THREADS, TRIES = 2, 10, 4
AFFORDABLE = 40
JOB_PRICE = 40


def test_two_processes_of_ten_threads_buy_what_the_balance_pays_and_not_one_more(
    database_url: str, tmp_path: Path
) -> None:
    database = Database(database_url)
    factories.set_balance(database, AFFORDABLE * JOB_PRICE + JOB_PRICE // 2)
    database.close()
    answers = _spend_at_once(database_url, tmp_path)

    assert set(answers) <= {spend.SOLD, spend.REFUSED}, "something else reached a caller"
    assert answers[spend.SOLD] == AFFORDABLE
    assert answers[spend.REFUSED] == PROCESSES * THREADS * TRIES - AFFORDABLE
    books = Books(database_url)
    assert len(books.job_ids()) == AFFORDABLE
    assert {row[1:] for row in books.charges()} == {(1, -JOB_PRICE)}
    assert (factories.BELLEVUE, JOB_PRICE // 2, JOB_PRICE // 2) in books.balances()
    assert books.value("SELECT min(balance_after) FROM ledger_entries") >= 0


def _spend_at_once(database_url: str, folder: Path) -> Counter[str]:
    go = folder / "go"
    files = (folder / "files").as_uri()
    started = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.crash.spend", database_url, files, str(go), str(THREADS), str(TRIES), name],
            cwd=ROOT,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        for name in map(str, range(PROCESSES))
    ]
    try:
        poll(
            lambda: len(list(folder.glob(f"go-{spend.READY}-*"))) == PROCESSES,
            within_seconds=60,
            what="both processes' start",
        )
        go.touch()
        outputs = [process.communicate(timeout=120)[0] for process in started]
    finally:
        for process in started:
            process.kill()
    answers: Counter[str] = Counter()
    for output in outputs:
        answers.update(json.loads(output.splitlines()[-1]))
    return answers

"""Does the desk stay right under seeded faults, and does a seed tell the same story each time?"""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulation.database import CrashingDatabase
from tests.simulation.run import run

ROOT = Path(__file__).parents[2]
SEEDS = 150
_BATCH = 25


@pytest.mark.parametrize("first", range(0, SEEDS, _BATCH))
def test_all_rules_hold_and_everything_ends(simulated_database: CrashingDatabase, first: int) -> None:
    failed = [
        outcome
        for outcome in (run(seed, simulated_database) for seed in range(first, first + _BATCH))
        if outcome.violation is not None
    ]
    stories = "\n\n".join("\n".join((f"seed {one.seed}: {one.violation}", *one.lines)) for one in failed)
    assert not failed, stories


@pytest.mark.parametrize("seed", [3, 14, 159])
def test_the_same_seed_tells_the_same_story(simulated_database: CrashingDatabase, seed: int) -> None:
    once, again = run(seed, simulated_database), run(seed, simulated_database)
    assert len(once.lines) > 50
    assert once.digest == again.digest
    # Another process puts its sets in another order.
    program = (
        "import sys; from pathlib import Path\n"
        "from tests.simulation.database import CrashingDatabase; from tests.simulation.run import run\n"
        f"sys.stdout.write(run({seed}, CrashingDatabase(Path(sys.argv[1]))).digest)"
    )
    elsewhere = subprocess.run(
        [sys.executable, "-c", program, str(simulated_database.path.with_name(f"elsewhere-{seed}.sqlite"))],
        cwd=ROOT,
        env={"PYTHONHASHSEED": str(seed + 1), "PATH": ""},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert elsewhere.stdout == once.digest


def test_different_seeds_tell_different_stories(simulated_database: CrashingDatabase) -> None:
    assert len({run(seed, simulated_database).digest for seed in range(5)}) == 5

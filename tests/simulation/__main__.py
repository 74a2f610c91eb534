"""How many seeds hold? `python -m tests.simulation --seeds 10000` prints the figure, and the trace of what failed."""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.simulation.database import CrashingDatabase
from tests.simulation.run import Outcome, run

_IN_MEMORY = Path("/dev/shm")
_EVERY = 500


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=200, help="how many seeds to run")
    parser.add_argument("--first", type=int, default=0, help="the first of them")
    parser.add_argument("--trace", action="store_true", help="print every trace, not only of seeds that fail")
    wanted = parser.parse_args()
    failed: list[Outcome] = []
    bought = succeeded = 0
    started, worked = time.perf_counter(), time.process_time()
    with tempfile.TemporaryDirectory(dir=_IN_MEMORY if _IN_MEMORY.is_dir() else None) as folder:
        database = CrashingDatabase(Path(folder) / "simulation.sqlite")
        for number, seed in enumerate(range(wanted.first, wanted.first + wanted.seeds), start=1):
            outcome = run(seed, database)
            bought, succeeded = bought + outcome.bought, succeeded + outcome.succeeded
            if outcome.violation is not None or wanted.trace:
                _say(f"seed {seed}:", *outcome.lines, f"{outcome.violation or 'all rules hold'}", "")
            if outcome.violation is not None:
                failed.append(outcome)
            if number % _EVERY == 0:
                _say(f"{number} seeds, {len(failed)} failed, {time.perf_counter() - started:.0f} s")
        database.close()
    seconds, busy = time.perf_counter() - started, time.process_time() - worked
    _say(
        f"{wanted.seeds} seeds in {seconds:.0f} s, {busy:.0f} s of one core: {len(failed)} failed.",
        f"{bought} predictions were bought, {succeeded} variants succeeded.",
        *(f"seed {outcome.seed}: {outcome.violation}" for outcome in failed),
    )
    return 1 if failed else 0


def _say(*lines: str) -> None:
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())

"""Does it all add up when everything goes wrong at once? 200 jobs, all faults, and five kills.

Run on demand: `python -m pytest tests/crash/long_troubled_run.py -s`; it takes a few minutes.
"""

import sys
from pathlib import Path

from tests.crash import troubled_run

JOBS, KILLS = 200, 5


def test_two_hundred_jobs_outlive_all_faults_and_five_kills(tmp_path: Path) -> None:
    figures = troubled_run.run(tmp_path, jobs=JOBS, kills=KILLS)
    sys.stdout.write(f"\n{figures}\n")
    assert sum(figures.jobs.values()) == JOBS

"""Does it all add up when everything goes wrong at once? A few jobs, all faults, and two kills."""

import sys
from pathlib import Path

from tests.crash import troubled_run

JOBS, KILLS = 20, 2


def test_twenty_jobs_outlive_all_faults_and_two_kills(tmp_path: Path) -> None:
    figures = troubled_run.run(tmp_path, jobs=JOBS, kills=KILLS)
    sys.stdout.write(f"\n{figures}\n")
    assert sum(figures.jobs.values()) == JOBS

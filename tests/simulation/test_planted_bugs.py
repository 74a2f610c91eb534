"""Would a mistake be noticed? Each of those that were planted is, by a rule, within some hundred seeds."""

import pytest

from tests.simulation.database import CrashingDatabase
from tests.simulation.planted_bugs import BUGS, Bug
from tests.simulation.run import Outcome, run

# The rarest of them shows itself once in about a hundred seeds.
_SEEDS_LOOKED_THROUGH = 300


def first_noticed(bug: Bug, database: CrashingDatabase) -> Outcome | None:
    """The seed that noticed it last time, else the first one that does."""
    for seed in (bug.seed, *range(_SEEDS_LOOKED_THROUGH)):
        with bug.plant():
            outcome = run(seed, database)
        if outcome.rule in bug.noticed_by:
            return outcome
    return None


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_planted_bug_is_noticed(simulated_database: CrashingDatabase, bug: Bug) -> None:
    assert 0 <= bug.seed < _SEEDS_LOOKED_THROUGH
    noticed = first_noticed(bug, simulated_database)
    assert noticed is not None
    # The same seed holds without the bug: it is the bug that was noticed.
    assert run(noticed.seed, simulated_database).violation is None

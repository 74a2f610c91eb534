"""How long until the desk answers, compared with importing the same packages in a bare interpreter?

python -m pytest tests/bench/bench_startup.py
"""

import statistics
import subprocess
import sys
import time
from pathlib import Path

from pytest_benchmark.fixture import BenchmarkFixture

from tests.bench import processes

ROUNDS = 7
# What a running desk has imported; read from its own process rather than from a list that would age.
_LIST_MODULES = """
import sys
import app
names = sorted({name.partition('.')[0] for name in sys.modules})
print(*[name for name in names if not name.startswith('_') and name not in ('app', 'core', 'pages')])
"""


def test_startup_against_bare_imports(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    data = tmp_path / "data"
    with processes.simulator(tmp_path / "simulator", "--seconds", "1") as simulator:
        with processes.desk(data, provider_url=simulator.url):
            pass
        modules = _imported_modules()
        ours, bare = [], []

        def pair() -> None:
            started = time.perf_counter()
            with processes.desk(data, provider_url=simulator.url):
                ours.append(time.perf_counter() - started)
            started = time.perf_counter()
            subprocess.run([sys.executable, "-c", "import " + ", ".join(modules)], check=True)
            bare.append(time.perf_counter() - started)

        benchmark.pedantic(pair, rounds=ROUNDS, iterations=1)
    ratios = [one / other for one, other in zip(ours, bare, strict=True)]
    figures = {
        "ready_seconds": round(statistics.median(ours), 2),
        "imports_seconds": round(statistics.median(bare), 2),
        "ratio": round(statistics.median(ratios), 2),
        "target": "at most 1.5",
    }
    benchmark.extra_info.update(figures)
    sys.stderr.write(f"\n{figures}\n")
    assert not {"pandas", "plotly"} & set(modules), "pandas and plotly belong to the pages that draw with them"


def _imported_modules() -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", _LIST_MODULES], cwd=processes.ROOT, check=True, capture_output=True, text=True
    )
    return done.stdout.splitlines()[-1].split()

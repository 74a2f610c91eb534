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
# What a served desk has imported, read from its own process rather than from a list that would age. Names that only
# live inside a compiled module can't be imported by themselves; plotly, where it is found, is imported by Streamlit.
_LIST_MODULES = """
import sys
import streamlit
by_streamlit = set(sys.modules)
import app
ours = {name.partition('.')[0] for name in list(sys.modules)} - {'app', 'core', 'pages', '__main__'}
print(*sorted(name for name in ours if not name.startswith('_') and getattr(sys.modules[name], '__spec__', None)))
print(*sorted({'pandas', 'plotly'} & {name.partition('.')[0] for name in set(sys.modules) - by_streamlit}))
"""


def test_startup_against_bare_imports(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    data = tmp_path / "data"
    with processes.simulator(tmp_path / "simulator", "--seconds", "1") as simulator:
        with processes.desk(data, provider_url=simulator.url):
            pass
        modules, drawn_with = _imported_modules()
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
    assert drawn_with == [], "pandas and plotly belong to the pages that draw with them"


def _imported_modules() -> tuple[list[str], list[str]]:
    done = subprocess.run(
        [sys.executable, "-c", _LIST_MODULES], cwd=processes.ROOT, check=True, capture_output=True, text=True
    )
    modules, drawn_with = done.stdout.split("\n")[-3:-1]
    return modules.split(), drawn_with.split()

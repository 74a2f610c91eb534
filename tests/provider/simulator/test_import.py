"""Importing the simulator's package costs nothing until it is started."""

import subprocess
import sys


def test_package_and_switches_import_neither_pillow_nor_fastapi() -> None:
    code = (
        "import sys, core.provider.simulator, core.provider.simulator.address, core.provider.simulator.config; "
        "print([name for name in ('PIL', 'fastapi', 'uvicorn', 'httpx', 'sqlite3') if name in sys.modules])"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"

"""What a start brings in: the command line neither engine nor Qt nor tables, a window no charts until it is painted."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HEAVY = ("numpy", "numba", "pyarrow", "PySide6", "pyqtgraph", "scipy", "polars", "duckdb")


@pytest.mark.parametrize(
    ("module", "absent"),
    [
        ("app.cli.entry", HEAVY),
        ("app.cli.window", HEAVY),
        ("app.session.supervisor", HEAVY),
        ("app.desk", ("numba", "pyarrow", "pyqtgraph", "scipy")),
    ],
)
def test_that_a_process_that_a_window_waits_for_loads_nothing_heavy(module: str, absent: tuple[str, ...]) -> None:
    code = f"import sys, {module}; print(sorted(set({absent!r}) & set(sys.modules)))"
    assert subprocess.check_output([sys.executable, "-c", code], text=True, cwd=ROOT) == "[]\n"

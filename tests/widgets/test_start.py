"""What a start brings in: the command line neither engine nor Qt nor tables, a window no charts until it is painted."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.widgets.filler import Filler

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


LATER = ("drill", "switch_panel", "diagnostics", "why", "trace", "reaction", "rules_view", "kill_dialog")
FIRST_FRAME = f"""
import sys
from pathlib import Path
from PySide6.QtWidgets import QApplication
from app.widgets import theme
from app.widgets.bridge import Bridge
from app.widgets.main_window import MainWindow
from app.widgets.pad import Pad
app = QApplication([])
theme.apply(app, theme.DARK)
window = MainWindow(Bridge(Pad(Path(sys.argv[1]))), theme.DARK, staged=True)
window.show()
window.bridge.look()
app.processEvents()
later = {{"app.widgets." + name for name in {LATER}}} | {{"numpy.ma", "numba"}}
print(len(window.blotter.table.order), sorted(later & set(sys.modules)))
window.complete()
for _ in range(3):
    window.bridge.look()
    app.processEvents()
print(sorted({{"numpy.ma", "numba"}} & set(sys.modules)), sorted(later - set(sys.modules)))
"""


def test_that_the_first_frame_loads_nothing_that_is_not_in_it(filler: Filler) -> None:
    """Numpy's masked arrays cost a frame and a half wherever np.unique is called first."""
    words = [sys.executable, "-c", FIRST_FRAME, str(filler.writer.folder)]
    env = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    first, rest = subprocess.check_output(words, text=True, cwd=ROOT, env=env, stderr=subprocess.DEVNULL).splitlines()
    assert first == f"{filler.n_parents} []"
    assert rest == "[] ['numba', 'numpy.ma']"

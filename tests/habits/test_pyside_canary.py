"""The installed PySide6 and Python fit each other.

PySide6 6.12.0 drops a reference to None in each void call on Python 3.10 and 3.11: after some thousand repaints the
interpreter aborts. pip does not warn.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

from app.doctor import dropped_none_references

CALLS = 20_000
# Void calls of a widget in numbers that would abort an unsound pair many times over.
ENDURANCE = f"""
import sys
from PySide6.QtWidgets import QApplication, QWidget
application = QApplication([])
widget = QWidget()
before = sys.getrefcount(None)
for _ in range({CALLS}):
    widget.update()
    widget.setToolTip("canary")
print(before - sys.getrefcount(None))
"""


def test_that_void_calls_keep_their_references_to_none() -> None:
    assert abs(dropped_none_references()) < 10


def test_that_the_pair_survives_many_void_calls_of_a_widget() -> None:
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    asked = subprocess.run(
        [sys.executable, "-c", ENDURANCE], capture_output=True, text=True, check=False, env=environment, timeout=120
    )
    assert asked.returncode == 0, asked.stderr
    assert abs(int(asked.stdout)) < CALLS // 100


def test_that_the_unsound_version_and_the_meta_package_stay_out(repository: Path) -> None:
    locks = sorted((repository / "requirements").glob("py*.txt"))
    assert [lock.name for lock in locks] == ["py311.txt", "py312.txt", "py313.txt"]
    for lock in locks:
        text = lock.read_text(encoding="utf-8")
        versions = re.findall(r"(?mi)^pyside6([-\w]*)==(\S+)", text)
        assert [name for name, _ in versions] == ["-essentials"]
        assert all(not version.startswith("6.12") for _, version in versions)

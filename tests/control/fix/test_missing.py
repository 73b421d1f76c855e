"""A control process that was told of an EMS but has no quickfix says what is missing and how to add it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow


def test_that_a_session_without_the_library_ends_in_words(tmp_path: Path) -> None:
    (tmp_path / "quickfix.py").write_text("raise ImportError('hidden')\n")
    (tmp_path / "run").mkdir()
    settings = tmp_path / "mine.toml"
    settings.write_text('[ems]\nhost = "ems"\nsender = "US"\ntarget = "EMS"\n')
    found = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]).strip(os.pathsep)
    done = subprocess.run(
        [sys.executable, "-m", "app.control", str(tmp_path / "run"), str(settings)],
        env={**os.environ, "PYTHONPATH": found}, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 1
    assert "scorecard doctor" in done.stderr
    assert "Traceback" not in done.stderr
    assert (tmp_path / "run" / "control.words").read_text() == done.stderr.strip()

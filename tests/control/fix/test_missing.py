"""A control process that was told of an EMS but has no quickfix says what is missing and how to add it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.cli.opening import roles_of
from app.session.runtime_folder import RuntimeFolder, Session
from app.session.supervisor import words_of

pytestmark = pytest.mark.slow


def test_that_a_session_without_the_library_ends_in_words(tmp_path: Path) -> None:
    (tmp_path / "quickfix.py").write_text("raise ImportError('hidden')\n")
    (tmp_path / "run").mkdir()
    settings = tmp_path / "mine.toml"
    settings.write_text('[ems]\nhost = "ems"\nsender = "US"\ntarget = "EMS"\n')
    found = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]).strip(os.pathsep)
    done = subprocess.run(
        [sys.executable, "-m", "app.control", str(tmp_path / "run"), str(settings), "live"],
        env={**os.environ, "PYTHONPATH": found}, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 1
    assert "scorecard doctor" in done.stderr
    assert "Traceback" not in done.stderr
    assert (tmp_path / "run" / "control.words").read_text() == done.stderr.strip()


def test_that_a_live_session_with_an_ems_has_a_control_process_and_a_world_never_reaches_it(tmp_path: Path) -> None:
    settings = tmp_path / "mine.toml"
    settings.write_text('[ems]\nhost = "ems"\nsender = "US"\ntarget = "EMS"\n')
    folder = RuntimeFolder(tmp_path / "run")
    folder.create()
    live = Session(settings=str(settings), live=True, desk=False)
    world = Session(settings=str(settings), world="tech", desk=False)
    plain = Session(live=True, desk=False)
    assert "control" in roles_of(live)
    assert "control" not in roles_of(plain)
    folder.begin(live)
    assert words_of(folder, ["control"])["control"][-2:] == [str(settings), "live"]
    (tmp_path / "other").mkdir()
    other = RuntimeFolder(tmp_path / "other")
    other.create()
    other.begin(world)
    assert words_of(other, ["control"])["control"][-1] == str(settings)

"""A recorder killed at random instants, and one whose disk is full: nothing is lost, nothing is there twice."""

import subprocess
from pathlib import Path

import pytest

from app.feeds.archive import upkeep
from tests.feeds.archive.faults import everything, killed, recorder
from tests.feeds.archive.made import kept

pytestmark = pytest.mark.slow


def test_that_a_recorder_killed_at_random_instants_loses_and_doubles_nothing(tmp_path: Path) -> None:
    assert killed(tmp_path, 11, times=5, longest_s=0.6) > 0
    assert kept(tmp_path) == everything(11)
    assert upkeep.verify(str(tmp_path), None).faults == []


def test_that_a_full_disk_is_waited_for_said_and_loses_nothing(tmp_path: Path) -> None:
    process = recorder(tmp_path, 12, limit=6_000)  # bytes: a log entry fits, a chunk does not
    assert process.stdout is not None
    lines = []
    try:
        for line in process.stdout:
            lines.append(line)
            if "the archive waits" in line:
                break
        subprocess.run(["prlimit", f"--pid={process.pid}", "--fsize=unlimited"], check=True)
        said, _ = process.communicate(timeout=120)
    finally:
        process.kill()
    assert process.returncode == 0, said
    assert any("File too large" in line or "27" in line for line in lines), lines
    assert "the archive goes on" in said
    assert kept(tmp_path) == everything(12)

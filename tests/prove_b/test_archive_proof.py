"""The archive under faults, a hundred seeds: killed at random instants, a full disk, a store that fails."""

import random
import subprocess
from pathlib import Path

import pytest

from app.feeds.archive import upkeep
from tests.feeds.archive.faults import everything, killed, recorder
from tests.feeds.archive.made import kept, market, own, sent, universe_of
from tests.feeds.archive.recorder import run
from tests.feeds.archive.store import BUCKET, LOSE, PASS, REFUSE, s3_server

pytestmark = pytest.mark.prove


@pytest.mark.parametrize("seed", range(60))
def test_that_recorders_killed_at_random_instants_lose_and_double_nothing(tmp_path: Path, seed: int) -> None:
    killed(tmp_path, seed, times=4, longest_s=1.0)
    assert kept(tmp_path) == everything(seed)
    assert upkeep.verify(str(tmp_path), None).faults == []


@pytest.mark.parametrize("seed", range(20))
def test_that_disks_that_fill_up_anywhere_lose_and_double_nothing(tmp_path: Path, seed: int) -> None:
    limit = random.Random(seed).randrange(1_500, 14_000)
    process = recorder(tmp_path, seed, limit)
    assert process.stdout is not None
    for line in process.stdout:
        if "the archive waits" in line:
            subprocess.run(["prlimit", f"--pid={process.pid}", "--fsize=unlimited"], check=True)
            break
    said, _ = process.communicate(timeout=300)
    assert process.returncode == 0, said
    assert kept(tmp_path) == everything(seed)


@pytest.mark.parametrize("seed", range(20))
def test_that_a_store_that_fails_anywhere_loses_and_doubles_nothing(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    draw = random.Random(seed)

    def fate(method: str, path: str) -> str:
        if draw.random() < 0.15:
            return LOSE if method == "PUT" and draw.random() < 0.5 else REFUSE
        return PASS

    with s3_server(fate) as environment:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        run(f"s3://{BUCKET}/proof", seed, 600)
        draw.random = lambda: 1.0  # type: ignore[method-assign]
        assert kept(f"s3://{BUCKET}/proof") == sent(universe_of(), market(600, seed), own(30, seed))

"""A firm's own recordings: kernels of what was seen enough of, placebos of what is traded, away from own orders."""

from pathlib import Path

import msgspec
import numpy as np
import pytest

from app.engine.errors import ScorecardError
from app.engine.evidence.placebo import Library
from app.engine.evidence.rows import LENGTHS, POOLS
from app.feeds.decode.rows import chunks
from app.feeds.session import write_session
from app.feeds.simulator.evidence import episode_of, load_world
from app.session.evidence.errands import Errand, kept_model, lines, read_library, run, scored, write_library
from app.session.evidence.history import kernels_of, placebos_of
from app.session.evidence.neutral import neutral_model

pytestmark = pytest.mark.slow  # compiles, plays whole episodes

WORLD = load_world("base_4")
SMALL = msgspec.structs.replace(
    WORLD,
    market=msgspec.structs.replace(WORLD.market, instruments=1),
    orders=msgspec.structs.replace(WORLD.orders, children=12, minutes=10.0),
    agent=msgspec.structs.replace(WORLD.agent, share=0.3),
)


def test_that_a_recording_gives_kernels_and_placebos_of_its_instruments_and_none_of_the_index(tmp_path: Path) -> None:
    episode = episode_of(SMALL, 1_000_000)
    write_session(tmp_path / "day", chunks(episode.market), episode.orders, episode.universe)
    kernels = kernels_of([tmp_path / "day"])
    assert set(kernels) <= {"E00"}
    library = placebos_of([tmp_path / "day"], neutral_model().changed(kernels=neutral_model().kernels | kernels))
    assert library.count[:, -1].sum() > 100
    write_library(tmp_path / "kept.npz", library)
    back = read_library(tmp_path / "kept.npz")
    assert back.total.tobytes() == library.total.tobytes()
    assert back.measurements.sum() == library.measurements.sum()
    with pytest.raises(ScorecardError, match="absent"):
        kernels_of([tmp_path / "absent"])
    assert kernels_of([]) == {}
    assert placebos_of([], neutral_model()).count.sum() == Library().count.sum()


KNOWN = neutral_model().changed(pool_sizes=np.full((POOLS, len(LENGTHS)), 500.0))


def test_that_an_errand_is_gone_on_with_and_fails_in_words(tmp_path: Path) -> None:
    errand = Errand(
        kind="score", world=SMALL, seeds=[1_000_000, 1_000_001], agent=True,
        model=str(kept_model(KNOWN, tmp_path)), folder=str(tmp_path),
    )  # fmt: skip
    assert list(lines(msgspec.json.encode(errand))) == [b"1000000", b"1000001"]
    written = {file: file.stat().st_mtime_ns for file in tmp_path.glob("score-*.npz")}
    assert list(run(errand, 1)) == [1_000_000, 1_000_001]
    assert written == {file: file.stat().st_mtime_ns for file in tmp_path.glob("score-*.npz")}
    parts = scored(errand)
    assert [len(part.parents) for part in parts] == [1, 1]
    assert all(part.parents["leaking"].all() and part.parents["agent"].all() for part in parts)
    assert all(len(part.children) == int(part.parents["scored"][0]) > 0 for part in parts)
    wrong = msgspec.structs.replace(errand, seeds=[3_000_000])
    with pytest.raises(ScorecardError, match="fit split"):
        list(lines(msgspec.json.encode(wrong)))

"""Episodes through the real engine: what is kept of a parent, gone on with, the same alone and among others."""

import math
from pathlib import Path
from typing import Any

import msgspec
import pytest

from app.engine.config import EngineConfig
from app.engine.core import Engine
from app.engine.errors import FeedError
from app.feeds.simulator.evidence import Episode, episode_of, seeds_of
from app.session.evidence_eval import work
from app.session.evidence_eval.plan import Cell
from app.session.evidence_eval.record import Kept, engine_of, gap_of, judged, logs_of
from app.session.evidence_eval.relearnt import log_e
from app.session.evidence_eval.work import Errand, Request, Task, evaluated, file_of, folder_of, perform, uncured_of
from tests.feeds.simulator.evidence.tiny import one_algo, tiny_world, with_agent, with_market
from tests.session.evidence_eval.parents import MODEL

pytestmark = pytest.mark.slow  # compiles, plays whole episodes

WORLD = tiny_world()
SEED = seeds_of("test", 0, 1)[0]
FILE = msgspec.msgpack.Decoder(Kept)


@pytest.fixture(scope="module")
def episode() -> Episode:
    """One of the small world."""
    return episode_of(WORLD, SEED)


@pytest.fixture(scope="module")
def kept(episode: Episode) -> Kept:
    """What is kept of it."""
    return judged(episode, engine_of(episode, MODEL))


def request(keep: Path, parents: int = 4, **changes: Any) -> Request:
    """Some parents of the small world."""
    cell = Cell(name="tiny", world=WORLD, parents=parents)
    return Request(**{"cells": [cell], "split": "test", "model": MODEL, "keep": keep, **changes})


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Tasks are done in this process; which seeds."""
    done: list[int] = []

    def run(request: Request, tasks: list[Task]) -> Any:
        model = request.keep / "model"
        model.write_bytes(request.model.save())
        done.extend(seed for task in tasks for seed in task.seeds)
        return perform(Errand(model=str(model), tasks=tasks))

    monkeypatch.setattr(work, "_run", run)
    return done


def test_that_a_parent_is_kept_with_its_truth_and_what_was_said_of_it(episode: Episode, kept: Kept) -> None:
    assert [one.parent_id for one in kept.parents] == [truth.parent_id for truth in episode.truths]
    for one, truth in zip(kept.parents, episode.truths, strict=True):
        assert (one.true_bps, one.onset, one.algo) == (truth.leak_bps, truth.onset_child, truth.algo)
        assert 0 < one.scored <= one.children
        assert one.sup_e >= (one.e or 0.0) > 0
        assert one.drift_bps is not None
        assert (one.crossed[1] is None) == (one.sup_e < 20)
        assert one.low is not None
        assert one.low <= (one.leak_bps or 0.0)


def test_that_the_split_of_every_parent_is_exact(kept: Kept) -> None:
    assert [one.gap for one in kept.parents if one.gap is None or one.gap > 1.0] == []


def test_that_a_split_that_misses_a_hair_is_seen() -> None:
    row = {
        "drift_ccy": 10.0,
        "drift_market_ccy": 4.0,
        "drift_own_ccy": 3.0,
        "drift_leak_ccy": 2.0,
        "drift_noise_ccy": 1.0,
    }
    assert gap_of(row) == 0.0
    assert (gap_of(row | {"drift_noise_ccy": 1.0 + 1e-14}) or 0.0) > 1.0
    assert gap_of(row | {"drift_noise_ccy": None}) is None


def test_that_capital_kept_gives_e_again(kept: Kept) -> None:
    for one in kept.parents:
        assert log_e([one], MODEL.tables.weights)[0] == pytest.approx(math.log(one.e or 0.0), abs=1e-5)
        assert logs_of(one)[1].min() >= 0.0


def test_that_a_mirrored_market_is_judged_alike(kept: Kept) -> None:
    mirrored = episode_of(WORLD, SEED, mirror=True)
    for one, two in zip(kept.parents, judged(mirrored, engine_of(mirrored, MODEL)).parents, strict=True):
        assert (one.scored, one.voided, one.status) == (two.scored, two.voided, two.status)
        # what a basis point is hangs on the first price, which the mirror shows on the other side of the middle
        assert math.log(one.e or 0.0) == pytest.approx(math.log(two.e or 0.0), abs=1e-2)
        assert one.leak_bps == pytest.approx(two.leak_bps, rel=1e-2)


def test_that_hashes_with_evidence_on_do_not_depend_on_blocks(episode: Episode) -> None:
    found = {engine_of(episode, MODEL, block=block).output_hash() for block in (16_384, 501)}
    assert len(found) == 1
    assert Engine(episode.universe, EngineConfig()).output_hash() not in found


def test_that_an_order_is_judged_alone_as_among_others(kept: Kept) -> None:
    alone = episode_of(with_market(WORLD, instruments=1), SEED)
    (one,) = judged(alone, engine_of(alone, MODEL)).parents
    other = kept.parents[0]
    assert (one.parent_id, one.e, one.status, one.leak_bps) == (other.parent_id, other.e, other.status, other.leak_bps)


def test_that_an_evaluation_goes_on_where_it_was_stopped(tmp_path: Path, here: list[int]) -> None:
    told: list[tuple[int, int]] = []
    first = evaluated(request(tmp_path, 2), lambda done, wanted: told.append((done, wanted)))
    assert told == [(0, 1), (1, 1)]
    more = evaluated(request(tmp_path, 4), lambda done, wanted: told.append((done, wanted)))
    assert here == [SEED, SEED + 1]
    assert told[2:] == [(1, 2), (2, 2)]
    assert more["tiny"].parents[:2] == first["tiny"].parents
    assert len(more["tiny"].parents) == 4


def test_that_an_episode_cut_off_while_written_is_made_again(tmp_path: Path, here: list[int]) -> None:
    asked = request(tmp_path, 2)
    folder = folder_of(asked.cells[0], asked)
    folder.mkdir(parents=True)
    file_of(folder, SEED).with_suffix(".part").write_bytes(b"half")
    assert len(evaluated(asked)["tiny"].parents) == 2
    assert here == [SEED]


def test_that_other_models_worlds_and_splits_are_kept_apart(tmp_path: Path) -> None:
    usual = request(tmp_path)
    other = Cell(name="tiny", world=with_agent(WORLD, delay_s=0.7), parents=4)
    folders = {
        folder_of(usual.cells[0], usual),
        folder_of(usual.cells[0], request(tmp_path, split="final")),
        folder_of(usual.cells[0], request(tmp_path, model=MODEL.changed("other", null=0.6))),
        folder_of(other, usual),
    }
    assert len(folders) == 4


def test_that_the_leak_had_the_cause_gone_on_is_known_of_cured_parents() -> None:
    cured = tiny_world(
        orders=msgspec.structs.replace(one_algo("TWAP"), switch_at=0.5),
        agent=msgspec.structs.replace(WORLD.agent, until=0.5),
    )
    truths = {truth.parent_id: truth.leak_bps for truth in episode_of(cured, SEED, rows=False).truths}
    lasting = uncured_of(cured, SEED)
    assert set(lasting) == set(truths)
    assert sum(lasting.values()) > sum(truths.values())
    assert uncured_of(WORLD, SEED) == {}


def test_that_a_process_that_fails_ends_the_evaluation_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "_MODULE", "app.session.evidence_eval.nothing")
    with pytest.raises(FeedError, match="a process ended with 1"):
        evaluated(request(tmp_path, 2))

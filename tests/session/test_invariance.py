"""The two hashes: equal tables whatever the block, the interleaving and the interruptions."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest

from app.engine.config import EngineConfig
from app.engine.core import Engine
from app.engine.events import Block
from app.feeds.generator import Generated, Plan, generate
from app.feeds.session import write_session
from app.runtime.inbox import applied_times
from app.runtime.route import Route, shuffle_sources
from app.session.replay import replay
from app.session.request import ReplayRequest

PLAN = Plan(seed=21, market_rows=6_000, order_share=0.03, duration_s=900, late_reports=0.2, busts=0.1, amends=0.5)


@pytest.fixture(scope="module")
def made() -> Generated:
    """One generated session."""
    return generate(PLAN)


def end_of(made: Generated) -> int:
    """End of data."""
    return max(int(applied_times(made.market).max()), made.orders[-1].ts_event)


def run(made: Generated, blocks: Iterable[Block]) -> Engine:
    """A fresh engine after these blocks and the end of data."""
    engine = Engine(made.universe, EngineConfig())
    for block in blocks:
        engine.apply(block)
    engine.finish(end_of(made))
    return engine


def routed(made: Generated, size: int) -> list[Block]:
    """The session in its own order, `size` rows a block."""
    route = Route(iter([made.market]), made.orders, size)
    return list(iter(route.take, None))


@pytest.fixture(scope="module")
def reference(made: Generated) -> Engine:
    """The engine after the session in its own order."""
    return run(made, routed(made, 64))


@pytest.mark.parametrize("size", [pytest.param(1, marks=pytest.mark.slow), 7, 4096])
def test_that_the_output_hash_does_not_depend_on_the_block(made: Generated, reference: Engine, size: int) -> None:
    engine = run(made, routed(made, size))
    assert engine.output_hash() == reference.output_hash()


@pytest.mark.parametrize("seed", [0, 1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 10))])
def test_that_the_output_hash_does_not_depend_on_the_interleaving(
    made: Generated, reference: Engine, seed: int
) -> None:
    engine = run(made, shuffle_sources([made.market], made.orders, seed))
    assert differences(engine, reference) == []
    assert engine.output_hash() == reference.output_hash()


def differences(one: Engine, other: Engine) -> list[str]:
    """Where the tables of two engines differ, for a message one can act on."""
    found = []
    for table in ("parents", "fills", "children"):
        left, right = one.tables()[table], other.tables()[table]
        found += [f"{table}.{name}" for name in left if left[name] != right[name] and name != "n_late"]
    return found


@pytest.mark.parametrize("cut", [1, 40, 93])
def test_that_a_saved_and_loaded_engine_goes_on_as_if_nothing_had_happened(
    made: Generated, reference: Engine, cut: int
) -> None:
    blocks = routed(made, 64)
    first = Engine(made.universe, EngineConfig())
    for block in blocks[:cut]:
        first.apply(block)
    second = Engine.load(first.save(), made.universe, EngineConfig())
    for block in blocks[cut:]:
        second.apply(block)
    second.finish(end_of(made))
    assert second.output_hash() == reference.output_hash()
    assert second.run_hash() == reference.run_hash()


def test_that_one_changed_price_changes_the_output_hash(made: Generated, reference: Engine) -> None:
    market = made.market.copy()
    trades = np.flatnonzero(market["action"] == ord("Q"))
    market["price"][trades[len(trades) // 2 :]] -= 10_000_000
    assert (
        run(made._replace(market=market), routed(made._replace(market=market), 64)).output_hash()
        != reference.output_hash()
    )


def test_that_a_journal_replays_to_both_hashes(made: Generated, tmp_path: Path) -> None:
    folder, journal = tmp_path / "made", tmp_path / "journal"
    write_session(folder, [made.market], made.orders, made.universe)
    first = replay(ReplayRequest(path=str(folder), journal=str(journal), block=100))
    second = replay(ReplayRequest(path=str(journal), format="journal"))
    assert first is not None
    assert second is not None
    assert (first.report.run_hash, first.report.output_hash) == (second.report.run_hash, second.report.output_hash)
    assert first.report.rows_in == second.report.rows_in > 6_000


def test_that_a_written_session_replays_to_the_same_tables(made: Generated, reference: Engine, tmp_path: Path) -> None:
    write_session(tmp_path / "made", [made.market], made.orders, made.universe)
    result = replay(ReplayRequest(path=str(tmp_path / "made")))
    assert result is not None
    assert result.report.output_hash == reference.output_hash()
    assert result.report.rows_quarantined == 0

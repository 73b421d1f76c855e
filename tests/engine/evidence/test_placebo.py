"""Placebos: where they are drawn, how they are scored, and that a library of them makes a null day quiet."""

from functools import cache
from typing import Any

import numpy as np
import pytest

from app.engine.config import EngineConfig
from app.engine.core import Engine
from app.engine.evidence.bucket import pool
from app.engine.evidence.placebo import AWAY_NS, Library, Placebos, Plan
from app.engine.evidence.rows import BUCKETS, CELLS, LENGTHS, POOLS, SCORES
from app.feeds.generator.hand import T0, Sheet
from tests.engine.days import in_time, last_ts
from tests.engine.evidence.made import S, market_sheet, model, own_day

MARKET = market_sheet(31, 60)


def collected(sheet: Sheet = MARKET, size: int = 64, room: int = 1024, **plan: Any) -> Placebos:
    engine = Engine(sheet.universe(), EngineConfig(evidence=model()))
    state = engine.state
    fields: dict[str, Any] = {"seed": 1, "gap_s": 0.5, "taken": 1.0, "followed": 1.0, "early": True} | plan
    made = Placebos(engine.config, engine.universe, state.history, state.joins, Plan(**fields))
    made.tries = made.tries[:room]
    state.evidence = made
    for block in in_time(sheet, engine.universe, size):
        engine.apply(block)
    engine.finish(last_ts(sheet))
    return made


@cache
def plain() -> Placebos:
    """Those of the market as it is; not to be changed."""
    return collected()


def kinds(library: Library) -> list[int]:
    """Placebos by class."""
    return [int(library.count[at * 4 * BUCKETS : (at + 1) * 4 * BUCKETS, 0].sum()) for at in range(3)]


def test_that_every_class_is_tried_at_every_length() -> None:
    library = plain().library
    assert all(count > 15 for count in kinds(library))
    assert (library.count == library.count[:, :1]).all()
    assert library.measurements.tolist() == library.count[:, 1].tolist()
    assert (library.total >= 0).all()


def test_that_a_trade_taken_as_ours_is_not_its_own_answer() -> None:
    sheet = Sheet()
    sheet.reference(tick_size=10_000_000)
    for n in range(400):
        sheet.quote(n * S // 10, "100.00", "100.01", (100 + n % 7, 100))
    sheet.trade(10 * S, "100.01", 100, side="B")
    library = collected(sheet, gap_s=1e6, followed=0.0).library
    assert kinds(library) == [0, 1, 0]
    assert library.total.sum(axis=0)[4, :4].max() < 1.0  # nobody else traded
    assert kinds(collected(sheet, gap_s=1e6, taken=0.0).library) in ([1, 0, 0], [0, 0, 1])


def test_that_no_placebo_is_near_anything_of_ours() -> None:
    assert kinds(collected(own_day(31, 20)).library) == [0, 0, 0]
    sheet = market_sheet(31, 20)
    all_tried = collected(sheet).tried
    sheet.parent(9 * S, "BUY", 100, "P1")
    fewer = collected(sheet)
    tried = fewer.tries[: fewer.tried]["t"] - T0
    assert not ((tried >= 9 * S) & (tried < 9 * S + AWAY_NS)).any()
    assert 0 < fewer.tried < all_tried


@pytest.mark.slow
def test_that_the_same_seed_draws_the_same_placebos_whatever_the_block() -> None:
    once, again, other = plain(), collected(size=7), collected(seed=2)
    assert once.library.count.tolist() == again.library.count.tolist()
    assert once.library.total == pytest.approx(again.library.total, rel=1e-12)  # added up in another order
    assert kinds(once.library) != kinds(other.library)


def test_that_libraries_add_up() -> None:
    both, one = Library(), plain().library
    both.add(one)
    both.add(one)
    assert both.count.tolist() == (2 * one.count).tolist()
    assert both.total.tolist() == (2 * one.total).tolist()
    assert both.measured.tolist() == (2 * one.measured).tolist()
    assert both.measurements.tolist() == (2 * one.measurements).tolist()


def test_that_a_library_becomes_the_means_of_a_model() -> None:
    library = Library()
    at = 2 * 4 * BUCKETS + 5
    library.total[at], library.count[at] = 30.0, 10
    library.total[at + 1], library.count[at + 1] = 50.0, 10
    library.measured[at], library.measurements[at] = (5.0, 10.0), 10
    made = library.into(model(), "fitted")
    pooled = 80 / 20
    assert made.name == "fitted"
    assert made.tables.pools[pool(at)].tolist() == [[pooled] * SCORES] * len(LENGTHS)
    assert made.tables.pool_sizes[pool(at)].tolist() == [20.0] * len(LENGTHS)
    assert made.tables.means[at, 0, 0] == pytest.approx((30 + 300 * pooled) / 310)
    assert (made.tables.sizes[at, 0], made.tables.sizes[at + 2, 0]) == (310.0, 0.0)
    assert made.tables.direct[at].tolist() == pytest.approx([(5 + 300 * 0.5) / 310, (10 + 300 * 1.0) / 310])
    assert made.tables.pool_sizes[0, 0] == 0.0
    assert (len(made.tables.means), len(made.tables.pools)) == (CELLS, POOLS)
    assert np.isfinite(made.tables.means).all()


def test_that_a_trade_nobody_started_or_off_the_exchange_is_no_moment_of_a_placebo() -> None:
    sheet = market_sheet(31, 20)
    without = kinds(collected(sheet, gap_s=1e6).library)
    sheet.trade(19 * S - 1, "100.00", 100, side="N")
    sheet.trade(19 * S, "100.00", 100, side="B", condition="off_exchange")
    assert kinds(collected(sheet, gap_s=1e6).library) == without


def test_that_a_market_of_one_side_has_no_placebos() -> None:
    empty = Sheet()
    empty.reference(tick_size=10_000_000)
    for n in range(100):
        empty.quote(n * S // 10, "100.00", None)
    assert collected(empty).tried == 0  # nobody has traded it
    empty.trade(S, "100.00", 100, side="A")
    none = collected(empty)
    assert none.tried > 0
    assert kinds(none.library) == [0, 0, 0]


def test_that_more_than_foreseen_have_room() -> None:
    many, few = collected(market_sheet(33, 20), room=8), collected(market_sheet(33, 20))
    assert many.tried > 16
    assert len(many.tries) >= many.tried
    assert many.tries[: many.tried].tobytes() == few.tries[: few.tried].tobytes()

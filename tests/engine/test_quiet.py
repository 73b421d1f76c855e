"""Quiet moments: which times count, what the mid did after them, and the band a mean is held against."""

import math
from typing import Any

import numpy as np
import pytest

from app.engine import layout
from app.engine.config import EngineConfig
from app.engine.core import Engine
from app.engine.enrich.rows import HISTORY
from app.engine.metrics.response import Z_90
from app.engine.quiet import AWAY_NS, LEAST, PHASE_NS, STEP_NS, Calm, Moment, Quiet
from app.engine.tables.context import NEVER
from app.engine.units import BPS, NULL, POINTS, POINTS_NS, UNDEFINED_FROM
from app.feeds.generator.hand import Sheet
from tests.engine.days import MS, T0, Memory, S, in_time, last_ts
from tests.engine.evidence.made import market_sheet, own_parent

NAMES = [name for name, _ in POINTS]
ONE, FIVE = NAMES.index("1s"), NAMES.index("5s")
BACK = NAMES.index("-5s")


def ring(*rows: tuple[int, int], quality: int = 0) -> Any:
    """A history of (time, doubled mid)."""
    made = np.zeros(len(rows), HISTORY)
    made["ts"], made["mid2"] = zip(*rows, strict=True) if rows else ((), ())
    made["quality"] = quality
    return made


def rising(seconds: int, step: int = 10) -> Any:
    """A mid that goes up by the same every second."""
    return ring(*((n * S, 100_000 + n * step) for n in range(seconds)))


def test_that_a_moment_stands_on_the_grid_and_not_on_whole_seconds() -> None:
    calm = Calm()
    calm.take(rising(60), 60 * S)
    assert {moment.t % STEP_NS for moment in calm.open} == {PHASE_NS}
    assert min(moment.t for moment in calm.open) >= -POINTS_NS[0]
    assert max(moment.t for moment in calm.open) < 60 * S - AWAY_NS


def test_that_what_the_mid_did_is_taken_in_bps_of_the_mid_before() -> None:
    calm = Calm()
    calm.take(rising(9 + AWAY_NS // S), (9 + AWAY_NS // S) * S)
    moment = min(calm.open, key=lambda one: one.t)
    assert moment.mid2 == 100_000 + 10 * (moment.t // S)
    assert calm.n[ONE] == len(calm.open)
    assert calm.total[ONE] == pytest.approx(sum(10 / one.mid2 * BPS for one in calm.open))


def test_that_a_point_is_looked_at_once_it_has_passed_and_only_once() -> None:
    calm = Calm()
    for now in range(20, 400):
        calm.take(rising(400)[max(0, now - 120) : now + 1], now * S)
    assert calm.n[ONE] == calm.n[FIVE] > 150
    late = [moment for moment in calm.open if moment.t < 90 * S]
    assert not late, "moments whose points have all passed are let go"


def test_that_nothing_of_ours_lies_between_a_moment_and_a_point_that_counts() -> None:
    calm = Calm()
    calm.own = [20 * S]
    calm.take(rising(60), 60 * S)
    times = sorted(moment.t for moment in calm.open)
    assert not [t for t in times if 20 * S <= t < 22 * S], "too soon after what we did"
    before = Moment(0, 1, calm.reach(16 * S))
    assert before.counts(ONE)
    assert not before.counts(FIVE)
    assert not before.counts(len(POINTS_NS) - 1)
    assert before.counts(BACK)
    after = Moment(0, 1, calm.reach(23 * S))
    assert not after.counts(BACK)
    assert after.counts(len(POINTS_NS) - 1)
    assert calm.reach(20 * S + AWAY_NS) == calm.reach(5 * S) == (NEVER, NEVER)


@pytest.mark.parametrize("made", [ring(), ring((10 * S, NULL), (11 * S, NULL)), rising(60)[:1]])
def test_that_a_market_without_a_mid_gives_no_moments(made: Any) -> None:
    calm = Calm()
    calm.take(made, 8 * S)
    assert calm.open == []


def test_that_a_mid_that_cannot_be_believed_gives_no_return() -> None:
    calm = Calm()
    made = rising(60)
    made["quality"][12:] = UNDEFINED_FROM
    calm.take(made, 60 * S)
    assert all(moment.t < 13 * S for moment in calm.open)
    assert calm.n[FIVE] < len(calm.open)


def test_that_a_jump_over_what_is_in_memory_goes_on_from_there() -> None:
    calm = Calm()
    calm.take(rising(60), 60 * S)
    seen = calm.next
    calm.take(rising(900)[700:], 900 * S)
    assert calm.next > seen
    assert min(moment.t for moment in calm.open) >= 700 * S - POINTS_NS[0]


def test_that_too_few_moments_without_a_shared_path_say_nothing() -> None:
    calm = Calm()
    calm.n[ONE] = LEAST - 1
    assert calm.spread(ONE) is None
    calm.n[FIVE] = LEAST * 5 * S // STEP_NS - 1
    assert calm.spread(FIVE) is None
    values = [1.0, -1.0] * LEAST
    calm.n[ONE], calm.total[ONE], calm.squares[ONE] = len(values), sum(values), sum(v * v for v in values)
    assert calm.spread(ONE) == pytest.approx((0.0, float(np.std(values, ddof=1))))


# -- in an engine ----------------------------------------------------------------------------------------------------


def ran(sheet: Sheet) -> tuple[Engine, Memory]:
    """The sheet in blocks, published as it goes."""
    engine, board = Engine(sheet.universe(), EngineConfig()), Memory()
    for block in in_time(sheet, engine.universe, 256):
        engine.apply(block)
        engine.publish(board)
    engine.finish(last_ts(sheet))
    engine.publish(board)
    return engine, board


@pytest.fixture(scope="module", params=["BUY", "SELL"])
def day(request: pytest.FixtureRequest) -> tuple[str, Memory]:
    """A quiet market with one parent, and the board after it."""
    sheet = market_sheet(seconds=120)
    own_parent(sheet, 60, request.param)
    return request.param, ran(sheet)[1]


def test_that_the_board_has_a_band_of_each_class_that_has_events(day: tuple[str, Memory]) -> None:
    row = day[1].rows["reactions"][0]
    assert row["placebos"][ONE] >= LEAST
    place = layout.EVENT_CLASSES.index("new")
    low, high = row["placebo_low"][place, ONE], row["placebo_high"][place, ONE]
    assert low < high
    assert np.isnan(row["placebo_low"][layout.EVENT_CLASSES.index("markout")]).all(), "a markout is no response"
    assert np.isnan(row["placebo_low"][layout.EVENT_CLASSES.index("replace")]).all(), "no event, no mean to hold"


def test_that_a_band_is_narrower_where_the_mean_rests_on_more_clusters(day: tuple[str, Memory]) -> None:
    row = day[1].rows["reactions"][0]
    widths = {
        int(row["clusters"][place, ONE]): float(row["placebo_high"][place, ONE] - row["placebo_low"][place, ONE])
        for place in range(layout.EVENT_CLASSES.index("markout"))
        if row["clusters"][place, ONE]
    }
    assert len(widths) > 1
    for count, width in widths.items():
        assert width * math.sqrt(count) == pytest.approx(next(iter(widths.values())) * math.sqrt(next(iter(widths))))


def test_that_the_band_stands_about_what_quiet_moments_do_on_our_side() -> None:
    made = Quiet()
    calm = made.known[0] = Calm()
    calm.n[ONE], calm.total[ONE], calm.squares[ONE] = 100, 50.0, 125.0
    for side in (1, -1):
        rows = np.zeros(1, layout.REACTION_ROW)
        rows["clusters"][0, 0, ONE] = 25
        made.write(rows, [standing(side)])
        deviation = math.sqrt((125 / 100 - 0.25) * 100 / 99)
        half = Z_90 * deviation / 5
        assert rows["placebo_low"][0, 0, ONE] == pytest.approx(side * 0.5 - half)
        assert rows["placebo_high"][0, 0, ONE] == pytest.approx(side * 0.5 + half)


def standing(side: int) -> Any:
    """As much of a folded parent as the band needs."""

    class Arrival:
        instrument = 0

    class Folded:
        arrival = Arrival()

    Folded.side = side  # type: ignore[attr-defined]
    return Folded()


def test_that_an_order_without_a_side_or_a_market_has_no_band() -> None:
    made, rows = Quiet(), np.zeros(2, layout.REACTION_ROW)
    made.known[0] = Calm()
    folded = standing(0)
    nowhere = standing(1)
    type(nowhere).arrival = None
    made.write(rows, [folded, nowhere])
    assert np.isnan(rows["placebo_low"]).all()
    assert rows["placebos"].sum() == 0


def test_that_it_looks_once_a_second_and_again_for_facts_that_find_their_symbol_late() -> None:
    sheet = market_sheet(seconds=30)
    own_parent(sheet, 30)
    engine, _ = ran(sheet)
    made = Quiet()
    made.look(engine.state)
    times = {len(calm.own) for calm in made.known.values()}
    assert times == {sum(fact.instrument >= 0 for fact in engine.state.flow.facts)}
    known = made.known[0]
    engine.state.flow.facts[0].instrument = -1
    made.look(engine.state)
    assert made.known[0] is known


def test_that_every_time_of_ours_is_known_in_order() -> None:
    sheet = market_sheet(seconds=30)
    own_parent(sheet, 30)
    engine, _ = ran(sheet)
    made = Quiet()
    engine.state.flow.facts[0].instrument, kept = -1, engine.state.flow.facts[0].instrument
    made.look(engine.state)
    assert len(made._homeless) == 1
    engine.state.flow.facts[0].instrument = kept
    made._looked = NULL
    made.look(engine.state)
    own = made.known[kept].own
    assert own == sorted(own)
    assert min(own) == T0 + 0 * MS

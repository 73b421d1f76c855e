"""What tables are built from: one moment, scales of money, prices and undefined values as plain ones."""

import numpy as np
import pytest

from app.engine.enrich.own_prints import no_candidates
from app.engine.events import Instrument
from app.engine.orders.executions import stand
from app.engine.tables.context import (
    Moment,
    cause,
    defined,
    fact_time,
    mid,
    moment,
    per_horizon,
    plain,
    price,
    scale_of,
    settle_own_prints,
)
from app.engine.units import HORIZON_NAMES, NO_QUOTE, NULL, PRICE_SCALE
from tests.engine.days import day
from tests.engine.orders.stories import Story, T, row
from tests.session.play import played


def fills_of(*candidates: list[tuple[int, int]]) -> tuple[Moment, list[str | None]]:
    """Fills F0, F1, ... whose prints may be those (number, distance); the moment after settling, and who has one."""
    story = Story()
    story.tell(*(row(n, "fill", parent_id="P1", exec_id=f"F{n}", qty=1, price=1) for n in range(len(candidates))))
    found = no_candidates(len(candidates))
    for n, mine in enumerate(candidates):
        story.flow.facts[n].wanted = n
        for place, (number, distance) in enumerate(mine):
            found["number"][n, place], found["distance"][n, place] = number, distance
            found["whole"][n, place] = number
    story.joins.candidates, story.joins.requests = found, len(found)
    now = moment(story.config, story.flow, story.joins, T, NULL)
    fills = stand(story.flow.facts).fills
    settle_own_prints(now, fills)
    return now, [None if (own := now.own_print(fill)) is None else str(own.number) for fill in fills]


def test_that_a_print_is_one_fills_and_the_nearer_one_has_it() -> None:
    assert fills_of([(7, 3)], [(7, 2)], [(8, 1)])[1] == [None, "7", "8"]
    assert fills_of([(7, 3), (8, 9)], [(7, 2)])[1] == ["8", "7"]
    assert fills_of([(7, 2)], [(7, 2)])[1] == ["7", None]  # alike: the earlier fill
    assert fills_of([])[1] == [None]


def test_that_prints_are_given_by_match_time_not_by_order_of_arrival() -> None:
    story = Story()
    late, early = story.tell(*(row(t, "fill", parent_id="P1", exec_id=f"F{t}", qty=1, price=1) for t in (5, 2)))
    late.wanted, early.wanted = 0, 1
    found = no_candidates(2)
    found["number"][:, 0], found["distance"][:, 0] = 7, 1
    found["whole"][:, 0] = 7
    story.joins.candidates, story.joins.requests = found, 2
    now = moment(story.config, story.flow, story.joins, T, NULL)
    settle_own_prints(now, stand(story.flow.facts).fills)
    assert now.own_prints.tolist() == [-1, 0]


def test_that_a_busted_fill_and_one_that_has_not_looked_yet_have_no_print() -> None:
    story = Story()
    story.tell(
        row(0, "fill", parent_id="P1", exec_id="F0", qty=1, price=1),
        row(1, "fill", parent_id="P1", exec_id="F1", qty=1, price=1),
        row(2, "fill", parent_id="P1", exec_id="F2", qty=1, price=1),
        row(3, "bust", parent_id="P1", ref_exec_id="F0"),
    )
    found = no_candidates(1)
    found["number"][0, 0] = 7
    story.joins.candidates, story.joins.requests = found, 1
    now = moment(story.config, story.flow, story.joins, T, NULL)
    story.flow.facts[0].wanted = 0
    story.flow.facts[2].wanted = 5  # asked for after this moment was made
    fills = stand(story.flow.facts).fills
    settle_own_prints(now, [fill for fill in fills if fill.fact.wanted < 1])
    assert [now.own_print(fill) for fill in fills] == [None, None, None]


def test_that_a_moment_knows_the_market_and_the_reference_of_every_instrument() -> None:
    story = Story(Instrument(instrument="I", adv=5.0), Instrument(instrument="J"))
    now = moment(story.config, story.flow, story.joins, T, T + 1)
    assert (now.t, now.end, len(now.now)) == (T, T + 1, 2)
    assert now.now["quality"].tolist() == [NO_QUOTE] * 2
    assert [now.reference(n).instrument for n in (0, 1)] == ["I", "J"]
    assert now.reference(0).adv == 5.0
    assert moment(Story().config, story.flow, Story().joins, 0, NULL).own_prints.tolist() == []


@pytest.mark.parametrize("cancelled", [False, True])
def test_that_a_cancelled_print_is_nobodys_however_late_that_is_told(cancelled: bool) -> None:
    sheet = day()
    sheet.trade(15 * 10**9 + 1, "100.01", 33)
    sheet.fill(15 * 10**9, 33, "100.01", "G2", parent_id="P2")
    if cancelled:
        sheet.cancel_print(25 * 10**9, "100.01", 33)
    fills = played(sheet).tables()["fills"]
    assert fills["own_print"][fills["fill_id"].index("G2")] is not cancelled


def test_that_cancelled_prints_that_had_counted_come_by_instrument_and_time() -> None:
    sheet = day()
    for second, size in ((2, 102), (0, 100)):
        sheet.cancel_print(20 * 10**9 + second, f"100.0{second % 3 + 1}", size)
    sheet.trade(21 * 10**9, "100.00", 9, condition="auction")
    sheet.cancel_print(22 * 10**9, "100.00", 9)
    engine = played(sheet)
    now = engine.state.moment()
    taken = now.taken_of(0)
    assert taken.size == [0, 100, 202]
    assert taken.ts.tolist() == sorted(taken.ts.tolist())
    assert now.taken_of(0) is taken
    assert len(engine.state.moment().taken_of(1).ts) == 0


@pytest.mark.parametrize(
    ("columns", "minor"),
    [
        ({}, 1),
        ({"quote_currency": "GBX"}, 100),
        ({"quote_currency": "GBp"}, 100),
        ({"quote_currency": "USD"}, 1),
        ({"quote_currency": "GBP", "minor_unit": "GBX"}, 100),
        ({"quote_currency": "GBX", "minor_unit": "none"}, 1),
    ],
)
def test_that_money_is_in_the_currency_where_quotes_are_in_its_minor_unit(columns: dict[str, str], minor: int) -> None:
    scale = scale_of(Instrument(instrument="I", multiplier=5, size_exponent=-2, **columns))  # type: ignore[arg-type]
    assert (scale.multiplier, scale.size_exponent, scale.minor) == (5, -2, minor)


def test_that_undefined_is_none_and_nothing_else() -> None:
    assert [price(value) for value in (None, NULL, 0, PRICE_SCALE, -PRICE_SCALE // 2)] == [None, None, 0.0, 1.0, -0.5]
    assert [mid(value) for value in (None, NULL, 0, PRICE_SCALE)] == [None, None, 0.0, 0.5]
    assert [defined(value) for value in (NULL, 0, 5)] == [None, 0, 5]
    assert plain(np.array([1.5, np.nan, 0.0])) == [1.5, None, 0.0]
    assert price(100_020_000_000) == 100.02


def test_that_a_line_names_the_fact_that_caused_it() -> None:
    said = row(5, "fill", source="broker", seq=9)
    assert cause(said, T) == ("broker", 9, T)
    assert cause(None, T) == (None, None, T)
    (fact,) = Story().tell(said)
    assert (fact_time(fact), fact_time(None)) == (T + 5, None)


def test_that_there_is_a_column_per_horizon() -> None:
    assert per_horizon("x_{h}") == [f"x_{name}" for name in HORIZON_NAMES]

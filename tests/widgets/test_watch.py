"""Cases for the alerts: an order is told once for every change that matters, and whose it is, and what has stopped."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from app.engine.units import NULL
from app.widgets.alerts import LEAST_REMAINING
from app.widgets.pad import Life
from app.widgets.ports import Me
from app.widgets.watch import OVER, STOPPED, UNTRUSTED, Watch, orders_in, qualities, untrusted
from tests.widgets.handmade import Handmade, Value

ANYBODY = Me()
QTY = 1_000
CALM: dict[str, Value] = {
    "parent_id": "P0", "instrument": "TECH", "side": "BUY", "algo": "VWAP", "level": "GREEN", "state": "live",
    "order_qty": QTY, "filled_qty": 0, "level_reason": "cost z 1.00", "trader": "ann", "desk": "EQ",
    "basket_id": "",
}  # fmt: skip


def desk(*orders: dict[str, Value], life: Life = "live", quality: str = "good") -> Handmade:
    """A pad with these orders, each a calm one but for what is said of it; TECH trades unless told otherwise."""
    pad = Handmade(life)
    renew(pad, *orders)
    pad.put("instruments", instrument=["TECH", "INST"], quality=[quality, "good"], ts=[100, 200])
    return pad


def renew(pad: Handmade, *orders: dict[str, Value]) -> None:
    whole = [{**CALM, "parent_id": f"P{number}", **order} for number, order in enumerate(orders)]
    pad.put_parents(**{name: [order[name] for order in whole] for name in CALM})


def everything(pad: Handmade) -> NDArray[np.int64]:
    return np.arange(len(pad.parents))


def told(watch: Watch, pad: Handmade) -> list[str]:
    """Orders of which something new was said."""
    return [case.order for case in watch.cases(pad, everything(pad), ANYBODY)]


@pytest.mark.parametrize("level", ["AMBER", "RED"])
def test_that_a_grave_order_is_told_at_first_sight_and_a_calm_one_is_not(level: str) -> None:
    watch, pad = Watch(), desk({}, {"level": level}, {"level": "QUIET"}, {"level": "N/A"}, {"level": ""})
    assert told(watch, pad) == ["P1"]
    assert watch.rows == {"P1": 1}
    assert told(watch, pad) == [], "the same figures are no news"


@pytest.mark.parametrize(
    "change", [{"level": "AMBER"}, {"level": "N/A"}, {"state": "paused"}, {"state": "done"}, {"filled_qty": QTY}]
)
def test_that_each_change_that_matters_is_told_once_and_the_way_back_is_one_too(change: dict[str, Value]) -> None:
    watch, pad = Watch(), desk({}, {})
    told(watch, pad)
    seen = []
    for order in (change, change, {}):
        renew(pad, {}, order)
        seen.append(told(watch, pad))
    assert seen == [["P1"], [], ["P1"]]


@pytest.mark.parametrize("quality", sorted(STOPPED))
def test_that_a_market_that_stops_is_told_of_its_orders_alone(quality: str) -> None:
    watch, pad = Watch(), desk({"level": "RED"}, {"level": "RED", "instrument": "INST"})
    first = watch.cases(pad, everything(pad), ANYBODY)
    pad.put("instruments", instrument=["TECH", "INST"], quality=[quality, "good"], ts=[100, 200])
    stopped = watch.cases(pad, everything(pad), ANYBODY)
    assert [(case.order, case.live) for case in first] == [("P0", True), ("P1", True)]
    assert [(case.order, case.live) for case in stopped] == [("P0", False)]


def test_that_a_market_that_goes_on_as_its_order_is_nearly_done_is_told_too() -> None:
    watch, pad = Watch(), desk({"level": "RED"}, quality="halt")
    told(watch, pad)
    renew(pad, {"level": "RED", "filled_qty": QTY - 1})
    pad.put("instruments", instrument=["TECH", "INST"], quality=["good", "good"], ts=[100, 200])
    assert told(watch, pad) == ["P0"]


LEVELS = st.sampled_from(["GREEN", "QUIET", "AMBER", "RED", "N/A"])
STATES = st.sampled_from(["live", "paused", "done"])
ORDERS = st.tuples(LEVELS, STATES, st.integers(0, QTY), st.sampled_from(["TECH", "INST"]))


@given(st.lists(st.tuples(st.lists(ORDERS, min_size=3, max_size=3), st.booleans()), min_size=1, max_size=8))
def test_that_nothing_that_changed_is_kept_back_and_nothing_else_is_said(
    frames: list[tuple[list[tuple[str, str, int, str]], bool]],
) -> None:
    watch, pad = Watch(), Handmade()
    known: dict[str, tuple[object, ...]] = {}
    for orders, halted in frames:
        said: list[dict[str, Value]] = [
            {"level": level, "state": state, "filled_qty": filled, "instrument": name}
            for level, state, filled, name in orders
        ]
        renew(pad, *said)
        pad.put("instruments", instrument=["TECH", "INST"], quality=["halt" if halted else "good", "good"], ts=[1, 1])
        expected = []
        for number, (level, state, filled, name) in enumerate(orders):
            now = level, state, 20 * (QTY - filled) < QTY, halted and name == "TECH"
            first = f"P{number}" not in known
            if level in {"AMBER", "RED"} if first else known[f"P{number}"] != now:
                expected.append(f"P{number}")
            known[f"P{number}"] = now
        assert told(watch, pad) == expected


def test_that_an_order_is_nearly_done_below_the_least_that_is_worth_an_alert_and_not_at_it() -> None:
    watch, pad = Watch(), desk({"level": "RED"})
    least = round(QTY * LEAST_REMAINING)
    found = []
    for filled in (0, QTY - least - 1, QTY - least, QTY - least + 1, QTY):
        renew(pad, {"level": "RED", "filled_qty": filled})
        found += [(filled, case.silent) for case in watch.cases(pad, everything(pad), ANYBODY)]
    assert found == [(0, False), (QTY - least + 1, True)]


@pytest.mark.parametrize(("qty", "filled"), [(NULL, NULL), (NULL, 0), (QTY, NULL), (0, 0)])
def test_that_an_order_of_unknown_size_counts_as_all_to_do(qty: int, filled: int) -> None:
    pad = desk({"level": "RED", "order_qty": qty, "filled_qty": filled})
    (case,) = Watch().cases(pad, everything(pad), ANYBODY)
    assert case.remaining == 1.0
    assert not case.silent


@pytest.mark.parametrize(
    ("me", "order", "mine"),
    [
        (Me(), {"trader": "bob", "desk": "PT"}, True),
        (Me(trader="ann"), {}, True),
        (Me(trader="ann"), {"trader": "bob"}, False),
        (Me(trader="ann"), {"trader": ""}, False),
        (Me(desk="EQ"), {"trader": "bob"}, True),
        (Me(desk="EQ"), {"desk": "PT"}, False),
        (Me(desk="EQ"), {"desk": ""}, True),
        (Me(trader="ann", desk="EQ"), {"desk": "PT"}, False),
    ],
)
def test_that_an_order_is_mine_by_trader_and_by_desk_and_one_without_a_desk_is_everybodys(
    me: Me, order: dict[str, Value], mine: bool
) -> None:
    pad = desk({"level": "RED", **order})
    (case,) = Watch().cases(pad, everything(pad), me)
    assert case.mine is mine


@pytest.mark.parametrize("state", [*sorted(OVER), "DONE", "Filled"])
def test_that_an_order_that_is_over_is_not_live_however_its_state_is_written(state: str) -> None:
    pad = desk({"level": "RED", "state": state})
    (case,) = Watch().cases(pad, everything(pad), ANYBODY)
    assert not case.live


def test_that_a_case_says_what_the_order_is_and_why_it_is_grave() -> None:
    pad = desk({"level": "RED", "level_reason": "cost z 3.20, red from 3", "basket_id": "B7"})
    (case,) = Watch().cases(pad, everything(pad), ANYBODY)
    assert (case.words, case.basket, case.level) == ("TECH BUY VWAP: cost z 3.20, red from 3", "B7", "RED")


def test_that_rows_numbered_anew_are_looked_at_as_if_for_the_first_time() -> None:
    watch, pad = Watch(), desk({"level": "RED"}, {})
    told(watch, pad)
    watch.forget()
    assert watch.rows == {}
    renew(pad, {}, {"level": "RED"})
    assert told(watch, pad) == ["P1"]
    renew(pad, {}, {"level": "RED"}, {"level": "AMBER"})
    assert told(watch, pad) == ["P2"], "what comes later is looked at for the first time too"


# -- what cannot be trusted ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("quality", ["good", "locked", *sorted(UNTRUSTED)])
def test_that_an_instrument_without_a_market_is_not_trusted(quality: str) -> None:
    pad = desk({}, quality=quality)
    assert {pad.text(index): word for index, word in qualities(pad).items()} == {"TECH": quality, "INST": "good"}
    assert {pad.text(index) for index in untrusted(pad)} == ({"TECH"} if quality in UNTRUSTED else set())


@pytest.mark.parametrize("state", ["down", "stale", "dead", "DOWN"])
@pytest.mark.parametrize(("last", "expected"), [(99, set()), (100, {"TECH"}), (199, {"TECH"}), (200, {"TECH", "INST"})])
def test_that_a_source_that_is_down_takes_what_is_no_newer_than_its_last_row(
    state: str, last: int, expected: set[str]
) -> None:
    pad = desk({})
    pad.put("sources", source=["lobster", "orders"], state=[state, "live"], last_ts=[last, 10_000])
    assert {pad.text(index) for index in untrusted(pad)} == expected


def test_that_sources_that_live_take_nothing_away() -> None:
    pad = desk({})
    pad.put("sources", source=["lobster", "orders"], state=["live", "gap"], last_ts=[10_000, 10_000])
    assert untrusted(pad) == set()


def test_that_open_orders_of_some_instruments_are_greyed_and_what_is_over_stays() -> None:
    pad = desk({}, {"state": "DONE"}, {"instrument": "INST"}, {"state": "paused"}, {"state": "cancelled"})
    tech, inst = pad.intern("TECH"), pad.intern("INST")
    assert orders_in(pad, {tech}) == {0, 3}
    assert orders_in(pad, {tech, inst}) == {0, 2, 3}
    assert orders_in(pad, set()) == set()


@pytest.mark.parametrize(
    ("life", "expected"), [("live", {0}), ("paused", {0}), ("stale", {0}), ("ended", set()), ("past", set())]
)
def test_that_figures_that_are_final_are_never_greyed(life: Life, expected: set[int]) -> None:
    pad = desk({}, life=life)
    assert orders_in(pad, {pad.intern("TECH")}) == expected

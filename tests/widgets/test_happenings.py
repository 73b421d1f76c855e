"""Own events on the trace against a plain reading of each: place, class, order; notes in words; marks told apart."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.board import blank
from app.engine.events import Rows
from app.widgets.columns import event_class
from app.widgets.happenings import BUNCH_PX, FILLS, MARKS, NAMES, NO_BUNCHES, Note, bunched, happened, notes_of
from tests.widgets.arena import Arena

START = 1_700_145_000 * 10**9
KINDS = ("fill", "correct", "child_new", "child_replaced", "child_cancelled", "bust", "algo_new", "")
PRICE = st.one_of(st.just(math.nan), st.floats(0.01, 1000))
LIQUIDITY = st.sampled_from(["", "A", "R", "X"])
EVENT = st.tuples(st.sampled_from(KINDS), LIQUIDITY, PRICE, PRICE, st.integers(0, 10**6), st.integers(0, 99))
TURNS = ("algo_switched", "algo_paused", "algo_resumed", "parent_amended")


def told(arena: Arena, events: list[tuple[str, str, float, float, int, int]]) -> tuple[Rows, np.ndarray]:
    rows = blank("events", len(events))
    for row, (kind, liquidity, px, _, qty, after) in zip(rows, events, strict=True):
        row["kind"], row["liquidity"] = arena.intern(kind), arena.intern(liquidity)
        row["px"], row["qty"], row["ts"] = px, qty, START + after
    return rows, np.array([event[3] for event in events], np.float64)


@given(st.lists(EVENT, max_size=20), st.floats(1, 1000))
def test_that_every_event_is_placed_as_a_plain_reading_places_it(
    events: list[tuple[str, str, float, float, int, int]], reference: float
) -> None:
    arena = Arena()
    rows, mids = told(arena, events)
    found = happened(rows, reference, mids, arena)
    expected = []
    for kind, liquidity, px, mid, qty, after in events:
        name, at = event_class(kind, liquidity), mid if math.isnan(px) else px
        if name and not math.isnan(at):
            expected.append((START + after, name, at, qty))
    names = [NAMES[number] for number in found.kind.tolist()]
    assert list(zip(found.ts.tolist(), names, found.px.tolist(), found.qty.tolist(), strict=True)) == expected
    assert found.bps.tolist() == pytest.approx([(at / reference - 1) * 1e4 for _, _, at, _ in expected], abs=1e-6)


def test_that_without_a_reference_events_are_kept_and_stand_nowhere() -> None:
    arena = Arena()
    rows, mids = told(arena, [("fill", "A", 50.0, 50.0, 100, 1)])
    found = happened(rows, math.nan, mids, arena)
    assert (found.ts.tolist(), found.px.tolist()) == ([START + 1], [50.0])
    assert np.isnan(found.bps).all()


def test_that_an_event_at_the_reference_stands_on_the_line() -> None:
    arena = Arena()
    rows, mids = told(arena, [("fill", "A", 50.0, 49.0, 100, 1), ("child_new", "", math.nan, 50.0, 0, 2)])
    assert happened(rows, 50.0, mids, arena).bps.tolist() == [0.0, 0.0]


# -- bunches ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [0.0, -1.0, math.nan])
def test_that_a_chart_without_width_bunches_nothing(width: float) -> None:
    x, kind = np.array([1.0, 1.0, 2.0]), np.array([0, 0, 1], np.int64)
    found = bunched(x, -x, kind, width)
    assert found.x.tolist() == x.tolist()
    assert found.y.tolist() == (-x).tolist()
    assert found.events.tolist() == [1, 1, 1]


def test_that_no_events_are_no_marks() -> None:
    none = np.empty(0)
    found = bunched(none, none, np.empty(0, np.int64), BUNCH_PX)
    assert [len(part) for part in found] == [len(part) for part in NO_BUNCHES] == [0, 0, 0, 0]


@given(
    st.lists(st.tuples(st.integers(-500, 500), st.integers(0, len(NAMES) - 1)), min_size=1, max_size=30),
    st.integers(1, 50),
    st.integers(-20, 20),
)
def test_that_marks_do_not_flicker_when_time_moves_by_whole_cells(
    events: list[tuple[int, int]], width: int, cells: int
) -> None:
    x, kind = np.array([event[0] for event in events], np.float64), np.array([event[1] for event in events], np.int64)
    before, after = bunched(x, x, kind, float(width)), bunched(x + cells * width, x, kind, float(width))
    assert after.events.tolist() == before.events.tolist()
    assert after.kind.tolist() == before.kind.tolist()
    assert after.x.tolist() == pytest.approx((before.x + cells * width).tolist())
    assert after.y.tolist() == before.y.tolist()


@given(st.lists(st.tuples(st.integers(-500, 500), st.integers(0, len(NAMES) - 1)), min_size=1, max_size=30))
def test_that_the_order_in_which_events_come_does_not_move_a_mark(events: list[tuple[int, int]]) -> None:
    def marks(given: list[tuple[int, int]]) -> list[tuple[float, int, int]]:
        x, kind = np.array([at for at, _ in given], np.float64), np.array([of for _, of in given], np.int64)
        found = bunched(x, x, kind, BUNCH_PX)
        return list(zip(found.x.round(9).tolist(), found.kind.tolist(), found.events.tolist(), strict=True))

    assert marks(events) == marks(events[::-1])


# -- notes -----------------------------------------------------------------------------------------------------------


def noted(events: list[tuple[str, int, str, int]]) -> tuple[Note, ...]:
    arena, rows = Arena(), blank("events", len(events))
    for row, (kind, after, algo, qty) in zip(rows, events, strict=True):
        row["kind"], row["ts"], row["algo"], row["qty"] = arena.intern(kind), START + after, arena.intern(algo), qty
    return notes_of(rows, arena)


@given(
    st.lists(
        st.tuples(st.sampled_from([*TURNS, "fill", "algo_new", ""]), st.integers(0, 50), st.just(""), st.integers(0, 9))
    )
)
def test_that_every_turn_is_noted_once_in_time_order_and_nothing_else_is(
    events: list[tuple[str, int, str, int]],
) -> None:
    found = noted(events)
    turns = [(kind, after) for kind, after, *_ in events if kind in TURNS]
    assert [note.ts for note in found] == sorted(START + after for _, after in turns)
    assert sorted(note.words.split()[0] for note in found) == sorted(kind.split("_")[1] for kind, _ in turns)


@pytest.mark.parametrize("qty", [0, 999, 1000, 1_234_567])
def test_that_an_amendment_says_the_new_quantity_as_a_trader_reads_it(qty: int) -> None:
    (note,) = noted([("parent_amended", 0, "VWAP", qty)])
    word, said = note.words.split()
    assert (word, int(said.replace(",", ""))) == ("amended", qty)
    assert all(len(part) == 3 for part in said.split(",")[1:])


def test_that_a_switch_names_its_algo_and_one_to_an_unknown_algo_is_still_noted() -> None:
    assert [note.words for note in noted([("algo_switched", 0, "DARK", 5), ("algo_switched", 1, "", 5)])] == [
        "switched DARK",
        "switched",
    ]


@pytest.mark.parametrize("kind", ["algo_paused", "algo_resumed"])
def test_that_a_pause_and_a_resumption_say_nothing_more(kind: str) -> None:
    (note,) = noted([(kind, 0, "VWAP", 100)])
    assert note.words == kind.removeprefix("algo_")


# -- marks -----------------------------------------------------------------------------------------------------------


def test_that_classes_are_told_apart_by_shape_and_fills_are_the_filled_ones() -> None:
    assert len({mark.symbol for mark in MARKS.values()}) == len(MARKS)
    assert len({mark.title for mark in MARKS.values()}) == len(MARKS)
    assert {mark.tone for mark in list(MARKS.values())[FILLS:]} == {"faint"}
    assert all(mark.filled and mark.tone != "faint" for mark in list(MARKS.values())[:FILLS])
    assert {mark.tone for mark in MARKS.values()}.isdisjoint({"good", "amber", "red"}), "those are the lights' alone"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("liquidity", ["A", "R", "X", ""])
def test_that_every_class_of_an_event_has_a_mark(kind: str, liquidity: str) -> None:
    name = event_class(kind, liquidity)
    assert name == "" or name in MARKS
    assert (name in NAMES[:FILLS]) is (kind in {"fill", "correct"})

"""Algo orders of a parent, gathered: every child and live fill counted once, times and prices of what is there."""

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.board import blank
from app.engine.events import Rows
from app.engine.units import NULL
from app.widgets.algos import algo_orders
from tests.widgets.arena import Arena

NAMES = st.sampled_from(["", "A1", "A2", "A3"])
TIMES = st.one_of(st.just(NULL), st.integers(1, 10**6))
CHILD = st.tuples(NAMES, TIMES)
FLAGS = st.sampled_from(["", "busted", "late busted"])
FILL = st.tuples(NAMES, TIMES, st.integers(1, 10**6), st.floats(1, 1000), FLAGS)
KINDS = ("algo_new", "algo_switched", "algo_done", "child_new", "fill", "")
EVENT = st.tuples(NAMES, TIMES, st.sampled_from(KINDS), st.sampled_from(["", "VWAP", "DARK"]))


class Board:
    """Rows of one parent as they are given."""

    def __init__(self) -> None:
        self.texts = Arena()
        self.children, self.fills, self.events = blank("children", 0), blank("fills", 0), blank("events", 0)

    def child(self, name: str, ts: int) -> None:
        row = blank("children", 1)
        row["algo_order_id"], row["ts_new"] = self.texts.intern(name), ts
        self.children = np.concatenate([self.children, row])

    def fill(self, name: str, ts: int, qty: int, px: float, flags: str = "") -> None:
        row = blank("fills", 1)
        row["algo_order_id"], row["ts_event"], row["qty"], row["px"] = self.texts.intern(name), ts, qty, px
        row["flags"] = self.texts.intern(flags)
        self.fills = np.concatenate([self.fills, row])

    def event(self, name: str, ts: int, kind: str, algo: str = "") -> None:
        row = blank("events", 1)
        row["algo_order"], row["ts"], row["kind"] = self.texts.intern(name), ts, self.texts.intern(kind)
        row["algo"], row["source"], row["seq"] = self.texts.intern(algo), self.texts.intern("orders"), len(self.events)
        self.events = np.concatenate([self.events, row])

    def gathered(self) -> dict[str, np.void]:
        rows = self.rows()
        return {self.texts.text(int(row["algo_order_id"])): row for row in rows}

    def rows(self) -> Rows:
        return algo_orders(self.children, self.fills, self.events, self.texts)

    def word(self, row: np.void, field: str) -> str:
        return self.texts.text(int(row[field]))


@pytest.fixture
def board() -> Board:
    return Board()


def made(
    children: Sequence[tuple[str, int]],
    fills: Sequence[tuple[str, int, int, float, str]],
    events: Sequence[tuple[str, int, str, str]],
) -> Board:
    board = Board()
    for child in children:
        board.child(*child)
    for fill in fills:
        board.fill(*fill)
    for event in events:
        board.event(*event)
    return board


@given(st.lists(CHILD, max_size=6), st.lists(FILL, max_size=8), st.lists(EVENT, max_size=8))
def test_that_every_row_is_gathered_once_whatever_names_it(
    children: list[tuple[str, int]],
    fills: list[tuple[str, int, int, float, str]],
    events: list[tuple[str, int, str, str]],
) -> None:
    board = made(children, fills, events)
    found = board.gathered()
    own = [event for event in events if event[2].startswith("algo_")]
    assert set(found) == {name for name, *_ in [*children, *fills, *own]}
    for name, row in found.items():
        live = [fill for fill in fills if fill[0] == name and "busted" not in fill[4]]
        qty = sum(fill[2] for fill in live)
        assert row["n_children"] == sum(child[0] == name for child in children)
        assert row["filled"] == qty
        if live:
            money = math.fsum(fill[2] * fill[3] for fill in live)
            assert row["avg_px"] == pytest.approx(money / qty, rel=1e-12)
            assert min(f[3] for f in live) * (1 - 1e-12) <= row["avg_px"] <= max(f[3] for f in live) * (1 + 1e-12)
        else:
            assert math.isnan(row["avg_px"])
        told = [ts for who, ts, kind, _ in events if who == name and kind]
        begun = [ts for who, ts in children if who == name]
        times = [ts for ts in [*told, *begun, *(fill[1] for fill in live)] if ts != NULL]
        assert (row["first_ts"], row["last_ts"]) == ((min(times), max(times)) if times else (NULL, NULL))
    firsts = board.rows()["first_ts"].tolist()
    assert firsts == sorted(firsts)


def test_that_nothing_gives_no_algo_orders(board: Board) -> None:
    assert len(board.rows()) == 0


def test_that_an_algo_order_of_which_only_events_are_known_is_there(board: Board) -> None:
    board.event("A1", 500, "algo_new", "VWAP")
    row = board.gathered()["A1"]
    assert (row["n_children"], row["filled"], board.word(row, "algo")) == (0, 0, "VWAP")
    assert (row["first_ts"], row["last_ts"]) == (500, 500)
    assert math.isnan(row["avg_px"])


def test_that_an_event_of_a_child_alone_makes_no_algo_order(board: Board) -> None:
    board.event("A1", 500, "child_new", "VWAP")
    assert board.gathered() == {}


def test_that_the_last_event_of_its_own_says_state_and_message_and_a_childs_does_not(board: Board) -> None:
    board.event("A1", 1, "algo_new", "VWAP")
    board.event("A1", 2, "algo_switched", "DARK")
    board.event("A1", 3, "child_new")
    board.event("A2", 4, "algo_done", "POV")
    row = board.gathered()["A1"]
    assert (board.word(row, "state"), board.word(row, "algo"), board.word(row, "source")) == (
        "algo_switched",
        "DARK",
        "orders",
    )
    assert (row["seq"], row["last_ts"]) == (1, 3)


def test_that_a_last_version_that_names_no_strategy_keeps_the_one_before(board: Board) -> None:
    board.event("A1", 1, "algo_new", "VWAP")
    board.event("A1", 2, "algo_done", "")
    assert board.word(board.gathered()["A1"], "algo") == "VWAP"


def test_that_a_busted_fill_counts_for_nothing_yet_names_its_algo_order(board: Board) -> None:
    board.fill("A1", 10, 400, 50.0, "late busted")
    row = board.gathered()["A1"]
    assert (row["filled"], row["first_ts"], row["last_ts"]) == (0, NULL, NULL)
    assert math.isnan(row["avg_px"])


@pytest.mark.parametrize("flags", ["", "late", "bustedly", "unbusted"])
def test_that_a_flag_that_only_contains_the_word_busts_nothing(board: Board, flags: str) -> None:
    board.fill("A1", 10, 400, 50.0, flags)
    assert board.gathered()["A1"]["filled"] == 400


def test_that_what_names_no_algo_order_is_one_row_of_its_own_without_a_state(board: Board) -> None:
    board.child("", 5)
    board.fill("", 6, 100, 10.0)
    board.event("", 7, "algo_paused", "VWAP")
    row = board.gathered()[""]
    assert (row["n_children"], row["filled"], board.word(row, "state"), row["seq"]) == (1, 100, "", NULL)


def test_that_algo_orders_stand_in_the_order_they_began_not_in_that_of_their_names(board: Board) -> None:
    for name, ts in (("A1", 30), ("A2", 10), ("A3", 20)):
        board.child(name, ts)
    assert [board.word(row, "algo_order_id") for row in board.rows()] == ["A2", "A3", "A1"]

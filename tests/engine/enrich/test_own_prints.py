"""Own prints: which prints can be a fill's, and each print given to one fill at most, nearest first."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.enrich.own_prints import (
    AFTER_NS,
    ANY_VENUE,
    BEFORE_NS,
    CANDIDATES,
    DARK_NS,
    OFF_EXCHANGE,
    WANTED,
    Matching,
    assign,
    candidates,
    first_print,
    no_candidates,
    rank,
)
from app.engine.enrich.rows import ALL_OF_IT, PART, PRINT
from app.engine.events import Rows
from app.engine.units import MILLISECOND, SECOND

T = 10**18
Fields = dict[str, int]


def _prints(*made: Fields) -> Rows:
    out = np.zeros(len(made), PRINT)
    for at, fields in enumerate(made):
        for name, value in (
            {"ts": T, "price": 100, "size": 5, "number": at, "whole": at, "eligible": 1} | fields
        ).items():
            out[name][at] = value
    return out


def _wanted(*made: Fields) -> Rows:
    out = np.zeros(len(made), WANTED)
    for at, fields in enumerate(made):
        for name, value in ({"t": T, "price": 100, "size": 5, "venue": 0} | fields).items():
            out[name][at] = value
    return out


def _matching(prints: Rows, wanted: Rows) -> Matching:
    """Prints of instrument 0, between those of others."""
    room = np.zeros(len(prints) + 6, PRINT)
    room["ts"], room["price"], room["size"], room["number"] = T, 100, 5, 999
    room[3 : 3 + len(prints)] = prints
    offset, length = np.array([3, 0], np.int64), np.array([len(prints), 3], np.int64)
    return Matching(room, offset, length, wanted, no_candidates(len(wanted)))


def _found(prints: Rows, wanted: Rows) -> Rows:
    matching = _matching(prints, wanted)
    candidates(matching)
    return matching.found


def _numbers(prints: Rows, wanted: Rows) -> list[list[int]]:
    return [[int(n) for n in row if n >= 0] for row in _found(prints, wanted)["number"]]


def test_that_the_search_starts_at_the_first_print_of_a_time() -> None:
    prints = _prints(*({"ts": T + n} for n in (0, 0, 5, 5, 9)))
    matching = _matching(prints, _wanted())
    assert [first_print(matching, 0, T + n) - 3 for n in (-1, 0, 1, 5, 6, 9, 10)] == [0, 0, 2, 2, 4, 4, 5]
    assert first_print(matching, 1, T) == 0
    assert first_print(matching, 1, T + 1) == 3


@pytest.mark.parametrize(
    ("fill", "mark", "distance"),
    [
        ({}, {}, 0),
        ({}, {"price": 101}, -1),
        ({}, {"size": 6}, -1),
        ({}, {"venue": 1}, -1),
        ({"venue": ANY_VENUE}, {"venue": 1}, 0),
        ({}, {"ts": T - BEFORE_NS}, BEFORE_NS),
        ({}, {"ts": T - BEFORE_NS - 1}, -1),
        ({}, {"ts": T + AFTER_NS}, AFTER_NS),
        ({}, {"ts": T + AFTER_NS + 1}, -1),
        ({}, {"condition": OFF_EXCHANGE}, -1),
        ({"dark": 1}, {"condition": OFF_EXCHANGE, "venue": 9, "ts": T - DARK_NS}, DARK_NS),
        ({"dark": 1}, {"condition": OFF_EXCHANGE, "ts": T + 7}, 7),
        # a hidden order on a lit venue
        ({"dark": 1}, {"ts": T - 3}, 3),
        ({"dark": 1}, {"venue": 1}, -1),
        ({"dark": 1}, {"ts": T + AFTER_NS + 1}, -1),
        # an order id names it whatever venue and condition
        ({"order_id": 8}, {"order_id": 8, "venue": 3, "condition": OFF_EXCHANGE, "ts": T - 4}, 4),
        ({"order_id": 8}, {"order_id": 8, "ts": T + AFTER_NS}, AFTER_NS),
        ({"order_id": 8}, {"order_id": 8, "price": 99}, -1),
        ({"order_id": 8}, {"order_id": 9, "venue": 3}, -1),
        ({"order_id": 8}, {"order_id": 9, "ts": T + 1}, 1),
        ({}, {"order_id": 0, "venue": 3}, -1),
        # a share of a print is named or nothing
        ({}, {"part": 1}, -1),
        ({"order_id": 8}, {"part": 1, "order_id": 9}, -1),
        ({"order_id": 8}, {"part": 1, "order_id": 8}, 0),
    ],
)
def test_that_a_print_can_be_a_fills_or_not(fill: Fields, mark: Fields, distance: int) -> None:
    matching = _matching(_prints(mark), _wanted(fill))
    assert rank(matching, 0, 3) == distance
    found = _found(_prints(mark), _wanted(fill))[0]
    if distance < 0:
        assert (found["number"] == -1).all()
    else:
        exact = int(bool(fill.get("order_id")) and fill.get("order_id") == mark.get("order_id"))
        assert found["number"].tolist() == [0] + [-1] * (CANDIDATES - 1)
        told = found[["whole", "ts", "distance", "price", "size", "eligible", "exact"]][0].tolist()
        assert told == (0, mark.get("ts", T), distance, 100, 5, 1, exact)


def test_that_the_windows_are_those_of_the_definitions() -> None:
    assert (BEFORE_NS, AFTER_NS, DARK_NS) == (50 * MILLISECOND, 5 * MILLISECOND, 10 * SECOND)


def test_that_a_dark_fill_looks_ten_seconds_either_way() -> None:
    marks = [{"ts": T + off, "condition": OFF_EXCHANGE} for off in (-DARK_NS - 1, -DARK_NS, 0, DARK_NS, DARK_NS + 1)]
    assert _numbers(_prints(*marks), _wanted({"dark": 1})) == [[2, 1, 3]]


def test_that_candidates_are_nearest_first_and_the_named_ones_before_all() -> None:
    marks = [
        {"ts": T - 9},
        {"ts": T - 5, "order_id": 8},
        {"ts": T - 2, "eligible": 0},
        {"ts": T - 1, "cancelled": 1},  # until it is: who asks for the pairing knows by then
        {"ts": T + 2},
        {"ts": T + 3, "order_id": 8},
    ]
    found = _found(_prints(*marks), _wanted({"order_id": 8}, {}, {"price": 7}))
    assert found["number"][0].tolist()[:6] == [5, 1, 3, 2, 4, 0]
    assert found["number"][1].tolist()[:6] == [3, 2, 4, 5, 1, 0]
    assert found["eligible"][0].tolist()[:6] == [1, 1, 1, 0, 1, 1]
    assert found["exact"][0].tolist()[:6] == [1, 1, 0, 0, 0, 0]
    assert found["number"][0, 6] == -1
    assert (found["number"][2] == -1).all()


def test_that_a_share_that_is_all_of_its_print_stands_for_the_print_itself() -> None:
    marks = [{"number": 4, "whole": 4}, {"number": 9, "whole": 4, "part": ALL_OF_IT, "order_id": 8}]
    marks += [{"number": 10, "whole": 4, "part": PART, "order_id": 8}]
    assert _numbers(_prints(*marks), _wanted({"order_id": 8}, {})) == [[4, 10, 4], [4]]
    found = _found(_prints(*marks), _wanted({"order_id": 8}, {}))
    assert assign(found).tolist() == [0, -1]  # one print, one fill
    assert found["whole"][0].tolist()[:3] == [4, 4, 4]


def test_that_only_the_nearest_are_remembered_whatever_their_order() -> None:
    offsets = [-(n * 7 % 61) - 1 for n in range(60)]
    marks = [{"ts": T + off} for off in sorted(offsets)]
    nearest = sorted(range(60), key=lambda n: -sorted(offsets)[n])[:CANDIDATES]
    assert _numbers(_prints(*marks), _wanted({})) == [nearest]
    named = _prints({"ts": T - 999, "order_id": 8}, *marks)
    assert _numbers(named, _wanted({"order_id": 8})) == [[0, *(n + 1 for n in nearest[:-1])]]
    late = _prints(*({"ts": T - 99} for _ in range(CANDIDATES)), {"ts": T + 1, "order_id": 8})
    assert _numbers(late, _wanted({"order_id": 8})) == [[CANDIDATES, *range(CANDIDATES - 1)]]


def test_that_fills_look_only_at_prints_of_their_instrument() -> None:
    assert _numbers(_prints({}), _wanted({}, {"instrument": 1})) == [[0], [999, 999, 999]]


def test_that_a_sweep_of_equal_orders_finds_every_print() -> None:
    found = _found(_prints(*({} for _ in range(20))), _wanted(*({} for _ in range(20))))
    assert sorted(found["number"][np.arange(20), assign(found)].tolist()) == list(range(20))


def test_that_nothing_found_is_nothing_given() -> None:
    assert assign(no_candidates(3)).tolist() == [-1, -1, -1]
    assert assign(no_candidates(0)).tolist() == []
    assert no_candidates(2).shape == (2, CANDIDATES)


def test_that_ties_go_to_the_earlier_fill_then_the_earlier_print() -> None:
    found = _found(_prints({"ts": T - 1}, {"ts": T + 1}), _wanted({}, {}))
    assert found["number"][:, :2].tolist() == [[0, 1], [0, 1]]
    assert assign(found).tolist() == [0, 1]
    one = _found(_prints({}), _wanted({}, {}))
    assert assign(one).tolist() == [0, -1]
    assert assign(one[::-1]).tolist() == [0, -1]


def _greedy(prints: Rows, wanted: Rows) -> dict[int, int]:
    """The rule as written down: all pairs, the named first, nearest first, then by fill, then by print."""
    pairs: list[tuple[bool, int, int, int]] = []
    for w, fill in enumerate(wanted):
        for p in prints:
            gap = int(p["ts"]) - int(fill["t"])
            named = fill["order_id"] != 0 and fill["order_id"] == p["order_id"]
            dark = bool(fill["dark"])
            off = p["condition"] == OFF_EXCHANGE
            near = -BEFORE_NS <= gap <= AFTER_NS
            placed = fill["venue"] in (ANY_VENUE, p["venue"])
            allowed = (abs(gap) <= DARK_NS and dark) if off else (near and placed)
            reach = abs(gap) <= DARK_NS if dark else near
            same = p["price"] == fill["price"] and p["size"] == fill["size"]
            allowed = allowed and not p["part"]
            if same and ((named and reach) or allowed):
                pairs.append((not named, abs(gap), w, int(p["number"])))
    given_to: dict[int, int] = {}
    for _, _, w, number in sorted(pairs):
        if w not in given_to and number not in given_to.values():
            given_to[w] = number
    return given_to


_OFFSETS = st.sampled_from([0, 0, 1, -1, 2, -7, AFTER_NS, AFTER_NS + 1, -BEFORE_NS, -BEFORE_NS - 1, DARK_NS, -DARK_NS])
_SAME: dict[str, Any] = {
    "price": st.sampled_from([100, 100, 100, 101]),
    "size": st.sampled_from([5, 5, 6]),
    "order_id": st.sampled_from([0, 0, 0, 8, 9]),
    "venue": st.integers(0, 1),
}
_MARKS = st.fixed_dictionaries(
    {**_SAME, "ts": _OFFSETS, "condition": st.sampled_from([0, 0, OFF_EXCHANGE]), "part": st.sampled_from([0, 0, PART])}
)
_FILLS = st.fixed_dictionaries(
    {**_SAME, "t": _OFFSETS, "dark": st.integers(0, 1), "venue": st.sampled_from([0, 1, ANY_VENUE])}
)


@given(st.lists(_MARKS, max_size=10), st.lists(_FILLS, max_size=8))
def test_that_fills_and_prints_are_paired_by_the_rule(marks: list[Fields], fills: list[Fields]) -> None:
    marks = sorted(({**mark, "ts": T + mark["ts"]} for mark in marks), key=lambda mark: mark["ts"])
    wanted = _wanted(*({**fill, "t": T + fill["t"]} for fill in fills))
    prints = _prints(*marks)
    found = _found(prints, wanted)
    chosen = assign(found)
    paired = {w: int(found["number"][w, place]) for w, place in enumerate(chosen.tolist()) if place >= 0}
    assert paired == _greedy(prints, wanted)

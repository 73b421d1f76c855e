"""Venue changes into one consolidated history: best over open venues, holds, sums, prints, one row per nanosecond."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from app.engine.bits import to_int
from app.engine.config import EngineConfig
from app.engine.enrich.consolidate import (
    DONE,
    MEMORY_S,
    MID_BOUND,
    SAMPLE_NS,
    SESSION_BREAK_NS,
    UNSEEN,
    Consolidation,
    accrue,
    best_of_side,
    consolidate,
    holds,
    repeats,
    status_quality,
    take_sample,
)
from app.engine.enrich.history import TouchHistory
from app.engine.enrich.rows import HISTORY, SAMPLE, SLOT
from app.engine.units import (
    ASK,
    AUCTION,
    BID,
    CLOSED,
    CROSSED,
    GOOD,
    HALT,
    HELD_CROSSED,
    HELD_ONE_SIDED,
    HOLD_NS,
    IN_AUCTION,
    IN_CLOSE,
    IN_HALT,
    LOCKED,
    NO_QUOTE,
    NULL,
    ONE_SIDED,
    OPEN,
    OUT_OF_RANGE,
    QUALITIES,
    SECOND,
)
from tests.engine.enrich.streams import (
    NEVER,
    Change,
    changes,
    history_of,
    join_at,
    plain,
    printed,
    ranks,
    status,
    touch,
)

T = 10**18


def _arrays(*made: Change, passed: int = NULL) -> Consolidation:
    """What the kernel is given for these changes, nothing applied yet."""
    history = TouchHistory(EngineConfig())
    rows = changes(*made)
    history.take(rows)
    return history._arrays(rows, 0, passed)


def _qualities(*made: Change) -> list[str]:
    return [QUALITIES[row["quality"]] for row in plain(history_of(*made).ring(0))]


# -- the consolidated touch ------------------------------------------------------------------------------------------


def test_that_the_best_price_of_any_venue_wins_and_sizes_at_it_add_up() -> None:
    made = [
        touch(T, 100, 103, venue=0, bid_size=1, ask_size=2),
        touch(T, 101, 103, venue=1, bid_size=4, ask_size=8),
        touch(T, 101, 104, venue=2, bid_size=16, ask_size=32),
    ]
    join = join_at(history_of(*made), T)
    assert [join[name] for name in ("bid", "bid_size", "ask", "ask_size", "mid2")] == [101, 20, 103, 10, 204]
    assert [join[name] for name in ("bid2", "bid2_size", "ask2", "ask2_size")] == [100, 1, 104, 32]


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (((10, 1), (9, 2)), ((10, 4), (9, 8)), (10, 5, 9, 10)),
        (((10, 1), (8, 2)), ((9, 4), (8, 8)), (10, 1, 9, 4)),
        (((9, 1), (8, 2)), ((10, 4), (9, 8)), (10, 4, 9, 9)),
        (((9, 1), (8, 2)), ((10, 4), None), (10, 4, 9, 1)),
        (((8, 1), (7, 2)), ((10, 4), (9, 8)), (10, 4, 9, 8)),
        (((10, 1), None), ((8, 4), (7, 8)), (10, 1, 8, 4)),
        (((10, 1), (7, 2)), ((8, 4), (7, 8)), (10, 1, 8, 4)),
        (((10, 1), (8, 2)), ((8, 4), (7, 8)), (10, 1, 8, 6)),
        ((None, None), ((10, 4), None), (10, 4, NULL, 0)),
        ((None, None), (None, None), (NULL, 0, NULL, 0)),
    ],
)
def test_that_the_next_level_is_the_second_best_price_over_all_venues(first: Any, second: Any, expected: Any) -> None:
    for told in ((first, second), (second, first)):
        arrays = _arrays(touch(T, venue=0), touch(T, venue=1))
        arrays.slots["status"] = 0
        for slot, levels in zip(arrays.slots, told, strict=True):
            for at, level in enumerate(levels):
                name = "" if at == 0 else "2"
                price, size = level or (NULL, NULL)
                slot[f"bid{name}"], slot[f"bid{name}_size"] = price, size
                slot[f"ask{name}"], slot[f"ask{name}_size"] = NULL if level is None else -price, size
        assert best_of_side(arrays, 0, BID) == expected
        mirrored = [NULL if value == NULL else -value for value in expected[::2]]
        assert best_of_side(arrays, 0, ASK) == (mirrored[0], expected[1], mirrored[1], expected[3])


@pytest.mark.parametrize(
    ("bid", "ask", "quality"),
    [
        (100, 101, GOOD),
        (100, 100, LOCKED),
        (101, 100, CROSSED),
        (100, NULL, ONE_SIDED),
        (NULL, 100, ONE_SIDED),
        (NULL, NULL, NO_QUOTE),
        (-100, 100, GOOD),
        (MID_BOUND, MID_BOUND, LOCKED),
        (-MID_BOUND, MID_BOUND, GOOD),
        (100, MID_BOUND + 1, OUT_OF_RANGE),
        (-MID_BOUND - 1, 100, OUT_OF_RANGE),
    ],
)
def test_that_a_touch_has_its_quality_and_a_mid_only_where_it_is_valid(bid: int, ask: int, quality: int) -> None:
    history = history_of(touch(T - 1, 50, 51), touch(T, bid, ask))
    row = plain(history.ring(0))[-1]
    assert row["quality"] == quality
    assert row["mid2"] == (bid + ask if quality <= LOCKED else NULL)
    assert row["held"] == (bid + ask if quality <= LOCKED else 101)
    assert row["since"] == (T if quality in {CROSSED, ONE_SIDED} else NULL)
    assert (row["bid"], row["ask"]) == (bid, ask)


def test_that_mids_at_the_bound_stay_exact_in_the_integral() -> None:
    history = history_of(touch(T, MID_BOUND, MID_BOUND))
    join = join_at(history, T + 10 * SESSION_BREAK_NS)
    assert to_int(join["area_hi"], join["area_lo"]) == 2 * MID_BOUND * 10 * SESSION_BREAK_NS


# -- holds -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("lost", "held"), [((105, 102), HELD_CROSSED), ((NULL, 102), HELD_ONE_SIDED)])
def test_that_a_lost_mid_is_held_for_a_second_from_the_moment_it_was_lost(lost: tuple[int, int], held: int) -> None:
    made = [touch(T, 100, 102, bid_size=7, ask_size=8), touch(T + 5, *lost)]
    history = history_of(*made)
    for t in (T + 5, T + 5 + HOLD_NS):
        join = join_at(history, t)
        assert (join["mid2"], join["quality"], join["age"]) == (202, held, t - T - 5)
        assert [join[name] for name in ("bid", "bid_size", "ask", "ask_size")] == [100, 7, 102, 8]
    assert join_at(history, T + 6 + HOLD_NS)["mid2"] == NULL


def test_that_a_hold_goes_on_from_one_lost_state_to_another() -> None:
    made = [touch(T, 100, 102), touch(T + 5, 105, 102), touch(T + 9, NULL, 102), touch(T + 12, NULL, 103)]
    rows = plain(history_of(*made).ring(0))
    assert [row["since"] for row in rows] == [NULL, T + 5, T + 5, T + 5]
    assert [row["held"] for row in rows] == [202] * 4


@pytest.mark.parametrize("end", [status(T + 6, HALT), status(T + 6, AUCTION), status(T + 6, CLOSED), touch(T + 6)])
def test_that_a_halt_an_auction_a_close_or_an_empty_book_ends_the_hold(end: Change) -> None:
    history = history_of(touch(T, 100, 102), touch(T + 5, 105, 102), end, status(T + 7, OPEN), touch(T + 7, 105, 101))
    assert join_at(history, T + 5)["quality"] == HELD_CROSSED
    assert join_at(history, T + 6)["mid2"] == NULL
    join = join_at(history, T + 7)
    assert (join["mid2"], join["quality"], join["last"]) == (NULL, CROSSED, 202)
    back = history_of(touch(T, 100, 102), end, status(T + 7, OPEN), touch(T + 7, 100, 104))
    assert join_at(back, T + 7)["mid2"] == 204


def test_that_a_book_never_valid_has_nothing_to_hold() -> None:
    history = history_of(touch(T, 105, 102), touch(T + 1, NULL, 102))
    assert [row["since"] for row in plain(history.ring(0))] == [NULL, NULL]
    assert join_at(history, T)["quality"] == CROSSED
    assert join_at(history, T)["last"] == NULL


def test_that_only_a_crossed_or_one_sided_book_holds() -> None:
    assert [quality for quality in range(len(QUALITIES)) if holds(quality)] == [CROSSED, ONE_SIDED]


# -- inside one nanosecond -------------------------------------------------------------------------------------------


def test_that_states_of_one_nanosecond_are_one_row() -> None:
    made = [touch(T, 100, 102), touch(T + 1, 90, 91), touch(T + 1, 105, 102), touch(T + 1, 101, 103)]
    rows = plain(history_of(*made).ring(0))
    assert [(row["ts"], row["mid2"]) for row in rows] == [(T, 202), (T + 1, 204)]


def test_that_a_touch_that_lives_and_dies_inside_a_nanosecond_is_never_held() -> None:
    row = plain(history_of(touch(T, 100, 102), touch(T + 1, 50, 60), touch(T + 1, 105, 102)).ring(0))[-1]
    assert (row["held"], row["held_bid"], row["held_ask"], row["since"]) == (202, 100, 102, T + 1)
    row = plain(history_of(touch(T + 1, 50, 60), touch(T + 1, 105, 102)).ring(0))[-1]
    assert (row["held"], row["since"], row["quality"]) == (NULL, NULL, CROSSED)


def test_that_a_moment_of_validity_does_not_restart_the_hold() -> None:
    made = [touch(T, 100, 102), touch(T + 1, 105, 102), touch(T + 9, 100, 102), touch(T + 9, 104, 102)]
    row = plain(history_of(*made).ring(0))[-1]
    assert (row["ts"], row["since"], row["held"]) == (T + 9, T + 1, 202)


# -- venues ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("codes", "quality"),
    [
        ((HALT, AUCTION, CLOSED), IN_HALT),
        ((CLOSED, AUCTION, HALT), IN_HALT),
        ((AUCTION, CLOSED), IN_AUCTION),
        ((CLOSED, AUCTION), IN_AUCTION),
        ((CLOSED,), IN_CLOSE),
        ((HALT, OPEN), NO_QUOTE),
        ((0, HALT), NO_QUOTE),
        ((UNSEEN, HALT), IN_HALT),
        ((HALT, UNSEEN), IN_HALT),
        ((UNSEEN,), NO_QUOTE),
        ((), NO_QUOTE),
    ],
)
def test_that_the_worst_state_says_why_nothing_trades_unless_a_venue_is_open(codes: Any, quality: int) -> None:
    slots = np.zeros(5, SLOT)
    slots["status"] = OPEN
    members = np.array([[9, 9, 9], [4, 2, 1]], np.int32)
    for at, code in enumerate(codes):
        slots[members[1, at]]["status"] = code
    assert status_quality(slots, members, 1, len(codes)) == quality


@pytest.mark.parametrize("code", [HALT, AUCTION, CLOSED])
def test_that_a_venue_that_is_not_open_has_no_part_in_the_touch(code: int) -> None:
    made = [touch(T, 100, 102, venue=0), touch(T, 101, 102, venue=1), status(T + 1, code, venue=1)]
    history = history_of(*made, status(T + 2, OPEN, venue=1))
    bids = [row["bid"] for row in plain(history.ring(0))]
    assert bids == [101, 100, 101]
    assert [row["ask_size"] for row in plain(history.ring(0))] == [200, 100, 200]


def test_that_a_venue_that_only_prints_is_no_venue() -> None:
    made = [touch(T, 100, 102, venue=0), printed(T + 1, 101, 1, venue=1), status(T + 2, HALT, venue=0)]
    assert _qualities(*made) == ["good", "good", "halt"]
    told_empty = [made[0], touch(T + 1, venue=1), made[2]]
    assert _qualities(*told_empty) == ["good", "halt"]
    for one_side in (touch(T + 1, NULL, 103, venue=1), touch(T + 1, 99, NULL, venue=1)):
        assert _qualities(made[0], one_side, made[2]) == ["good", "good", "one_sided"]


def test_that_a_status_alone_makes_a_venue() -> None:
    assert _qualities(status(T, CLOSED)) == ["closed"]
    assert _qualities(status(T, CLOSED), status(T + 1, OPEN, venue=1)) == ["closed", "no_quote"]


def test_that_a_change_that_shows_nothing_new_writes_no_row() -> None:
    made = [touch(T, 100, 102, venue=0), touch(T + 1, 98, 104, venue=1), touch(T + 2, 97, 105, venue=1, bid_size=5)]
    history = history_of(*made, status(T + 3, OPEN, venue=0), touch(T + 4, 96, 106, venue=2))
    assert [row["ts"] for row in plain(history.ring(0))] == [T, T + 1, T + 2]
    assert history.current["ts"][0] == T + 4


@pytest.mark.parametrize("name", ["bid", "bid_size", "ask", "ask_size", "bid2", "bid2_size", "ask2", "ask2_size"])
def test_that_each_figure_of_a_touch_makes_it_another(name: str) -> None:
    first = touch(T, 100, 102, bid2=99, ask2=103)
    changed = {**first, "ts": T + 1, name: first[name] + (1 if name != "bid2" else -1)}
    history = history_of(first, {**first, "ts": T + 1})
    assert history.current["ts"][0] == T  # told again is no news
    history = history_of(first, changed)
    rows = plain(history.ring(0))
    assert [row["ts"] for row in rows] == [T, T + 1]
    assert rows[1][name] == changed[name]
    arrays = _arrays(first, changed)
    consolidate(arrays._replace(changes=arrays.changes[:1]))
    assert [repeats(arrays, n, 0) for n in (0, 1)] == [True, False]


# -- time ------------------------------------------------------------------------------------------------------------


def _current(**fields: float) -> Any:
    rows = np.zeros(2, HISTORY)
    for name, value in ({"ts": T, "mid2": 200, "since": NULL, "sigma2": 2.0} | fields).items():
        rows[name][1] = value
    return rows


@pytest.mark.parametrize(
    ("fields", "until", "counted", "mid2"),
    [
        ({}, T, 0, 200),
        ({}, T - 5, 0, 200),
        ({}, T + 1, 1, 200),
        ({}, T + 7, 7, 200),
        ({"mid2": NULL, "quality": CROSSED, "since": T, "held": 300}, T + 1, 1, 300),
        ({"mid2": -200}, T + 7, 7, -200),
        ({}, T + 3 * SESSION_BREAK_NS, 3 * SESSION_BREAK_NS, 200),
        ({"mid2": NULL, "quality": CROSSED, "since": T, "held": 300}, T + 7, 7, 300),
        ({"mid2": NULL, "quality": ONE_SIDED, "since": T - 5, "held": 300}, T + 2 * HOLD_NS, HOLD_NS - 5, 300),
        ({"mid2": NULL, "quality": CROSSED, "since": T - HOLD_NS, "held": 300}, T + 7, 0, 300),
        ({"mid2": NULL, "quality": CROSSED, "since": T - 2 * HOLD_NS, "held": 300}, T + 7, 0, 300),
        ({"mid2": NULL, "quality": CROSSED, "held": 300}, T + 7, 0, 300),
        ({"mid2": NULL, "quality": IN_HALT, "since": T, "held": 300}, T + 7, 0, 300),
    ],
)
def test_that_time_accrues_while_a_mid_is_defined_or_held(fields: Any, until: int, counted: int, mid2: int) -> None:
    current = _current(**fields, area_hi=3, area_lo=4, span=50, variance=0.25)
    accrue(current, 1, until)
    row = plain(current)[1]
    assert row["span"] == 50 + counted
    assert to_int(row["area_hi"], row["area_lo"]) == (3 << 62) + 4 + counted * mid2
    assert row["variance"] == 0.25 + 2.0 * (min(counted, SESSION_BREAK_NS) * 1e-9)
    assert row["ts"] == T
    assert plain(current)[0]["span"] == 0


def _sampled(mid2: int, gap: int, elapsed: float, last: int = 100) -> tuple[bool, Any, Any]:
    current, sample = _current(mid2=mid2), np.zeros(2, SAMPLE)
    sample[1] = (T - gap, last, elapsed)
    moved = take_sample(current, sample, 1)
    return moved, plain(current)[1], plain(sample)[1]


def test_that_the_first_sample_only_marks_its_place() -> None:
    moved, row, sample = _sampled(200, 10 * SECOND, 0.0, last=NULL)
    assert (moved, row["sigma2"]) == (False, 2.0)
    assert sample == {"ts": T, "mid2": 200, "elapsed": 0.0}


@pytest.mark.parametrize(("mid2", "gap"), [(NULL, 10 * SECOND), (0, 10 * SECOND), (200, SAMPLE_NS - 1)])
def test_that_no_sample_is_taken_without_a_mid_or_before_a_second_is_over(mid2: int, gap: int) -> None:
    moved, row, sample = _sampled(mid2, gap, 3.0)
    assert (moved, row["sigma2"]) == (False, 2.0)
    assert sample == {"ts": T - gap, "mid2": 100, "elapsed": 3.0}


@pytest.mark.parametrize(
    ("gap", "elapsed", "weight"),
    [
        (SAMPLE_NS, 0.0, 1.0),  # the first return counts alone
        (SAMPLE_NS, 1.0, 0.5),
        (2 * SECOND, 2.0, 0.5),
        (SECOND, 299.0, 1 / MEMORY_S),
        (SECOND, 5000.0, 1 / MEMORY_S),
        (600 * SECOND, 5000.0, 1.0),
        (SESSION_BREAK_NS, 5000.0, 1.0),
    ],
)
def test_that_a_squared_return_per_second_enters_with_its_share_of_the_memory(
    gap: int, elapsed: float, weight: float
) -> None:
    moved, row, sample = _sampled(110, gap, elapsed)
    seconds = gap / SECOND
    assert moved
    assert row["sigma2"] == pytest.approx(2.0 + weight * (0.01 / seconds - 2.0), rel=1e-12)
    assert sample == {"ts": T, "mid2": 110, "elapsed": elapsed + seconds}


def test_that_the_return_over_a_closed_market_is_no_sample() -> None:
    moved, row, sample = _sampled(110, SESSION_BREAK_NS + 1, 40.0)
    assert (moved, row["sigma2"]) == (False, 2.0)
    assert sample == {"ts": T, "mid2": 110, "elapsed": 40.0}


def test_that_variance_runs_at_the_rate_that_look_ups_saw() -> None:
    made = [touch(T + n * SECOND, 100 + 10 * (n % 2), 120) for n in range(6)]
    history = history_of(*made)
    rows = plain(history.ring(0))
    assert [row["sigma2"] > 0 for row in rows] == [False, False, True, True, True, True]
    for before, after in pairwise(rows):
        seconds = (after["ts"] - before["ts"]) * 1e-9
        assert after["variance"] == before["variance"] + before["sigma2"] * seconds
        assert join_at(history, after["ts"] - 1)["variance"] <= after["variance"]


def test_that_a_new_rate_is_in_the_history_even_where_the_touch_stays() -> None:
    made = [touch(T, 100, 102), touch(T + SECOND, 100, 104), touch(T + 2 * SECOND, 90, 110, venue=1)]
    history = history_of(*made, touch(T + 3 * SECOND, 89, 111, venue=2), touch(T + 4 * SECOND, 88, 112, venue=2))
    rows = plain(history.ring(0))
    assert [row["ts"] - T for row in rows] == [0, SECOND, 2 * SECOND, 3 * SECOND, 4 * SECOND]
    assert rows[2]["sigma2"] == ((204 - 202) / 202) ** 2
    assert [row["bid"] for row in rows[2:]] == [100, 100, 100]


# -- the walk --------------------------------------------------------------------------------------------------------


def test_that_a_time_before_what_is_known_is_read_as_the_newest_and_counted_once_it_had_passed() -> None:
    made = [touch(T + 9, 100, 102), touch(T + 5, 101, 102, venue=1), touch(T + 20, 99, 102, venue=1)]
    arrays = _arrays(*made, passed=T + 8)
    assert consolidate(arrays) == DONE
    assert arrays.length[0] == 2
    assert arrays.pool["ts"][:2].tolist() == [T + 9, T + 20]
    assert arrays.pool["bid"][:2].tolist() == [101, 100]
    assert arrays.counts.tolist()[0] == 1


@pytest.mark.parametrize("what", ["history", "prints"])
def test_that_a_full_region_stops_at_the_change_and_nothing_of_it_is_done(what: str) -> None:
    made = [printed(T + n, 100, 1) if what == "prints" else touch(T + n, 100, 200 + n) for n in range(70)]
    arrays = _arrays(*made)
    if what == "prints":
        arrays.room[:] = 10**6
    else:
        arrays.print_room[:] = 10**6
    stopped = consolidate(arrays)
    assert stopped == 63
    count = arrays.print_count if what == "prints" else arrays.length
    assert count[0] == 63
    before = arrays.current.tobytes()
    assert consolidate(arrays._replace(begin=stopped)) == stopped
    assert arrays.current.tobytes() == before
    (arrays.print_room if what == "prints" else arrays.room)[:] = 10**6
    arrays.room[:] = 10**6
    assert consolidate(arrays._replace(begin=stopped)) == DONE
    assert count[0] == 70


def test_that_an_unknown_kind_of_change_only_lets_time_pass() -> None:
    history = history_of(touch(T, 100, 102), {"ts": T + 5, "kind": 99})
    assert len(history.ring(0)) == 1
    assert history.current["ts"][0] == T + 5
    assert join_at(history, NEVER - 10**18)["mid2"] == 202


def test_that_late_changes_are_counted_one_by_one() -> None:
    history = history_of(touch(T, 100, 102), until=T + 10)
    history.take(changes(*(touch(T + 1 + n, 100 + n, 110, source=1) for n in range(3))))
    history.advance(NEVER, ranks())
    assert history.late == 3

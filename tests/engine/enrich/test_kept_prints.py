"""Prints kept for the day where an order has a limit: the ring forgets, these stay, cancelled ones go."""

import numpy as np
import pytest

from app.engine.config import EngineConfig
from app.engine.enrich.history import TouchHistory
from app.engine.enrich.kept_prints import SCAN_NS, KeptPrints, Limited, within, without
from app.engine.units import CONDITION_CODES
from tests.engine.enrich.streams import Change, changes, named, printed, ranks, touch, unprinted

T = 10**18
SMALL = EngineConfig(ring_ns=10, ring_rows=5)


def _told(history: TouchHistory, *made: Change, until: int | None = None) -> None:
    history.take(changes(*made))
    history.advance(max(change["ts"] for change in made) + 1 if until is None else until, ranks())


def _numbers(kept: KeptPrints, begin: int, end: int, instrument: int = 0) -> list[int]:
    window = kept.window(instrument, begin, end)
    assert window.dtype == np.int64
    return [int(number) for number in window[3]]


def test_that_a_window_holds_the_eligible_prints_after_its_begin_and_up_to_its_end() -> None:
    history = TouchHistory(EngineConfig())
    kept = KeptPrints(history)
    told = [printed(T + n, 100 + n, 10 * n, condition=n) for n in range(len(CONDITION_CODES))]
    _told(history, *told)
    kept.watch(0)
    eligible = [CONDITION_CODES[name] for name in ("regular", "block", "odd")]
    assert _numbers(kept, T - 1, T + 9) == eligible
    assert _numbers(kept, T, T + 9) == eligible[1:]
    assert _numbers(kept, T - 1, T + 6) == eligible
    assert _numbers(kept, T - 1, T + 5) == eligible[:2]
    assert kept.window(0, T, T + 5).tolist() == [[T + 5], [105], [50], [5]]


def test_that_a_limited_order_finds_prints_the_ring_has_forgotten() -> None:
    history = TouchHistory(SMALL)
    kept = KeptPrints(history)
    kept.watch(0)
    for n in range(300):
        _told(history, printed(T + 5 * n, 100, 1), printed(T + 5 * n, 100, 2, instrument=1))
        if n % 4 == 0:
            kept.scan(T + 5 * n)
    assert len(history.prints.rows(0)) < 100
    assert _numbers(kept, 0, T + 10**6) == list(range(0, 600, 2))
    assert _numbers(kept, T, T + 10) == [2, 4]
    kept.watch(1)  # from now on, with what the ring still has
    late = _numbers(kept, 0, T + 10**6, instrument=1)
    assert late == list(range(601 - 2 * len(late), 600, 2))
    assert late == history.prints.rows(1)["number"].tolist()


def test_that_nothing_is_kept_for_an_instrument_nobody_watches() -> None:
    history = TouchHistory(EngineConfig())
    kept = KeptPrints(history)
    _told(history, printed(T, 100, 1))
    assert kept.window(0, 0, T).shape == (4, 0)
    kept.watch(7)  # not met yet
    assert kept.window(7, 0, T).shape == (4, 0)
    _told(history, printed(T + 1, 100, 1, instrument=7))
    assert _numbers(kept, 0, T + 1, instrument=7) == [1]


def test_that_watching_twice_keeps_every_print_once() -> None:
    history = TouchHistory(EngineConfig())
    kept = KeptPrints(history)
    for n in range(3):
        _told(history, printed(T + n, 100, 1))
        kept.watch(0)
    assert _numbers(kept, 0, T + 2) == [0, 1, 2]
    assert _numbers(kept, 0, T + 2) == [0, 1, 2]


def test_that_a_cancelled_print_is_left_out_whenever_the_cancel_comes() -> None:
    history = TouchHistory(EngineConfig())
    kept = KeptPrints(history)
    kept.watch(0)
    _told(history, touch(T, 99, 101), printed(T, 100, 1), printed(T + 1, 100, 2), printed(T + 2, 100, 3))
    assert _numbers(kept, 0, T + 9) == [0, 1, 2]
    _told(history, unprinted(T + 5, 100, 2))
    assert _numbers(kept, 0, T + 9) == [0, 2]
    _told(history, printed(T + 6, 100, 4), unprinted(T + 7, 100, 4))  # before it was ever scanned
    assert _numbers(kept, 0, T + 9) == [0, 2]


def test_that_a_print_is_kept_once_whoever_it_names() -> None:
    history = TouchHistory(EngineConfig())
    kept = KeptPrints(history)
    kept.watch(0)
    _told(history, printed(T, 101, 9), printed(T, 101, 9, venue=1), named(T, 101, 9, 7), named(T, 101, 4, 8))
    assert _numbers(kept, 0, T + 9) == [0, 1]
    _told(history, printed(T + 5, 101, 9))
    assert _numbers(kept, 0, T + 9) == [0, 1, 4]


def test_that_a_new_book_of_prints_has_read_nothing() -> None:
    kept = KeptPrints(TouchHistory(EngineConfig()))
    assert (kept.scanned, kept.seen, kept.kept, kept.joined) == (0, (0, 0), {}, {})
    assert kept.window(0, 0, T).tolist() == [[], [], [], []]


def test_that_the_ring_is_read_again_before_it_forgets() -> None:
    kept = KeptPrints(TouchHistory(EngineConfig()))
    assert not kept.due(T)  # nobody watches
    kept.watch(0)
    assert kept.due(T)
    kept.scan(T)
    assert kept.scanned == T
    assert not kept.due(T + SCAN_NS - 1)
    assert kept.due(T + SCAN_NS)
    assert EngineConfig().ring_ns > 3 * SCAN_NS


@pytest.mark.parametrize("cut", [0, 1, 40])
def test_that_saved_prints_are_taken_back_and_go_on(cut: int) -> None:
    history = TouchHistory(SMALL)
    first = KeptPrints(history)
    first.watch(0)
    first.watch(3)
    for n in range(cut):
        _told(history, printed(T + n, 100, 1))
        first.scan(T + n)
    state = first.save()
    assert set(state) == {"0", "3", "next"}
    assert state["next"].tolist() == [[0, cut], [3, 0]]
    assert state["0"].shape == (4, cut)
    second = KeptPrints(history)
    second.load(state, first.scanned)
    assert second.scanned == first.scanned
    for n in range(3):
        _told(history, printed(T + cut + n, 100, 1), printed(T + cut + n, 100, 1, instrument=3))
    for instrument in (0, 3):
        assert second.window(instrument, 0, T + 99).tolist() == first.window(instrument, 0, T + 99).tolist()
    assert second.window(0, 0, T + 99).shape == (4, cut + 3)
    empty = KeptPrints(history)
    empty.load(KeptPrints(history).save(), 0)
    assert (empty.kept, empty.next) == ({}, {})


def test_that_saving_takes_over_what_was_not_scanned_yet() -> None:
    history = TouchHistory(EngineConfig())
    kept = KeptPrints(history)
    kept.watch(0)
    _told(history, printed(T, 100, 1))
    assert kept.save()["0"].tolist() == [[T], [100], [1], [0]]


def _volume(limits: list[tuple[int, int]], pauses: list[tuple[int, int]], side: int = 1) -> int:
    """Of prints at 1 to 6 ns, priced 11 to 16, of sizes 1, 2, 4 to 32."""
    ts = np.arange(1, 7)
    pairs = [np.array(rows, np.int64).reshape(-1, 2) for rows in (limits, pauses)]
    return int(within(Limited(ts, ts + 10, 2 ** (ts - 1), side, *pairs)))


@pytest.mark.parametrize(
    ("limits", "pauses", "side", "volume"),
    [
        ([], [], 1, 63),
        ([(0, 13)], [], 1, 7),
        ([(0, 13)], [], -1, 60),
        ([(3, 13)], [], 1, 7),
        ([(3, 12)], [], 1, 7),
        ([(2, 12)], [], 1, 3),
        ([(0, 11), (3, 15)], [], 1, 25),
        ([(0, 11), (3, 11), (3, 15), (5, 11)], [], 1, 25),
        ([], [(2, 4)], 1, 51),
        ([], [(0, 1), (4, 6)], 1, 14),
        ([(0, 14)], [(2, 3)], 1, 11),
    ],
)
def test_that_a_limit_holds_after_its_time_and_a_pause_up_to_its_end(
    limits: list[tuple[int, int]], pauses: list[tuple[int, int]], side: int, volume: int
) -> None:
    assert _volume(limits, pauses, side) == volume


@pytest.mark.parametrize("gone", [[], [1], [1, 7, 3], [4, 99, 3], [0, 2], [5]])
def test_that_prints_that_are_gone_are_left_out_by_number(gone: list[int]) -> None:
    prints = np.array([[10, 11, 12, 13], [1, 1, 1, 1], [5, 6, 7, 8], [1, 3, 4, 7]], np.int64)
    kept = without(prints, np.array(gone, np.int64))
    assert kept.tolist() == prints[:, [n not in gone for n in (1, 3, 4, 7)]].tolist()
    assert without(prints[:, :0], np.array(gone, np.int64)).shape == (4, 0)

"""One look of the algo at its order on a small market: what it sends, moves and withdraws, and when it does nothing."""

from collections.abc import Iterator

import pytest

from app.engine.units import AUCTION, HALT, OPEN, SECOND
from app.feeds.simulator import algos, books, orders
from app.feeds.simulator import cells as c
from tests.feeds.simulator.plain import NOW, floor, live, plain_kernels, sent, told
from tests.feeds.simulator.plain import working_market as market


@pytest.fixture(autouse=True, scope="module")
def _plain() -> Iterator[None]:
    with plain_kernels():
        yield


def test_that_a_displayed_algo_on_schedule_posts_at_the_ask_and_no_more_than_it_may() -> None:
    m = market()
    m.z[c.Z_DONE] = 2_500
    for look in range(8):
        m.z[c.Z_NOW] = NOW + look
        algos.decide(m)
    assert sent(m) == [(c.POST, 100, 21)] * 4
    assert int(m.z[c.Z_DECIDE]) == NOW + 7 + SECOND


@pytest.mark.parametrize(("done", "kind"), [(2_100, c.TAKE), (2_101, c.POST)])
def test_that_a_displayed_algo_crosses_from_its_limit_behind_schedule(done: int, kind: int) -> None:
    m = market()
    m.z[c.Z_DONE] = done
    algos.decide(m)
    assert [child[0] for child in sent(m)] == [kind]


@pytest.mark.parametrize(("done", "kind"), [(2_100, c.POST), (2_101, c.HIDDEN)])
def test_that_one_that_hides_shows_itself_only_behind_schedule(done: int, kind: int) -> None:
    m = market()
    m.p[c.P_DISPLAYED], m.z[c.Z_DONE] = 0, done
    algos.decide(m)
    assert [child[0] for child in sent(m)] == [kind]


@pytest.mark.parametrize(
    ("size", "least", "kinds"), [(2_000, 2_000, [c.TAKE]), (1_999, 2_000, [c.HIDDEN]), (2_000, 0, [c.HIDDEN])]
)
def test_that_crossing_on_size_needs_the_size_and_takes_a_quarter_of_it(
    size: int, least: int, kinds: list[int]
) -> None:
    m = market(size=size)
    m.p[c.P_DISPLAYED], m.p[c.P_CROSS_SIZE], m.z[c.Z_DONE] = 0, least, 2_400
    algos.decide(m)
    assert [child[0] for child in sent(m)] == kinds
    if kinds == [c.TAKE]:
        assert sent(m) == [(c.TAKE, size // 4, 19)]


@pytest.mark.parametrize(("done", "working"), [(10_000, 0), (9_900, 100)])
def test_that_nothing_is_sent_beyond_the_order(done: int, working: int) -> None:
    m = market()
    m.z[c.Z_DONE], m.z[c.Z_WORKING], m.z[c.Z_NOW] = done, working, NOW + 1_300 * SECOND
    algos.decide(m)
    assert sent(m) == []


def test_that_the_last_clip_is_what_is_left() -> None:
    m = market()
    m.z[c.Z_DONE], m.z[c.Z_NOW] = 9_963, NOW + 1_399 * SECOND
    m.f[c.F_AHEAD] = 10_000.0
    algos.decide(m)
    assert [child[1] for child in sent(m)] == [37]


@pytest.mark.parametrize("empty", [0, 1])
def test_that_nothing_is_sent_into_a_market_with_one_side(empty: int) -> None:
    m = floor()
    for book in (1 - empty, 3 - empty):
        books.rest(m, book, 20, 500, c.MAKER)
    m.p[c.P_QTY], m.p[c.P_FINAL] = 10_000, NOW + SECOND
    algos.decide(m)
    assert sent(m) == []


@pytest.mark.parametrize("status", [HALT, AUCTION])
def test_that_a_halt_is_waited_out(status: int) -> None:
    m = market()
    slot = live(m, c.POST)
    m.slots[slot, c.S_UNTIL] = NOW
    m.z[c.Z_STATUS] = status
    said = told(m)
    algos.decide(m)
    assert told(m) == said
    assert int(m.z[c.Z_DECIDE]) == NOW + SECOND
    m.z[c.Z_STATUS] = OPEN
    algos.decide(m)
    assert int(m.slots[slot, c.S_STATE]) == c.LEAVING


def test_that_a_stopped_algo_withdraws_what_it_has_and_sends_nothing() -> None:
    m = market()
    slots = [live(m, kind) for kind in (c.POST, c.HIDDEN, c.DARK)]
    m.z[c.Z_STOPPED] = 1
    before = len(sent(m))
    algos.decide(m)
    algos.decide(m)
    assert [int(m.slots[slot, c.S_STATE]) for slot in slots] == [c.LEAVING] * 3
    assert [fact[0] for fact in told(m)].count(c.CANCEL_ASKED) == 3
    assert len(sent(m)) == before


@pytest.mark.parametrize(("born", "tick", "moved"), [(4, 22, True), (3, 22, False), (9, 21, False), (9, 30, True)])
def test_that_a_displayed_child_follows_the_touch_when_its_patience_is_over(born: int, tick: int, moved: bool) -> None:
    m = market()
    slot = live(m, c.POST, tick=tick)
    m.slots[slot, c.S_BORN] = NOW - born * SECOND
    assert algos.tend(m) == 1
    assert (int(m.slots[slot, c.S_ASKED]) == 1) == moved
    assert [fact for fact in told(m) if fact[0] == c.REPLACE_ASKED] == ([(c.REPLACE_ASKED, 100, 21)] if moved else [])


@pytest.mark.parametrize(("until", "state"), [(NOW, c.LEAVING), (NOW + 1, c.LIVE)])
def test_that_a_child_leaves_when_its_life_is_over(until: int, state: int) -> None:
    m = market()
    slot = live(m, c.HIDDEN)
    m.slots[slot, c.S_UNTIL] = until
    algos.tend(m)
    assert int(m.slots[slot, c.S_STATE]) == state


def test_that_before_the_close_everything_is_withdrawn_and_the_rest_sent_to_the_auction_once() -> None:
    m = market()
    slot = live(m, c.POST)
    m.z[c.Z_NOW] = NOW + 1_400 * SECOND
    algos.decide(m)
    assert (int(m.slots[slot, c.S_STATE]), int(m.z[c.Z_FINAL])) == (c.LEAVING, 0)
    orders.leave(m, slot, 1)
    for _ in range(3):
        algos.decide(m)
    assert sent(m)[1:] == [(c.CROSS, 10_000, 19)]
    assert (int(m.z[c.Z_FINAL]), int(m.z[c.Z_WORKING])) == (1, 10_000)


def test_that_venues_are_chosen_by_size_at_the_bid_and_by_the_shorter_queue_at_the_ask() -> None:
    m = market()
    books.rest(m, 2, 19, 1, c.MAKER)
    books.rest(m, 1, 21, 1, c.MAKER)
    assert (algos.larger_bid(m), algos.shorter_ask(m)) == (1, 1)
    books.rest(m, 0, 20, 1, c.MAKER)
    assert algos.larger_bid(m) == 0

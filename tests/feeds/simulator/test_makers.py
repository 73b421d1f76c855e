"""Makers and the leak agent on a small market: what they do, and that they leave alone what is not theirs."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.units import SECOND
from app.feeds.simulator import agent, books, children, kernel, makers, trading
from app.feeds.simulator import cells as c
from tests.feeds.simulator.plain import NOW, TICK, TICKS, floor, live, plain_kernels, sizes, told, way
from tests.feeds.simulator.plain import working_market as market


@pytest.fixture(autouse=True, scope="module")
def _plain() -> Iterator[None]:
    with plain_kernels():
        yield


@given(st.integers(0, 10**6), st.floats(10.0, 40.0), st.floats(0.0, 3.0))
def test_that_makers_never_lock_or_cross_the_market(first: int, reference: float, half: float) -> None:
    m = market()
    m.x[c.X_REF], m.f[c.F_HALF], m.f[c.F_PULL] = reference, half, 0.6
    for number in range(first, first + 25):
        makers.refresh(m, number)
        assert books.best_bid(m) < books.best_ask(m)
    for book in range(4):
        for tick in range(TICKS):
            assert all(size > 0 for size in sizes(m, book, tick))


@given(st.integers(0, 10**6))
def test_that_makers_thin_a_level_by_their_own_orders_alone(first: int) -> None:
    m = market()
    m.x[c.X_REF] = 20.0
    slot = live(m, c.POST, qty=100, tick=22)
    m.f[c.F_DEPTH : c.F_DEPTH + 5] = 1.0
    for number in range(first, first + 25):
        makers.refresh(m, number)
    order = m.pool[int(m.slots[slot, c.S_ORDER])]
    assert (int(order[c.O_OWNER]), int(order[c.O_SIZE]), int(order[c.O_TICK])) == (slot + 1, 100, 22)
    assert (int(m.z[c.Z_DONE]), int(m.z[c.Z_WORKING])) == (0, 100)


@pytest.mark.parametrize(("share", "left"), [(1.0, [100]), (0.0, [100, 60])])
def test_that_a_stale_level_is_pulled_whole_or_by_its_first_order_and_ours_stays(share: float, left: list[int]) -> None:
    m = floor()
    books.rest(m, 1, 22, 50, c.MAKER)
    live(m, c.POST, qty=100, tick=22)
    books.rest(m, 1, 22, 60, c.MAKER)
    makers.pull(m, 1, 22, share)
    assert sizes(m, 1, 22) == left
    assert makers.only_ours(m, 1, 22) == (left == [100])


def test_that_the_first_books_are_five_levels_and_more_with_their_depth_on_both_sides() -> None:
    m = floor()
    makers.seed_books(m)
    assert (books.best_bid(m), books.best_ask(m)) == (29, 31)
    for book in range(4):
        for level in range(8):
            tick = 31 + level if book % 2 else 29 - level
            assert 500 <= sum(sizes(m, book, tick)) < 500 + 400


@pytest.mark.parametrize(("size", "left"), [(300, [[200], [500]]), (700, [[], [300]]), (5_000, [[], []])])
def test_that_the_agent_sells_at_the_bid_and_presses_the_price_by_what_it_sold(
    size: int, left: list[list[int]]
) -> None:
    m = market()
    books.rest(m, 0, 17, 900, c.MAKER)
    m.f[c.F_LEAK], m.p[c.P_ALERT] = 2.0, 10 * SECOND
    agent.sell(m, size)
    assert [sizes(m, book, 19) for book in (0, 2)] == left
    assert sizes(m, 0, 17) == [900]
    sold = 1_000 - sum(map(sum, left))
    assert m.x[c.X_AGENT] == pytest.approx(2.0 * (sold / 100.0) ** 0.5)
    assert int(m.z[c.Z_ALERT]) == NOW + 10 * SECOND


def test_that_an_agent_without_a_bid_sells_nothing() -> None:
    m = floor()
    m.f[c.F_LEAK] = 2.0
    agent.sell(m, 100)
    agent.fade(m)
    assert (int(m.z[c.Z_OUT]), float(m.x[c.X_AGENT])) == (0, 0.0)


@pytest.mark.parametrize(
    ("on", "since", "chance", "seen"), [(1, 0, 1.0, True), (0, 0, 1.0, False), (1, 1, 1.0, False), (1, 0, 0.0, False)]
)
@pytest.mark.parametrize("kind", [c.POST, c.TAKE, c.HIDDEN, c.DARK])
def test_that_a_child_is_noticed_by_its_kind_and_only_when_somebody_looks(
    kind: int, on: int, since: int, chance: float, seen: bool
) -> None:
    m = market()
    m.p[c.P_AGENT], m.p[c.P_AGENT_FROM] = on, NOW + since
    chances = {c.POST: c.F_SEEN_POST, c.TAKE: c.F_SEEN_TAKE, c.HIDDEN: c.F_SEEN_HIDDEN, c.DARK: c.F_SEEN_DARK}
    m.f[chances[kind]], m.f[c.F_DELAY], m.f[c.F_AGENT_SIZE], m.f[c.F_FADE] = chance, 120.0, 0.6, 1.0
    m.slots[0, c.S_KIND] = kind
    children.be_seen(m, 0, 1_000)
    assert [what for what, _, _ in way(m)] == ([c.FADE, c.SELL] if seen else [])
    for what, size, _ in way(m):
        assert (300 <= size < 900) if what == c.SELL else size == 0
    assert all(at > NOW for at in m.queue[: int(m.z[c.Z_QUEUED]), c.Q_AT])


@pytest.mark.parametrize(("mark", "size", "own"), [(500, 300, 300), (200, 300, 200), (-500, 300, 0)])
def test_that_a_buyer_off_the_exchange_meets_our_dark_order_at_the_mid(mark: int, size: int, own: int) -> None:
    m = market()
    live(m, c.DARK, qty=size)
    m.f[c.F_DARK_SHARE] = 1.0
    trading.dark_order(m, 4, mark)
    assert [fact for fact in told(m) if fact[0] == c.FILLED] == ([(c.FILLED, own, 20)] if own else [])
    prints = [(a // TICK, b) for what, a, b in way(m) if what == c.PRINT]
    assert sum(qty for _, qty in prints) == abs(mark)
    assert {price for price, _ in prints} == {20}
    assert int(m.z[c.Z_VOLUME]) == 1_000_000


def test_that_every_event_has_a_time_of_its_own_and_impact_fades_by_the_step() -> None:
    m = floor()
    m.p[c.P_OPEN], m.z[c.Z_GRID] = NOW, 0
    m.x[c.X_OWN], m.f[c.F_DECAY] = 8.0, 0.5
    for _ in range(3):
        kernel.to_time(m, NOW)
    assert int(m.z[c.Z_NOW]) == NOW + 3
    assert m.x[c.X_REF] == 30.0 - 8.0
    kernel.to_time(m, NOW + 3 * c.GRID_NS)
    assert (m.x[c.X_OWN], m.x[c.X_REF]) == (1.0, 29.0)

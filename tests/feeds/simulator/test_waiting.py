"""What has happened and was not handed out: nothing is lost, doubled or early, however the day is cut."""

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from app.engine.events import MARKET, no_market
from app.feeds.simulator import load_world
from app.feeds.simulator.told import Teller
from app.feeds.simulator.waiting import Waiting

WORLD = load_world("tech")


def market(times: list[int]) -> Any:
    """Market rows of these times, in order."""
    rows = np.zeros(len(times), MARKET)
    rows["ts_event"] = sorted(times)
    return rows


@given(
    times=st.lists(st.integers(0, 50), max_size=20),
    orders=st.lists(st.integers(0, 50), max_size=20),
    cuts=st.lists(st.integers(0, 50), max_size=6),
)
def test_that_however_it_is_cut_everything_is_handed_out_once_in_time_and_in_order(
    times: list[int], orders: list[int], cuts: list[int]
) -> None:
    teller, waiting = Teller(WORLD, 1), Waiting()
    half = len(times) // 2
    waiting.market = [market(sorted(times)[:half]), market(sorted(times)[half:])]
    waiting.orders = [teller.row("oms", at, "parent_done") for at in orders]
    waiting.replies = [(at, b"%d" % n) for n, at in enumerate(orders)]
    handed: list[list[int]] = [[], [], []]
    before = -1
    for cut in [*sorted(cuts), 50]:
        found = waiting.hand_out(cut)
        parts = (
            found.market["ts_event"].tolist(), [row.ts_event for row in found.orders], [at for at, _ in found.replies],
        )  # fmt: skip
        for kind, part in zip(handed, parts, strict=True):
            assert all(before < at <= cut for at in part)
            kind += part
        before = cut
    assert handed == [sorted(times), sorted(orders), sorted(orders)]
    assert (waiting.market, waiting.orders, waiting.replies) == ([], [], [])


def test_that_replies_of_one_moment_stay_in_the_order_they_were_said() -> None:
    waiting = Waiting(replies=[(5, b"z"), (5, b"a"), (4, b"m"), (5, b"k")])
    assert waiting.hand_out(5).replies == [(4, b"m"), (5, b"z"), (5, b"a"), (5, b"k")]


def test_that_nothing_waiting_is_an_empty_slice() -> None:
    found = Waiting().hand_out(9)
    assert (len(found.market), found.orders, found.replies, found.until_ns) == (0, [], [], 9)
    assert found.market.dtype == no_market().dtype

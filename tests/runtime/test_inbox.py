"""The inbox: bounded, and honest about how far each source has passed."""

from app.engine.events import Control
from app.engine.units import NULL
from app.runtime.inbox import Inbox
from tests.runtime.made import market, orders


def test_that_the_watermark_is_the_least_time_passed_by_an_open_source() -> None:
    rows = market(10, sources=1)
    inbox = Inbox([0, 1])
    inbox.offer(0, rows)
    block = inbox.take(100)
    assert block is not None
    assert block.watermark == NULL  # source 1 has said nothing yet
    inbox.heartbeat(1, int(rows["ts_event"][4]))
    block = inbox.take(100)
    assert block is not None
    assert (len(block.market), block.watermark) == (0, int(rows["ts_event"][4]))


def test_that_a_source_passes_only_what_has_been_handed_over() -> None:
    rows = market(10, sources=1)
    inbox = Inbox([0])
    inbox.offer(0, rows)
    block = inbox.take(4)
    assert block is not None
    assert (len(block.market), block.watermark) == (4, int(rows["ts_event"][3]))
    assert len(inbox) == 6


def test_that_a_closed_source_holds_nobody_back_once_its_rows_are_out() -> None:
    rows = market(10, sources=1)
    inbox = Inbox([0, 1])
    inbox.offer(0, rows)
    inbox.offer(1, rows[:2])
    inbox.close(1)
    first, second = inbox.take(10), inbox.take(10)
    assert first is not None
    assert second is not None
    assert first.watermark == NULL  # the rows of source 1 still wait
    assert second.watermark == int(rows["ts_event"][-1])


def test_that_the_end_of_all_sources_passes_the_last_row() -> None:
    rows = market(3, sources=1)
    inbox = Inbox([0])
    inbox.offer(0, rows)
    inbox.close(0)
    block = inbox.take(10)
    assert block is not None
    assert block.watermark == int(rows["ts_event"][-1])


def test_that_a_full_inbox_refuses_market_rows_and_never_own_rows() -> None:
    rows = market(10, sources=1)
    inbox = Inbox([0], capacity=12)
    assert inbox.offer(0, rows)
    assert not inbox.offer(0, rows)
    inbox.offer_orders(orders(rows, 50))
    assert len(inbox) == 10
    block = inbox.take(10)
    assert block is not None
    assert len(block.orders) == 50
    assert inbox.offer(0, rows)


def test_that_a_batch_larger_than_the_inbox_is_taken_when_it_is_empty() -> None:
    inbox = Inbox([0], capacity=3)
    assert inbox.offer(0, market(10, sources=1))


def test_that_control_rows_go_with_the_next_block() -> None:
    inbox = Inbox([0])
    down = Control(ts_event=5, kind="down", source="S0")
    inbox.offer_controls([down])
    block = inbox.take(1)
    assert block is not None
    assert block.controls == (down,)
    assert inbox.take(1) is None

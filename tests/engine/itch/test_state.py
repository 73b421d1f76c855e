"""The state of an ITCH day: how it starts and grows."""

import numpy as np
import pytest

from app.engine.errors import EngineError
from app.engine.events import MARKET
from app.engine.itch import state
from app.engine.itch.layout import LENGTHS


def test_that_a_day_starts_empty_with_every_length_known() -> None:
    work = state.fresh(5, 1, 2)
    assert {chr(kind): int(size) for kind, size in enumerate(work.lengths) if size > 0} == LENGTHS
    assert (work.names == -1).all()
    assert len(work.names) == 65_536
    assert work.marks[state.MIDNIGHT] == 5
    assert work.marks[state.LOST] == -1
    assert work.out.nbytes == state.ROWS * MARKET.itemsize
    assert not work.data.flags.writeable


def test_that_more_room_for_orders_keeps_every_order() -> None:
    work = state.fresh(0, 0, 0)
    work.orders[3] = (99, 0, 7, -5)
    work.orders[8] = (100, 0, 8, 5)
    more = state.grown(work, state.ORDERS_FULL)
    assert len(more.orders) == 2 * len(work.orders)
    kept = more.orders[more.orders[:, 3] != 0]
    assert sorted(kept[:, 0].tolist()) == [99, 100]
    assert more.marks[state.ORDERS_USED] == 2


def test_that_more_room_for_prints_keeps_every_print() -> None:
    work = state.fresh(0, 0, 0)
    work.prints[:] = np.arange(work.prints.size).reshape(work.prints.shape)
    more = state.grown(work, state.PRINTS_FULL)
    assert len(more.prints) == 2 * len(work.prints)
    np.testing.assert_array_equal(more.prints[: len(work.prints)], work.prints)


def test_that_no_other_room_can_be_asked_for() -> None:
    with pytest.raises(EngineError, match="no kind of room"):
        state.grown(state.fresh(0, 0, 0), state.NAME)

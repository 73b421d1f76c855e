"""Row layouts: what a join carries, packed without holes, and the same names wherever rows are copied."""

import numpy as np
import pytest

from app.engine.enrich.rows import HISTORY, JOIN, PRINT, SAMPLE, SLOT, TAKEN_BACK
from app.engine.events import CHANGE

TOUCH = ["bid", "bid_size", "ask", "ask_size", "bid2", "bid2_size", "ask2", "ask2_size"]
SUMS = ["volume", "notional_hi", "notional_lo", "bought", "sold", "area_hi", "area_lo", "span", "variance", "sigma2"]


@pytest.mark.parametrize("dtype", [SLOT, HISTORY, SAMPLE, PRINT, TAKEN_BACK, JOIN])
def test_that_rows_have_no_holes_and_a_size_of_whole_words(dtype: np.dtype[np.void]) -> None:
    fields = dtype.fields
    assert fields is not None
    assert sum(field[0].itemsize for field in fields.values()) == dtype.itemsize
    assert dtype.itemsize % 8 == 0
    for field, offset in ((field[0], field[1]) for field in fields.values()):
        assert offset % field.base.itemsize == 0


@pytest.mark.parametrize("dtype", [SLOT, HISTORY, JOIN, CHANGE])
def test_that_two_levels_a_side_are_named_alike_everywhere(dtype: np.dtype[np.void]) -> None:
    names = list(dtype.names or ())
    assert [name for name in names if name in TOUCH] == TOUCH
    assert {dtype[name] for name in TOUCH} == {np.dtype("i8")}


@pytest.mark.parametrize("dtype", [HISTORY, JOIN])
def test_that_running_sums_are_the_same_in_the_history_and_in_a_join(dtype: np.dtype[np.void]) -> None:
    names = list(dtype.names or ())
    assert [name for name in names if name in SUMS] == SUMS
    assert {name: dtype[name].kind for name in SUMS} == {
        name: "f" if name in {"variance", "sigma2"} else "i" for name in SUMS
    }


def test_that_whatever_a_cancellation_takes_back_is_what_a_print_has() -> None:
    shared = set(TAKEN_BACK.names or ()) - {"pad", "instrument"}
    assert shared == {"ts", "price", "size", "number", "side", "eligible"}
    for name in shared:
        assert TAKEN_BACK[name] == PRINT[name]


def test_that_integers_of_a_print_hold_what_a_change_holds() -> None:
    for name in ("ts", "price", "size", "order_id", "seq", "venue", "side", "condition"):
        assert PRINT[name] == CHANGE[name]

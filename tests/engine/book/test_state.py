"""The layout of the books: kernel rows are the public rows with signed words."""

import numpy as np

from app.engine.book import IRREGULARITIES
from app.engine.book.room import fresh
from app.engine.book.state import CHANGE_SIGNED, FINE, MARKET_SIGNED, SAVED, UNKNOWN_BOOKS, Work, signed_row
from app.engine.events import CHANGE, MARKET


def test_that_kernel_rows_lie_on_the_public_rows() -> None:
    for public, signed in ((MARKET, MARKET_SIGNED), (CHANGE, CHANGE_SIGNED)):
        assert signed_row(public) == signed
        assert signed.itemsize == public.itemsize
        assert set(signed.names or ()) == set(public.names or ()) - {"pad"}
        for name in signed.names or ():
            assert signed.fields is not None
            assert public.fields is not None
            assert signed.fields[name][1] == public.fields[name][1]
            assert signed[name].itemsize == public[name].itemsize


def test_that_kernel_rows_hold_no_unsigned_word() -> None:
    for signed in (signed_row(MARKET), signed_row(CHANGE)):
        assert all(signed[name] != np.uint64 for name in signed.names or ())
    assert MARKET_SIGNED["flags"] == np.uint8
    assert MARKET_SIGNED["order_id"] == CHANGE_SIGNED["order_id"] == np.int64


def test_that_ids_and_numbers_beyond_int64_keep_their_bits() -> None:
    rows = np.zeros(1, MARKET)
    rows["order_id"] = 2**64 - 1
    assert int(rows.view(signed_row(MARKET))["order_id"][0]) == -1


def test_that_everything_but_a_calls_rows_and_output_is_saved() -> None:
    assert set(SAVED) == set(Work._fields) - {"rows", "out"}
    assert all(getattr(fresh(), name).dtype == np.int64 for name in SAVED)


def test_that_every_irregularity_has_a_name_and_a_counter() -> None:
    assert len(set(IRREGULARITIES)) == len(IRREGULARITIES) == UNKNOWN_BOOKS + 1 == len(fresh().counts)
    assert FINE not in range(len(IRREGULARITIES))

"""Arrays of market rows: blank ones, order of application, and the merge of several sources."""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from app.engine import units
from app.engine.events import MARKET, Rows

ROWS_AT_ONCE: Final = 65_536
PRICE_LIMIT: Final = units.PRICE_LIMIT
SIZE_LIMIT: Final = units.SIZE_LIMIT
_DIGITS: Final = 60


def blank(count: int) -> Rows:
    """Market rows with nothing in them: prices and sizes undefined, every other field 0."""
    rows = np.zeros(count, MARKET)
    for field in ("price", "size", "price2", "size2"):
        rows[field] = units.NULL
    return rows


def applied_time(rows: Rows) -> NDArray[np.int64]:
    """When each row is applied: ts_event, for snapshot rows the packet's ts_recv where it is known (ns)."""
    snapshot = ((rows["flags"] & units.SNAPSHOT) != 0) & (rows["ts_recv"] > 0)
    times: NDArray[np.int64] = np.where(snapshot, rows["ts_recv"], rows["ts_event"])
    return times


def chunks(rows: Rows, size: int = ROWS_AT_ONCE) -> Iterator[Rows]:
    """The rows in slices of at most `size`, in order."""
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


def merged(parts: Sequence[Rows]) -> Rows:
    """Several sources as one stream by applied time; each keeps its own order, ties go to the earlier part."""
    if len(parts) == 1:
        return parts[0]
    times = [np.maximum.accumulate(applied_time(part)) for part in parts if len(part)]
    if not times:
        return blank(0)
    order = np.argsort(np.concatenate(times), kind="stable")
    return np.concatenate([part for part in parts if len(part)])[order]


def steps_back(times: NDArray[np.int64]) -> int:
    """How many rows stand after a row with a later time."""
    if len(times) < 2:
        return 0
    return int(np.count_nonzero(times[1:] < np.maximum.accumulate(times)[:-1]))


def fixed_point(text: str, exponent: int = -9) -> int:
    """Plain decimal text as an exact integer in units of 10**exponent (exponent <= 0).

    Raises ValueError when it is no plain number, does not fit the unit exactly, or is out of range.
    """
    body = text[1:] if text[:1] in ("-", "+") else text
    whole, _, fraction = body.partition(".")
    digits = whole + fraction
    if not (digits.isascii() and digits.isdigit()) or len(digits) > _DIGITS:
        raise ValueError(f"{text!r} is not a plain decimal number")
    fraction = fraction.rstrip("0")
    if len(fraction) > -exponent:
        raise ValueError(f"{text!r} has more than {-exponent} decimals")
    value = int((whole or "0") + fraction.ljust(-exponent, "0"))
    if value > PRICE_LIMIT:
        raise ValueError(f"{text!r} is out of range")
    return -value if text[:1] == "-" else value

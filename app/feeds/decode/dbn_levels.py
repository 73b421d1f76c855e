"""MBP-10 snapshots of ten levels to the level changes between them."""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.engine import units
from app.feeds.decode.dbn_frames import UNDEFINED_PRICE

DEPTH: Final = 10


class Side(NamedTuple):
    """Ten levels of one side, records x 10: prices (UNDEFINED_PRICE = none) and sizes."""

    prices: NDArray[np.int64]
    sizes: NDArray[np.int64]


class Changes(NamedTuple):
    """Level changes in the order to be applied: the record each belongs to, side, price, absolute size (0 removes)."""

    record: NDArray[np.intp]
    side: NDArray[np.int8]
    price: NDArray[np.int64]
    size: NDArray[np.int64]


class Ladders:
    """The ten levels of each side as the last record of each (instrument, venue) left them."""

    def __init__(self) -> None:
        self._last: dict[int, NDArray[np.void]] = {}

    def changes(self, levels: NDArray[np.void], keys: NDArray[np.int64]) -> Changes:
        """What each record changed against the one before it of the same key.

        A level that falls out of the ten is removed: the ladder always equals the record.
        """
        before = self._before(levels, keys)
        parts = []
        for sign, letter in ((units.BID, "bid"), (units.ASK, "ask")):
            old, new = _side(before, letter), _side(levels, letter)
            gone = (old.prices != UNDEFINED_PRICE) & ~_has_price(old, new)
            changed = (new.prices != UNDEFINED_PRICE) & ~_has_level(new, old)
            parts += [_picked(old, gone, sign, 0), _picked(new, changed, sign, 1)]
        record, side, price, size, rank = (np.concatenate(column) for column in zip(*parts, strict=True))
        order = np.lexsort((rank, record))
        return Changes(record[order], side[order], price[order], size[order])

    def _before(self, levels: NDArray[np.void], keys: NDArray[np.int64]) -> NDArray[np.void]:
        """For each record the levels of the record before it with the same key; empty ones where there is none."""
        order = np.argsort(keys, kind="stable")
        ordered = keys[order]
        first = np.ones(len(order), np.bool_)
        first[1:] = ordered[1:] != ordered[:-1]
        before = np.empty_like(levels)
        before[order[1:]] = levels[order[:-1]]
        for at in order[first].tolist():
            before[at] = self._known(int(keys[at]), levels.dtype)
        for at in order[np.roll(first, -1)].tolist():
            self._last[int(keys[at])] = levels[at].copy()
        return before

    def _known(self, key: int, kind: np.dtype[np.void]) -> NDArray[np.void]:
        if key in self._last:
            return self._last[key]
        empty = np.zeros(DEPTH, kind)
        empty["bid_px"] = empty["ask_px"] = UNDEFINED_PRICE
        return empty


def _side(levels: NDArray[np.void], letter: str) -> Side:
    sizes = levels[f"{letter}_sz"].astype(np.int64)
    prices = np.where(sizes > 0, levels[f"{letter}_px"], UNDEFINED_PRICE)
    return Side(prices, sizes)


def _has_price(side: Side, other: Side) -> NDArray[np.bool_]:
    """True where a level's price is among the other side's prices of the same record."""
    found: NDArray[np.bool_] = (side.prices[:, :, None] == other.prices[:, None, :]).any(axis=2)
    return found


def _has_level(side: Side, other: Side) -> NDArray[np.bool_]:
    """True where a level is among the other side's levels of the same record with the same size."""
    same = side.prices[:, :, None] == other.prices[:, None, :]
    same &= side.sizes[:, :, None] == other.sizes[:, None, :]
    found: NDArray[np.bool_] = same.any(axis=2)
    return found


def _picked(side: Side, mask: NDArray[np.bool_], sign: int, rank: int) -> tuple[NDArray[np.int64], ...]:
    record, level = np.nonzero(mask)
    size = side.sizes[record, level] if rank else np.zeros(len(record), np.int64)
    return record, np.full(len(record), sign), side.prices[record, level], size, np.full(len(record), rank)

"""The input hash: what went in, by name and value, whatever order it came in.

Per row a hash in two halves of 64 bits, each added up modulo 2**64: order, blocks and the numbering of names do not
matter, the number of times a row came does. Positions in a source's file (`rec`) are not part of a row's identity.
"""

import hashlib
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from app.engine.bits import signed
from app.engine.book.room import readable
from app.engine.digest import Factors, sums
from app.engine.events import MARKET, Control, OrderRow, Rows
from app.engine.universe import Names, Universe

_WORDS: Final = MARKET.itemsize // 8
_MASK: Final = 2**64 - 1
_REC_WORD: Final = 3
_VALUE_WORDS: Final = 9


def _constant(text: str) -> int:
    """An odd 64-bit multiplier out of a text."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little") | 1


# One multiplier per word: a row's hash is a sum of products, stirred at the end, differently for each half.
_VALUES: Final = np.array([0 if w == _REC_WORD else _constant(f"word {w}") for w in range(_VALUE_WORDS)], np.uint64)
_CODES_FACTOR: Final = signed(_constant("codes"))
_HALF: Final = signed(_constant("second half"))


class Fingerprint:
    """Adds up the rows of a run; `hex()` is the input hash so far."""

    def __init__(self, universe: Universe) -> None:
        self._universe = universe
        self._halves = [0, 0]
        self._encoder = msgspec.msgpack.Encoder(order="deterministic")
        self._names: dict[str, NDArray[np.int64]] = {}

    @property
    def halves(self) -> tuple[int, int]:
        """The sums so far, modulo 2**64: all there is to it beside the universe."""
        return self._halves[0], self._halves[1]

    @halves.setter
    def halves(self, value: tuple[int, int]) -> None:
        """Go on from sums of before."""
        self._halves = list(value)

    def add_market(self, rows: Rows) -> None:
        """Market rows, whose numbers are names of the universe."""
        if not len(rows):
            return
        rows = readable(rows)
        universe = self._universe
        names = (
            self._hashes("instrument", universe.instruments),
            self._hashes("venue", universe.venues),
            self._hashes("source", universe.sources),
        )
        words = rows.view(np.int64).reshape(len(rows), _WORDS)
        first, second = sums(rows, words, Factors(_VALUES.view(np.int64), _CODES_FACTOR, _HALF, *names))
        self._add(int(first), int(second))

    def add_orders(self, rows: tuple[OrderRow, ...]) -> None:
        """Own rows; numbers of no name are in them."""
        encode, digest_of, numberless = self._encoder.encode, hashlib.blake2b, msgspec.structs.replace
        digests = [digest_of(encode(("order", numberless(row, rec=0))), digest_size=16).digest() for row in rows]
        halves = np.frombuffer(b"".join(digests), "<u8").reshape(-1, 2)
        self._add(*np.add.reduce(halves, axis=0).tolist())

    def add_controls(self, rows: tuple[Control, ...]) -> None:
        """Control rows; where a source has been read up to, and what it set aside, are no part of what went in."""
        for row in rows:
            if row.kind in {"position", "aside"}:
                continue
            self._add(*self._of_object("control", row))

    def hex(self) -> str:
        """32 digits: the rows so far and the reference data as it stands."""
        known = [("instrument", instrument) for instrument in self._universe.reference.values()]
        rates = [("fx", (pair, rates)) for pair, rates in self._universe.fx.items()]
        first, second = self._halves
        for kind, value in [*known, *rates]:
            halves = self._of_object(kind, value)
            first, second = first + halves[0], second + halves[1]
        return f"{first & _MASK:016x}{second & _MASK:016x}"

    def _add(self, first: int, second: int) -> None:
        self._halves = [(self._halves[0] + first) & _MASK, (self._halves[1] + second) & _MASK]

    def _of_object(self, kind: str, value: object) -> tuple[int, int]:
        digest = hashlib.blake2b(self._encoder.encode((kind, value)), digest_size=16).digest()
        return int.from_bytes(digest[:8], "little"), int.from_bytes(digest[8:], "little")

    def _hashes(self, kind: str, table: Names) -> NDArray[np.int64]:
        """Hashes of a table's names by number; the last entry stands for no name (-1)."""
        known = self._names.get(kind)
        if known is None or len(known) != len(table) + 1:
            texts = [f"{kind} {name}" for name in table.names] + [f"no {kind}"]
            known = self._names[kind] = np.array([signed(_constant(text)) for text in texts], np.int64)
        return known

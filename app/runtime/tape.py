"""Reading a journal back: the same blocks, as far as they are whole, and where a torn tape ends."""

import mmap
import os
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, TypeVar

import msgspec
import numpy as np

from app.engine.errors import DecodeError, EngineError, FeedError, complaint
from app.engine.events import MARKET, Block, Control, OrderRow, Rows
from app.engine.units import NULL
from app.engine.universe import Names, Universe
from app.runtime.inbox import applied_times
from app.runtime.journal import BLOCK, END, FILE, HEADED, MAGIC, MARK, PARTS, RECORD, VERSION, Additions, rows_hash

Found = TypeVar("Found")
_ORDERS: Final = msgspec.msgpack.Decoder(tuple[OrderRow, ...])
_CONTROLS: Final = msgspec.msgpack.Decoder(tuple[Control, ...])
_ADDITIONS: Final = msgspec.msgpack.Decoder(Additions)


class Tape:
    """The blocks of a journal as a route hands them over: unchanged, each when its watermark is due."""

    def __init__(self, reader: "JournalReader") -> None:
        self._reader = reader
        self._blocks = reader.blocks()
        self._ahead: Block | None = None
        self._latest = NULL

    @property
    def end_ns(self) -> int:
        """When the run ended, or the last row's time where the tape was cut short."""
        return self._latest if self._reader.end_ns is None else self._reader.end_ns

    def next_ns(self) -> int | None:
        """Watermark of the next block, None at the end."""
        if self._ahead is None:
            self._ahead = next(self._blocks, None)
        return None if self._ahead is None else self._ahead.watermark

    def take(self, until: int = 2**63 - 1) -> Block | None:
        """The next block, None when none is due until then (ns)."""
        due = self.next_ns()
        if self._ahead is None or due is None or due > until:
            return None
        block, self._ahead = self._ahead, None
        times = [int(applied_times(block.market).max())] if len(block.market) else []
        self._latest = max([self._latest, *times, *(row.ts_event for row in block.orders)])
        return block


class JournalReader:
    """Reads a journal; `universe` receives its names and reference data as the blocks come.

    Raises DecodeError where the file is no journal or of another format. After the blocks are read `torn` says in
    words what ended the tape early (None: nothing did) and `end_ns` when its run ended (None: it was cut short).
    """

    def __init__(self, path: Path, universe: Universe) -> None:
        if len(universe.instruments) or len(universe.venues) or len(universe.sources):
            raise EngineError("a journal numbers its own names: its universe must be empty")
        self.path = path
        self.torn: str | None = None
        self.notes: list[str] = []  # receives `torn`
        self.end_ns: int | None = None
        self.whole = FILE.itemsize  # offset behind the last whole record read
        self.number = 0  # whole records read
        self._universe = universe
        self._learned = [0, 0, 0]
        try:
            with path.open("rb") as file:
                self.size = os.fstat(file.fileno()).st_size
                if self.size < FILE.itemsize:
                    raise DecodeError(f"{path}: {self.size} bytes; a journal starts with {FILE.itemsize}")
                self._bytes = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except OSError as error:
            raise FeedError(f"{path}: cannot be read: {error.strerror}") from error
        _check_file(path, self._bytes)

    def blocks(self) -> Iterator[Block]:
        """The blocks in the order applied from where it stands, as far as they are whole."""
        return (block for _, block in self._records(self._body))

    def places(self) -> Iterator[tuple[int, int]]:
        """As blocks(), but only where each starts and its watermark (ns): checksums are looked at, rows are not."""
        return self._records(self._passed)

    def _records(self, read: Callable[[int, np.void], Found | None]) -> Iterator[tuple[int, Found]]:
        at = self.whole
        while at < self.size and self.end_ns is None and self.torn is None:
            head, why = self._head(at, self.number)
            if head is None:
                self._tear(at, why)
                return
            found = read(at + RECORD.itemsize, head)
            if found is None:
                self._tear(at, "the rows do not fit their checksum")
                return
            began, at = at, at + RECORD.itemsize + _body_bytes(head)
            self.whole = at
            self.number += 1
            if int(head["kind"]) == END:
                self.end_ns = int(head["watermark"])
            else:
                yield began, found
        if at < self.size:
            self._tear(at, "bytes after the end of the run")
        elif self.end_ns is None:
            self._tear(at, "no end mark, the run was interrupted")

    def grow(self) -> None:
        """Look again at a tape that is being written: `blocks` goes on behind the last whole record."""
        with self.path.open("rb") as file:
            self.size = os.fstat(file.fileno()).st_size
            grown = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._bytes.close()
        self._bytes = grown
        self.torn = None
        self.notes.clear()

    def block_at(self, at: int, number: int) -> Block:
        """A record read before, by its offset and number. Raises DecodeError when it is no longer what it was."""
        head, why = self._head(at, number)
        block = None if head is None else self._body(at + RECORD.itemsize, head, learn=False)
        if block is None:
            raise DecodeError(f"{self.path}: offset {at}: {why or 'the rows do not fit their checksum'}")
        return block

    def close(self) -> None:
        """Release the file."""
        self._bytes.close()

    def _tear(self, at: int, why: str) -> None:
        left = self.size - at
        self.torn = f"{self.path}: offset {at}: {why}; everything before it is used, {left} bytes are left unread"
        self.notes.append(self.torn)

    def _head(self, at: int, number: int) -> tuple[np.void | None, str]:
        raw = self._bytes[at : at + RECORD.itemsize]
        if len(raw) < RECORD.itemsize:
            return None, "the tape ends inside a header"
        head = np.frombuffer(raw, RECORD)[0]
        if bytes(head["mark"]) != MARK or int(head["head_crc"]) != zlib.crc32(raw[:HEADED]):
            return None, "no block starts here"
        if int(head["number"]) != number or int(head["kind"]) not in (BLOCK, END):
            return None, f"block {number} was expected, not number {head['number']} of kind {head['kind']}"
        if at + RECORD.itemsize + _body_bytes(head) > self.size:
            return None, "the tape ends inside a block"
        return head, ""

    def _body(self, at: int, head: np.void, *, learn: bool = True) -> Block | None:
        """The block behind a header, None where its bytes are not those that were written."""
        body = memoryview(self._bytes)[at : at + _body_bytes(head)]
        try:
            if zlib.crc32(body) != int(head["body_crc"]):
                return None
            ends = np.cumsum([int(head[name]) for name in PARTS]).tolist()
            if learn:
                self._learn(bytes(body[: ends[0]]))
            market: Rows = np.frombuffer(bytearray(body[ends[0] : ends[1]]), MARKET)
            orders, controls = bytes(body[ends[1] : ends[2]]), bytes(body[ends[2] :])
            block = Block(
                int(head["watermark"]),
                market,
                _ORDERS.decode(orders) if orders else (),
                _CONTROLS.decode(controls) if controls else (),
            )
            return block if self._sound(block, head) else None
        except (msgspec.DecodeError, ValueError):
            return None
        finally:
            body.release()

    def _passed(self, at: int, head: np.void) -> int | None:
        """The watermark behind a header, None where its body's bytes are not those that were written."""
        body = memoryview(self._bytes)[at : at + _body_bytes(head)]
        try:
            if zlib.crc32(body) != int(head["body_crc"]):
                return None
            self._learn(bytes(body[: int(head[PARTS[0]])]))
            return int(head["watermark"])
        except (msgspec.DecodeError, ValueError):
            return None
        finally:
            body.release()

    def _sound(self, block: Block, head: np.void) -> bool:
        """True when the counts agree and every number has its name: the engine indexes arrays by them."""
        if (len(block.orders), len(block.controls)) != (int(head["order_count"]), int(head["control_count"])):
            return False
        universe = self._universe
        tables = {"instrument": universe.instruments, "venue": universe.venues, "source": universe.sources}
        rows = block.market
        return not len(rows) or all(rows[n].min() >= -1 and rows[n].max() < len(t) for n, t in tables.items())

    def _learn(self, encoded: bytes) -> None:
        if not encoded:
            return
        new, universe = _ADDITIONS.decode(encoded), self._universe
        tables = (universe.instruments, universe.venues, universe.sources)
        for at, names in enumerate((new.instruments, new.venues, new.sources)):
            self._extend(tables[at], names, at)
        for instrument in new.reference:
            universe.describe(instrument)
        universe.fx.update(new.fx)

    def _extend(self, table: Names, names: list[str], at: int) -> None:
        """Add names under their numbers; the engine may have met some of them since, under the same numbers."""
        for name in names:
            if table.index(name) != self._learned[at]:
                raise ValueError(f"name {name!r} has two numbers")
            self._learned[at] += 1


def _check_file(path: Path, raw: mmap.mmap) -> None:
    head = np.frombuffer(raw[: FILE.itemsize], FILE)[0]
    if bytes(head["magic"]) != MAGIC:
        raise DecodeError(complaint(f"{path}: offset 0", "magic", bytes(head["magic"]), repr(MAGIC)))
    if int(head["version"]) != VERSION:
        raise DecodeError(complaint(f"{path}: offset 8", "version", int(head["version"]), str(VERSION)))
    if int(head["row_bytes"]) != MARKET.itemsize or int(head["rows_hash"]) != rows_hash():
        raise DecodeError(
            f"{path}: offset 12: the market rows of this journal have another layout: export it with its own version"
        )


def _body_bytes(head: np.void) -> int:
    return sum(int(head[name]) for name in PARTS)

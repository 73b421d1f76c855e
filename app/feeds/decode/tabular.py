"""Whole numbers out of Parquet tables and plain CSV, column by column, with every unreadable place named."""

import io
from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
from numpy.typing import NDArray

from app.engine.errors import DecodeError, complaint
from app.feeds.decode import check, columns

_SECONDS: Final = "seconds after midnight, 9 decimals at most"


class Columns(NamedTuple):
    """Columns of one file as int64 (NULL = null) with the rows that could not be read and what the file said there."""

    fields: dict[str, NDArray[np.int64]]
    faults: list[check.Fault]
    rows: int
    value: Callable[[str, int], object]


def from_table(table: pa.Table, names: tuple[str, ...], file: str) -> Columns:
    """Whole-number columns of a Parquet table. Raises DecodeError when one is missing or of a wrong type."""
    fields: dict[str, NDArray[np.int64]] = {}
    faults: list[check.Fault] = []
    columns.check_names(table.schema, file, names)
    for name in names:
        column = table.column(name).combine_chunks()
        if not columns.is_whole(column.type):
            raise DecodeError(complaint(file, f"type of {name}", str(column.type), "int64"))
        values, bad = columns.integers(column)
        fields[name] = values.astype(np.int64, copy=False)
        if bad is not None:
            faults.append(check.Fault(name, bad, "a whole number"))
    return Columns(fields, faults, table.num_rows, lambda name, row: table.column(name)[row].as_py())


def from_csv(data: bytes, names: tuple[str, ...], file: str, midnight: int | None = None) -> Columns:
    """The first columns of an original CSV; `midnight`: the first one is seconds after it (ns since the epoch).

    A line with too few or too many fields keeps its place as a row of faults. Raises DecodeError when empty.
    """
    data = data.replace(b"\r\n", b"\n").replace(b"\r", b" ").rstrip(b"\n")
    if not data.strip():
        raise DecodeError(f"{file}: empty file; allowed: one line per message")
    lines = data.count(b"\n") + 1
    width = data.split(b"\n", 1)[0].count(b",") + 1
    if width < len(names):
        raise DecodeError(complaint(f"{file} line 1", "columns", width, f"{len(names)} or more: {', '.join(names)}"))
    lost = _commas(data, lines) != width - 1
    table = _strings(_patched(data, lost, width), width, file)
    if table.num_rows != lines:
        raise DecodeError(f"{file}: {lines} lines, of which {table.num_rows} could be told apart")
    fields: dict[str, NDArray[np.int64]] = {}
    faults = [check.Fault("line", lost, f"{width} fields separated by commas")]
    for index, name in enumerate(names):
        timed = index == 0 and midnight is not None
        values, wrong = _numbers(table.column(index), 9 if timed else 0)
        fields[name] = values + (midnight or 0) if timed else values
        faults.append(check.Fault(name, wrong, _SECONDS if timed else "a whole number"))
    faults = [fault for fault in faults if fault.bad.any()]
    raw = data.split(b"\n") if faults else []
    return Columns(fields, faults, lines, lambda name, row: _shown(fields, raw, name, row))


def _commas(data: bytes, lines: int) -> NDArray[np.int64]:
    """How many commas each line has."""
    bytes_ = np.frombuffer(data, np.uint8)
    ends = np.append(np.flatnonzero(bytes_ == ord("\n")), len(bytes_))
    upto = np.searchsorted(np.flatnonzero(bytes_ == ord(",")), ends)
    return np.diff(upto, prepend=0)[:lines]


def _patched(data: bytes, lost: check.Mask, width: int) -> bytes:
    """The lines, those of another field count replaced by fields that are no numbers: all keep their place."""
    if not lost.any():
        return data
    lines = data.split(b"\n")
    for line in np.flatnonzero(lost).tolist():
        lines[line] = b",".join([b"x"] * width)
    return b"\n".join(lines)


def _shown(fields: dict[str, NDArray[np.int64]], raw: list[bytes], name: str, row: int) -> object:
    """What a field of a line reads, or the whole line where its fields cannot be told apart."""
    if not raw:
        return int(fields[name][row]) if name in fields else None
    text = raw[row].decode(errors="backslashreplace")
    parts = text.split(",")
    place = list(fields).index(name) if name in fields else len(parts)
    return parts[place] if place < len(parts) else text


def _strings(data: bytes, width: int, file: str) -> pa.Table:
    """Every field as bytes."""
    names = [str(index) for index in range(width)]
    try:
        return pacsv.read_csv(
            io.BytesIO(data),
            pacsv.ReadOptions(
                use_threads=False, column_names=names, block_size=min(max(len(data) + 1, 1 << 16), 1 << 30)
            ),
            pacsv.ParseOptions(quote_char=False, double_quote=False, ignore_empty_lines=False),
            pacsv.ConvertOptions(column_types=dict.fromkeys(names, pa.binary()), strings_can_be_null=False),
        )
    except pa.ArrowException as error:
        raise DecodeError(f"{file}: not a CSV file: {error}") from error


def _numbers(column: pa.ChunkedArray, decimals: int) -> tuple[NDArray[np.int64], check.Mask]:
    """Decimal text as integers of 10**-decimals (exact), and the rows that are none."""
    pattern = rf"^-?[0-9]{{1,9}}(\.[0-9]{{1,{decimals}}})?$" if decimals else "^-?[0-9]{1,18}$"
    matched = pc.match_substring_regex(column, pattern)
    text = pc.if_else(matched, column, pa.scalar(b"0", pa.binary())).cast(pa.string())
    wrong: check.Mask = ~matched.to_numpy().astype(np.bool_)
    if not decimals:
        return text.cast(pa.int64()).to_numpy(), wrong
    exact = text.cast(pa.decimal128(27, decimals)).combine_chunks()
    limbs = np.frombuffer(exact.buffers()[1], np.int64)[2 * exact.offset : 2 * (exact.offset + len(exact)) : 2]
    return limbs.copy(), wrong

"""Arrow columns to numpy: lossless or said so, nulls as units.NULL, names as numbers."""

from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from app.engine import units
from app.engine.errors import DecodeError, complaint

Mask: TypeAlias = NDArray[np.bool_]
_EXACT_FLOAT: Final = 2.0**53
_TICKS: Final = {"s": 1_000_000_000, "ms": 1_000_000, "us": 1_000, "ns": 1}
_INT64_MAX: Final = 2**63 - 1


class Numbers(NamedTuple):
    """A column as int64 (NULL = null) or, for identifiers, uint64 (0 = null), with the rows that do not fit."""

    values: NDArray[np.int64] | NDArray[np.uint64]
    bad: Mask | None


class Texts(NamedTuple):
    """A column of text: its distinct values and each row's index into them (-1 = null, empty or not text)."""

    values: list[str]
    picked: NDArray[np.intp]


def check_names(schema: pa.Schema, file: str, required: Iterable[str]) -> None:
    """Raises DecodeError when a required column is missing or one occurs twice."""
    for name in required:
        if name not in schema.names:
            raise DecodeError(complaint(file, "columns", schema.names, f"a table with the column {name}"))
    if len(set(schema.names)) < len(schema.names):
        raise DecodeError(complaint(file, "columns", schema.names, "each column once"))


def is_whole(kind: pa.DataType) -> bool:
    """True for types an integer column may come in: integers, times, whole floats, nothing at all."""
    types = pa.types
    return bool(types.is_integer(kind) or types.is_timestamp(kind) or types.is_floating(kind) or types.is_null(kind))


def is_text(kind: pa.DataType) -> bool:
    """True for types a text column may come in: strings of any width, dictionary-encoded or not, or nothing at all."""
    types = pa.types
    inner = kind.value_type if types.is_dictionary(kind) else kind
    strings = types.is_string(inner) or types.is_large_string(inner) or types.is_string_view(inner)
    return bool(strings or types.is_null(inner))


def is_real(kind: pa.DataType) -> bool:
    """True for types a fraction may come in."""
    return bool(pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_null(kind))


def integers(column: pa.Array) -> Numbers:
    """Any whole-number column as int64; bad = beyond int64, NaN, or a float that is not whole."""
    kind = column.type
    if pa.types.is_null(kind):
        return Numbers(np.full(len(column), units.NULL, np.int64), None)
    if pa.types.is_floating(kind):
        return _from_floats(column)
    if pa.types.is_timestamp(kind):
        return _from_times(column, _TICKS[kind.unit])
    if pa.types.is_uint64(kind):
        wide = column.fill_null(0).to_numpy(zero_copy_only=False)
        return _masked(wide.astype(np.int64), column, wide > _INT64_MAX)
    return Numbers(_filled(column.cast(pa.int64()), units.NULL), None)


def identifiers(column: pa.Array) -> Numbers:
    """A whole-number column as uint64, null = 0; bad = negative or not whole."""
    if pa.types.is_uint64(column.type):
        return Numbers(_filled(column, 0), None)
    values, bad = integers(column)
    negative = values < 0
    if column.null_count:
        negative &= column.is_valid().to_numpy(zero_copy_only=False)
    if bad is not None:
        negative |= bad
    return Numbers(np.where(values < 0, 0, values).astype(np.uint64), negative if negative.any() else None)


def reals(column: pa.Array) -> NDArray[np.float64]:
    """A column of fractions as float64, null = NaN."""
    if pa.types.is_null(column.type):
        return np.full(len(column), np.nan)
    values: NDArray[np.float64] = column.cast(pa.float64()).fill_null(np.nan).to_numpy(zero_copy_only=False)
    return values


def texts(column: pa.Array) -> Texts:
    """A text column as distinct values and indices."""
    if pa.types.is_null(column.type):
        return Texts([], np.full(len(column), -1, np.intp))
    encoded = column if pa.types.is_dictionary(column.type) else pc.dictionary_encode(column)
    values = [_decoded(value) for value in encoded.dictionary.cast(pa.binary()).to_pylist()]
    picked = _filled(encoded.indices, -1).astype(np.intp)
    if not all(values):
        renumber = np.array([index if value else -1 for index, value in enumerate(values)] + [-1], np.intp)
        picked = renumber[picked]
    return Texts([value or "" for value in values], picked)


def as_list(column: Texts) -> list[str | None]:
    """Each row's text, None where there is none."""
    table = np.array([*column.values, None], object)
    found: list[str | None] = table[column.picked].tolist()
    return found


def codes(column: Texts, code_of: Callable[[str], int], absent: int, kind: type[np.integer]) -> NDArray[np.integer]:
    """Each row's code: code_of its text, `absent` where there is none."""
    table = np.array([code_of(value) for value in column.values] + [absent], kind)
    result: NDArray[np.integer] = table[column.picked]
    return result


def _decoded(value: bytes | None) -> str | None:
    try:
        return value.decode() if value else None
    except UnicodeDecodeError:
        return value.decode(errors="backslashreplace") if value else None


def _filled(column: pa.Array, absent: int) -> NDArray[Any]:
    """A primitive column as numpy with its nulls replaced; twice as fast as Arrow's own fill_null, measured."""
    if not column.null_count:
        whole: NDArray[Any] = column.to_numpy(zero_copy_only=False)
        return whole
    kind = column.type.to_pandas_dtype()
    end = column.offset + len(column)
    bits, data = column.buffers()
    valid = np.unpackbits(np.frombuffer(bits, np.uint8), count=end, bitorder="little")[column.offset :]
    values = np.frombuffer(data, kind, end)[column.offset :]
    return np.where(valid.view(np.bool_), values, np.array(absent, kind))


def _masked(values: NDArray[np.int64], column: pa.Array, bad: Mask) -> Numbers:
    if column.null_count:
        values[column.is_null().to_numpy(zero_copy_only=False)] = units.NULL
    return Numbers(values, bad if bad.any() else None)


def _from_floats(column: pa.Array) -> Numbers:
    floats = column.cast(pa.float64()).fill_null(0.0).to_numpy(zero_copy_only=False)
    with np.errstate(invalid="ignore"):
        bad = ~((np.abs(floats) <= _EXACT_FLOAT) & (np.trunc(floats) == floats))
    return _masked(np.where(bad, 0.0, floats).astype(np.int64), column, bad)


def _from_times(column: pa.Array, tick: int) -> Numbers:
    ticks = column.cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False)
    limit = _INT64_MAX // tick
    bad = (ticks > limit) | (ticks < -limit)
    return _masked(np.where(bad, 0, ticks) * tick, column, bad)

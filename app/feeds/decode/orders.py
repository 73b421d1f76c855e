"""Session folder, own flow: tables of orders.parquet to order rows and back."""

from collections.abc import Callable, Iterable
from itertools import repeat
from typing import Final

import numpy as np
import pyarrow as pa

from app.engine import units
from app.engine.errors import DecodeError, complaint
from app.engine.events import OrderRow
from app.feeds.decode import check, columns
from app.feeds.decode.order_rules import BOUNDS, CHOICES, NEEDS, POSITIVE_QTY, RESTATES, TIME, Usual, within

REQUIRED: Final = ("ts_event", "kind", "source")
TEXT: Final = (
    "source", "kind", "parent_id", "algo_order_id", "child_id", "orig_child_id", "order_id", "exec_id", "ref_exec_id",
    "instrument", "venue", "side", "currency", "account", "trader", "broker", "desk", "book", "pm", "basket_id",
    "link_id", "text", "order_type", "tif", "algo", "params", "liquidity", "visibility", "last_status",
)  # fmt: skip
WHOLE: Final = (
    "ts_event", "ts_recv", "seq", "qty", "price", "limit_price", "cum_qty", "ts_match", "start_ns", "end_ns", "fee",
    "decision_price", "decision_ns",
)  # fmt: skip
REAL: Final = ("target_pov", "max_pov", "propensity")
COLUMNS: Final = (
    "ts_event", "ts_recv", "source", "seq", "kind", "parent_id", "algo_order_id", "child_id", "orig_child_id",
    "order_id", "exec_id", "ref_exec_id", "instrument", "venue", "side", "currency", "account", "trader", "broker",
    "desk", "book", "pm", "basket_id", "link_id", "text", "qty", "price", "limit_price", "ts_match", "order_type",
    "tif", "algo", "params", "start_ns", "end_ns", "target_pov", "max_pov", "liquidity", "fee", "decision_price",
    "decision_ns", "visibility", "randomised", "propensity", "raw",
)  # fmt: skip
EXTRA: Final = ("cum_qty", "last_status")  # written only where known; not part of the neutral format

_NEVER_NONE: Final = frozenset({"ts_recv", "seq"})  # 0 where unknown


class OrderDecoder:
    """Turns tables of orders.parquet into order rows, naming rows by their index in the file."""

    def __init__(
        self, file: str, known: frozenset[str] = frozenset(), rename: Callable[[str, int], str] | None = None
    ) -> None:
        """`known`: the instruments that may occur, empty = any; `rename`: (symbol, ns) to instrument."""
        self._file = file
        self._known = known
        self._rename = rename

    def decode(self, table: pa.Table) -> tuple[list[OrderRow], check.Verdict]:
        """Good rows in file order and what was set aside. Raises DecodeError on a wrong or missing column."""
        check_schema(table.schema, self._file)
        table = table.combine_chunks()
        values: dict[str, list[object]] = {}
        faults: list[check.Fault] = []
        usual = Usual(self._known)
        for name in (name for name in table.column_names if name in (*COLUMNS, *EXTRA)):
            column = _single(table.column(name))
            if column.null_count < len(column) or name in REQUIRED:
                values[name] = _values(name, column, faults, usual)
        if self._rename is not None and "instrument" in values:
            values["instrument"] = _renamed(values["instrument"], values["ts_event"], self._rename)
        if faults or self._rename is not None or not usual.sound():
            faults += self._faults(values, table.num_rows)
        origin = check.Origin(
            source=self._file,
            where=lambda row: f"{self._file} row {row}",
            value=lambda field, row: _shown(table, field, row),
            raw=lambda row: repr({name: v[row] for name, v in values.items() if v[row] is not None}).encode(),
        )
        verdict = check.judged(table.num_rows, faults, origin)
        rows = np.arange(table.num_rows) if verdict.good is None else np.flatnonzero(verdict.good)
        return _built(values, rows.tolist()), verdict

    def _faults(self, values: dict[str, list[object]], count: int) -> list[check.Fault]:
        kinds = values["kind"]
        faults = [
            _fault("ts_event", [isinstance(t, int) and t > 0 for t in values["ts_event"]], TIME),
            _fault("source", [s is not None for s in values["source"]], "the name of a source"),
        ]
        faults += [
            _fault(name, [v in allowed or (v is None and name != "kind") for v in values[name]], ", ".join(allowed))
            for name, allowed in CHOICES.items()
            if name in values
        ]
        absent: list[object] = [None] * count
        for name, needing in NEEDS.items():
            pairs = zip(kinds, values.get(name, absent), strict=True)
            words = f"a value where kind is {', '.join(sorted(needing))}"
            faults.append(_fault(name, [v is not None or k not in needing for k, v in pairs], words))
        faults.append(self._reference_fault(values, absent))
        faults += _range_faults(values)
        if self._known and "instrument" in values:
            good = [v is None or v in self._known for v in values["instrument"]]
            faults.append(_fault("instrument", good, "an instrument of instruments.parquet"))
        return [fault for fault in faults if fault.bad.any()]

    def _reference_fault(self, values: dict[str, list[object]], absent: list[object]) -> check.Fault:
        triples = zip(values["kind"], values.get("exec_id", absent), values.get("ref_exec_id", absent), strict=True)
        good = [k not in RESTATES or e is not None or r is not None for k, e, r in triples]
        return _fault("ref_exec_id", good, "the execution that is busted or corrected")


def check_schema(schema: pa.Schema, file: str) -> None:
    """Raises DecodeError when a required column is missing or a column's type cannot be read."""
    columns.check_names(schema, file, REQUIRED)
    for name in schema.names:
        kind = schema.field(name).type
        for names, fits, words in (
            (TEXT, columns.is_text, "string, plain or dictionary-encoded"),
            (WHOLE, columns.is_whole, "int64"),
            (REAL, columns.is_real, "double"),
            (("randomised",), lambda k: pa.types.is_boolean(k) or pa.types.is_null(k), "bool"),
            (("raw",), lambda k: _is_bytes(k) or columns.is_text(k), "binary"),
        ):
            if name in names and not fits(kind):
                raise DecodeError(complaint(file, f"type of {name}", str(kind), words))


def orders_table(orders: Iterable[OrderRow]) -> pa.Table:
    """Order rows as a table with every column of the format, all-null ones included."""
    rows = list(orders)
    data = {name: pa.array([getattr(row, name) for row in rows], _type(name)) for name in COLUMNS}
    for name in EXTRA:
        column = pa.array([getattr(row, name) for row in rows], _type(name))
        if column.null_count < len(column):
            data[name] = column
    return pa.table(data)


def _type(name: str) -> pa.DataType:
    if name == "seq":
        return pa.uint64()
    if name in WHOLE:
        return pa.int64()
    if name in REAL:
        return pa.float64()
    return {"randomised": pa.bool_(), "raw": pa.binary()}.get(name, pa.string())


def _is_bytes(kind: pa.DataType) -> bool:
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def _single(column: pa.ChunkedArray) -> pa.Array:
    if column.num_chunks == 0:
        return pa.nulls(0, column.type)
    return column.chunk(0) if column.num_chunks == 1 else pa.concat_arrays(column.unify_dictionaries().chunks)


def _renamed(names: list[object], times: list[object], rename: Callable[[str, int], str]) -> list[object]:
    pairs = zip(names, times, strict=True)
    return [rename(n, t) if isinstance(n, str) and isinstance(t, int) else None for n, t in pairs]


def _values(name: str, column: pa.Array, faults: list[check.Fault], usual: Usual) -> list[object]:
    """A column as Python values, None for null and for what does not fit (which becomes a fault)."""
    if name in TEXT:
        usual.texts[name] = columns.texts(column)
        return list(columns.as_list(usual.texts[name]))
    if name == "raw":
        return [value.encode() if isinstance(value, str) else value for value in column.cast(pa.binary()).to_pylist()]
    if name in WHOLE:
        values, bad = columns.identifiers(column) if name == "seq" else columns.integers(column)
        if bad is not None:
            faults.append(check.Fault(name, bad, "a whole number that fits int64"))
        usual.numbers[name] = values
        if not column.null_count:
            plain: list[object] = values.tolist()
            return plain
        numbers = values.astype(object)
        numbers[values == units.NULL] = None
        given: list[object] = numbers.tolist()
        return given
    others: list[object] = column.to_pylist()
    usual.others[name] = others
    return others


def _fault(field: str, good: list[bool], allowed: str) -> check.Fault:
    return check.Fault(field, ~np.array(good, np.bool_), allowed)


def _range_faults(values: dict[str, list[object]]) -> list[check.Fault]:
    """Numbers out of their range, column by column; null is always allowed."""
    faults = [
        _fault(name, [within(v, low, high) for v in values[name]], allowed)
        for name, (low, high, allowed) in BOUNDS.items()
        if name in values
    ]
    if "qty" in values:
        pairs = zip(values["kind"], values["qty"], strict=True)
        faults.append(
            _fault("qty", [q != 0 or k not in POSITIVE_QTY for k, q in pairs], "more than 0 for a parent or fill")
        )
    return faults


def _shown(table: pa.Table, field: str, row: int) -> object:
    if field not in table.column_names:
        return None
    try:
        value: object = table.column(field)[row].as_py()
    except (UnicodeDecodeError, ValueError, OverflowError):
        return "bytes that are not UTF-8"
    return value


def _built(values: dict[str, list[object]], rows: list[int]) -> list[OrderRow]:
    """The rows with these places, made column by column: naming each field of each row costs eight times as much."""
    fields: list[Iterable[object]] = []
    for name in OrderRow.__struct_fields__:
        found = values.get(name)
        if name == "rec":
            fields.append(rows)
        elif found is None:
            fields.append(repeat(0 if name in _NEVER_NONE else None, len(rows)))
        else:
            kept = found if len(rows) == len(found) else [found[row] for row in rows]
            fields.append([value or 0 for value in kept] if name in _NEVER_NONE else kept)
    make: Callable[..., OrderRow] = OrderRow
    return list(map(make, *fields))

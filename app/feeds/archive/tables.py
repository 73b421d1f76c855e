"""The tables of an archive: their columns, and how each column is stored."""

from typing import Final

import pyarrow as pa
from deltalake import ColumnProperties, WriterProperties

from app.engine import schema
from app.feeds.archive import packing
from app.feeds.decode import orders

DATE: Final = "date"
CHUNK: Final = "chunk"
ROW: Final = "row"
# Of every table: the day (UTC) it is filed under, the chunk a row came in, its place there. Sorted by chunk and row it
# is the order in which rows were handed over.
_FILED: Final = ((DATE, pa.date32()), (CHUNK, pa.int64()), (ROW, pa.int32()))
_KINDS: Final = {"str": pa.string(), "i8": pa.int64(), "px": pa.float64(), "f8": pa.float64(), "bool": pa.bool_()}


def _plain(kind: pa.DataType) -> pa.DataType:
    """A type as Delta has it: no dictionaries, no unsigned numbers."""
    if pa.types.is_dictionary(kind):
        return kind.value_type
    return pa.int64() if pa.types.is_uint64(kind) else kind


def _result(*tables: tuple[schema.Column, ...]) -> pa.Schema:
    """Columns of result tables side by side, each name once, behind what they are results of."""
    fields = dict([*_FILED, ("run", pa.string()), ("kind", pa.string()), ("as_of_ns", pa.int64())])
    for columns in tables:
        for column in columns:
            fields.setdefault(column.name, _KINDS[column.kind])
    return pa.schema(list(fields.items()))


MARKET: Final = "market"
ORDERS: Final = "orders"
ENRICHED: Final = "enriched"
SCORECARDS: Final = "scorecards"
REFERENCE: Final = "reference"
FLOW: Final = (MARKET, ORDERS)
SCHEMAS: Final[dict[str, pa.Schema]] = {
    MARKET: pa.schema([*_FILED, *((field.name, _plain(field.type)) for field in packing.SCHEMA)]),
    ORDERS: pa.schema(
        [*_FILED, *((field.name, _plain(field.type)) for field in orders.orders_table(()).schema),
         ("cum_qty", pa.int64()), ("last_status", pa.string())]
    ),
    ENRICHED: _result(schema.FILLS, schema.CHILDREN),
    SCORECARDS: _result(schema.PARENTS),
    REFERENCE: pa.schema([*_FILED, ("lane", pa.string()), ("kind", pa.string()), ("name", pa.string()),
                          ("value", pa.string())]),
}  # fmt: skip


def properties(name: str, level: int) -> WriterProperties:
    """How a table's files are written; `level` of zstd.

    Differences are split into planes of bytes: the upper ones are nearly empty, the lower ones cost what they say.
    """
    split = (*packing.NUMBERS, "back") if name == MARKET else ()
    special = {
        column: ColumnProperties(dictionary_enabled=False, statistics_enabled="NONE", encoding="BYTE_STREAM_SPLIT")
        for column in split
    }
    special[ROW] = ColumnProperties(dictionary_enabled=False, statistics_enabled="NONE", encoding="DELTA_BINARY_PACKED")
    special[CHUNK] = ColumnProperties(dictionary_enabled=True, statistics_enabled="CHUNK")
    return WriterProperties(
        compression="ZSTD",
        compression_level=level,
        max_row_group_size=1 << 20,
        default_column_properties=ColumnProperties(dictionary_enabled=True, statistics_enabled="NONE"),
        column_properties=special,
    )

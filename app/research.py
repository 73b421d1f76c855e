"""The archive for notebooks: SQL over its tables by DuckDB, frames by Polars.

archive = open_archive("archive/firm")
archive.sql("SELECT instrument, count(*) FROM market WHERE date = DATE '2026-03-02' GROUP BY ALL")
archive.frame("SELECT parent_id, slip_arrival_bps FROM scorecards")
"""

from datetime import date
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

import pyarrow as pa
import pyarrow.dataset as ds

from app.engine.errors import SettingsError
from app.feeds.archive.place import Place, require_library
from app.feeds.archive.views import MACROS, market_view

if TYPE_CHECKING:
    import polars as pl

_PACKED: Final = "market_packed"


class ResearchArchive:
    """Tables as they stood when it was opened: market (unpacked by a view), orders, enriched, scorecards, reference.

    The view works out the rows of every chunk a query touches: name the day in the query.
    """

    def __init__(self, address: str | Path) -> None:
        """Raises SettingsError where DuckDB or the Delta library is not installed, FeedError without an archive."""
        require_library()
        try:
            import duckdb  # noqa: PLC0415 - an extra of its own
        except ImportError as error:
            raise SettingsError("DuckDB is not installed: pip install 'leakage-scorecard[research]'") from error
        from app.feeds.archive.reading import TableReader  # noqa: PLC0415 - its library is an extra
        from app.feeds.archive.tables import DATE, MARKET, SCHEMAS  # noqa: PLC0415

        self.place = Place.of(str(address))
        self._connection = duckdb.connect()
        self._days: set[date] = set()
        parting = ds.partitioning(pa.schema([(DATE, pa.date32())]), flavor="hive")
        for name, schema in SCHEMAS.items():
            reader = TableReader(self.place, name)
            files = [self.place.within(f"{name}/{file.path}") for file in reader.files()]
            self._days.update(reader.days() if name == MARKET else ())
            data = ds.dataset(
                files, schema=schema, format="parquet", filesystem=self.place.files(), partitioning=parting
            )
            self._connection.register(_PACKED if name == MARKET else name, data)
        for macro in MACROS:
            self._connection.execute(macro)
        self._connection.execute(f"CREATE TEMP VIEW market AS {market_view(_PACKED)}")

    def days(self) -> list[date]:
        """The days of which there are market rows."""
        return sorted(self._days)

    def sql(self, query: str) -> Any:
        """A DuckDB relation."""
        return self._connection.sql(query)

    def table(self, query: str) -> pa.Table:
        """What a query gives, as an Arrow table."""
        return self._connection.sql(query).to_arrow_table()

    def frame(self, query: str) -> "pl.DataFrame":
        """What a query gives, as a Polars frame. Raises SettingsError where Polars is not installed."""
        try:
            import polars as pl  # noqa: PLC0415 - an extra of its own
        except ImportError as error:
            raise SettingsError("Polars is not installed: pip install 'leakage-scorecard[research]'") from error
        return pl.DataFrame(self.table(query))

    def close(self) -> None:
        """Give the connection back."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_archive(address: str | Path) -> ResearchArchive:
    """Open an archive: a folder, or s3://BUCKET/PREFIX."""
    return ResearchArchive(address)

"""What a report is made of: one order's lines of a run's tables, and run.json."""

from dataclasses import dataclass, field
from datetime import tzinfo
from pathlib import Path
from typing import Any, TypeAlias

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from app.engine.errors import FeedError
from app.runtime.outputs import RUN, RunReport
from app.session.report.text import clock
from app.widgets.format import zone

Line: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Source:
    """One order: its line of the parents table, its fills and children in time order, and the run they are from.

    What the run says of its evidence is empty where there was no model.
    """

    parent: Line
    fills: list[Line]
    children: list[Line]
    run: RunReport
    evidence: list[Line] = field(default_factory=list)  # scored children and epochs, in time order
    switches: list[Line] = field(default_factory=list)  # what each switch of the order saved
    causes: list[Line] = field(default_factory=list)  # leak by cause over all orders of the run

    @property
    def zone_name(self) -> str:
        """The exchange's time zone; UTC where it is not known."""
        return self.run.zones.get(str(self.parent["instrument"]), "") or "UTC"

    @property
    def where(self) -> tzinfo:
        """The zone in which times are shown."""
        return zone(self.zone_name)

    def minute(self, ts_ns: float) -> str:
        """Hours and minutes of a time (ns), as the axes show them."""
        return clock(ts_ns, "%H:%M", self.where)


def read(folder: Path, parent_id: str) -> Source:
    """The order's part of a run's files. Raises FeedError for a folder that holds no run, or not this order."""
    try:
        run = msgspec.json.decode((folder / RUN).read_bytes(), type=RunReport)
    except (OSError, msgspec.DecodeError) as error:
        raise FeedError(f"{folder}: not the output of a run ({RUN}: {error})") from error
    lines = _lines(folder, "parents", parent_id)
    if not lines:
        known = ", ".join(parents(folder)[:8])
        raise FeedError(f"{folder}: no order {parent_id!r}; there are {known}")
    fills = sorted(_lines(folder, "fills", parent_id), key=lambda line: line["ts_match"] or line["ts_event"] or 0)
    children = sorted(_lines(folder, "children", parent_id), key=lambda line: line["ts_new"] or 0)
    evidence, switches = (
        sorted(_lines(folder, name, parent_id), key=lambda line: line["ts_event"] or 0) if _there(folder, name) else []
        for name in ("evidence", "switches")
    )
    causes: list[Line] = _table(folder, "attribution").to_pylist() if _there(folder, "attribution") else []
    return Source(lines[0], fills, children, run, evidence, switches, causes)


def parents(folder: Path) -> list[str]:
    """The orders of a run, by id. Raises FeedError."""
    return [str(name) for name in _table(folder, "parents").column("parent_id").to_pylist()]


def _there(folder: Path, table: str) -> bool:
    return (folder / f"{table}.parquet").exists()


def _lines(folder: Path, table: str, parent_id: str) -> list[Line]:
    whole = _table(folder, table)
    lines: list[Line] = whole.filter(pc.equal(whole.column("parent_id"), parent_id)).to_pylist()
    return lines


def _table(folder: Path, name: str) -> pa.Table:
    path = folder / f"{name}.parquet"
    try:
        return pq.read_table(path)
    except (OSError, pa.ArrowException) as error:
        raise FeedError(f"{path}: not a table of a run: {error}") from error

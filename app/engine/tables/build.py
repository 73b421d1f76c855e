"""All tables of one moment, built together so that they agree."""

from __future__ import annotations

import math
from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING, Final

from app.engine.metrics.markout import MIN_CLUSTERS, Marked, weighted_mean
from app.engine.orders.standing import Standing, fold
from app.engine.schema import TABLES
from app.engine.tables.attribution import attribution_table
from app.engine.tables.children import Walked, children_table, walk_all
from app.engine.tables.context import Columns, Moment, by_column, settle_own_prints
from app.engine.tables.evidence import add_evidence, evidence_table
from app.engine.tables.fills import FillArrays, fills_table
from app.engine.tables.parents import Row, parent_rows
from app.engine.tables.switches import switches_table
from app.engine.tables.versions import versions_table
from app.engine.units import HORIZONS

if TYPE_CHECKING:
    from app.engine.orders.facts import Chain, Parent


_MARKOUTS: Final = tuple((f"markout_{name}_bps", f"markout_{name}_se_bps", length) for name, length in HORIZONS)
_PARENT: Final = tuple(column.name for column in TABLES["parents"])
_NO_PARENT: Final[Row] = dict.fromkeys(_PARENT)
_line: Final = itemgetter(*_PARENT)


@dataclass(slots=True)
class Built:
    """The pieces tables are made of: standings by parent id, their fills as arrays, walked chains, fill flags."""

    standings: list[Standing]
    arrays: FillArrays
    parents: list[Row]
    walked: Walked
    flags: dict[int, set[str]]


def build(parents: list[Parent], chains: list[Chain], moment: Moment) -> Built:
    """Fold the parents, settle own prints, work out every figure."""
    standings = [standing_of(parent, moment) for parent in parents]
    fills = {id(fill.fact): fill for standing in standings for fill in standing.executions.fills}
    settle_own_prints(moment, list(fills.values()))
    arrays = FillArrays(standings, moment)
    rows = parent_rows(standings, moment)
    add_evidence(rows, standings, moment)
    add_markouts(rows, standings, arrays)
    walked, flags = walk_all(chains, fills)
    return Built(standings, arrays, rows, walked, flags)


def standing_of(parent: Parent, moment: Moment) -> Standing:
    """The folded parent, from what was folded before where that still holds."""
    kept = parent.standing
    if isinstance(kept, Standing) and not parent.stale and parent.folded == len(parent.facts):
        return kept
    standing = fold(parent, moment.joins)
    parent.standing, parent.folded, parent.stale = standing, len(parent.facts), False
    return standing


def add_markouts(rows: list[Row], standings: list[Standing], arrays: FillArrays) -> None:
    """Quantity-weighted markouts with clustered errors into the parents' rows."""
    places: dict[str, list[int]] = {}
    for k, (standing, fill) in enumerate(arrays.rows):
        if fill.restated != "busted":
            places.setdefault(standing.parent_id, []).append(k)
    for row, standing in zip(rows, standings, strict=True):
        mine = places.get(standing.parent_id)
        if not mine or standing.account is None:
            continue
        mine.sort(key=lambda k: arrays.rows[k][1].fact.matched_at)
        times = [arrays.rows[k][1].fact.matched_at for k in mine]
        sizes = [arrays.rows[k][1].qty for k in mine]
        for (mean, error, length), values in zip(_MARKOUTS, arrays.markouts[:, mine].tolist(), strict=True):
            if len(mine) < MIN_CLUSTERS:  # too few for an error whatever the clusters: most orders of a day
                row[mean] = weighted_mean(sizes, values)
                continue
            known = Marked(times, sizes, values)
            if not all(map(math.isfinite, values)):
                known = known.finite()
            if known.markouts:
                row[mean], row[error] = known.mean_and_error(length)[:2]


def all_tables(built: Built, moment: Moment) -> dict[str, Columns]:
    """Every table of the schema, missing columns null."""
    columns: dict[str, Columns] = {
        "parents": by_column(_PARENT, [_line({**_NO_PARENT, **row}) for row in built.parents]),
        "fills": fills_table(built.arrays, built.flags, moment),
        "children": children_table(built.walked, moment),
        "evidence": evidence_table(moment.evidence),
        "attribution": attribution_table(moment.evidence, built.standings),
        "switches": switches_table(moment.evidence, built.standings),
        "versions": versions_table(built.standings, moment),
    }
    return {table: _complete(table, columns[table]) for table in TABLES}


def _complete(table: str, columns: Columns) -> Columns:
    length = max((len(values) for values in columns.values()), default=0)
    return {c.name: columns.get(c.name) or [None] * length for c in TABLES[table]}

"""The shipped day: the golden table's two parents inside a small generated day, one universe, one order of rows."""

from typing import Final

import msgspec
import numpy as np

from app.engine.events import OrderRow
from app.engine.units import SECOND
from app.feeds.generator import Generated, generate
from app.feeds.generator.golden import inst, inst_sell
from app.feeds.generator.hand import T0, Sheet
from app.feeds.generator.market import in_order
from app.feeds.generator.plan import Plan

DAY: Final = Plan(
    seed=7, market_rows=44_000, order_share=0.008, instruments=4, names=("INDEX", "ACME", "BOLT", "CRUX"),
    duration_s=7_200, start_ns=T0 - 1_800 * SECOND, fills_per_parent=14, same_stamp=0.05,
)  # fmt: skip


def day() -> Generated:
    """Four generated instruments over two hours, and INST bought and sold half an hour after the start."""
    made = generate(DAY)
    universe = made.universe
    sell = _renamed(inst_sell(), "INST-S", "P2")
    rows = [made.market]
    orders = list(made.orders)
    for sheet in (inst(), sell):
        for name, reference in sheet.universe().reference.items():
            universe.describe(msgspec.structs.replace(reference, instrument=name))
        rows.append(sheet.market_rows(universe))
        orders += sheet.order_rows()
    return Generated(universe, in_order(np.concatenate(rows), DAY, universe), numbered(orders), made.truth)


def _renamed(sheet: Sheet, instrument: str, parent: str) -> Sheet:
    """The same session in another instrument, its parent under another name."""
    for row in (*sheet.market, *sheet.orders, *sheet.instruments):
        if row.get("instrument") is not None:
            row["instrument"] = instrument
    for order in sheet.orders:
        for name in ("parent_id", "algo_order_id", "child_id", "exec_id"):
            if order.get(name) is not None:
                order[name] = parent if name == "parent_id" else f"{order[name]}-S"
    return sheet


def numbered(orders: list[OrderRow]) -> list[OrderRow]:
    """Order rows by (time, source), each source counted anew."""
    seq: dict[str, int] = {}
    found = []
    for row in sorted(orders, key=lambda row: (row.ts_event, row.source)):
        seq[row.source] = seq.get(row.source, 0) + 1
        found.append(msgspec.structs.replace(row, seq=seq[row.source]))
    return found

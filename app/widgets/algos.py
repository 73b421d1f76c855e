"""The algo orders of a parent, gathered from its children, fills and events as they stand on the board."""

import numpy as np
from numpy.typing import NDArray

from app.board import distinct
from app.engine.events import Rows
from app.engine.units import NULL
from app.widgets.columns import Texts
from app.widgets.drill_columns import ALGO


def algo_orders(children: Rows, fills: Rows, events: Rows, texts: Texts) -> Rows:
    """One ALGO row an algo order, in the order they began; what names none is a row with an empty id.

    An algo order that only its own events name is there too. Busted fills do not count.
    """
    live = fills[~_flagged(fills, "busted", texts)]
    named = np.concatenate(
        [children["algo_order_id"], fills["algo_order_id"], events["algo_order"][_own(events, texts)]]
    )
    found = distinct(named)
    rows = np.zeros(len(found), ALGO)
    for row, name in zip(rows, found.tolist(), strict=True):
        mine, done = children["algo_order_id"] == name, live[live["algo_order_id"] == name]
        told = events[(events["algo_order"] == name) & (events["kind"] != 0)]
        own = told[_own(told, texts)] if name else told[:0]
        qty = int(done["qty"].sum())
        row["algo_order_id"], row["n_children"], row["filled"] = name, mine.sum(), qty
        row["avg_px"] = float((done["px"] * done["qty"]).sum()) / qty if qty else np.nan
        said = own["algo"][own["algo"] != 0]
        row["algo"] = said[-1] if len(said) else 0
        row["state"] = own["kind"][-1] if len(own) else 0
        row["source"], row["seq"] = (own["source"][-1], own["seq"][-1]) if len(own) else (0, NULL)
        times = np.concatenate([told["ts"], children["ts_new"][mine], done["ts_event"]])
        times = times[times != NULL]
        row["first_ts"], row["last_ts"] = (times.min(), times.max()) if len(times) else (NULL, NULL)
    return rows[np.argsort(rows["first_ts"], kind="stable")]


def _own(events: Rows, texts: Texts) -> NDArray[np.bool_]:
    """Events that are about the algo order itself."""
    return _starts(events["kind"], "algo_", texts)


def _starts(indices: NDArray[np.uint32], prefix: str, texts: Texts) -> NDArray[np.bool_]:
    unique, inverse = np.unique(indices, return_inverse=True)
    return np.array([texts.text(i).startswith(prefix) for i in unique.tolist()], bool)[inverse]


def _flagged(rows: Rows, word: str, texts: Texts) -> NDArray[np.bool_]:
    unique, inverse = np.unique(rows["flags"], return_inverse=True)
    return np.array([word in texts.text(i).split() for i in unique.tolist()], bool)[inverse]

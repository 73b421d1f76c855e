"""From the board's rows to cases for the alerts of a light: whose order, what the light says, does its market trade."""

from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from app.board import distinct
from app.engine.events import Rows
from app.engine.units import NULL
from app.widgets.alerts import LEAST_REMAINING, Case
from app.widgets.format import number, undefined
from app.widgets.pad import Pad
from app.widgets.ports import Me

Light = Literal["level", "status"]
STOPPED: Final = frozenset({"halt", "auction", "closed"})  # qualities of a mid: nothing can be done now
UNTRUSTED: Final = frozenset({"halt", "no_quote", "stale", "clock", "unjoined", "one_sided", "crossed"})
OVER: Final = frozenset({"done", "filled", "cancelled", "expired", "rejected", "ended"})
_DOWN: Final = frozenset({"down", "stale", "dead"})


class Watch:
    """Tells which orders have changed in what an alert depends on: the light, state, market, nearly done.

    `light`: the field of the board the alerts are about, `level` or `status`.
    """

    def __init__(self, light: Light = "level") -> None:
        self.light: Light = light
        self._known = np.empty(0, np.int64)
        self.rows: dict[str, int] = {}  # order -> row, of every case so far

    def forget(self) -> None:
        """Rows are numbered anew."""
        self._known = self._known[:0]
        self.rows.clear()

    def cases(self, pad: Pad, rows: NDArray[np.int64], me: Me) -> list[Case]:
        """Cases of those of some parents (rows) that changed; the others say nothing new."""
        parents = pad.parents
        stopped = {name for name, quality in qualities(pad).items() if quality in STOPPED}
        keys = _keys(parents, rows, stopped, self.light)
        if len(parents) > len(self._known):
            self._known = np.concatenate([self._known, np.full(len(parents) - len(self._known), -1)])
        fresh = rows[keys != self._known[rows]]
        if not len(fresh):
            return []
        first = self._known[fresh] == -1
        self._known[rows] = keys
        grave = [i for i in distinct(parents[self.light][fresh]).tolist() if pad.text(i) in {"AMBER", "RED"}]
        asked = ~first | np.isin(parents[self.light][fresh], grave)  # at first sight a calm order is no news
        where = fresh[asked].tolist()
        cases = [_case(pad, parents[row], me, stopped, self.light) for row in where]
        self.rows.update(zip([case.order for case in cases], where, strict=True))
        return cases


def _keys(parents: Rows, rows: NDArray[np.int64], stopped: set[int], light: Light) -> NDArray[np.int64]:
    """A number for each row that changes when its case does."""
    qty, filled = parents["order_qty"][rows], parents["filled_qty"][rows]
    late = (qty - filled) * (1 / LEAST_REMAINING) < qty
    halted = np.isin(parents["instrument"][rows], list(stopped)) if stopped else np.zeros(len(rows), bool)
    level, state = parents[light][rows].astype(np.int64), parents["state"][rows].astype(np.int64)
    found: NDArray[np.int64] = (level << 32) + (state << 2) + 2 * halted + late
    return found


def _case(pad: Pad, row: np.void, me: Me, stopped: set[int], light: Light) -> Case:
    say = pad.text
    qty, filled = int(row["order_qty"]), int(row["filled_qty"])
    remaining = (qty - filled) / qty if qty not in {0, NULL} and filled != NULL else 1.0
    mine = (not me.trader or say(int(row["trader"])) == me.trader) and (
        not me.desk or say(int(row["desk"])) in {me.desk, ""}
    )
    live = say(int(row["state"])).lower() not in OVER and int(row["instrument"]) not in stopped
    what = f"{say(int(row['instrument']))} {say(int(row['side']))} {say(int(row['algo']))}"
    words = f"{what}: {say(int(row['level_reason'])) if light == 'level' else leak_words(pad, row)}"
    basket = say(int(row["basket_id"]))
    return Case(say(int(row["parent_id"])), say(int(row[light])), mine, live, remaining, basket, words)


def leak_words(pad: Pad, row: np.void) -> str:
    """Why an order's evidence is what it is, as an alert says it: E, children, size, money at risk."""
    words, risk = pad.text(int(row["status_reason"])).split("; ")[0], float(row["at_risk_ccy"])
    if undefined(risk):
        return words
    return f"{words}; {number(risk)} {pad.text(int(row['currency']))} at risk".strip()


def qualities(pad: Pad) -> dict[int, str]:
    """Quality of the mid now, by the instrument's index in the arena."""
    table = pad.table("instruments")
    return {i: pad.text(q) for i, q in zip(table["instrument"].tolist(), table["quality"].tolist(), strict=True)}


def untrusted(pad: Pad) -> set[int]:
    """Instruments (arena indices) whose figures stand still: halted or without a market, or their source is down.

    The board does not say which source feeds which instrument: once a market source is down, an instrument is
    distrusted as long as its touch is no newer than that source's last row.
    """
    found = {name for name, quality in qualities(pad).items() if quality in UNTRUSTED}
    lost = [int(row["last_ts"]) for row in pad.table("sources") if pad.text(int(row["state"])).lower() in _DOWN]
    if lost:
        table = pad.table("instruments")
        still = table["ts"] <= max(lost)
        found |= set(table["instrument"][still].tolist())
    return found


def orders_in(pad: Pad, instruments: set[int]) -> set[int]:
    """Rows of the parents in some instruments that are not over: what is done stays as it is."""
    if not instruments or pad.pulse.life in {"ended", "past"}:
        return set()
    parents = pad.parents
    over = [i for i in distinct(parents["state"]).tolist() if pad.text(i).lower() in OVER]
    mine = np.isin(parents["instrument"], list(instruments)) & ~np.isin(parents["state"], over)
    return set(np.flatnonzero(mine).tolist())

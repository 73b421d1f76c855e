"""Answers from the board as JSON: a parent with every number, its fills and children, lists; kept till they change."""

from collections import OrderedDict
from typing import Any, Final

import msgspec
import numpy as np

from app.api import evidence, figures
from app.api.problems import Problem
from app.api.standing_out import stands_out
from app.api.view import BoardView
from app.board import BoardError
from app.engine.layout import EVENT_CLASSES
from app.engine.units import HORIZON_NAMES
from app.entitlements import Grants

KEPT: Final = 2_000  # parents whose answer is kept
FIELDS: Final = 16  # sets of columns whose summaries are kept
INSIDE: Final = 10  # newest fills and children sent along with a parent where nobody says how many
_CURVES: Final = ("mean", "low", "high", "placebo_low", "placebo_high")
EVIDENCE: Final = (
    "e_value", "p_anytime", "epoch", "leak_bps", "leak_projected_bps", "leak_ccy", "min_detectable_bps", "in_fdr_set",
    "noise_band_ccy", "drift_leak_ccy", "drift_noise_ccy", "drift_market_ccy", "drift_own_ccy",
)  # fmt: skip
MOST_INSIDE: Final = 200
_NOT_HIS: Final = "no such parent, or not of your desks and books"
_KINDS: Final = {"fills": figures.FILL_KINDS, "children": figures.CHILD_KINDS}
_COLUMNS: Final = {"fills": figures.FILL_COLUMNS, "children": figures.CHILD_COLUMNS}
_ENCODER: Final = msgspec.json.Encoder()


class Answers:
    """Bodies of answers. Every one says up to where the board had been read."""

    def __init__(self, view: BoardView) -> None:
        self._view = view
        self._kept: OrderedDict[tuple[int, int], tuple[int, bytes]] = OrderedDict()
        self._summaries: dict[tuple[str, ...], dict[int, tuple[int, int, bytes]]] = {}

    def parent(self, parent_id: str, grants: Grants, newest: int = INSIDE) -> bytes:
        """One parent, every number of it; the same bytes until it changes. Raises Problem 404, 503."""
        view = self._view
        row = self._row(parent_id, grants)
        if newest != INSIDE:
            return _ENCODER.encode(self._head() | self._parent(row, newest))
        key, touched = (view.place.epoch, row), int(view.touched[row])
        kept = self._kept.get(key)
        if kept is None or kept[0] != touched:
            kept = touched, _ENCODER.encode(self._parent(row, INSIDE))[1:]
            self._kept[key] = kept
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return _ENCODER.encode(self._head())[:-1] + b"," + kept[1]

    def evidence(self, parent_id: str, grants: Grants) -> bytes:
        """What the evidence says of a parent, and how the market has answered its events."""
        row = self._row(parent_id, grants)
        parent = self._view.parent(row)
        found = self._evidence(parent, row) | {"among_yours": stands_out(self._view, row, grants)}
        return _ENCODER.encode(self._head() | {"parent_id": parent_id, "evidence": found})

    def members(self, section: str, parent_id: str, grants: Grants, page: tuple[int, int]) -> bytes:
        """Fills or children of a parent, oldest first, from the one numbered `page[0]`, at most `page[1]`."""
        row = self._row(parent_id, grants)
        after, limit = page
        rows = self._view.inside(section, row)
        some = rows[after : after + limit]
        following = after + limit if after + limit < len(rows) else None
        found = {"parent_id": parent_id, section: self._told(section, some), "total": len(rows), "next": following}
        return _ENCODER.encode(self._head() | found)

    def summary(self, row: int, fields: tuple[str, ...] = figures.SUMMARY) -> bytes:
        """Some columns of a parent, and why those that are null are; the same bytes until it changes."""
        if fields not in self._summaries and len(self._summaries) >= FIELDS:
            self._summaries.clear()
        kept = self._summaries.setdefault(fields, {})
        epoch, touched = self._view.place.epoch, int(self._view.touched[row])
        known = kept.get(row)
        if known is None or known[:2] != (epoch, touched):
            parent = self._view.parent(row)
            told = {name: parent[name] for name in fields} | {"undefined": figures.undefined(parent, fields)}
            known = kept[row] = epoch, touched, _ENCODER.encode(told)
        return known[2]

    def listed(self, parents: list[bytes], total: int, following: str | None) -> bytes:
        """A page of the list of parents."""
        head = _ENCODER.encode(self._head() | {"total": total, "next": following})
        return b'%b,"parents":[%b]}' % (head[:-1], b",".join(parents))

    @staticmethod
    def encoded(found: dict[str, Any]) -> bytes:
        """Anything as JSON."""
        return _ENCODER.encode(found)

    # -- parts -------------------------------------------------------------------------------------------------------

    def _head(self) -> dict[str, Any]:
        """Up to where the board has been read, and why it cannot be believed now (null where it can)."""
        view = self._view
        return {
            "epoch": view.place.epoch, "generation": view.place.generation, "watermark_ns": view.watermark,
            "fault": view.fault or None,
        }  # fmt: skip

    def _row(self, parent_id: str, grants: Grants) -> int:
        row = self._view.row(parent_id, grants)
        if row is None:
            if not self._view.rows and self._view.fault:
                raise Problem(503, self._view.fault, 1.0)
            raise Problem(404, _NOT_HIS)
        return row

    def _parent(self, row: int, newest: int) -> dict[str, Any]:
        view = self._view
        parent = view.parent(row)
        market = view.quality(parent["instrument"] or "")
        fills, children = view.inside("fills", row), view.inside("children", row)
        return {
            "parent_id": parent["parent_id"],
            "facts": {name: parent[name] for name in figures.WORDS},
            "figures": {name: figures.figure(name, parent, market) for name in figures.FIGURES},
            "evidence": self._evidence(parent, row),
            "quality": {
                "market": market, "visibility": parent["visibility"], "arrival_basis": parent["arrival_basis"],
                "n_late": parent["n_late"], "n_undefined": parent["n_undefined"], "n_void": parent["n_void"],
            },
            "fills": {"newest": self._told("fills", _last(fills, newest)), "total": len(fills)},
            "children": {"newest": self._told("children", _last(children, newest)), "total": len(children)},
        }  # fmt: skip

    def _evidence(self, parent: figures.Row, row: int) -> dict[str, Any]:
        told = {name: figures.figure(name, parent, "") for name in EVIDENCE}
        status = {"status": parent["status"], "reason": figures.reason("status", parent)}
        return (
            status
            | {"level": parent["level"], "level_reason": parent["level_reason"], "numbers": told}
            | {"reactions": self._reactions(row), "history": self._history(row)}
        )

    def _history(self, row: int) -> dict[str, Any] | None:
        """Epochs, the rate of late, projection and cost line; null without a model or anything looked at."""
        found = self._view.own_row("evidence", row)
        return None if found is None or not int(found["epochs"]) else evidence.told(found, self._view.text)

    def _reactions(self, row: int) -> dict[str, Any] | None:
        """What the mid did after the own events, by class and horizon, with 90 % intervals; null before any."""
        found = self._view.own_row("reactions", row)
        if found is None:
            return None
        classes = {}
        for k, name in enumerate(EVENT_CLASSES):
            curves = {c: [_number(v) for v in found[c][k][-len(HORIZON_NAMES) :]] for c in _CURVES}
            clusters = found["clusters"][k][-len(HORIZON_NAMES) :].tolist()
            classes[name] = {"events": int(found["events"][k]), "clusters": clusters, **curves}
        return {"horizons": list(HORIZON_NAMES), "classes": classes, "unit": "bps"}

    def _told(self, section: str, rows: list[int]) -> list[figures.Row]:
        if not rows:
            return []
        view = self._view
        try:
            found = view.copies(section, rows)
        except BoardError as error:
            raise Problem(503, str(error), 1.0) from None
        kinds, columns = _KINDS[section], _COLUMNS[section]
        return [figures.told(figures.plain(found[k], kinds, view.text), columns) for k in range(len(found))]


def _last(rows: list[int], n: int) -> list[int]:
    return rows[max(len(rows) - n, 0) :]


def _number(value: np.float64) -> float | None:
    return float(value) if np.isfinite(value) else None

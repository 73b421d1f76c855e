"""What an order's evidence is told with beside its numbers: epochs, the rate of late, projection, cost line, money."""

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from app.engine.layout import EPOCHS
from app.engine.units import NULL

_NUMBER: Final = {"type": ["number", "null"]}
_TEXT: Final = {"type": ["string", "null"]}
_EPOCH: Final = {"e_value": "e", "leak_bps": "leak", "leak_lo_bps": "low", "leak_hi_bps": "high",
                 "min_detectable_bps": "detectable"}  # fmt: skip
_NOW: Final = {
    "recent_bps": ("recent", "recent_low", "recent_high"),
    "projected_bps": ("projected", "projected_low", "projected_high"),
    "cost_line_bps": ("direct", "direct_low", "direct_high"),
}


def told(row: np.void, text: Callable[[int], str]) -> dict[str, Any]:
    """A row of the section `evidence` as it is sent; undefined numbers are null."""
    shown = min(int(row["epochs"]), EPOCHS)
    epochs = [_epoch(row, place, text) for place in range(shown)]
    now = {
        name: dict(zip(("value", "low", "high"), (number(row[field]) for field in fields), strict=True))
        for name, fields in _NOW.items()
    }
    return {
        "epochs": epochs, "n_epochs": int(row["epochs"]), "recent_children": int(row["recent_children"]), **now,
        "projected_ccy": number(row["projected_ccy"]), "at_risk_ccy": number(row["at_risk_ccy"]),
        "explained_by": text(int(row["top"])) or None,
    }  # fmt: skip


def _epoch(row: np.void, place: int, text: Callable[[int], str]) -> dict[str, Any]:
    began = int(row["began"][place])
    return {
        "began_ns": None if began == NULL else began, "status": text(int(row["light"][place])) or None,
        "n_scored": int(row["children"][place]),
        **{name: number(row[field][place]) for name, field in _EPOCH.items()},
    }  # fmt: skip


def number(value: np.float64) -> float | None:
    """A number; None where it is undefined."""
    return float(value) if np.isfinite(value) else None


def schemas() -> dict[str, Any]:
    """Schemas of what `told` gives."""
    interval = _closed({"value": _NUMBER, "low": _NUMBER, "high": _NUMBER}, "a value with its 90 % interval")
    epoch = _closed(
        {"began_ns": {"type": ["integer", "null"]}, "status": _TEXT, "n_scored": {"type": "integer"},
         **dict.fromkeys(_EPOCH, _NUMBER)},
        "what one algo's time says; began_ns null: with the order",
    )  # fmt: skip
    history = _closed(
        {
            "epochs": {"type": "array", "items": {"$ref": "#/components/schemas/EvidenceEpoch"}},
            "n_epochs": {"type": "integer"}, "recent_children": {"type": "integer"},
            **{name: {"$ref": "#/components/schemas/EvidenceInterval"} for name in _NOW},
            "projected_ccy": _NUMBER, "at_risk_ccy": _NUMBER, "explained_by": _TEXT,
        },
        "the last epochs, oldest first; recent: the estimate over the last scored children alone; cost line: measured "
        "directly, wide; at risk: what the projected leak still adds to what it has cost",
    )  # fmt: skip
    return {"EvidenceInterval": interval, "EvidenceEpoch": epoch, "EvidenceHistory": history}


def _closed(properties: dict[str, Any], about: str) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "properties": properties, "required": list(properties),
            "description": about}  # fmt: skip

"""Parents as an evaluation keeps them, made by hand."""

import math
from typing import Any

import numpy as np

from app.engine.evidence.rows import WORLDS
from app.session.evidence_eval.record import Judged
from tests.engine.evidence.made import model


def parent(number: int = 0, **changes: Any) -> Judged:
    """A clean parent with an E of 1 and an estimate of 0; what is told changes."""
    usual: dict[str, Any] = {
        "seed": 3_000_000, "parent_id": f"base_0-3000000-{number:02d}-0", "instrument": "E00", "algo": "VWAP",
        "leaking": False, "true_bps": 0.0, "slip_bps": float(number % 7), "drift_bps": float(number % 5),
        "children": 82, "onset": None, "scored": 80, "voided": 2, "epochs": 1, "e": 1.0, "sup_e": 1.0, "first_e": 1.0,
        "crossed": (None, None, None), "status": "CLEAR", "ever": "CLEAR", "ever_last": "CLEAR", "leak_bps": 0.5,
        "low": 0.0, "high": 3.0, "projected": 0.5, "direct": 0.5, "direct_half": 10.0, "detectable": 5.0,
        "badge": False, "gap": 0.5, "unborn": 0.0, "capital": logs(0.0), "costs": logs(0.0),
    }  # fmt: skip
    return Judged(**(usual | changes))


def leaking(number: int = 0, **changes: Any) -> Judged:
    """One that leaks 4 bps, was seen at once and is RED."""
    usual: dict[str, Any] = {
        "parent_id": f"base_4-3000000-{number:02d}-0", "leaking": True, "true_bps": 4.0, "onset": 3, "e": 1e4,
        "sup_e": 1e4, "crossed": (8, 12, 20), "status": "RED", "ever": "RED", "ever_last": "RED", "leak_bps": 5.0,
        "low": 1.0, "high": 9.0, "direct": 4.0, "capital": logs(9.0),
    }  # fmt: skip
    return parent(number, **(usual | changes))


def logs(value: float, at: int | None = None) -> bytes:
    """The same for every world, or for one of them alone."""
    found = np.full(WORLDS, value if at is None else -math.inf, "<f4")
    if at is not None:
        found[at] = value
    return found.tobytes()


MODEL = model()

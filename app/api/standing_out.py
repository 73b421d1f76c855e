"""Whether an order stands out among those of whoever asks: e-BH at 10 % over his own orders that are alive."""

import math

from app.api.view import BoardView
from app.engine.evidence.merge import badge
from app.engine.units import NULL
from app.entitlements import Grants


def stands_out(view: BoardView, row: int, grants: Grants) -> bool | None:
    """True, False, or None for an order that is over or has no evidence.

    The claim is about the set as it is now: who sees other orders may be told otherwise.
    """
    if not _counts(view, row):
        return None
    live = {str(other): float(view.parents["e_value"][other]) for other in view.visible(grants) if _counts(view, other)}
    return str(row) in badge(live)


def _counts(view: BoardView, row: int) -> bool:
    """True for an order that is alive and has an E."""
    return int(view.parents["end_ts"][row]) == NULL and not math.isnan(float(view.parents["e_value"][row]))

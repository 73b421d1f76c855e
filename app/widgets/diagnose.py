"""How an order is being worked, as the engine has it on the board (layout.WORKED_ROW): looked up, not worked out."""

from typing import Final, NamedTuple

import numpy as np

from app.engine.layout import SPANS, WORKED
from app.widgets.columns import Texts
from app.widgets.evidence_words import NOT_MEASURED

WITHIN: Final = (("filled_1s", "1 s"), ("filled_5s", "5 s"), ("filled_30s", "30 s"))
NO_QUEUE: Final = "needs the queue (L3) replayed with the order left in it"
NOT_YET: Final = "the engine has not looked at this order yet"


class Finding(NamedTuple):
    """A figure (NaN undefined), why it is undefined, and what it rests on."""

    value: float
    why: str = ""
    n: int = 0


def findings(row: np.void | None, texts: Texts) -> dict[str, tuple[Finding, Finding]]:
    """Every figure of layout.WORKED, over the order's life and of late; `row` None: not on the board yet."""
    if row is None:
        none = Finding(float("nan"), NOT_YET)
        return dict.fromkeys(WORKED, (none, none))
    out = {}
    for number, name in enumerate(WORKED):
        life, recent = (
            Finding(
                float(row["value"][number, span]),
                texts.text(int(row["why"][number, span])),
                int(row["n"][number, span]),
            )
            for span in range(len(SPANS))
        )
        out[name] = (life, recent)
    return out


def others_flow() -> Finding:
    """Same-side flow of others after our events."""
    return Finding(float("nan"), NOT_MEASURED)

"""Own events of an order as a trace shows them: classes with their shapes, places, bunches, notes. Plain numpy."""

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.board import distinct
from app.engine.events import Rows
from app.widgets.columns import Texts, event_class

BUNCH_PX: Final = 14.0  # marks of one class closer than this become one


class Mark(NamedTuple):
    """How a class of events is drawn."""

    title: str
    symbol: str
    tone: str
    filled: bool
    size: int


# fills in the colour of the side or of ink, the rest faint: the lights' colours are the lights' alone
MARKS: Final = {
    "passive": Mark("passive", "o", "side", True, 9),
    "aggressive": Mark("aggressive", "t1", "ink", True, 11),
    "other": Mark("other fill", "star", "ink", True, 12),
    "post": Mark("post", "s", "faint", False, 7),
    "replace": Mark("replace", "d", "faint", False, 9),
    "cancel": Mark("cancel", "x", "faint", True, 8),
}
NAMES: Final = tuple(MARKS)
_TURNS: Final = {
    "algo_switched": "switched", "algo_paused": "paused", "algo_resumed": "resumed", "parent_amended": "amended",
}  # fmt: skip
FILLS: Final = 3  # the first three classes are fills


@dataclass(frozen=True, slots=True)
class Happened:
    """Own events of one order: time (ns), bps against the reference, class number, quantity, price."""

    ts: NDArray[np.int64]
    bps: NDArray[np.float64]
    kind: NDArray[np.int64]
    qty: NDArray[np.int64]
    px: NDArray[np.float64]


def happened(events: Rows, reference: float, mids: NDArray[np.float64], texts: Texts) -> Happened:
    """Events as the trace places them: at their own price, or on the mid where they carry none."""
    both = events["kind"].astype(np.int64) << 32 | events["liquidity"]  # numpy compares records field by field, slowly
    pairs, inverse = np.unique(both, return_inverse=True)
    classes = [event_class(texts.text(pair >> 32), texts.text(pair & 0xFFFFFFFF)) for pair in pairs.tolist()]
    numbers = np.array([NAMES.index(name) if name else -1 for name in classes], np.int64)
    kind = numbers[inverse] if len(events) else np.empty(0, np.int64)
    px = np.where(np.isnan(events["px"]), mids, events["px"])
    kept = (kind >= 0) & ~np.isnan(px)
    bps = (px[kept] - reference) / reference * 1e4
    return Happened(events["ts"][kept], bps, kind[kept], events["qty"][kept], px[kept])


class Bunches(NamedTuple):
    """Marks to draw: where, of which class, how many events each stands for."""

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    kind: NDArray[np.int64]
    events: NDArray[np.int64]


NO_BUNCHES: Final = Bunches(np.empty(0), np.empty(0), np.empty(0, np.int64), np.empty(0, np.int64))


def bunched(x: NDArray[np.float64], y: NDArray[np.float64], kind: NDArray[np.int64], width: float) -> Bunches:
    """Events of one class in one cell of a width become one mark in their middle; the cells do not move with x."""
    if not len(x) or not width > 0:
        return Bunches(x, y, kind, np.ones(len(x), np.int64))
    cell = np.floor(x / width).astype(np.int64) * len(NAMES) + kind
    _, first, inverse, count = np.unique(cell, return_index=True, return_inverse=True, return_counts=True)
    middle = [np.bincount(inverse, weights=values) / count for values in (x, y)]
    return Bunches(middle[0], middle[1], kind[first], count)


class Note(NamedTuple):
    """Something that changed how the order is worked: when (ns), in a word or two."""

    ts: int
    words: str


def notes_of(events: Rows, texts: Texts) -> tuple[Note, ...]:
    """Switches, pauses and amendments among own events, in time order."""
    kinds = {i: texts.text(i) for i in distinct(events["kind"]).tolist()}
    turns = [i for i, word in kinds.items() if word in _TURNS]
    found = []
    for row in events[np.isin(events["kind"], turns)] if turns else ():
        word = _TURNS[kinds[int(row["kind"])]]
        more = texts.text(int(row["algo"])) if word == "switched" else f"{row['qty']:,}" if word == "amended" else ""
        found.append(Note(int(row["ts"]), f"{word} {more}".strip()))
    return tuple(sorted(found))

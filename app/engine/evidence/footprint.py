"""Whether other orders of the house worked in the instrument at the time: what others see is all of it together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.engine.units import SECOND

if TYPE_CHECKING:
    from app.engine.evidence.trail import Trail

SAME, OPPOSITE = 1, 2
TOGETHER_NS: Final = 200 * SECOND  # as long as the tape remembers flow that fades
_WORDS: Final = {
    SAME: "other house flow: present, same side",
    OPPOSITE: "other house flow: present, opposite side",
    SAME | OPPOSITE: "other house flow: present, both sides",
}


class House:
    """Of one instrument, the last two orders that did something on each side."""

    __slots__ = ("_last",)

    def __init__(self) -> None:
        self._last: dict[int, list[tuple[int, Trail]]] = {1: [], -1: []}

    def note(self, t: int, side: int, trail: Trail) -> None:
        """An order did something others could see; whoever of the house did so shortly before is told, and it is."""
        mine = self._last.get(side)
        if mine is None:
            return
        for lasts, bit in ((mine, SAME), (self._last[-side], OPPOSITE)):
            for when, other in lasts:
                if other is not trail and t - when <= TOGETHER_NS:
                    trail.house |= bit
                    other.house |= bit
        if mine and mine[0][1] is not trail:
            mine[1:] = mine[:1]  # whoever was last is the one before; of the order itself only this is kept
        mine[:1] = [(t, trail)]


def words(house: int) -> str:
    """What is said of it; "" where the order was alone."""
    return _WORDS.get(house, "")

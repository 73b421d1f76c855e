"""Whether other orders of the house worked in the instrument at the time: what others see is all of it together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

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


class _Last(NamedTuple):
    """The last thing an order did on a side."""

    t: int
    trail: Trail


class House:
    """Of one instrument, the last two orders that did something on each side."""

    __slots__ = ("_last",)

    def __init__(self) -> None:
        self._last: dict[int, tuple[_Last, ...]] = {1: (), -1: ()}

    def note(self, t: int, side: int, trail: Trail) -> None:
        """An order did something others could see; whoever of the house did so shortly before is told, and it is."""
        if side not in self._last:
            return
        for other, bit in ((side, SAME), (-side, OPPOSITE)):
            for last in self._last[other]:
                if last.trail is not trail and t - last.t <= TOGETHER_NS:
                    trail.house |= bit
                    last.trail.house |= bit
        rest = tuple(last for last in self._last[side] if last.trail is not trail)
        self._last[side] = (_Last(t, trail), *rest[:1])


def words(house: int) -> str:
    """What is said of it; "" where the order was alone."""
    return _WORDS.get(house, "")

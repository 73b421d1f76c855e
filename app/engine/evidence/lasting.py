"""How much of an answer's jump of the price lasts: what an order has to pay of it falls where the price comes back.

In the worlds a model is fitted to a jump stays for good. In another market it may be gone within minutes. The order
itself tells: its price, what the tape explains taken off, is held a minute at a time against the jumps that were
expected at its children, once as they lasted and once as they faded (TAU_S). Least squares with what is believed
beforehand, each minute weighed by how far the price wanders: in a noisy market an order says next to nothing
of it and a jump is believed to last; where the price is calm beside the jumps, it is seen within some minutes.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

from app.engine.bits import exp
from app.engine.jit import jit
from app.engine.units import NULL, SECOND

if TYPE_CHECKING:
    from app.engine.evidence.own import Level

TAU_S: Final = 200.0  # of the jumps that fade
SPAN_NS: Final = 60 * SECOND  # between two looks at the price
GAP_NS: Final = 3600 * SECOND  # after which the price may stand anywhere
LASTS_SD: Final = 0.5  # how uncertain it is beforehand that all of a jump lasts
SIZE_SD: Final = 0.25  # and that jumps are as large as expected
KNOWN_S: Final = 240.0  # seconds the wandering from step to step counts for beside that of minutes
LEAST_WANDER: Final = 0.1  # of the wandering from step to step
LEAST_VARIANCE: Final = 1e-4  # bps^2: no price is known better, however still the market stands
FORGETS: Final = 1.0 - 1.0 / 60.0
FAR: Final = 4.0  # standard deviations a minute counts for at most beside its jumps: news tell nothing


def _left(level: float, ns: int) -> float:
    """What is left of a fading level after a time."""
    return level * exp(-(ns / SECOND) / TAU_S)


left = jit(_left)


class Answer(NamedTuple):
    """What is expected of a child's answers: a jump of the price (bps), what the order pays for it if it lasts, and
    what trades of others cost the fills to come (bps of the order).
    """

    jump: float
    lasting: float
    later: float


class Lasts(NamedTuple):
    """Of an epoch: the share of the jumps' cost that the order pays (`jumps`), and of all its cost (`factor`);
    how much of that is fading (`fading`); the standard deviation of `factor`.
    """

    jumps: float
    factor: float
    fading: float
    doubt: float


FOR_GOOD: Final = Lasts(1.0, 1.0, 0.0, 0.0)


class _Part:
    """Of one epoch (bps): cost of jumps if they last, cost of flow; the fading level, what fills have paid of it."""

    __slots__ = ("lasting", "later", "level", "paid")

    def __init__(self) -> None:
        self.lasting = self.later = self.level = self.paid = 0.0


class _Mark(NamedTuple):
    """A look at the price: when, the price, what lasts of the kernel, both levels of jumps."""

    t: int
    price: float
    pressed: float
    whole: float
    fading: float


class Lasting:
    """Of one order. The unknowns are the share of a jump that lasts, and the share that fades."""

    __slots__ = ("_at", "_fading", "_mark", "_seconds", "_squares", "_whole", "aa", "ab", "ay", "bb", "by", "parts")

    def __init__(self) -> None:
        self.parts = [_Part()]
        self._at = NULL
        self._whole = self._fading = 0.0  # jumps of all epochs, as they last and as they fade
        self._mark: _Mark | None = None
        self._squares = self._seconds = 0.0
        # normal equations: all of a jump lasts, and both shares make 1, as far as is known beforehand
        self.ab = self.bb = self.by = 1.0 / (SIZE_SD * SIZE_SD)
        self.aa = self.ay = self.ab + 1.0 / (LASTS_SD * LASTS_SD)

    def begin(self) -> None:
        """A new epoch."""
        self.parts.append(_Part())

    def answered(self, t: int, answer: Answer) -> None:
        """A child of the epoch of now has been scored."""
        self._pass(t)
        part = self.parts[-1]
        part.lasting += answer.lasting
        part.later += answer.later
        part.level += answer.jump
        self._whole += answer.jump
        self._fading += answer.jump

    def filled(self, t: int, share: float, side: int, level: Level) -> None:
        """A fill of a share of the order; `level`: as just before it."""
        self._pass(t)
        for part in self.parts:
            part.paid += share * part.level
        if not math.isnan(level.price):
            self._look(t, side, level)

    def of(self, number: int, rest: float) -> Lasts:
        """What the order pays of the answers of an epoch, as of the last event, with `rest` of it unfilled.

        Never more than all of it: a price that ran further than its answers is no evidence of larger ones.
        """
        part = self.parts[number]
        whole = part.later + part.lasting
        if whole <= 0.0 or part.lasting <= 0.0:
            return FOR_GOOD
        stays, fades = self.shares
        fading = part.paid + rest * part.level
        jumps = min(max(stays * part.lasting + fades * fading, 0.0), part.lasting)
        det = self.aa * self.bb - self.ab * self.ab
        square = (self.bb * part.lasting - self.ab * fading) * part.lasting
        square += (self.aa * fading - self.ab * part.lasting) * fading
        paid = part.later + jumps
        gone = min(max(fades * fading, 0.0), jumps)
        return Lasts(
            jumps / part.lasting, paid / whole, gone / paid if paid > 0.0 else 0.0,
            math.sqrt(max(square, 0.0) / det) / whole,
        )  # fmt: skip

    @property
    def shares(self) -> tuple[float, float]:
        """The shares of a jump that last and that fade."""
        det = self.aa * self.bb - self.ab * self.ab
        return (self.bb * self.ay - self.ab * self.by) / det, (self.aa * self.by - self.ab * self.ay) / det

    def _pass(self, t: int) -> None:
        """Let the time until t pass."""
        if self._at != NULL and t > self._at and self._fading > 0.0:
            ns = t - self._at
            self._fading = left(self._fading, ns)
            for part in self.parts:
                part.level = left(part.level, ns)
        self._at = max(t, self._at)

    def _look(self, t: int, side: int, level: Level) -> None:
        """The price now; a minute or more after the last look it is compared with the jumps since."""
        mark = self._mark
        if mark is not None and t - mark.t < SPAN_NS:
            return
        if mark is not None and t - mark.t < GAP_NS:
            moved = (level.price - mark.price) - level.stays * (level.pressed - mark.pressed)
            self._learn(mark, (t - mark.t) / SECOND, side * moved, level.wanders)
        self._mark = _Mark(t, level.price, level.pressed, self._whole, self._fading)

    def _learn(self, mark: _Mark, seconds: float, moved: float, wanders: float) -> None:
        """One more span: how far the price moved with us (bps) on how the jumps went; `wanders`: bps^2 a second."""
        whole, fading = self._whole - mark.whole, self._fading - mark.fading
        usual = (self._squares + KNOWN_S * wanders) / (self._seconds + KNOWN_S)
        variance = max(max(usual, LEAST_WANDER * wanders) * seconds, LEAST_VARIANCE)
        most = FAR * math.sqrt(variance) + max(abs(whole), abs(fading))
        moved = max(-most, min(most, moved))
        self.aa += whole * whole / variance
        self.ab += whole * fading / variance
        self.bb += fading * fading / variance
        self.ay += whole * moved / variance
        self.by += fading * moved / variance
        stays, fades = self.shares
        off = moved - (stays * whole + fades * fading)
        self._squares = FORGETS * self._squares + off * off
        self._seconds = FORGETS * self._seconds + seconds

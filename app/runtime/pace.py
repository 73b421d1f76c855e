"""Event time against the wall: how far a paced replay may go now, and commands to go faster, slower or not at all."""

import threading
import time
from collections.abc import Callable
from typing import Final

from app.engine.units import MILLISECOND, SECOND
from app.runtime.route import NO_LIMIT

_STRIDE_S: Final = 0.01  # a paced feed is asked no more often than this
_FLAT_OUT_NS: Final = 5 * SECOND  # of event time at once when nothing paces it


class Pace:
    """The wall's position in event time; commands may come from another thread.

    `speed`: event seconds per second, None = flat out. `clock` gives monotonic seconds.
    """

    def __init__(self, speed: float | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._speed = speed
        self._paused = False
        self._stopped = False
        self._anchor: tuple[int, float] | None = None  # event ns that stood at wall s
        self._target: int | None = None  # of a jump under way
        self._changed = threading.Condition()

    @property
    def speed(self) -> float | None:
        """Event seconds per second, None = flat out."""
        return self._speed

    @property
    def paused(self) -> bool:
        """True while nothing is handed over."""
        return self._paused

    @property
    def stopped(self) -> bool:
        """True once the run was asked to end."""
        return self._stopped

    @property
    def jumping(self) -> bool:
        """True while a jump is under way."""
        return self._target is not None

    def stride(self) -> int:
        """Event ns that a stepped feed may advance at once: 10 ms of the wall, five event seconds when flat out."""
        with self._changed:
            if self._speed is None or self._target is not None:
                return _FLAT_OUT_NS
            return min(max(int(self._speed * _STRIDE_S * SECOND), MILLISECOND), _FLAT_OUT_NS)

    def start(self, event_ns: int) -> None:
        """The clock stands at event_ns now; the first call counts."""
        with self._changed:
            if self._anchor is None:
                self._anchor = (event_ns, self._clock())

    def until(self) -> int:
        """Event time (ns) up to which rows may be handed over now."""
        with self._changed:
            return self._until()

    def set_speed(self, speed: float | None) -> None:
        """Go on from here at another speed (> 0, or None = flat out)."""
        self._turn(speed, paused=self._paused)

    def pause(self) -> None:
        """Stand still; what has been handed over stays."""
        self._turn(self._speed, paused=True)

    def resume(self) -> None:
        """Go on from here."""
        self._turn(self._speed, paused=False)

    def jump(self, event_ns: int) -> None:
        """Go flat out until event_ns, then on at the speed of before, or stand there if it is paused."""
        with self._changed:
            self._target = event_ns
            self._changed.notify_all()

    def stop(self) -> None:
        """Ask the run to end."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def reached(self, event_ns: int) -> None:
        """A run that is flat out has come this far: a pause or a speed set now goes on from there."""
        if self._speed is None or self._target is not None:
            with self._changed:
                self._anchor = (event_ns, self._clock())
                if self._target is not None and event_ns >= self._target:
                    self._target = None

    def wait(self, event_ns: int, at_most_s: float) -> None:
        """Sleep until event_ns is due, a command comes, or at_most_s are over."""
        with self._changed:
            if self._target is not None and event_ns > self._target:  # nothing is left before it
                self._anchor, self._target = (self._target, self._clock()), None
            if self._stopped or event_ns <= self._until():
                return
            left = at_most_s
            if not self._paused and self._speed:
                left = min(left, (event_ns - self._until()) / (self._speed * SECOND))
            self._changed.wait(max(left, 0.0))

    def rest(self, at_most_s: float) -> None:
        """Sleep until a command comes or at_most_s are over."""
        with self._changed:
            if not self._stopped:
                self._changed.wait(at_most_s)

    def _until(self) -> int:
        if self._target is not None:
            return self._target
        if self._speed is None and not self._paused:
            return NO_LIMIT
        if self._anchor is None:
            return -NO_LIMIT
        event_ns, wall = self._anchor
        if self._paused or self._speed is None:
            return event_ns
        return event_ns + int((self._clock() - wall) * self._speed * SECOND)

    def _turn(self, speed: float | None, *, paused: bool) -> None:
        with self._changed:
            if self._anchor is not None and self._speed is not None and self._target is None:
                self._anchor = (self._until(), self._clock())
            elif self._anchor is not None:
                self._anchor = (self._anchor[0], self._clock())
            self._speed, self._paused = speed, paused
            self._changed.notify_all()

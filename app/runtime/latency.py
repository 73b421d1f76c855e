"""How long a block takes the engine, measured outside it: what a row waits for at worst."""

import math
import time
from collections import deque
from collections.abc import Callable
from typing import Final, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
KEPT: Final = 1024  # blocks the figure is of
EVERY_S: Final = 1.0  # it is told no more often
ENOUGH: Final = 100  # blocks before a 99th percentile is more than the worst one


class Latency:
    """Times calls; `p99_us` of the last of them, to two digits, once a second."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._taken: deque[float] = deque(maxlen=KEPT)
        self._told_s = -math.inf

    def timed(self, call: Callable[P, T], *args: P.args, **named: P.kwargs) -> T:
        """Make a call and remember how long it took."""
        began = self._clock()
        out = call(*args, **named)
        self._taken.append(self._clock() - began)
        return out

    def p99_us(self) -> int | None:
        """The 99th percentile in microseconds; None with too few calls."""
        if len(self._taken) < ENOUGH:
            return None
        worst = sorted(self._taken)
        micros = worst[math.ceil(0.99 * len(worst)) - 1] * 1e6
        digits = 1 - math.floor(math.log10(micros)) if micros >= 10 else 0
        return round(round(micros, digits))

    def due(self) -> int | None:
        """As p99_us, once a second; None in between."""
        now = self._clock()
        if now - self._told_s < EVERY_S:
            return None
        found = self.p99_us()
        if found is not None:
            self._told_s = now
        return found

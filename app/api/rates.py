"""How often: a bucket a caller that fills at his rate and holds his burst."""

from collections import OrderedDict
from typing import Final

MOST: Final = 10_000  # callers remembered; the one who was quiet longest is forgotten first


class Rates:
    """One bucket per name. `rate` a second, `burst` at once; times are monotonic seconds."""

    def __init__(self, rate: float, burst: float) -> None:
        self.rate = rate
        self.burst = burst
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, name: str, now: float) -> float:
        """Take one: 0 when there was one, else the seconds until there will be."""
        level, before = self._levels.pop(name, (self.burst, now))
        level = min(self.burst, level + max(now - before, 0.0) * self.rate)
        fits = level >= 1.0
        self._levels[name] = (level - 1.0 if fits else level, now)
        if len(self._levels) > MOST:
            self._levels.popitem(last=False)
        return 0.0 if fits else (1.0 - level) / self.rate

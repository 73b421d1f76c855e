"""What the target of a switch is expected to do: as far as its own parameters say, from the market's pace."""

from collections.abc import Mapping
from typing import Final

from app.control.asks import Forecast
from app.engine.metrics.completion import Pace, needed_share, outlook

ENOUGH: Final = 0.8  # the least probability nobody is warned of
_RATE: Final = "TargetPct"  # what a strategy aims at, and its ceiling, in per cent of the volume
_CEILING: Final = "MaxPct"


def of_target(algo: str, params: Mapping[str, str], rest: int, market: "Ahead") -> Forecast:
    """The forecast of a strategy with these parameters for a rest.

    One that aims at a share of the volume brings that share of what the market does. One with a ceiling brings at most
    that: where even the ceiling is unlikely to be enough, that is its probability. Else nothing is known of its pace.
    """
    if market.pace is None or market.ahead_ns is None:
        return Forecast(algo=algo, why=market.why)
    needed = market.needed(rest)
    rate, ceiling = _share(params.get(_RATE)), _share(params.get(_CEILING))
    if rate is None and ceiling is None:
        return Forecast(
            algo=algo, participation=needed, why=f"{algo} names no share of the volume: its pace is unknown"
        )
    share = rate if rate is not None else ceiling
    found = outlook(market.pace.times(share or 0.0), rest, market.ahead_ns)
    if rate is None and found.probability >= ENOUGH:
        words = f"not measured: at its ceiling of {share:.0%} of the volume it could complete"
        return Forecast(algo=algo, participation=needed, why=words)
    words = (
        f"at {share:.0%} of the volume" if rate is not None else f"at most: its ceiling is {share:.0%} of the volume"
    )
    finish = None if rate is None else market.pace.times(share or 0.0).finish_ns(rest, market.now_ns)
    return Forecast(
        algo=algo, finish_ns=finish, unfilled=found.left, unfilled_low=found.left_low,
        unfilled_high=found.left_high, participation=needed, p_complete=found.probability, p_low=found.low,
        p_high=found.high, why=words,
    )  # fmt: skip


class Ahead:
    """The market's pace over the last of the day and the time (ns) an order has left; `why` where one is unknown."""

    __slots__ = ("ahead_ns", "now_ns", "pace", "why")

    def __init__(self, pace: Pace | None, now_ns: int, ahead_ns: int | None, why: str = "") -> None:
        self.pace = pace
        self.now_ns = now_ns
        self.ahead_ns = ahead_ns
        self.why = why

    def needed(self, rest: int) -> float | None:
        """Share of the volume expected that a rest is; None where nothing is expected."""
        if self.pace is None or self.ahead_ns is None:
            return None
        return needed_share(self.pace, rest, self.ahead_ns)


def _share(text: str | None) -> float | None:
    """A percentage as a share; None where there is none that could be one."""
    try:
        share = float(text or "") / 100.0
    except ValueError:
        return None
    return share if 0.0 <= share <= 1.0 else None

"""Expected cost of an order, in bps of arrival, without a side sign; `uncalibrated` until fitted to own fills.

sigma_d = daily sigma (fraction), X = quantity, V = average daily volume, T = trading days, Theta = shares outstanding.
Almgren, Thum, Hauptmann, Li 2005: I = .314 sigma_d (X/V) (Theta/V)^.25, K = .142 sigma_d (X/(V T))^.6, cost I/2 + K.
Square root: peak sigma_d sqrt(X/V), mean two thirds of it.
I-Star (Kissell): I* = 708 (X/V)^.55 sigma_a^.71 bps, sigma_a = sigma_d sqrt(252), MI = I* (.98 POV^.5 + .02).
Mid-flight X and T are what is done and the time it took.
"""

import math
from typing import Final, Literal, NamedTuple, TypeAlias, assert_never

from app.engine.bits import exp, log
from app.engine.metrics.figure import Figure
from app.engine.units import BPS

CostModel: TypeAlias = Literal["almgren", "square_root", "istar"]
UNCALIBRATED: Final = "uncalibrated"
_YEAR: Final = 252.0


class Inputs(NamedTuple):
    """What a cost model may ask for; None = unknown. Quantities in whole units, POV in (0, 1]."""

    qty: float
    days: float | None = None
    adv: float | None = None
    daily_sigma: float | None = None
    shares_outstanding: float | None = None
    pov: float | None = None


class Almgren(NamedTuple):
    """The two terms, in bps: permanent I (half of it is paid) and temporary K."""

    permanent: float
    temporary: float

    def cost(self) -> float:
        """I/2 + K."""
        return self.permanent / 2 + self.temporary


def power(base: float, exponent: float) -> float:
    """base ** exponent for base >= 0 and exponent > 0, by the engine's own exp and log: the same bits everywhere."""
    return float(exp(exponent * log(base))) if base > 0 else 0.0


def almgren(inputs: Inputs) -> Figure[Almgren]:
    """Both terms; needs adv, daily_sigma, shares_outstanding and time elapsed."""
    known, missing = _given(inputs, "adv", "daily_sigma", "shares_outstanding", "days")
    if missing:
        return Figure(None, missing)
    v, sigma, theta, days = known
    fraction = inputs.qty / v
    permanent = 0.314 * sigma * fraction * math.sqrt(math.sqrt(theta / v))
    temporary = 0.142 * sigma * power(fraction / days, 0.6)
    return Figure(Almgren(BPS * permanent, BPS * temporary))


def square_root_peak(inputs: Inputs) -> Figure[float]:
    """sigma_d sqrt(X/V) in bps: what the last share pays. Needs adv and daily_sigma."""
    known, missing = _given(inputs, "adv", "daily_sigma")
    if missing:
        return Figure(None, missing)
    v, sigma = known
    return Figure(BPS * sigma * math.sqrt(inputs.qty / v))


def square_root_mean(inputs: Inputs) -> Figure[float]:
    """Two thirds of the peak: what the average share pays."""
    peak = square_root_peak(inputs)
    return peak if peak.value is None else Figure(peak.value * 2 / 3)


def istar(inputs: Inputs) -> Figure[float]:
    """Instantaneous cost I* in bps. Needs adv and daily_sigma."""
    known, missing = _given(inputs, "adv", "daily_sigma")
    if missing:
        return Figure(None, missing)
    v, sigma = known
    return Figure(708.0 * power(inputs.qty / v, 0.55) * power(sigma * math.sqrt(_YEAR), 0.71))


def istar_market_impact(inputs: Inputs) -> Figure[float]:
    """I* (.98 POV^.5 + .02) in bps. Needs adv, daily_sigma and pov."""
    instantaneous = istar(inputs)
    known, missing = _given(inputs, "pov")
    if instantaneous.value is None or missing:
        return Figure(None, instantaneous.reason or missing)
    return Figure(instantaneous.value * (0.98 * math.sqrt(known[0]) + 0.02))


def expected_cost_bps(model: CostModel, inputs: Inputs) -> Figure[float]:
    """Expected cost of what is done under a model: 0 with nothing done, None with the missing input as the reason."""
    if inputs.qty <= 0:
        return Figure(0.0)
    match model:
        case "almgren":
            terms = almgren(inputs)
            return Figure(None if terms.value is None else terms.value.cost(), terms.reason)
        case "square_root":
            return square_root_mean(inputs)
        case "istar":
            return istar_market_impact(inputs)
        case _:
            assert_never(model)


def trading_days(elapsed_ns: int, open_ns: int | None, close_ns: int | None) -> float | None:
    """Elapsed time in trading days of close - open; None without a calendar."""
    if open_ns is None or close_ns is None or close_ns <= open_ns:
        return None
    return elapsed_ns / (close_ns - open_ns)


def _given(inputs: Inputs, *names: str) -> tuple[list[float], str]:
    """The named inputs, or nothing and the first one that is not a positive number as the reason."""
    values: list[float] = []
    for name in names:
        value = getattr(inputs, name)
        if value is None or not 0 < value < math.inf:
            return [], f"no {name.replace('_', ' ')}"
        values.append(value)
    return values, ""

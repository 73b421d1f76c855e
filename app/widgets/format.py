"""Figures as text: fixed decimals so that digits align, a sign where direction matters, a dash where undefined."""

import math
from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from app.engine.units import BPS, NULL, SECOND

DASH: Final = "\N{EN DASH}"  # undefined; never 0
MINUS: Final = "\N{MINUS SIGN}"  # as wide as a plus, unlike a hyphen
FIGURE_SPACE: Final = "\N{FIGURE SPACE}"  # as wide as a digit
UP: Final = "▲"
DOWN: Final = "▼"


def undefined(value: object) -> bool:
    """True for NaN, units.NULL and None."""
    if value is None:
        return True
    return math.isnan(value) if isinstance(value, float) else value == NULL


def number(value: float, decimals: int = 0) -> str:
    """1,234.50; a minus that aligns; no sign on a figure that rounds to zero."""
    text = f"{abs(value):,.{decimals}f}"
    return MINUS + text if value < 0 and text.strip("0.,") else text


def signed(value: float, decimals: int = 2) -> str:
    """Always with + or minus, but 0.00 has no sign."""
    text = f"{abs(value):,.{decimals}f}"
    if not text.strip("0.,"):
        return text
    return (MINUS if value < 0 else "+") + text


def arrowed(value: float) -> str:
    """A cost in bps with its direction: up costs, down gains."""
    text = signed(value)
    if text[0] not in "+" + MINUS:
        return text
    return f"{UP if value > 0 else DOWN} {text.rjust(6, FIGURE_SPACE)}"  # arrows stand under each other


def whole(value: float) -> str:
    """Money without cents, signed."""
    return signed(value, 0)


def cents(value: float) -> str:
    """Money to the cent, signed."""
    return signed(value, 2)


def quantity(value: int, exponent: int = 0) -> str:
    """A size in units of 10**exponent of the instrument: 1,234 shares, 0.00012345 of a coin; exact."""
    if exponent >= 0:
        return number(value * 10**exponent)
    whole_part, rest = divmod(abs(value), 10**-exponent)
    said = f"{whole_part:,}.{rest:0{-exponent}d}"
    return MINUS + said if value < 0 else said


def price(value: float) -> str:
    """A price: four decimals, eight below one."""
    return f"{value:,.4f}" if abs(value) >= 1 else f"{value:.8f}"


def percent(fraction: float) -> str:
    """A fraction as per cent."""
    return f"{100 * fraction:.1f}"


def bps_between(value: float, reference: float) -> float:
    """Distance of a price from a reference in bps of the reference."""
    return (value - reference) / reference * BPS


def zone(name: str | None) -> tzinfo:
    """The time zone of a name; UTC when it is unknown here."""
    try:
        return ZoneInfo(name) if name else UTC
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def clock(ts: int, where: tzinfo = UTC, digits: int = 3) -> str:
    """Time of day of an event time (ns), cut, not rounded, to 0 to 9 digits."""
    seconds, ns = divmod(ts, SECOND)
    text = datetime.fromtimestamp(seconds, where).strftime("%H:%M:%S")
    return f"{text}.{ns:09d}"[: len(text) + (digits + 1 if digits else 0)]


def date(ts: int, where: tzinfo = UTC) -> str:
    """Date of an event time (ns)."""
    return datetime.fromtimestamp(ts // SECOND, where).strftime("%Y-%m-%d")


def duration(ns: int) -> str:
    """A length of time: 850 ms, 12.5 s, 3 min 05 s, 2 h 10 min."""
    seconds = ns / SECOND
    if seconds < 1:
        return f"{ns // 1_000_000} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


def printed_units(value: float, decimals: int = 2) -> int:
    """A value in units of its last printed digit, rounded the way it is printed."""
    scale: int = 10**decimals
    return round(float(f"{value:.{decimals}f}") * scale)


def parts_to(total: float, parts: Sequence[float], decimals: int = 2) -> list[float]:
    """The parts rounded so that what is printed adds up to the printed total.

    Each is rounded down, then the largest remainders are rounded up. Parts that do not add up to the total
    by more than rounding are each rounded on their own: a broken identity must show.
    """
    scale = 10**decimals
    units = [part * scale for part in parts]
    short = printed_units(total, decimals) - sum(math.floor(unit) for unit in units)
    off = abs(math.fsum([*units, -total * scale]))
    if off > 0.5 + 1e-9 * max([1.0, *(abs(unit) for unit in units)]) or not 0 <= short <= len(units):
        return [round(unit) / scale for unit in units]
    order = sorted(range(len(units)), key=lambda i: math.floor(units[i]) - units[i])
    up = set(order[:short])
    return [(math.floor(unit) + (i in up)) / scale for i, unit in enumerate(units)]

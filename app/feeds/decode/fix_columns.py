"""Columns of an order row out of the tags of a message: exact numbers, codes in words, times.

What cannot be represented raises FieldRefused naming the field and its value.
"""

from collections.abc import Callable
from typing import Final, Literal, TypeAlias

import msgspec

from app.engine.units import NULL, PRICE_SCALE
from app.engine.universe import Universe
from app.feeds.decode.fix_fields import FixMessage, has_fraction, refusal, scaled, utc_ns
from app.feeds.decode.fix_settings import SessionSettings

Side: TypeAlias = Literal["BUY", "SELL", "SHORT"]
# (feed symbol, ns) -> instrument
Symbology: TypeAlias = Callable[[str, int], str]

SIDES: Final[dict[str, Side]] = {
    "1": "BUY", "3": "BUY", "2": "SELL", "4": "SELL", "5": "SHORT", "6": "SHORT",
}  # fmt: skip
ORDER_TYPES: Final = {
    "1": "market", "2": "limit", "3": "stop", "4": "stop_limit", "5": "market_on_close", "6": "with_or_without",
    "7": "limit_or_better", "8": "limit_with_or_without", "9": "on_basis", "A": "on_close", "B": "limit_on_close",
    "D": "previously_quoted", "E": "previously_indicated", "I": "funari", "J": "market_if_touched",
    "K": "market_to_limit", "L": "previous_fund_valuation", "M": "next_fund_valuation", "P": "pegged",
}  # fmt: skip
TIFS: Final = {
    "0": "day", "1": "gtc", "2": "opg", "3": "ioc", "4": "fok", "5": "gtx", "6": "gtd", "7": "at_close",
    "8": "good_through_crossing", "9": "at_crossing",
}  # fmt: skip
# Instructions that change how an order behaves: kept under their FIX names in `params`.
INSTRUCTIONS: Final = {
    "ExecInst": 18, "HandlInst": 21, "StopPx": 99, "MinQty": 110, "MaxFloor": 111, "PegOffsetValue": 211,
    "DisplayQty": 1138,
}  # fmt: skip


class FieldRefused(Exception):  # noqa: N818 (an answer, not a failure of ours)
    """A field that cannot be taken; its text is the reason."""


def quantity(message: FixMessage, tag: int, exponent: int, *, least: int = 0) -> int | None:
    """A quantity in units of 10**exponent; None when absent. Raises FieldRefused."""
    text = message.first.get(tag)
    if text is None:
        return None
    number = scaled(text, -exponent)
    if number is None or number < least:
        allowed = f"a decimal of at least {least} in whole units of 10**{exponent}"
        raise FieldRefused(refusal(tag, text, allowed))
    return number


def price(message: FixMessage, tag: int) -> int | None:
    """A price in 1e-9; None when absent. Raises FieldRefused."""
    text = message.first.get(tag)
    if text is None:
        return None
    number = scaled(text, 9)
    if number is None:
        raise FieldRefused(refusal(tag, text, "a plain decimal of at most 9 places that fits 64 bits"))
    return number


def moment(message: FixMessage, tag: int) -> int | None:
    """A UTC time in ns; None when absent. Raises FieldRefused."""
    text = message.first.get(tag)
    if text is None:
        return None
    ns = utc_ns(text)
    if ns is None:
        raise FieldRefused(refusal(tag, text, "YYYYMMDD-HH:MM:SS with up to 12 decimals"))
    return ns


def match_time(message: FixMessage, ts: int, budget_ns: int) -> int | None:
    """TransactTime as the match time of a fill: finer than a second and within the budget of the row's own time."""
    text = message.first.get(60)
    ns = utc_ns(text) if text else None
    return ns if ns is not None and has_fraction(text) and abs(ns - ts) <= budget_ns else None


def side(message: FixMessage) -> Side | None:
    """Side (54); None when absent. Raises FieldRefused."""
    text = message.text(54)
    if text is None:
        return None
    if text not in SIDES:
        raise FieldRefused(refusal(54, text, "1 or 3 (buy), 2 or 4 (sell), 5 or 6 (short)"))
    return SIDES[text]


def symbol(message: FixMessage, settings: SessionSettings) -> str | None:
    """The feed's own symbol: the session's symbol tags joined by dots, else SecurityID (48)."""
    parts = [text for tag in settings.symbol if (text := message.text(tag))]
    if not parts or parts[0] == "[N/A]":
        return message.text(48)
    return ".".join(parts)


def venue(message: FixMessage, settings: SessionSettings, *tags: int) -> str | None:
    """The first venue among the tags, under the name the settings give it."""
    for tag in tags:
        text = message.text(tag)
        if text is not None:
            return settings.venues.get(text, text)
    return None


def strategy(message: FixMessage, settings: SessionSettings) -> str | None:
    """Name of the algo: the first strategy tag present."""
    for tag in settings.strategy:
        text = message.text(tag)
        if text is not None:
            return settings.strategies.get(text, text)
    return None


def parameters(message: FixMessage, settings: SessionSettings) -> str | None:
    """Parameters as JSON: instructions, the session's own tags, the StrategyParameters group (957: 958, 960)."""
    price(message, 99)
    found = {name: text for name, tag in INSTRUCTIONS.items() if (text := message.text(tag)) is not None}
    found |= {name: text for name, tag in settings.params.items() if (text := message.text(tag)) is not None}
    name: str | None = None
    for tag, value in message.fields:
        if tag == 958:
            name = value.decode("utf-8", "replace")
        elif tag == 960 and name is not None:
            found[name] = value.decode("utf-8", "replace")
    return msgspec.json.encode(found, order="sorted").decode() if found else None


def target_rate(message: FixMessage) -> float | None:
    """ParticipationRate (849) as a fraction; None when absent. Raises FieldRefused."""
    text = message.first.get(849)
    if text is None:
        return None
    number = scaled(text, 9)
    if number is None or not 0 <= number <= PRICE_SCALE:
        raise FieldRefused(refusal(849, text, "a fraction between 0 and 1"))
    return number / PRICE_SCALE


def commission(message: FixMessage, last: int, exponent: int) -> int | None:
    """Commission (12) of a fill of `last` units in 1e-9 currency, half to even; None when it cannot be told.

    Read are CommType (13) 1, per unit, and 3 or absent, absolute. Raises FieldRefused.
    """
    amount = price(message, 12)
    kind = message.text(13) or "3"
    if amount is None or kind not in {"1", "3"}:
        return None
    if kind == "3":
        return amount
    scale = 10 ** abs(exponent)
    fee = amount * last * scale if exponent >= 0 else _divided(amount * last, scale)
    if not NULL < fee < -NULL:
        raise FieldRefused(refusal(12, message.first.get(12), "a commission that fits 64 bits"))
    return fee


def _divided(number: int, by: int) -> int:
    """Quotient rounded half to even."""
    whole, rest = divmod(number, by)
    return whole + (2 * rest > by or (2 * rest == by and whole % 2 == 1))


def size_exponent(universe: Universe, instrument: str | None) -> int:
    """Decimal exponent of an instrument's size unit; 0 where nothing is known."""
    return universe.of(instrument).size_exponent if instrument else 0

"""Fields of Binance messages: exact prices and sizes from decimal text, and what a symbol says of itself."""

import re
from typing import Any, Final, TypeAlias

from app.engine import units
from app.engine.events import Instrument
from app.feeds.decode.rows import SIZE_LIMIT, fixed_point

_COIN_MARGINED: Final = re.compile(r"^([A-Z0-9]+)USD_(PERP|\d{6})$")
_QUOTES: Final = ("USDT", "USDC", "FDUSD", "TUSD", "BUSD", "BTC", "ETH", "BNB", "EUR", "TRY", "BRL", "JPY")
_FACE: Final = {"BTC": 100}  # USD a contract; 10 for every other coin
_SPOT_EXPONENT: Final = -8
_HUGE: Final = 10**9  # whole coins a size may have before 8 decimals leave int64
_REMEMBERED: Final = 1_000_000

Level: TypeAlias = tuple[int, int, int]  # side, price, size


class WrongFieldError(ValueError):
    """A field of a message that is not allowed: its name, its value, what is."""

    def __init__(self, name: str, value: object, allowed: str) -> None:
        super().__init__(name)
        self.what = (name, value, allowed)


class Reader:
    """Reads prices and sizes; prices that were read before are remembered."""

    def __init__(self) -> None:
        self._prices: dict[str, int] = {}

    def levels(self, data: dict[str, Any], names: tuple[str, str], exponent: int) -> list[Level]:
        """Bids and asks under the two names as (side, price, size). Raises WrongFieldError."""
        levels: list[Level] = []
        for name, side in zip(names, (units.BID, units.ASK), strict=True):
            pairs = data.get(name)
            if not isinstance(pairs, list):
                raise WrongFieldError(name, pairs, "a list of [price, size]")
            for pair in pairs:
                if not isinstance(pair, list) or len(pair) < 2:
                    raise WrongFieldError(name, pair, "[price, size]")
                levels.append((side, self.price(pair[0], name), size_of(pair[1], name, exponent)))
        return levels

    def price(self, text: object, name: str) -> int:
        """Decimal text as a price in 1e-9. Raises WrongFieldError."""
        if not isinstance(text, str):
            raise WrongFieldError(name, text, "a decimal price as text")
        known = self._prices.get(text)
        if known is not None:
            return known
        try:
            price = fixed_point(text)
        except ValueError:
            raise WrongFieldError(name, text, "a decimal price, 9 decimals at most") from None
        if len(self._prices) >= _REMEMBERED:
            self._prices.clear()
        self._prices[text] = price
        return price


def size_of(text: object, name: str, exponent: int) -> int:
    """Decimal text as a size in units of 10**exponent. Raises WrongFieldError."""
    if not isinstance(text, str):
        raise WrongFieldError(name, text, "a decimal size as text")
    if exponent == 0 and text.isascii() and text.isdigit() and len(text) < 18:
        return int(text)
    try:
        size = fixed_point(text, exponent)
    except ValueError:
        raise WrongFieldError(name, text, f"a decimal size, {-exponent} decimals at most") from None
    if not 0 <= size <= SIZE_LIMIT:
        raise WrongFieldError(name, text, f"a size from 0 to {SIZE_LIMIT}e{exponent}")
    return size


def whole(data: dict[str, Any], name: str) -> int:
    """A whole number of a message. Raises WrongFieldError."""
    value = data.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**63:
        raise WrongFieldError(name, value, "a whole number, 0 or more")
    return value


def venue_of(symbol: str, data: dict[str, Any]) -> str:
    """BINANCE spot, BINANCE-UM USD-margined, BINANCE-CM coin-margined futures: books of their own (no MIC exists).

    Futures depth updates name the update before (`pu`), spot trades carry `M`, futures snapshots their time `E`.
    """
    if _COIN_MARGINED.match(symbol):
        return "BINANCE-CM"
    match data.get("e"):
        case "depthUpdate":
            futures = "pu" in data
        case "trade" | "aggTrade":
            futures = "M" not in data
        case _:
            futures = "E" in data
    return "BINANCE-UM" if futures else "BINANCE"


def describe(symbol: str, name: str, data: dict[str, Any]) -> Instrument:
    """What a symbol says of itself: coin-margined contracts are inverse, 10 USD a contract (BTC 100), whole sizes.

    Elsewhere sizes are in 1e-8 coins; a coin whose first sizes pass 1e9 is in units of their own decimals.
    """
    coin = _COIN_MARGINED.match(symbol)
    if coin is not None:
        face = _FACE.get(coin[1], 10)
        return Instrument(
            instrument=name,
            currency="USD",
            quote_currency="USD",
            contract="inverse",
            multiplier=face * units.PRICE_SCALE,
        )
    quote = next((quote for quote in _QUOTES if symbol.partition("_")[0].endswith(quote)), None)
    return Instrument(instrument=name, currency=quote, quote_currency=quote, size_exponent=_exponent(data))


def _exponent(data: dict[str, Any]) -> int:
    texts = [data.get("q")]
    for side in ("b", "a", "bids", "asks"):
        pairs = data.get(side)
        texts += (
            [pair[1] for pair in pairs if isinstance(pair, list) and len(pair) > 1] if isinstance(pairs, list) else []
        )
    parts = [text.partition(".") for text in texts if isinstance(text, str)]
    if all(len(whole) < len(str(_HUGE)) for whole, _, _ in parts):
        return _SPOT_EXPONENT
    return -max(len(fraction.rstrip("0")) for _, _, fraction in parts)

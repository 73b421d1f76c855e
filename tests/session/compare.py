"""Compare the engine's tables with the oracle, column by column, and say precisely what differs."""

from fractions import Fraction
from typing import Any

from tests.session.oracle import Session

PRICES = frozenset(
    (
        "avg_px", "arrival_mid", "arrival_bid", "arrival_ask", "arrival_wmid", "end_mid", "mkt_vwap", "mkt_vwap_ex_own",
        "twap", "px", "mid_before",
    )
)  # fmt: skip
REL = 1e-12  # one rounding of an exact figure, and a little for a root
ABS_BPS = 1e-9


def shown(name: str, value: Any) -> Any:
    """An oracle value as the output prints it: prices in quote currency, fractions as floats."""
    if value is None or isinstance(value, (str, bool)):
        return value
    if name in PRICES:
        return float(Fraction(value) / 1_000_000_000)
    return float(value) if isinstance(value, Fraction) else value


def same(name: str, expected: Any, got: Any) -> bool:
    """True where a figure agrees: text and counts exactly, floats to rounding, undefined only with undefined."""
    if expected is None or got is None or isinstance(expected, (str, bool, int)):
        return bool(expected == got) and (expected is None) == (got is None)
    bound = REL * max(abs(expected), abs(got))
    if name.endswith("_bps"):
        bound = max(bound, ABS_BPS)
    return bool(abs(expected - got) <= bound)


def mismatches(tables: dict[str, dict[str, list[Any]]], session: Session) -> list[str]:
    """One sentence for each column in which the engine and the oracle differ; empty when all agree."""
    found = []
    parents, fills = tables["parents"], tables["fills"]
    expected = session.parents()
    by_parent = {name: index for index, name in enumerate(parents["parent_id"])}
    for name, figures in expected.items():
        if name not in by_parent:
            found.append(f"parents[{name}] is missing")
            continue
        found += _row_differences(f"parents[{name}]", parents, by_parent[name], figures)
    by_fill = {key: index for index, key in enumerate(zip(fills["parent_id"], fills["fill_id"], strict=True))}
    if set(by_fill) != set(session.fills()):
        found.append(f"fills differ: {sorted(set(by_fill) ^ set(session.fills()), key=str)[:6]}")
    for key, figures in session.fills().items():
        if key in by_fill:
            found += _row_differences(f"fills[{key}]", fills, by_fill[key], figures)
    return found


def _row_differences(where: str, table: dict[str, list[Any]], index: int, figures: dict[str, Any]) -> list[str]:
    found = []
    for column, value in figures.items():
        expected, got = shown(column, value), table[column][index]
        if not same(column, expected, got):
            found.append(f"{where}.{column}: expected {expected!r}, got {got!r}")
    return found

"""What a number of a parent is told with: unit, interval, quality, and why it is null.

Nothing is worked out here: values, intervals and reasons are those of the board; a reason that the board does not give
is read off the facts beside (no fill yet, no arrival mid).
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np

from app.engine import schema
from app.engine.layout import CHILD_ROW, FILL_ROW, PARENT_ROW
from app.engine.units import HORIZON_NAMES, NULL

Text: TypeAlias = Callable[[int], str]
Row: TypeAlias = dict[str, Any]

# A figure and the columns that hold its 90 % interval.
INTERVALS: Final = {
    "arrival_mid": ("arrival_lo", "arrival_hi"),  # within the clocks' error, not statistical
    "leak_bps": ("leak_lo_bps", "leak_hi_bps"),
    "expected_unfilled": ("unfilled_low", "unfilled_high"),
    "p_complete": ("p_complete_low", "p_complete_high"),
}
ERRORS: Final = {f"markout_{h}_bps": f"markout_{h}_se_bps" for h in HORIZON_NAMES}
_BOUNDS: Final = {bound for pair in INTERVALS.values() for bound in pair} | set(ERRORS.values())
_EVIDENCE: Final = frozenset(
    "e_value p_anytime epoch leak_bps leak_projected_bps leak_ccy leak_projected_ccy at_risk_ccy min_detectable_bps "
    "in_fdr_set drift_market_ccy "
    "drift_own_ccy drift_leak_ccy drift_noise_ccy noise_band_ccy".split()
)
_MODELLED: Final = frozenset("expected_cost_bps timing_risk_bps cost_z".split())
_PACE: Final = frozenset("expected_finish_ns expected_unfilled p_complete".split())
_REPORTED: Final = frozenset(
    "order_qty filled_qty avg_px fees_ccy n_children n_fills n_scored n_void n_undefined n_late done_pct start_ns "
    "end_ns target_pov limit_px seq last_ts level_since fill_rate".split()
)
_OF_FILLS: Final = frozenset(
    "avg_px slip_arrival_bps slip_vwap_bps slip_vwap_ex_own_bps slip_beta_adj_bps exec_cost_ccy spread_ccy drift_ccy "
    "spread_capture aggressor_share pre_drift_bps post_drift_bps cost_z expected_cost_bps timing_risk_bps "
    "delay_filled_ccy fill_probability".split()
)
_OF_ARRIVAL: Final = frozenset(
    "slip_arrival_bps is_ccy is_bps is_arrival_bps exec_cost_ccy opp_cost_ccy amend_ccy delay_cost_ccy pre_drift_bps "
    "post_drift_bps cost_z arrival_bid arrival_ask arrival_wmid".split()
)
_UNITS: Final = (
    ("_bps", "bps"), ("_ccy", "currency"), ("_qty", "shares"), ("_ts", "ns"), ("_ns", "ns"), ("_px", "price"),
    ("_mid", "price"), ("_bid", "price"), ("_ask", "price"), ("_wmid", "price"), ("_pct", "share"), ("vol", "shares"),
)  # fmt: skip
_UNIT_OF: Final = {
    "mkt_vwap": "price", "mkt_vwap_ex_own": "price", "twap": "price", "mid": "price", "p_complete": "probability",
    "p_anytime": "probability", "fill_probability": "probability", "cost_z": "timing risks", "pct_adv": "share",
    "participation": "share", "aggressor_share": "share", "spread_capture": "share", "fill_rate": "share",
    "target_pov": "share", "as_of": "ns", "level_since": "ns", "expected_unfilled": "shares", "e_value": "e-value",
}  # fmt: skip


class Kind(NamedTuple):
    """One column of a section: name, whether it is text, a yes or no, or a number."""

    name: str
    kind: str


def kinds_of(dtype: np.dtype[np.void]) -> tuple[Kind, ...]:
    """Name and kind of every field of a board row: text, bool, int, float."""
    kinds = {"u4": "text", "i1": "bool", "i4": "int", "i8": "int", "f8": "float"}
    return tuple(Kind(name, kinds[dtype[name].str[1:]]) for name in dtype.names or ())


PARENT_KINDS: Final = kinds_of(PARENT_ROW)
FILL_KINDS: Final = kinds_of(FILL_ROW)
CHILD_KINDS: Final = kinds_of(CHILD_ROW)
WORDS: Final = tuple(kind.name for kind in PARENT_KINDS if kind.kind == "text")
FIGURES: Final = tuple(k.name for k in PARENT_KINDS if k.kind != "text" and k.name not in _BOUNDS)
# What a list and the stream tell of a parent; the rest is asked for by name.
SUMMARY: Final = (
    "parent_id", "instrument", "side", "algo", "trader", "account", "desk", "state", "order_qty", "filled_qty",
    "avg_px", "arrival_mid", "mid", "done_pct", "planned_pct", "participation", "slip_arrival_bps", "is_bps", "is_ccy",
    "currency", "level", "level_reason", "status", "status_reason", "leak_bps", "leak_lo_bps", "leak_hi_bps",
    "e_value", "leak_projected_bps", "at_risk_ccy", "min_detectable_bps",
    "p_complete", "expected_finish_ns", "n_fills", "n_late", "last_ts",
)  # fmt: skip
COLUMNS: Final = tuple(kind.name for kind in PARENT_KINDS)


def plain(row: np.void, kinds: tuple[Kind, ...], text: Text) -> Row:
    """A board row with words for texts and None for what is undefined."""
    values: Row = {}
    for (name, kind), value in zip(kinds, row.item(), strict=True):
        if kind == "text":
            values[name] = text(value) or None
        elif kind == "float":
            values[name] = value if value == value and value not in _INFINITE else None  # noqa: PLR0124
        elif kind == "bool":
            values[name] = None if value < 0 else value > 0
        else:
            values[name] = None if value == NULL else value
    return values


_INFINITE: Final = (float("inf"), float("-inf"))


def figure(name: str, row: Row, quality: str) -> dict[str, Any]:
    """One number of a parent with its unit, interval, quality and, where it is null, the reason."""
    value = row[name]
    told: dict[str, Any] = {"value": value, "unit": UNITS[name], "quality": _quality(name, quality)}
    bounds = INTERVALS.get(name)
    if bounds is not None:
        told["low"], told["high"] = row[bounds[0]], row[bounds[1]]
    error = ERRORS.get(name)
    if error is not None:
        told["se"] = row[error]
    if value is None:
        told["reason"] = reason(name, row)
    return told


def reason(name: str, row: Row) -> str:
    """Why a column of a parent is null."""
    if name in _EVIDENCE or name == "status":
        return row.get("status_reason") or "evidence: nothing has been measured for this order"
    if name == "level":
        return row.get("level_reason") or "no level yet"
    if name in _PACE:
        return row.get("p_complete_why") or "no pace yet: nothing was done since it is worked like this"
    if name in _OF_ARRIVAL and row.get("arrival_mid") is None:
        return f"no arrival mid ({row.get('arrival_basis') or 'the market was not seen when the order came in'})"
    if name in _OF_FILLS and not row.get("filled_qty"):
        return "no fill yet"
    if name.startswith("markout_"):
        return "no fill whose horizon has passed with a defined mid" if row.get("filled_qty") else "no fill yet"
    return _OTHER.get(name, "not given by any source")


_OTHER: Final = {
    "arrival_mid": "the market was not seen, or had no valid mid, strictly before the order came in",
    "end_ts": "the order is not over", "end_mid": "the order is not over, or the mid was undefined at its end",
    "mkt_vol": "no eligible print", "mkt_vwap": "no eligible print", "mkt_vwap_ex_own": "no eligible print",
    "twap": "no valid mid since arrival", "participation": "no market volume while it was live and marketable",
    "pct_adv": "no average daily volume in the reference data", "delay_cost_ccy": "no decision price was told",
    "slip_beta_adj_bps": "no index or beta in the reference data", "planned_pct": "no schedule was told",
    "end_ns": "no end time was told", "target_pov": "no target rate was told", "limit_px": "no limit price",
    "mid": "no valid mid now", "remaining_ccy": "no valid mid now",
}  # fmt: skip


def _quality(name: str, market: str) -> str:
    """What the number rests on: reports, a model that is not fitted, or the market in its quality now."""
    if name in _REPORTED:
        return "reported"
    if name in _EVIDENCE:
        return "inferred"
    return f"model, market {market}" if name in _MODELLED or name in _PACE else f"market {market}"


def unit(name: str) -> str:
    """Unit of a column; "count" where it has none."""
    known = _UNIT_OF.get(name)
    return known or next((words for end, words in _UNITS if name.endswith(end)), "count")


UNITS: Final[Mapping[str, str]] = {name: unit(name) for name in COLUMNS}


def undefined(row: Row, names: tuple[str, ...]) -> dict[str, list[str]]:
    """Reason -> the columns that are null for it, of those named."""
    why: dict[str, list[str]] = {}
    for name in names:
        if row[name] is None and name in _NUMBERS:
            why.setdefault(reason(name, row), []).append(name)
    return why


_NUMBERS: Final = frozenset(FIGURES) | {"level", "status"}
FILL_COLUMNS: Final = tuple(column.name for column in schema.FILLS)
CHILD_COLUMNS: Final = tuple(column.name for column in schema.CHILDREN)


def row_reason(name: str, row: Row) -> str:
    """Why a number of a fill or a child is null."""
    if name.startswith(("markout_", "realized_spread_", "response_")):
        return "its horizon has not passed, or the mid was undefined then"
    if name.startswith("ts_"):
        return "has not happened, or was not told"
    return "flags say why" if row.get("flags") else "not given by any source, or the market was not seen then"


def told(row: Row, columns: tuple[str, ...]) -> Row:
    """A fill or a child as it is sent: its columns, and under `undefined` by reason the numbers that are null."""
    kept = {name: row[name] for name in columns}
    why: dict[str, list[str]] = {}
    for name in columns:
        if row[name] is None and name in _ROW_NUMBERS:
            why.setdefault(row_reason(name, row), []).append(name)
    kept["undefined"] = why
    return kept


_ROW_NUMBERS: Final = frozenset(k.name for k in (*FILL_KINDS, *CHILD_KINDS) if k.kind != "text")

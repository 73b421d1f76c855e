"""Output tables: names, order and types of every column, one place for files, board and hash.

Kinds: `str`, `i8` (ns, counts, sizes), `px` (a price in quote currency, float64), `f8`, `bool`.
Undefined is null in files, units.NULL / NaN / 0 (empty text) on the board.
"""

from typing import Final, NamedTuple

from app.engine.units import HORIZON_NAMES


class Column(NamedTuple):
    """One output column; `definitive` ones enter the output hash."""

    name: str
    kind: str
    definitive: bool = True


def _columns(kind: str, names: str, *, definitive: bool = True) -> tuple[Column, ...]:
    return tuple(Column(name, kind, definitive) for name in names.split())


def _per_horizon(*patterns: str) -> tuple[Column, ...]:
    return tuple(Column(pattern.format(h=h), "f8") for pattern in patterns for h in HORIZON_NAMES)


_CAUSE: Final = (Column("source", "str"), Column("seq", "i8"), Column("as_of", "i8"))

PARENTS: Final = (
    *_columns("str", "parent_id instrument side algo trader account currency visibility"),
    *_columns("i8", "order_qty filled_qty"),
    *_columns("px", "avg_px"),
    *_columns("i8", "arrival_ts"),
    *_columns("str", "arrival_basis"),
    *_columns("px", "arrival_mid arrival_bid arrival_ask arrival_wmid arrival_lo arrival_hi"),
    *_columns("i8", "end_ts"),
    *_columns("px", "end_mid"),
    *_columns("i8", "mkt_vol"),
    *_columns("px", "mkt_vwap mkt_vwap_ex_own twap"),
    *_columns(
        "f8",
        "fill_rate participation pct_adv aggressor_share spread_capture slip_arrival_bps slip_vwap_bps "
        "slip_vwap_ex_own_bps slip_beta_adj_bps exec_cost_ccy opp_cost_ccy delay_cost_ccy delay_filled_ccy "
        "missed_ccy fees_ccy amend_ccy is_ccy is_bps is_arrival_bps spread_ccy drift_ccy drift_market_ccy "
        "drift_own_ccy drift_leak_ccy drift_noise_ccy noise_band_ccy expected_cost_bps timing_risk_bps cost_z "
        "pre_drift_bps post_drift_bps",
    ),
    *_per_horizon("markout_{h}_bps", "markout_{h}_se_bps"),
    *_columns("str", "level level_reason status status_reason"),
    *_columns("f8", "e_value p_anytime"),
    *_columns("i8", "epoch"),
    *_columns("f8", "leak_bps leak_lo_bps leak_hi_bps leak_projected_bps leak_ccy min_detectable_bps"),
    *_columns("bool", "in_fdr_set"),
    *_columns("i8", "n_children n_fills n_scored n_void n_undefined"),
    *_columns("i8", "n_late", definitive=False),
    *_CAUSE,
)

FILLS: Final = (
    *_columns("str", "fill_id parent_id algo_order_id child_id"),
    *_columns("i8", "ts_event ts_match"),
    *_columns("str", "side"),
    *_columns("i8", "qty"),
    *_columns("px", "px mid_before"),
    *_columns("f8", "slip_arrival_bps cum_slip_bps mid_drift_bps eff_spread_bps"),
    *_per_horizon("realized_spread_{h}_bps"),
    *_columns("str", "liquidity venue"),
    *_columns("bool", "own_print"),
    *_per_horizon("markout_{h}_bps"),
    *_columns("str", "flags"),
    *_CAUSE,
)

CHILDREN: Final = (
    *_columns("str", "child_id parent_id algo_order_id"),
    *_columns("i8", "ts_new ts_acked ts_first_fill ts_last_fill ts_replaced ts_cancel_requested ts_cancelled ts_done"),
    *_columns("px", "child_arrival_mid"),
    *_columns("i8", "qty filled net_qty"),
    *_columns("px", "avg_px price"),
    *_columns("str", "venue order_type last_status"),
    *_columns("i8", "n_replace_requests n_cancel_requests n_reports n_cancel_rejects n_rejects n_fills n_busts"),
    *_columns("bool", "recon_break"),
    *_per_horizon("response_{h}_bps"),
    *_columns("f8", "score"),
    *_columns("str", "flags"),
    *_CAUSE,
)

EVIDENCE: Final = (
    *_columns("i8", "ts_event"),
    *_columns("str", "parent_id child_id"),
    *_columns("i8", "epoch"),
    *_columns("str", "class bucket"),
    *_columns("i8", "window_ms"),
    *_columns("f8", "e_child e_value"),
    *_columns("str", "top_world"),
    *_columns("f8", "estimate lo hi"),
    *_columns("str", "status reason"),
)

ATTRIBUTION: Final = (
    *_columns("str", "dimension cell"),
    *_columns("i8", "n_parents n_children"),
    *_columns("f8", "weight e_value"),
    *_columns("bool", "in_fdr_set"),
    *_columns("f8", "leak_bps leak_lo_bps leak_hi_bps model_bps direct_bps"),
    *_columns("str", "reference"),
)

SWITCHES: Final = (
    *_columns("i8", "ts_event"),
    *_columns("str", "parent_id"),
    *_columns("i8", "epoch"),
    *_columns("str", "from_group to_group"),
    *_columns("i8", "n_switches n_before n_after"),
    *_columns("f8", "before_bps after_bps saving_bps saving_lo_bps saving_hi_bps"),
    *_columns("str", "verdict reason"),
    *_columns("bool", "randomised"),
    *_columns("f8", "propensity"),
)

VERSIONS: Final = (
    *_columns("str", "table key column old new"),
    *_columns("i8", "known_ts"),
    *_columns("str", "source"),
    *_columns("i8", "seq"),
)

BOOK: Final = (
    *_columns("i8", "row ts_event"),
    *_columns("str", "instrument"),
    *_columns("i8", "seq"),
    *_columns("px", "bid_px"),
    *_columns("i8", "bid_sz bid_ct"),
    *_columns("px", "ask_px"),
    *_columns("i8", "ask_sz ask_ct"),
)

TABLES: Final = {
    "parents": PARENTS,
    "fills": FILLS,
    "children": CHILDREN,
    "evidence": EVIDENCE,
    "attribution": ATTRIBUTION,
    "switches": SWITCHES,
    "versions": VERSIONS,
}
KEYS: Final = {"parents": ("parent_id",), "fills": ("parent_id", "fill_id"), "children": ("parent_id", "child_id")}

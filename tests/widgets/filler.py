"""A board filled with plausible orders, for the screen's tests, pictures and benches. No market, no engine."""

from pathlib import Path
from typing import Final

import numpy as np

from app.board import BoardWriter, blank
from app.engine.layout import EVENT_CLASSES, WORKED
from app.engine.units import AHEAD, HORIZON_NAMES, SECOND

OPEN: Final = 1_700_145_000 * SECOND  # 2023-11-16 14:30:00 UTC
DAY: Final = 6 * 3600 * SECOND
SYMBOLS: Final = ("INST", "TECH", "AAPL", "MSFT", "VOD.L", "SAP.DE", "7203.T", "BTCUSD")
LEVELS: Final = ("GREEN", "GREEN", "GREEN", "QUIET", "AMBER", "RED", "N/A")


class Filler:
    """Writes instruments, a price path, parents, fills, children and events to a board; the same for the same seed."""

    def __init__(self, folder: Path, *, parents: int = 60, points: int = 20_000, seed: int = 7) -> None:
        self.writer = BoardWriter(folder)
        self.random = np.random.default_rng(seed)
        self.n_parents, self.n_points = parents, points
        self._instruments()
        self._parents()
        self._orders()
        self._sources()
        self._beside()
        for key, words in (
            ("session", "generated day"), ("state", "playing"), ("speed", "10"), ("timezone", "America/New_York"),
            ("start_ns", str(OPEN)), ("end_ns", str(OPEN + DAY)),
        ):  # fmt: skip
            self.writer.meta(key, words)
        self.writer.beat(OPEN + DAY * 3 // 4)

    def _texts(self, words: list[str]) -> np.ndarray:
        return np.array([self.writer.intern(word) for word in words], np.uint32)

    def _instruments(self) -> None:
        rows = blank("instruments", len(SYMBOLS))
        rows["instrument"] = self._texts(list(SYMBOLS))
        rows["currency"] = self.writer.intern("USD")
        rows["quality"] = self.writer.intern("good")
        rows["size_exponent"] = 0
        rows["ts"] = OPEN + DAY * 3 // 4
        self.instruments = rows
        self.writer.put("instruments", np.arange(len(rows)), rows)
        n = self.n_points
        trace = blank("trace", n)
        trace["ts"] = OPEN + np.sort(self.random.integers(0, DAY * 3 // 4, n))
        trace["instrument"] = np.where(self.random.random(n) < 0.9, 0, self.random.integers(1, len(SYMBOLS), n))
        self.start = self.random.uniform(20, 400, len(SYMBOLS)).round(2)
        self.start[0] = 100.01
        walk = self.random.normal(0, 0.6 / np.sqrt(max(n / 1e4, 1)), n)
        for number in range(len(SYMBOLS)):
            mine = trace["instrument"] == number
            trace["mid"][mine] = (self.start[number] * (1 + np.cumsum(walk[mine]) / 1e4)).round(4)
        traded = (self.random.pareto(1.5, n) * 100).astype(np.int64)
        for number in range(len(SYMBOLS)):  # a running total per instrument, as the engine keeps it
            trace["volume"][trace["instrument"] == number] = np.cumsum(traded[trace["instrument"] == number])
        self.trace = trace
        self.writer.put("trace", np.arange(n), trace)

    def _parents(self) -> None:
        n, random = self.n_parents, self.random
        rows = blank("parents", n)
        symbol = random.integers(0, len(SYMBOLS), n)
        symbol[0] = 0
        side = np.where(random.random(n) < 0.5, 1, -1)
        rows["parent_id"] = self._texts([f"P{100_000 + i}" for i in range(n)])
        rows["instrument"] = self._texts([SYMBOLS[s] for s in symbol])
        rows["side"] = self._texts(["BUY" if s > 0 else "SELL" for s in side])
        rows["algo"] = self._texts([str(random.choice(["VWAP", "TWAP", "POV", "IS", "DARK"])) for _ in range(n)])
        rows["currency"] = self.writer.intern("USD")
        rows["state"] = self._texts([str(random.choice(["live", "live", "paused", "done"])) for _ in range(n)])
        rows["order_qty"] = random.integers(5, 5000, n) * 100
        done = random.random(n)
        rows["filled_qty"] = (rows["order_qty"] * done / 100).astype(np.int64) * 100
        rows["done_pct"] = 100 * rows["filled_qty"] / rows["order_qty"]
        rows["arrival_ts"] = OPEN + random.integers(0, DAY // 2, n)
        rows["arrival_ts"][0] = OPEN + DAY // 4
        rows["end_ts"][::4] = rows["arrival_ts"][::4] + DAY // 8
        rows["end_ts"][0] = OPEN + DAY // 2
        rows["arrival_basis"] = self.writer.intern("continuous")
        arrival = self.start[symbol] * (1 + random.normal(0, 2e-4, n))
        slip = random.normal(0.8, 3, n)
        rows["arrival_mid"], rows["arrival_wmid"] = arrival, arrival * 1.000002
        rows["arrival_bid"], rows["arrival_ask"] = arrival - 0.01, arrival + 0.01
        rows["avg_px"] = arrival * (1 + side * slip / 1e4)
        rows["slip_arrival_bps"] = slip
        rows["mkt_vwap"] = arrival * (1 + random.normal(0, 2e-4, n))
        rows["slip_vwap_bps"], rows["slip_vwap_ex_own_bps"] = slip * 0.6, slip * 0.8
        rows["mkt_vol"] = rows["filled_qty"] * 9
        rows["participation"] = random.uniform(0.02, 0.3, n)
        rows["aggressor_share"], rows["spread_capture"] = random.random(n), random.random(n)
        rows["expected_cost_bps"] = random.uniform(0.5, 12, n)
        rows["timing_risk_bps"] = random.uniform(2, 40, n)
        rows["cost_z"] = (slip - rows["expected_cost_bps"]) / rows["timing_risk_bps"]
        rows["pre_drift_bps"], rows["post_drift_bps"] = random.normal(0, 1, n), random.normal(0, 2, n)
        money = rows["order_qty"] * arrival / 1e4
        rows["spread_ccy"] = money * random.uniform(0, 0.8, n)
        rows["drift_ccy"] = money * random.normal(0.6, 2.5, n)
        rows["amend_ccy"] = np.where(random.random(n) < 0.8, 0.0, money * random.normal(0, 0.4, n))
        rows["fees_ccy"] = rows["filled_qty"] * 0.0031
        delay = np.where(random.random(n) < 0.7, np.nan, money * random.normal(0.3, 0.5, n))
        rows["delay_cost_ccy"] = delay
        trading = rows["spread_ccy"] + rows["drift_ccy"] + rows["amend_ccy"]
        rows["exec_cost_ccy"] = trading * done
        rows["opp_cost_ccy"] = trading - rows["exec_cost_ccy"]
        rows["is_ccy"] = trading + rows["fees_ccy"] + np.nan_to_num(delay)
        rows["is_arrival_bps"] = rows["is_bps"] = rows["is_ccy"] / money
        self._markouts(rows)
        level = random.integers(0, len(LEVELS), n)
        rows["level"] = self._texts([LEVELS[i] for i in level])
        rows["level_reason"] = self._texts(
            [f"cost z {z:.2f}, amber from 2" if LEVELS[i] != "N/A" else "no ADV: uncalibrated"
             for i, z in zip(level, rows["cost_z"], strict=True)]
        )  # fmt: skip
        for name in ("cost_z", "expected_cost_bps", "timing_risk_bps"):
            rows[name][rows["level"] == self.writer.intern("N/A")] = np.nan
        rows["last_ts"] = rows["arrival_ts"] + random.integers(0, DAY // 4, n)
        self._schedules(rows, side, arrival)
        self.parents, self.side, self.symbol = rows, side, symbol
        self.writer.put("parents", np.arange(n), rows)

    def _schedules(self, rows: np.ndarray, side: np.ndarray, arrival: np.ndarray) -> None:
        """Plans, limits, owners: what stands beside the figures; from a seed of its own."""
        n, random = len(rows), np.random.default_rng(11)
        rows["planned_pct"] = np.clip(rows["done_pct"] + random.normal(0, 8, n), 0, 100)
        rows["expected_finish_ns"] = OPEN + DAY * 3 // 4 + random.integers(0, DAY // 4, n)
        rows["remaining_ccy"] = (rows["order_qty"] - rows["filled_qty"]) * arrival
        rows["target_pov"] = np.where(random.random(n) < 0.5, 0.1, np.nan)
        rows["mid"] = arrival * (1 + random.normal(0, 4e-4, n))
        room = random.normal(20, 15, n) / 1e4
        rows["limit_px"] = np.where(random.random(n) < 0.4, (rows["mid"] * (1 + side * room)).round(2), np.nan)
        for name, words in (
            ("broker", ("BRKA", "BRKB", "BRKC")), ("trader", ("ann", "bob", "eve")), ("desk", ("EQ", "PT")),
            ("basket_id", ("", "", "B1", "B2")),
        ):  # fmt: skip
            rows[name] = self._texts([str(random.choice(words)) for _ in range(n)])

    def _markouts(self, rows: np.ndarray) -> None:
        n, random = len(rows), self.random
        for place, horizon in enumerate(HORIZON_NAMES):
            rows[f"markout_{horizon}_bps"] = random.normal(0.3 * place / 3, 0.6, n)
            rows[f"markout_{horizon}_se_bps"] = np.where(random.random(n) < 0.3, np.nan, 0.1 + 0.1 * place)
        rows["markout_5m_bps"] = rows["markout_5m_se_bps"] = np.nan

    def _orders(self) -> None:
        """Children, fills and events: many for the first parent, a few for others."""
        counts = [120, *[3] * (min(self.n_parents, 200) - 1)]
        owner = np.repeat(np.arange(len(counts)), counts)
        n, random = len(owner), self.random
        parents = self.parents[owner]
        start = parents["arrival_ts"]
        ts = start + (np.sort(random.random(n)) * (DAY // 4)).astype(np.int64)
        mids = self._mids(ts, self.symbol[owner], parents["arrival_mid"])
        children = blank("children", n)
        children["parent_row"], children["parent_id"] = owner, parents["parent_id"]
        children["child_id"] = self._texts([f"C{200_000 + i}" for i in range(n)])
        children["ts_new"], children["ts_done"] = ts, ts + 40 * SECOND
        children["venue"] = self._texts([str(random.choice(["XNAS", "XNYS", "BATS", "IEXG"])) for _ in range(n)])
        children["order_type"], children["last_status"] = self.writer.intern("LIMIT"), self.writer.intern("2")
        children["qty"] = children["filled"] = random.integers(1, 30, n) * 100
        children["price"] = children["avg_px"] = (mids - self.side[owner] * 0.01).round(4)
        children["child_arrival_mid"] = mids
        children["response_1s_bps"] = random.normal(0, 0.4, n)
        children["n_replace_requests"], children["n_cancel_requests"] = random.integers(0, 3, n), 0
        self._name(children, owner, 1_000_000)
        children["instrument"], children["side"] = parents["instrument"], parents["side"]
        for place, name in enumerate(HORIZON_NAMES):
            children[f"response_{name}_bps"] = random.normal(0.1 * place, 0.4, n)
        self.writer.put("children", np.arange(n), children)
        self._fills(owner, children, mids)

    def _fills(self, owner: np.ndarray, children: np.ndarray, mids: np.ndarray) -> None:
        n, random, parents = len(owner), self.random, self.parents[owner]
        passive = random.random(n) < 0.6
        fills = blank("fills", n)
        for name in ("parent_row", "parent_id", "child_id", "venue", "qty"):
            fills[name] = children[name]
        fills["fill_id"] = self._texts([f"E{300_000 + i}" for i in range(n)])
        fills["ts_event"] = children["ts_new"] + 20 * SECOND
        fills["side"], fills["instrument"] = parents["side"], parents["instrument"]
        fills["ts_match"] = fills["ts_event"] - 40_000
        self._name(fills, owner, 2_000_000)
        fills["px"] = (mids + np.where(passive, -1, 1) * self.side[owner] * 0.01).round(4)
        fills["mid_before"] = mids
        fills["mid_before"][::17] = np.nan
        fills["liquidity"] = self._texts(["A" if p else "R" for p in passive])
        fills["slip_arrival_bps"] = (fills["px"] / parents["arrival_mid"] - 1) * 1e4 * self.side[owner]
        fills["cum_slip_bps"] = fills["slip_arrival_bps"] * 0.7
        fills["mid_drift_bps"] = (mids / parents["arrival_mid"] - 1) * 1e4 * self.side[owner]
        fills["eff_spread_bps"] = 2 * self.side[owner] * (fills["px"] - fills["mid_before"]) / fills["mid_before"] * 1e4
        fills["markout_1s_bps"], fills["markout_1m_bps"] = random.normal(0, 1, n), random.normal(0, 4, n)
        for place, name in enumerate(HORIZON_NAMES):
            fills[f"markout_{name}_bps"] = random.normal(-0.1 * place, 0.8, n)
            fills[f"realized_spread_{name}_bps"] = fills["eff_spread_bps"] - random.normal(0.2 * place, 0.8, n)
        self.fills = fills
        self.writer.put("fills", np.arange(n), fills)
        events = blank("events", 4 * n)
        for place, kind in enumerate(("child_new", "child_replaced", "child_cancelled", "fill")):
            mine = events[place::4]
            mine["parent_row"], mine["kind"] = owner, self.writer.intern(kind)
            mine["ts"] = fills["ts_event"] if kind == "fill" else children["ts_new"] + place * 5 * SECOND
            mine["px"] = fills["px"] if kind == "fill" else children["price"] if kind == "child_new" else np.nan
            mine["qty"] = fills["qty"]
            mine["liquidity"] = fills["liquidity"] if kind == "fill" else 0
            mine["id"] = fills["fill_id"] if kind == "fill" else children["child_id"]
            mine["child"], mine["algo_order"] = children["child_id"], children["algo_order_id"]
            mine["instrument"] = parents["instrument"]
            mine["source"], mine["seq"] = self.writer.intern("orders"), 3_000_000 + place + 4 * np.arange(n)
        self.writer.put("events", np.arange(len(events)), events)

    def _name(self, rows: np.ndarray, owner: np.ndarray, seq: int) -> None:
        """Algo orders, two a parent, and the message each row came in."""
        second = np.arange(len(rows)) % 120 >= 80
        rows["algo_order_id"] = self._texts([f"A{p}{'b' if s else 'a'}" for p, s in zip(owner, second, strict=True)])
        rows["source"], rows["seq"] = self.writer.intern("orders"), seq + np.arange(len(rows))

    def _mids(self, ts: np.ndarray, symbol: np.ndarray, fallback: np.ndarray) -> np.ndarray:
        mids = fallback.copy()
        for number in np.unique(symbol):
            path = self.trace[self.trace["instrument"] == number]
            mine = symbol == number
            if len(path):
                mids[mine] = path["mid"][np.maximum(np.searchsorted(path["ts"], ts[mine]) - 1, 0)]
        return mids

    def _beside(self) -> None:
        """Reactions and how orders are worked, of the first parents; from a seed of its own."""
        random = np.random.default_rng(13)
        n = min(self.n_parents, 200)
        for section in ("reactions", "worked"):
            rows = blank(section, n)
            rows["parent_row"] = np.arange(n)
            if section == "reactions":
                rows["mean"] = random.normal(0.2, 0.4, rows["mean"].shape)
                rows["mean"][:, EVENT_CLASSES.index("markout"), :AHEAD] = np.nan
                rows["clusters"] = random.integers(3, 120, rows["clusters"].shape)
                half = np.where(rows["clusters"] < 8, np.nan, 0.3)
                rows["low"], rows["high"] = rows["mean"] - half, rows["mean"] + half
                rows["undefined"], rows["events"] = 0, (3, 3, 3, 1, 2, 3)
                rows["events"][0] = (120, 120, 120, 50, 70, 120)
            else:
                rows["value"], rows["n"] = random.random(rows["value"].shape), 40
                rows["since"], rows["until"] = OPEN, OPEN + DAY // 4
                rows["value"][:, WORKED.index("gap_variation"), 1] = np.nan
                rows["why"][:, WORKED.index("gap_variation"), 1] = self.writer.intern("fewer than three new orders")
            self.writer.put(section, np.arange(n), rows)

    def _sources(self) -> None:
        rows = blank("sources", 3)
        rows["source"] = self._texts(["lobster", "orders", "fixlog"])
        rows["state"] = self._texts(["live", "live", "gap"])
        rows["rows"], rows["late"], rows["gaps"] = (self.n_points, 4_120, 98), (0, 3, 0), (0, 0, 1)
        self.writer.put("sources", np.arange(3), rows)

    def change(self, count: int, watermark: int) -> np.ndarray:
        """Newer figures for some parents, one publication; returns which."""
        rows = np.unique(self.random.integers(0, self.n_parents, count))
        self.parents["slip_arrival_bps"][rows] += self.random.normal(0, 0.3, len(rows))
        self.parents["is_ccy"][rows] *= 1 + self.random.normal(0, 0.01, len(rows))
        self.parents["last_ts"][rows] = watermark
        self.writer.put("parents", rows, self.parents[rows])
        self.writer.beat(watermark)
        return rows

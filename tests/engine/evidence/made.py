"""Things the tests of the evidence engine are made of: a model with plain numbers, rings of random steps."""

import math
from typing import Any

import numpy as np

from app.engine.config import EngineConfig
from app.engine.core import Engine
from app.engine.evidence.model import ANY, Floats, Kernel, Model
from app.engine.evidence.rows import CELLS, LAWS, LENGTHS, LONGEST, POOLS, RING, SCORES, STEP, STEP_S, WORLDS
from app.engine.evidence.symbol import Symbol
from app.feeds.generator.hand import T0, Sheet
from app.session.evidence.neutral import matched_filters
from tests.engine.days import in_time, last_ts
from tests.session.play import keyed

KERNEL = Kernel(g=(0.225, 0.274, 0.167, 0.149), signs=(0.471, 0.625, 0.362))


def laws() -> Floats:
    """Lognormal delays by the step they fall into."""
    out = np.zeros((LAWS, LONGEST))
    for m, median in enumerate((0.1, 0.3, 0.9, 2.5)):
        reached = [
            0.5 * (1 + math.erf(math.log(d * STEP_S / median) / (0.8 * math.sqrt(2)))) if d else 0.0
            for d in range(LONGEST + 1)
        ]
        out[m] = np.diff(reached)
    return out


def model(**changes: Any) -> Model:
    """Placebo means of 1 everywhere, each worth 1,000 placebos, and even weights."""
    tables = {
        "laws": laws(), "matched": matched_filters(laws()),
        "edges_imbalance": np.array([-0.2, 0.2]), "edges_flow": np.array([-1.0, -0.3, 0.3, 1.0]),
        "edges_rate": np.array([0.5, 0.9]), "edges_volatility": np.array([0.25, 0.5, 1.0]),
        "means": np.ones((CELLS, len(LENGTHS), SCORES)), "sizes": np.full((CELLS, len(LENGTHS)), 1000.0),
        "pools": np.ones((POOLS, len(LENGTHS), SCORES)), "pool_sizes": np.full((POOLS, len(LENGTHS)), 5000.0),
        "direct": np.zeros((CELLS, 2)), "weights": np.full(WORLDS, 1 / WORLDS),
        "noise": np.array([0.07, 0.3, 0.7]),
        "estimates": np.array([0.0, 2.0, 8.0]), "lower": np.array([0.0, 0.0, 2.0]),
        "upper": np.array([3.0, 6.0, 14.0]), "detectable": np.array([82.0, 5.0]),
    }  # fmt: skip
    kernels = changes.pop("kernels", {ANY: KERNEL})
    numbers = {key: changes.pop(key) for key in list(changes) if key not in tables and isinstance(changes[key], float)}
    return Model("made", kernels, tables | changes, numbers)


def random_ring(seed: int, steps: int = RING) -> Any:
    """A ring of random steps: a random walk seen with noise, a few trades, now and then an own print or a freeze."""
    draw = np.random.default_rng(seed)
    ring = np.zeros(RING, STEP)
    ring["r"] = np.cumsum(draw.normal(0, 0.3, RING)) + draw.normal(0, 0.3, RING) + 30 * (draw.random(RING) < 0.01)
    ring["noise"], ring["q"] = draw.uniform(0.01, 0.5, RING), draw.uniform(0.3, 3, RING)
    ring["lam"], ring["p_buy"] = draw.uniform(0.2, 2, RING), draw.uniform(0.2, 0.8, RING)
    ring["buys"], ring["sells"] = draw.poisson(0.03, RING), draw.poisson(0.03, RING)
    ring["flags"] = np.where(draw.random(RING) < 0.03, 1, 0) | np.where(draw.random(RING) < 0.03, 2, 0)
    traded = ring["buys"] + ring["sells"] > 0
    ring["retreats"] = np.where(traded, draw.choice([-2, 0, 2, 3], RING), draw.choice([-1, 0, 0, 0, 1], RING))
    return ring[:steps]


MS, S = 1_000_000, 1_000_000_000
TICK = 10_000_000  # .01


def market_sheet(seed: int = 1, seconds: int = 60, tick: int | None = TICK, **columns: Any) -> Sheet:
    """A quiet market of one symbol: a quote every 100 ms or so that now and then moves a tick, a trade a second."""
    sheet, draw = Sheet(), np.random.default_rng(seed)
    sheet.reference(currency="USD", quote_currency="USD", adv=1e6, daily_sigma=0.02, tick_size=tick, **columns)
    t, bid = 0, 10_000
    while t < seconds * S:
        t += int(draw.uniform(50, 150)) * MS + 1_000
        bid += int(draw.choice([-1, 0, 1], p=[0.03, 0.94, 0.03]))
        sizes = (int(draw.integers(2, 9)) * 100, int(draw.integers(2, 9)) * 100)
        sheet.quote(t, f"{bid / 100:.2f}", f"{(bid + 1) / 100:.2f}", sizes)
        if draw.random() < 0.1:
            side = "B" if draw.random() < 0.5 else "A"
            sheet.trade(t + 7 * MS, f"{(bid + (side == 'B')) / 100:.2f}", int(draw.integers(1, 5)) * 100, side=side)
    return sheet


def own_parent(sheet: Sheet, seconds: int = 60, side: str = "BUY", name: str = "P1", **columns: Any) -> None:
    """A parent with a child every 5 s: two posted and filled, then one that takes; a switch half way."""
    sheet.parent(0, side, 2_000, name, end_ns=T0 + seconds * S, **columns)
    sheet.order(1 * MS, "algo_new", parent_id=name, algo_order_id=f"{name}-A", algo="VWAP", source="ems")
    for n, second in enumerate(range(3, seconds - 3, 5)):
        child = {"child_id": f"{name}-C{n}", "algo_order_id": f"{name}-A", "source": "ems"}
        takes = n % 3 == 2
        bid, ask = touch_at(sheet, second * S)
        near, far = (bid, ask) if side == "BUY" else (ask, bid)
        price = far if takes else near
        terms = {"side": side, "qty": 100, "instrument": "INST", "venue": "XONE"}
        sheet.order(second * S, "child_new", **child, **terms, price=price)
        sheet.order(second * S + MS, "child_acked", **child)
        aggressor = "B" if (side == "BUY") == takes else "A"
        done = second * S + (2 * MS if takes else 2_500 * MS)
        sheet.trade(done, price, 100, side=aggressor)
        told: dict[str, Any] = {"parent_id": None, "child_id": child["child_id"], "source": "broker"}
        sheet.fill(done, 100, price, f"{name}-F{n}", **told, side=side, liquidity="R" if takes else "A")
    sheet.order(seconds // 2 * S + 5 * MS, "algo_switched", algo_order_id=f"{name}-A", algo="POV", source="ems")


def touch_at(sheet: Sheet, t: int) -> tuple[str, str]:
    """(bid, ask) before a time, in quote currency."""
    before = [row for row in sheet.market if row["action"] == "Q" and row["ts_event"] < T0 + t]
    last = max(before, key=lambda row: row["ts_event"])
    return f"{last['bid_price'] / 1e9:.2f}", f"{last['ask_price'] / 1e9:.2f}"


def own_day(seed: int = 1, seconds: int = 60, side: str = "BUY", **columns: Any) -> Sheet:
    """The market and one parent in it."""
    sheet = market_sheet(seed, seconds)
    own_parent(sheet, seconds, side, **columns)
    return sheet


def played(sheet: Sheet, size: int = 64, made: Model | None = None, **config: Any) -> Engine:
    """An engine with a model after the sheet, orders on time."""
    engine = Engine(sheet.universe(), EngineConfig(evidence=made or model(), **config))
    for block in in_time(sheet, engine.universe, size):
        engine.apply(block)
    engine.finish(last_ts(sheet))
    return engine


def parents_of(engine: Engine) -> dict[str, dict[str, Any]]:
    """The parents table by parent id."""
    return keyed(engine.tables()["parents"], "parent_id")


def level_of(symbol: Symbol) -> float:
    """What our own trades are expected to have moved the price by (bps of the anchor)."""
    return math.fsum(float(symbol.kernels.g[b] * symbol.stream["own_s"][0][b]) for b in range(4))

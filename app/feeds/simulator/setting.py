"""A world's parameters on the floor, and what a strategy with its client's parameters makes of the algo."""

from collections.abc import Mapping

import msgspec
import numpy as np

from app.engine.events import Instrument
from app.engine.units import MILLISECOND, PRICE_SCALE, SECOND
from app.engine.universe import Universe
from app.feeds.simulator import cells as c
from app.feeds.simulator.cells import Floor
from app.feeds.simulator.flow import Outside, decay_of, ticks_per_bps
from app.feeds.simulator.world import Strategy, World

ROWS = 65_536
FACTS = 16_384
FINAL_S = 180  # before the close the rest is kept for the closing auction
DECIDE_NS = SECOND
MOST_SHARES = 10**9  # of a clip, as of a parent
_BY = {"volume": c.BY_VOLUME, "time": c.BY_TIME, "rate": c.BY_RATE}


def floor_of(world: World, outside: Outside, *, agent: bool, rows: bool) -> Floor:
    """The floor of a world at its beginning; without `rows` no market row is written."""
    tick = round(world.listing.tick_size * PRICE_SCALE)
    middle = round(world.listing.arrival * PRICE_SCALE / tick)
    floor = c.empty_floor(2 * middle, ROWS if rows else c.FREE_ROWS + 1, FACTS)
    floor = floor._replace(times=outside.times, kinds=outside.kinds, marks=outside.marks, path=outside.path,
                           curve=outside.curve)  # fmt: skip
    _whole(floor, world, tick)
    floor.p[c.P_EMIT] = int(rows)
    floor.p[c.P_AGENT] = int(agent and world.agent.on)
    _figures(floor, world, float(middle))
    floor.z[c.Z_ORDER_ID] = 1_000_000
    return floor


def _whole(floor: Floor, world: World, tick: int) -> None:
    p = floor.p
    p[c.P_SEED], p[c.P_OPEN], p[c.P_CLOSE], p[c.P_TICK] = (
        world.market_seed,
        world.ns(world.open),
        world.ns(world.close),
        tick,
    )
    p[c.P_QTY], p[c.P_START], p[c.P_END] = world.parent.qty, world.ns(world.parent.at), world.ns(world.parent.end)
    p[c.P_FINAL] = world.ns(world.close) - FINAL_S * SECOND
    p[c.P_DECIDE], p[c.P_LATENCY], p[c.P_MAKER_CLIP] = DECIDE_NS, round(world.latency_us * 1_000), world.books.clip
    p[c.P_ALERT] = round(world.agent.alert_s * SECOND)
    p[c.P_AGENT_FROM] = world.ns(world.agent.since)


def _figures(floor: Floor, world: World, middle: float) -> None:
    f, agent, impact, bps = floor.f, world.agent, world.impact, ticks_per_bps(world)
    f[c.F_ARRIVAL], f[c.F_HALF], f[c.F_PULL] = middle, world.books.half_ticks, world.books.pull
    f[c.F_DEPTH : c.F_DEPTH + 5] = world.books.depth
    f[c.F_ADV] = world.listing.adv
    f[c.F_SEEN_POST], f[c.F_SEEN_TAKE] = agent.post, agent.take
    f[c.F_SEEN_HIDDEN], f[c.F_SEEN_DARK] = agent.hidden, agent.dark
    f[c.F_DELAY], f[c.F_DELAY_SD] = agent.delay_ms, agent.delay_sd
    f[c.F_AGENT_SIZE], f[c.F_FADE], f[c.F_IN_FRONT] = agent.size, agent.fade, agent.in_front
    f[c.F_MID_SHARE], f[c.F_DARK_SHARE] = world.volume.mid_share, world.volume.dark_share
    f[c.F_SECOND_VENUE] = world.volume.second_venue
    f[c.F_PASSIVE_IMPACT], f[c.F_UNIT] = impact.passive, impact.unit
    f[c.F_DECAY : c.F_DECAY + c.SCALES] = decay_of(world)
    f[c.F_OWN : c.F_OWN + c.SCALES] = np.array(impact.own_bps) * bps
    f[c.F_LEAK : c.F_LEAK + c.SCALES] = np.array(agent.impact_bps) * bps


def strategy_of(world: World, name: str, params: Mapping[str, str]) -> Strategy:
    """A strategy of the world with its client's parameters; KeyError or ValueError for what it does not know."""
    found = world.strategies[name]
    changes: dict[str, object] = {}
    if "MaxPct" in params:
        changes["most"] = _per_cent(params, "MaxPct") / 100.0
    if "TargetPct" in params:
        changes["target"] = _per_cent(params, "TargetPct") / 100.0
    low = _shares(params, "MinClip") if "MinClip" in params else found.clip[0]
    high = _shares(params, "MaxClip") if "MaxClip" in params else found.clip[1]
    changes["clip"] = (max(1, low), max(1, low, high))
    if "Dark" in params:
        changes["dark"] = params["Dark"] == "Y"
    if "CrossSize" in params:
        changes["cross_size"] = _shares(params, "CrossSize")
    return msgspec.structs.replace(found, **changes)


def _per_cent(params: Mapping[str, str], name: str) -> float:
    """A parameter in per cent. ValueError."""
    try:
        value = float(params[name])
    except ValueError:
        value = -1.0
    if not 0.0 <= value <= 100.0:
        raise ValueError(f"{name} = {params[name]!r} is not allowed; allowed: 0 to 100")
    return value


def _shares(params: Mapping[str, str], name: str) -> int:
    """A parameter in shares. ValueError."""
    try:
        value = int(params[name])
    except ValueError:
        value = -1
    if not 0 <= value <= MOST_SHARES:
        raise ValueError(f"{name} = {params[name]!r} is not allowed; allowed: 0 to {MOST_SHARES}")
    return value


def set_strategy(floor: Floor, strategy: Strategy, at_ns: int) -> None:
    """The algo works by this strategy from now on; its schedule starts from what is done."""
    p, f, z = floor.p, floor.f, floor.z
    p[c.P_STRATEGY], p[c.P_DISPLAYED] = _BY[strategy.by], int(strategy.displayed)
    p[c.P_CLIP_LOW], p[c.P_CLIP_HIGH] = strategy.clip
    p[c.P_PATIENCE], p[c.P_LIFE] = round(strategy.patience_s * SECOND), round(strategy.life_s * SECOND)
    p[c.P_BEHIND], p[c.P_CROSS_SIZE] = round(strategy.behind), strategy.cross_size
    p[c.P_USE_DARK], p[c.P_MOST_WORKING] = int(strategy.dark), strategy.working
    p[c.P_BEGAN], p[c.P_BEGAN_VOLUME], p[c.P_BEGAN_DONE] = at_ns, z[c.Z_VOLUME], z[c.Z_DONE]
    f[c.F_TARGET], f[c.F_MOST], f[c.F_AHEAD] = strategy.target, strategy.most, strategy.ahead
    z[c.Z_DECIDE] = max(at_ns, z[c.Z_NOW]) + 2 * MILLISECOND


def universe_of(world: World) -> Universe:
    """Names and reference data of a world: venues and sources under the numbers the floor writes."""
    universe, listing = Universe(), world.listing
    for venue in (*listing.venues, listing.reporting):
        universe.venues.index(venue)
        universe.sources.index(f"feed-{venue}")
    universe.describe(
        Instrument(
            instrument=listing.instrument, currency=listing.currency, quote_currency=listing.currency,
            multiplier=PRICE_SCALE, tick_size=round(listing.tick_size * PRICE_SCALE), lot=100, adv=listing.adv,
            shares_outstanding=listing.shares_outstanding, daily_sigma=listing.daily_sigma, beta=listing.beta,
            sector=listing.sector or None, timezone=world.timezone, open_ns=world.ns(world.open),
            close_ns=world.ns(world.close),
        )
    )  # fmt: skip
    return universe

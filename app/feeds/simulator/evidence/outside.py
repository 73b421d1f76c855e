"""What comes from outside of an episode, drawn before it begins: no algo and no agent can change it.

Numbers come from counter-based streams (Philox) keyed by world, seed, instrument and purpose: the episode without the
agent is drawn the same. Intensity is a U over the day times slow clusters times news; signs of others' trades are
slices of metaorders with Pareto lengths (Lillo, Mike, Farmer 2005).
"""

import math
import zlib
from datetime import date, datetime, time
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from app.engine.units import SECOND
from app.feeds.simulator.bound import entry
from app.feeds.simulator.evidence import cells as c
from app.feeds.simulator.evidence.cells import Bytes, Floats, Ints
from app.feeds.simulator.evidence.setting import EvidenceWorld, Market

DAY_S: Final = 23_400
BEFORE_S: Final = 300  # of market before the first parent
AFTER_S: Final = 150  # and after the last
(_SHARED, _WEATHER, _TIMES, _SIGNS, _DRAWS, _ORDERS) = range(6)
_WINDOW_S: Final = 8.0


class Shared(NamedTuple):
    """What all instruments of an episode share."""

    begin_ns: int
    seconds: int
    first: int  # second of the day at which it begins
    factor: Floats  # bps, by step of cells.FACTOR_NS
    drift: float  # bps a second


class Outside(NamedTuple):
    """Events from outside of one instrument in order of time, and its weather by second."""

    times: Ints
    kinds: Bytes
    signs: Bytes
    sizes: Ints
    draws: Floats
    spread: Floats
    curve: Floats


def stream_of(world: EvidenceWorld, seed: int, instrument: int, purpose: int) -> np.random.Generator:
    """The random numbers of one purpose."""
    name = zlib.crc32((world.stream or world.name).encode())
    # an array of its own type: a list with a number of 64 bits would become floats, and seeds the same
    key = np.array([(name << 32) + seed, (instrument << 8) + purpose], np.uint64)
    return np.random.Generator(np.random.Philox(key=key))


def _remember(noise: Floats, memory: float) -> None:
    """An autoregression in place: each value is the memory of the last one and its own."""
    for k in range(1, len(noise)):
        noise[k] += memory * noise[k - 1]


remember = entry(_remember)


def _sign_orders(lengths: Ints, which: Ints, left: Ints, signs: Bytes) -> None:
    """Signs of orders that are slices of metaorders; lengths are signed, one for each new metaorder."""
    used = 0
    for n in range(len(signs)):
        k = which[n]
        if left[k] == 0:
            left[k] = lengths[used]
            used += 1
        sign = 1 if left[k] > 0 else -1
        signs[n] = sign
        left[k] -= sign


sign_orders = entry(_sign_orders)


def day_shape(first: int, seconds: int) -> Floats:
    """Intensity of a plain day by second: a U with mean 1."""
    x = 2.0 * (first + np.arange(seconds)) / DAY_S - 1.0
    return np.asarray(0.6 + 1.2 * x * x)


def _slow(rng: np.random.Generator, seconds: int, sd: float, tau: float) -> Floats:
    """exp of a mean-reverting path with mean 1."""
    memory = math.exp(-1.0 / tau)
    path = rng.standard_normal(seconds) * (sd * math.sqrt(1.0 - memory * memory))
    path[0] = sd * rng.standard_normal()
    remember(path, memory)
    return np.asarray(np.exp(path - 0.5 * sd * sd))


def midnight_of(world: EvidenceWorld) -> int:
    """The open of the day in ns since the epoch."""
    at = datetime.combine(date.fromisoformat(world.date), time(9, 30), ZoneInfo(world.timezone))
    return round(at.timestamp()) * SECOND


def shared_of(world: EvidenceWorld, seed: int) -> Shared:
    """Span, factor and drift of an episode."""
    rng = stream_of(world, seed, 0, _SHARED)
    orders, market = world.orders, world.market
    parts = 1 if orders.together else orders.per_instrument
    longest = orders.minutes * 60.0 * (1.0 + orders.minutes_spread) * parts
    seconds = min(int(longest) + BEFORE_S + AFTER_S, DAY_S)
    first = int(rng.random() * (DAY_S - seconds))
    weather = day_shape(first, seconds) * _slow(rng, seconds, market.cluster, market.cluster_s)
    step_s = c.FACTOR_NS / SECOND
    per_s = math.sqrt(market.market_share / DAY_S) * market.daily_bps
    sd = np.repeat(np.sqrt(weather), round(1.0 / step_s)) * (per_s * math.sqrt(step_s))
    factor = np.concatenate([[0.0], np.cumsum(rng.standard_normal(len(sd)) * sd)])
    sign = 1.0 if rng.random() < 0.5 else -1.0
    drift = sign * market.session_sigma * market.daily_bps / math.sqrt(DAY_S * _WINDOW_S)
    return Shared(midnight_of(world) + first * SECOND, seconds, first, factor, drift)


def _news(rng: np.random.Generator, market: Market, seconds: int) -> tuple[Floats, Floats]:
    """Factors of volume and volatility by second."""
    since = np.arange(seconds) - (BEFORE_S + rng.random() * max(seconds - BEFORE_S - AFTER_S, 1) * 0.7)
    shape = np.where(since > 0, (1.0 - np.exp(-since / market.news.rise_s)) * np.exp(-since / market.news.fade_s), 0.0)
    if rng.random() >= market.news.chance:
        shape = np.zeros(seconds)
    return 1.0 + (market.news.volume - 1.0) * shape, 1.0 + (market.news.volatility - 1.0) * shape


def _moments(rng: np.random.Generator, rate: Floats) -> Ints:
    """Times (ns from the begin) of a Poisson stream of varying rate."""
    gone = np.concatenate([[0.0], np.cumsum(rate)])
    due = np.sort(rng.random(rng.poisson(gone[-1]))) * gone[-1]
    return np.asarray(np.interp(due, gone, np.arange(len(gone))) * SECOND, np.int64)


def _orders(world: EvidenceWorld, seed: int, instrument: int, rate: Floats) -> tuple[Ints, Bytes, Ints]:
    """Times, signs and sizes of others' trades; followers of bursts among them."""
    trades = world.market.trades
    times = _moments(stream_of(world, seed, instrument, _TIMES), rate / (1.0 + trades.burst))
    rng = stream_of(world, seed, instrument, _SIGNS)
    count = len(times)
    lengths = np.minimum(rng.random(count + trades.metaorders) ** (-1.0 / trades.tail), trades.longest).astype(np.int64)
    lengths *= np.where(rng.random(len(lengths)) < 0.5, 1, -1)
    signs = np.zeros(count, np.int8)
    which = (rng.random(count) * trades.metaorders).astype(np.int64)
    sign_orders(lengths, which, np.zeros(trades.metaorders, np.int64), signs)
    follows = rng.random(count) < trades.burst
    later = times[follows] + (rng.exponential(trades.burst_s, int(follows.sum())) * SECOND).astype(np.int64)
    times, signs = np.concatenate([times, later]), np.concatenate([signs, signs[follows]])
    sizes = np.maximum(trades.size * np.exp(0.7 * rng.standard_normal(len(times)) - 0.245), 1.0).astype(np.int64)
    return times, signs, sizes


def outside_of(world: EvidenceWorld, seed: int, instrument: int, shared: Shared) -> Outside:
    """Everything from outside of one instrument; numbered from 1."""
    market, seconds = world.market, shared.seconds
    rng = stream_of(world, seed, instrument, _WEATHER)
    shape = day_shape(shared.first, seconds)
    cluster = _slow(rng, seconds, market.cluster, market.cluster_s)
    flicker = _slow(rng, seconds, market.flicker, market.flicker_s)
    volume, volatility = _news(rng, market, seconds)
    busy = shape * cluster * volume
    times, signs, sizes = _orders(world, seed, instrument, busy * market.trades.per_s)
    looks = _moments(rng, market.looks_per_s * np.sqrt(busy))
    kinds = np.concatenate([np.full(len(looks), c.REFRESH, np.int8), np.full(len(times), c.OTHERS, np.int8)])
    times = np.concatenate([looks, times])
    order = np.argsort(times, kind="stable")
    none = np.zeros(len(looks), np.int64)
    drawn = stream_of(world, seed, instrument, _DRAWS)
    draws = np.empty((len(times), c.DRAWS))
    draws[:, : c.D_SPREAD] = drawn.standard_normal((len(times), c.D_SPREAD))
    draws[:, c.D_SPREAD :] = drawn.random((len(times), c.DRAWS - c.D_SPREAD))
    draws[:, c.D_PRICE] *= np.where(drawn.random(len(times)) < market.fat, 3.0, 1.0) / math.sqrt(1.0 + 8.0 * market.fat)
    own = math.sqrt((1.0 - market.market_share) / DAY_S) * market.daily_bps * world.calibrated.noise
    return Outside(
        times=times[order] + shared.begin_ns, kinds=kinds[order],
        signs=np.concatenate([none.astype(np.int8), signs])[order], sizes=np.concatenate([none, sizes])[order],
        draws=draws, spread=own * np.sqrt(shape * cluster * flicker) * volatility, curve=np.cumsum(shape),
    )  # fmt: skip

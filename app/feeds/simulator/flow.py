"""What comes from outside, drawn before the day begins: no agent, no algo and no switch can change it.

Intensity is a U over the day, times news, times a slow cluster common to volume and volatility. Signs of background
orders have long memory: each order is the next slice of one of several metaorders with Pareto lengths (Lillo, Mike,
Farmer 2005). The exogenous price is noise plus the transient impact of that flow (a propagator), bridged through pins.
"""

import math
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.engine.bits import exp, log, uniform
from app.engine.units import SECOND
from app.feeds.simulator import cells as c
from app.feeds.simulator.bound import entry, inner
from app.feeds.simulator.cells import Floats, Ints
from app.feeds.simulator.world import World

(K_CLUSTER, K_NOISE, K_ORDER, K_SIGN, K_SIZE, K_DARK, K_DARK_SIZE, K_REFRESH, K_LENGTH) = range(20, 29)
STEP_S: Final = c.GRID_NS / SECOND
QUIET_S: Final = 1.5  # after the open nobody moves: the parent arrives in the middle of the first books


class Outside(NamedTuple):
    """Events from outside in order of time, the exogenous price (ticks from arrival) and the volume curve by step."""

    times: Ints
    kinds: NDArray[np.int8]
    marks: Ints
    path: Floats
    curve: Floats


class Streams(NamedTuple):
    """Arrays a stream of events is drawn into: parameters, intensity by step, times and marks."""

    seed: Ints
    rate: Floats  # events a second, by step
    times: Ints
    marks: Ints
    metaorders: Ints  # [k]: signed orders left
    shape: Floats  # mean size, tail


def _draw_events(s: Streams) -> int:
    """Times (ns after the open) of a Poisson stream of varying rate; how many."""
    found = 0
    stream = s.seed[1]
    gone = 0.0
    due = -log(1.0 - uniform(s.seed[0], stream, 0))
    for step in range(len(s.rate)):
        gone += s.rate[step] * 0.1
        while gone >= due and found < len(s.times):
            inside = 1.0 - (gone - due) / (s.rate[step] * 0.1)
            s.times[found] = step * 100_000_000 + int(inside * 1e8)
            found += 1
            due += -log(1.0 - uniform(s.seed[0], stream, found))
    return found


draw_events = entry(_draw_events)


def _draw_size(seed: int, stream: int, n: int, mean: float) -> int:
    """Shares of an order: odd lots, round lots, now and then many; its mean is about `mean`."""
    u = uniform(seed, stream, 2 * n)
    v = uniform(seed, stream, 2 * n + 1)
    if u < 0.28:
        return 1 + int(v * 0.85 * mean)
    if u < 0.72:
        return 100 * max(1, int(mean / 115.0 + 0.5))
    return 100 * max(1, int((1.0 - 1.15 * log(1.0 - v)) * mean / 115.0 + 0.5))


draw_size = inner(_draw_size)


def _draw_marks(s: Streams, count: int) -> None:
    """Signed sizes: signs are slices of metaorders with Pareto lengths."""
    seed = s.seed[0]
    lengths = 0
    for n in range(count):
        k = int(len(s.metaorders) * uniform(seed, s.seed[2], 2 * n))
        left = s.metaorders[k]
        if left == 0:
            u = 1.0 - uniform(seed, s.seed[4], 2 * lengths)
            sign = 1 if uniform(seed, s.seed[4], 2 * lengths + 1) < 0.5 else -1
            left = sign * int(min(exp(-log(u) / s.shape[1]), 2000.0))
            lengths += 1
        sign = 1 if left > 0 else -1
        s.metaorders[k] = left - sign
        s.marks[n] = sign * draw_size(seed, s.seed[3], n, s.shape[0])


draw_marks = entry(_draw_marks)


class Weather(NamedTuple):
    """Arrays of the day's intensity and noise by step."""

    seed: Ints  # market, noise
    figures: Floats  # memory and innovation of the cluster, noise in ticks per step
    news: Floats  # [2, step]: volume and volatility factors
    intensity: Floats
    noise: Floats


def _normal(seed: int, stream: int, counter: int) -> float:
    """Nearly normal, mean 0, variance 1: the sum of four uniform numbers."""
    total = 0.0
    for k in range(4):
        total += uniform(seed, stream, 4 * counter + k)
    return (total - 2.0) * 1.7320508075688772


normal = inner(_normal)


def _draw_weather(w: Weather) -> None:
    """Intensity (mean about 1 on a plain day) and the free noise path."""
    steps = len(w.intensity)
    cluster = w.figures[3] * normal(w.seed[0], 20, 1 << 40)
    level = 0.0
    for step in range(steps):
        if step % 10 == 0:
            cluster = w.figures[0] * cluster + w.figures[1] * normal(w.seed[0], 20, step)
        x = 2.0 * step / steps - 1.0
        day = 0.6 + 1.2 * x * x
        factor = exp(cluster - 0.5 * w.figures[3] * w.figures[3])
        w.intensity[step] = day * factor * w.news[0, step]
        w.noise[step] = level
        level += w.figures[2] * math.sqrt(day * factor) * w.news[1, step] * normal(w.seed[1], 21, step)


draw_weather = entry(_draw_weather)


class Pressed(NamedTuple):
    """Background orders and what they do to the price."""

    times: Ints
    marks: Ints
    decay: Floats
    weights: Floats
    unit: Floats
    level: Floats
    path: Floats


def _press_path(p: Pressed) -> None:
    """Transient impact of the background orders, by step."""
    n = 0
    for step in range(len(p.path)):
        total = 0.0
        for scale in range(c.SCALES):
            p.level[scale] *= p.decay[scale]
        while n < len(p.times) and p.times[n] < (step + 1) * 100_000_000:
            root = math.sqrt(abs(p.marks[n]) / p.unit[0])
            for scale in range(c.SCALES):
                p.level[scale] += p.weights[scale] * (root if p.marks[n] > 0 else -root)
            n += 1
        for scale in range(c.SCALES):
            total += p.level[scale]
        p.path[step] += total


press_path = entry(_press_path)


def steps_of(world: World) -> int:
    """Steps of the day."""
    return (world.ns(world.close) - world.ns(world.open)) // c.GRID_NS


def ticks_per_bps(world: World) -> float:
    """Ticks in one bps of the arrival price."""
    return world.listing.arrival * 1e-4 / world.listing.tick_size


def decay_of(world: World) -> Floats:
    """What is left of an impact after one step, by scale."""
    return np.array([exp(-STEP_S / tau) for tau in world.impact.tau_s])


def _add_news(factors: Floats, begin: int, figures: Floats) -> None:
    """News over factors [2, step] from a step on; figures: volume, volatility, rise and fade in seconds."""
    for step in range(begin, factors.shape[1]):
        since = (step - begin) * 0.1
        shape = (1.0 - exp(-since / figures[2])) * exp(-since / figures[3])
        factors[0, step] += (figures[0] - 1.0) * shape
        factors[1, step] += (figures[1] - 1.0) * shape


add_news = entry(_add_news)


def _news(world: World, steps: int) -> Floats:
    """Factors of volume and volatility by step."""
    factors = np.ones((2, steps))
    for news in world.news:
        begin = (world.ns(news.at) - world.ns(world.open)) // c.GRID_NS
        add_news(factors, begin, np.array([news.volume, news.volatility, news.rise_s, news.fade_s]))
    return factors


def _weather(world: World, steps: int) -> Weather:
    noise = world.noise
    memory = exp(-10.0 * STEP_S / noise.cluster_s)
    innovation = noise.cluster * math.sqrt(1.0 - memory * memory)
    step_ticks = noise.daily_bps * noise.scale * ticks_per_bps(world) / math.sqrt(steps)
    weather = Weather(
        np.array([world.market_seed, world.noise_seed]),
        np.array([memory, innovation, step_ticks, noise.cluster]),
        _news(world, steps), np.zeros(steps), np.zeros(steps),
    )  # fmt: skip
    draw_weather(weather)
    return weather


def _stream(world: World, rate: Floats, number: int, shape: tuple[float, float]) -> tuple[Ints, Ints]:
    """Times (ns after the open) and signed sizes of one kind of order."""
    room = int(rate.sum() * STEP_S * 1.2) + 1_000
    seed = np.array([world.market_seed, number, number + 100, number + 200, number + 300])
    s = Streams(
        seed, rate, np.zeros(room, np.int64), np.zeros(room, np.int64),
        np.zeros(world.volume.metaorders, np.int64), np.array(shape),
    )  # fmt: skip
    count = draw_events(s)
    draw_marks(s, count)
    return s.times[:count], s.marks[:count]


def _plan(world: World, begin: int) -> list[tuple[int, int, int]]:
    """Auctions, open, halts and close: (ns after the open, kind, mark)."""
    events = [(0, c.CROSSING, world.volume.opening), (1_000_000, c.OPENS, 0)]
    for halt in world.halts:
        at = world.ns(halt.at) - begin
        end = at + max(int(halt.minutes * 60), 1) * SECOND
        gathers = max(end - 30 * SECOND, at + 1)  # a short halt is one before it is an auction
        events += [(at, c.HALTS, 0), (gathers, c.AUCTION_BEGINS, 0), (end, c.CROSSING, halt.reopening)]
        events.append((end + 1_000_000, c.REOPENS, 0))
    over = world.ns(world.close) - begin
    events += [
        (over, c.AUCTION_BEGINS, 0),
        (over + SECOND // 2, c.CROSSING, world.volume.closing),
        (over + SECOND, c.CLOSES, 0),
    ]
    return [(-120 * SECOND, c.AUCTION_BEGINS, 0), *sorted(events)]


def outside_of(world: World) -> Outside:
    """Everything from outside of one day."""
    steps, begin, volume = steps_of(world), world.ns(world.open), world.volume
    weather = _weather(world, steps)
    busy = np.where(np.arange(steps) * STEP_S < QUIET_S, 0.0, weather.intensity)
    orders = _stream(world, busy * volume.lit / volume.order / 23_400.0, K_ORDER, (volume.order, volume.tail))
    dark = _stream(world, busy * volume.dark / volume.dark_order / 23_400.0, K_DARK, (volume.dark_order, volume.tail))
    looks = _stream(world, np.where(busy > 0, np.sqrt(busy), 0.0) * world.books.refresh_s, K_REFRESH, (1.0, 1.5))
    plan = np.array(_plan(world, begin), np.int64)
    times = np.concatenate([plan[:, 0], orders[0], dark[0], looks[0]])
    named = ((c.ORDER, orders), (c.DARK_ORDER, dark), (c.REFRESH, looks))
    kinds = np.concatenate([plan[:, 1], *(np.full(len(stream[0]), kind) for kind, stream in named)]).astype(np.int8)
    marks = np.concatenate([plan[:, 2], orders[1], dark[1], looks[1]])
    order = np.argsort(times, kind="stable")
    return Outside(times[order] + begin, kinds[order], marks[order], _path(world, weather, orders), _curve(steps))


def _path(world: World, weather: Weather, orders: tuple[Ints, Ints]) -> Floats:
    """Noise and the impact of background flow, bridged through the pins; ticks from arrival."""
    scale = ticks_per_bps(world)
    path = weather.noise.copy()
    weights = np.array(world.noise.flow_bps) * scale
    press_path(Pressed(*orders, decay_of(world), weights, np.array([world.impact.unit]), np.zeros(c.SCALES), path))
    if world.noise.pins:
        at = [(world.ns(clock) - world.ns(world.open)) // c.GRID_NS for clock, _ in world.noise.pins]
        at = [min(step, len(path) - 1) for step in at]
        off = [path[step] - bps * scale for step, (_, bps) in zip(at, world.noise.pins, strict=True)]
        path -= np.interp(np.arange(len(path)), at, off)
    return path


def _curve(steps: int) -> Floats:
    """Share of a plain day's volume expected by each step."""
    x = np.arange(steps + 1) / steps
    return 0.6 * x + 0.2 * (1.0 - (1.0 - 2.0 * x) ** 3)

"""The residual stream of one symbol: on a 50-ms grid, what its price did that the tape does not explain.

r = ref - beta F - sum of g_b S_b in bps of the anchor: ref the size-weighted mid without our own quantity, S_b the
signed flow remembered over 1, 20, 200 s and for good. A step is made once its end has been passed everywhere, from
rows strictly before it; what a step is held against (rate, sign, noise) is from before the step.
"""

import math
from typing import Any, NamedTuple

import numpy as np

from app.engine.bits import exp
from app.engine.enrich.asof import row_at
from app.engine.events import Rows
from app.engine.evidence.calm import Places, quiet, quiet_steps
from app.engine.evidence.model import Floats
from app.engine.evidence.reference import (
    Inputs,
    explained,
    factor,
    fast_part,
    index_at,
    index_row,
    others,
    pressure,
    slow_part,
    weighted,
)
from app.engine.evidence.retreats import learn_along, retreat
from app.engine.evidence.rows import CHECKS, FOLLOWS_S, FROZEN, OWN, RESET, RING, STEP_NS, STEP_S
from app.engine.evidence.score import AGAIN, OWN_STEP, SURPRISE
from app.engine.evidence.steps import (
    BLOCK,
    CHECK_NS,
    DECAY_10,
    DECAY_30,
    DECAY_120,
    DECAYS,
    LEAST_Q,
    SIGNS,
    block_variance,
    nearer,
    noisier,
    rate,
    spread_class,
    tanh_half,
)
from app.engine.jit import jit
from app.engine.units import ASK, BID, BPS, NULL, SECOND

SIZES = 1000.0  # trades the running mean size reaches back
ASLEEP_NS = 3600 * SECOND  # without a row: the market is closed
YOUNG_NS = 120 * SECOND
ALWAYS = 2**63 - 1
KNOWN = 100.0  # changes the kernel of the model counts for
FORGETS = 1.0 - 1.0 / 3600.0
MOST_GAIN = 1.5
MOST_MOVED = 8.0  # bps a change counts for at most
FAR_NS = 60 * SECOND
FAR_FORGETS = 1.0 - 1.0 / 120.0
AS_SURE = 16.0  # how sure it is beforehand that what stays has the gain of the rest: one over its variance


def _is_own(k: Inputs, number: int) -> bool:
    """True for the number of an own print."""
    found = False
    for n in range(len(k.own)):
        found = found or k.own[n] == number
    return found


is_own = jit(_is_own)


def _warm(x: Any, t: int, side: int) -> None:
    """A trade of others makes more of its side likely for a moment."""
    left = exp(-((t - x["hot_at"]) / SECOND) / FOLLOWS_S) if x["hot_at"] != NULL else 0.0
    x["hot"][0] *= left
    x["hot"][1] *= left
    x["hot_at"] = t
    if side != 0:
        x["hot"][0 if side == BID else 1] += 1.0 / FOLLOWS_S


warm = jit(_warm)


def _hear(k: Inputs, at: int) -> None:
    """One trade of the tape enters the propagator, and as one of others their signs and counts."""
    x, p = k.stream[0], k.prints[at]
    side, size = p["side"], float(p["size"])
    x["sizes"] += 1.0
    x["size"] += (size - x["size"]) / min(x["sizes"], SIZES)
    unit = k.kernels.size if k.kernels.size > 0 else x["size"]
    push = side * math.sqrt(size / unit) if unit > 0 else 0.0
    for b in range(4):
        x["s"][b] += push
    if is_own(k, p["number"]):
        for b in range(4):
            x["own_s"][b] += push
        x["own"] += 1
        return
    if p["ts"] == x["last_trade"]:
        return  # one order that met several: one trade
    x["last_trade"] = p["ts"]
    warm(x, p["ts"], side)
    if side == BID:
        x["buys"] += 1
    elif side == ASK:
        x["sells"] += 1
    if side != 0:
        for j in range(3):
            x["memory"][j] += (side - x["memory"][j]) / SIGNS[j]


hear = jit(_hear)


def _eat(k: Inputs, at: int, end: int) -> int:
    """Hear every market trade from print `at` on that is before `end`; the first print that is not."""
    stop = k.print_offset[k.instrument] + k.print_count[k.instrument]
    while at < stop and k.prints[at]["ts"] < end:
        if k.prints[at]["eligible"] == 1 and k.prints[at]["part"] == 0:
            hear(k, at)
        at += 1
    return at


eat = jit(_eat)


def _expect(k: Inputs) -> None:
    """The chance of a buy for the step that begins, from all trades before it."""
    x = k.stream[0]
    z = (k.kernels.signs[0] * x["memory"][0] + k.kernels.signs[1] * x["memory"][1]) + (
        k.kernels.signs[2] * x["memory"][2]
    )
    # an odd function of z about a half, to the last bit: a mirrored market mirrors it
    x["p_buy"] = 0.5 + 0.5 * tanh_half(z)


expect = jit(_expect)


def _learn_noise(k: Inputs, r: float, kind: int, flags: int) -> None:
    """Observation noise of the spread class, from neighbouring steps of one class without own print."""
    x = k.stream[0]
    if flags == 0 and x["kind"] == kind and x["frozen"] == 0:
        x["noise"][kind] = noisier(x["noise"][kind], r - x["r"], x["q"])


learn_noise = jit(_learn_noise)


def _learn_q(k: Inputs, r: float, noise: float, flags: int) -> None:
    """Variance of the residual price a second, from the means of neighbouring blocks of steps."""
    x = k.stream[0]
    if flags & FROZEN:
        x["in_block"], x["blocks"], x["block"], x["block_noise"] = 0, 0, 0.0, 0.0
        return
    x["block"] += r
    x["block_noise"] += noise
    x["in_block"] += 1
    if x["in_block"] < BLOCK:
        return
    mean, error = x["block"] / BLOCK, x["block_noise"] / (BLOCK * BLOCK)
    if x["blocks"] > 0:
        w = block_variance(mean - x["last_block"], error + x["last_noise"], x["q"])
        x["q"], x["q_fast"] = nearer(x["q"], w, 240.0), nearer(x["q_fast"], w, 20.0)
    x["last_block"], x["last_noise"] = mean, error
    x["blocks"] += 1
    x["in_block"], x["block"], x["block_noise"] = 0, 0.0, 0.0


learn_q = jit(_learn_q)


def _filter_step(k: Inputs, r: float, noise: float, q: float, flags: int) -> int:
    """One step of the price filter; the flags, with RESET where it started again."""
    x = k.stream[0]
    x["p"] += q * STEP_S
    if flags & FROZEN:
        return flags
    if flags & OWN:
        x["p"] += OWN_STEP
    s = x["p"] + noise
    nu = r - x["m"]
    if nu * nu > SURPRISE * s:
        x["m"], x["p"] = r, noise + AGAIN
        return flags | RESET
    gain = x["p"] / s
    x["m"] += gain * nu
    x["p"] *= 1.0 - gain
    return flags


filter_step = jit(_filter_step)


def _first_price(k: Inputs, bid: int, ask: int) -> None:
    """The first two-sided market anchors the stream."""
    x = k.stream[0]
    x["anchor"] = (bid + ask) // 2
    x["m"], x["p"], x["began"] = 0.0, AGAIN, x["end"]


first_price = jit(_first_price)


def _settle(k: Inputs) -> None:
    """What the tape explains by now has been told."""
    x = k.stream[0]
    raw = pressure(k)
    x["told"] += x["gain"] * (raw - x["raw"])
    x["raw"] = raw


settle = jit(_settle)


def _learn_gain(k: Inputs, price: float) -> None:
    """How much of the kernel's impact this market shows: changes of price on changes of pressure, a second or more
    each, from a step with trades to another; the kernel itself counts as KNOWN of them.
    """
    x = k.stream[0]
    if x["mark"] == NULL or x["end"] - x["mark"] >= SECOND:
        if x["mark"] != NULL:
            dx, dy = x["raw"] - x["mark_raw"], max(-MOST_MOVED, min(MOST_MOVED, price - x["mark_price"]))
            x["both"], x["square"] = x["both"] * FORGETS + dx * dy, x["square"] * FORGETS + dx * dx
            x["pairs"] = x["pairs"] * FORGETS + 1.0
            if x["square"] > 0.0:
                known = KNOWN * x["square"] / x["pairs"]
                x["gain"] = max(0.0, min(MOST_GAIN, (x["both"] + known) / (x["square"] + known)))
        x["mark"], x["mark_raw"], x["mark_price"] = x["end"], x["raw"], price


learn_gain = jit(_learn_gain)


def _learn_stays(k: Inputs, price: float) -> None:
    """What this market shows of the part of the impact that lasts: changes over a minute or more, each weighed by how
    far the price wanders meanwhile.
    """
    x, g = k.stream[0], k.kernels.g
    if x["far"] != NULL and x["end"] - x["far"] < FAR_NS:
        return
    fast, slow = fast_part(g, x["s"]), slow_part(g, x["s"])
    if x["far"] != NULL:
        dx, dy = slow - x["far_slow"], price - x["far_price"] - x["gain"] * (fast - x["far_fast"])
        wanders = max(x["q"], 0.7 * x["q_fast"]) * ((x["end"] - x["far"]) / SECOND)
        most = 4.0 * math.sqrt(wanders) + abs(dx)  # a jump of news tells nothing of trades
        dy = max(-most, min(most, dy))
        x["far_both"] = x["far_both"] * FAR_FORGETS + dx * dy / wanders
        x["far_square"] = x["far_square"] * FAR_FORGETS + dx * dx / wanders
    x["far"], x["far_fast"], x["far_slow"], x["far_price"] = x["end"], fast, slow, price


learn_stays = jit(_learn_stays)


def _stays(x: Any) -> float:
    """The gain of the part of the impact that lasts: that of the rest where a stream has seen little of its own."""
    seen: float = (x["far_both"] + AS_SURE * x["gain"]) / (x["far_square"] + AS_SURE)
    return max(0.0, min(MOST_GAIN, seen))


stays = jit(_stays)


def _close(k: Inputs, at: int, index: int) -> int:
    """Finish the step in the making, as of history row `at` and row `index` of its index, and begin the next one.

    The best bid of others; NULL without two sides.
    """
    x = k.stream[0]
    settle(k)
    touch = others(k, at)
    flags, bid, bid_size, ask, ask_size = touch
    gone = retreat(k, touch)
    first = flags == 0 and x["anchor"] == NULL
    if first:
        first_price(k, bid, ask)
    kind, r = int(x["kind"]), float(x["r"])
    if flags == 0:
        kind = spread_class(ask - bid, k.tick)
        x["ref"] = weighted(bid, bid_size, ask, ask_size, x["anchor"])
        r = x["ref"] - factor(k, index) - x["told"]
    if first:
        x["m"] = r
    if x["own"] > 0:
        flags |= OWN
    noise, q = x["noise"][max(kind, 0)], max(x["q"], 0.7 * x["q_fast"])
    flags = filter_step(k, r, noise, q, flags)
    if x["end"] <= x["watched"]:
        slot = k.ring[(x["end"] // STEP_NS - 1) % RING]
        slot["r"], slot["m"], slot["noise"], slot["q"] = r, x["m"], noise, q
        slot["lam"], slot["p_buy"] = rate(x["lam120"], x["lam30"], x["seen120"], x["seen30"]), x["p_buy"]
        slot["buys"], slot["sells"], slot["flags"] = min(x["buys"], 30_000), min(x["sells"], 30_000), flags
        slot["retreats"] = gone
    learn_noise(k, r, kind, flags & ~RESET)
    learn_q(k, r, noise, flags)
    if flags & FROZEN == 0 and x["buys"] + x["sells"] + x["own"] > 0:
        learn_gain(k, r + x["told"])
        learn_stays(k, r + x["told"])
    x["r"], x["kind"] = r, kind
    x["frozen"] = x["frozen"] + 1 if flags & FROZEN else 0
    x["retreats"] = x["retreats"] * DECAY_120 + (1.0 / 120.0 if abs(gone) == 1 else 0.0)
    learn_along(k, gone)
    roll(k)
    return int(bid)


def _roll(k: Inputs) -> None:
    """Let a step's time pass for everything that decays, with its trades in it."""
    x = k.stream[0]
    for b in range(4):
        x["s"][b] *= DECAYS[b]
        x["own_s"][b] *= DECAYS[b]
    count = x["buys"] + x["sells"]
    x["lam120"] = x["lam120"] * DECAY_120 + count / 120.0
    x["lam30"] = x["lam30"] * DECAY_30 + count / 30.0
    x["seen120"] = x["seen120"] * DECAY_120 + STEP_S / 120.0
    x["seen30"] = x["seen30"] * DECAY_30 + STEP_S / 30.0
    x["flow10"] = x["flow10"] * DECAY_10 + (x["buys"] - x["sells"])
    x["buys"], x["sells"], x["own"] = 0, 0, 0
    x["end"] += STEP_NS
    if count > 0:  # else the signs are as they were
        expect(k)


roll = jit(_roll)
close = jit(_close)


def _keep(k: Inputs) -> None:
    """The state after a step that ends on a multiple of CHECK_NS can be gone back to."""
    x = k.stream[0]
    if (x["end"] - STEP_NS) % CHECK_NS == 0:
        x["cursor"] = x["end"] - STEP_NS
        k.checks[x["cursor"] // CHECK_NS % CHECKS] = k.stream[0]


keep = jit(_keep)


def _wake(k: Inputs, ts: int) -> None:
    """The market opens again after a long silence: flow and filter start anew at the step of this row."""
    x = k.stream[0]
    for b in range(4):
        x["s"][b], x["own_s"][b] = 0.0, 0.0
    for j in range(3):
        x["memory"][j] = 0.0
    x["lam120"], x["lam30"], x["seen120"], x["seen30"], x["flow10"] = 0.0, 0.0, 0.0, 0.0, 0.0
    x["bid"], x["retreats"] = NULL, 0.0
    x["raw"], x["told"], x["mark"], x["far"] = 0.0, 0.0, NULL, NULL
    x["in_block"], x["blocks"], x["block"], x["block_noise"] = 0, 0, 0.0, 0.0
    x["anchor"], x["index_anchor"], x["kind"], x["frozen"], x["asleep"] = NULL, NULL, -1, 1, 0
    x["end"] = (ts // STEP_NS + 1) * STEP_NS
    expect(k)


wake = jit(_wake)


def _print_from(k: Inputs, t: int) -> int:
    """Pool index of the first print at or after t."""
    low = k.print_offset[k.instrument]
    high = low + k.print_count[k.instrument]
    while low < high:
        middle = (low + high) >> 1
        if k.prints[middle]["ts"] < t:
            low = middle + 1
        else:
            high = middle
    return int(low)


print_from = jit(_print_from)


def _advance(k: Inputs, until: int) -> None:
    """Make every step that ends by `until`, and hear the trades before it."""
    x = k.stream[0]
    h = k.histories
    stop = h.offset[k.instrument] + h.length[k.instrument]
    at = row_at(h, k.instrument, x["cursor"] - 1)
    following = at + 1 if at >= 0 else h.offset[k.instrument]
    trade, index = print_from(k, x["cursor"]), index_at(k, x["cursor"])
    while x["end"] <= until:
        while following < stop and h.pool[following]["ts"] < x["end"]:
            at = following
            following += 1
            if x["asleep"] == 1:
                wake(k, h.pool[at]["ts"])
                trade = print_from(k, x["end"] - STEP_NS)
        if x["asleep"] == 1 or (at >= 0 and x["end"] - h.pool[at]["ts"] > k.kernels.silence):
            x["asleep"] = 1
            ahead = h.pool[following]["ts"] if following < stop else until
            x["end"] = (min(ahead, until) // STEP_NS + 1) * STEP_NS
            continue
        trade = eat(k, trade, x["end"])
        index = index_row(k, index, x["end"])
        bid = close(k, at, index)
        keep(k)
        index = index_row(k, index, x["end"])
        places = Places(at, following, trade, index)
        steps = quiet_steps(k, places, until)
        if steps > 0:
            quiet(k, places, bid, steps)
            keep(k)
    if x["asleep"] == 0:
        eat(k, trade, until)
    x["cursor"] = until


advance = jit(_advance)


class Glance(NamedTuple):
    """What is known just before a moment: `out` is (m, p, imbalance, 1 where the spread is wide, 1 where valid)."""

    inputs: Inputs
    t: int
    out: Floats


def _glance(g: Glance) -> None:
    """The filter brought to just before t, and the touch then; the stream must have been advanced to t."""
    k, x = g.inputs, g.inputs.stream[0]
    flags, bid, bid_size, ask, ask_size = others(k, row_at(k.histories, k.instrument, g.t - 1))
    known = flags == 0 and x["anchor"] != NULL
    q = max(x["q"], 0.7 * x["q_fast"])
    m, p = x["m"], x["p"] + q * ((g.t - (x["end"] - STEP_NS)) / SECOND)
    g.out[2], g.out[3] = 0.0, 0.0
    if known:
        kind = spread_class(ask - bid, k.tick)
        r = weighted(bid, bid_size, ask, ask_size, x["anchor"]) - factor(k, index_at(k, g.t)) - explained(k)
        noise = x["noise"][kind]
        nu = r - m
        if nu * nu > SURPRISE * (p + noise):
            m, p = r, noise + AGAIN
        else:
            gain = p / (p + noise)
            m += gain * nu
            p *= 1.0 - gain
        g.out[2] = (float(bid_size) - ask_size) / (float(bid_size) + ask_size)
        g.out[3] = 1.0 if kind > 0 else 0.0
    g.out[0], g.out[1], g.out[4] = m, p, 1.0 if known else 0.0


glance = jit(_glance)


def begin(stream: Rows, ts: int, noise: Floats, sigma2: float) -> None:
    """An empty stream that starts with the step of ts; `sigma2`: variance a second known so far (fractions squared)."""
    stream[...] = np.zeros(1, stream.dtype)
    for name in ("anchor", "index_anchor", "last_trade", "began", "hot_at", "mark", "far", "bid"):
        stream[name] = NULL
    stream["gain"] = stream["along"] = 1.0
    stream["end"] = (ts // STEP_NS + 1) * STEP_NS
    stream["cursor"] = stream["end"] - STEP_NS
    stream["noise"] = noise
    stream["q"] = stream["q_fast"] = max(LEAST_Q, sigma2 * BPS * BPS) if sigma2 > 0 else 1.0
    stream["p_buy"], stream["kind"], stream["frozen"] = 0.5, -1, 1
    stream["watched"] = ALWAYS

"""Quiet stretches of a residual stream: steps in which nothing moves and nobody trades, many at a time.

They give what `close` gives step by step, to the last bit; what they do not change is read once.
"""

from typing import NamedTuple

from app.engine.evidence.reference import Inputs, factor, others
from app.engine.evidence.rows import RESET, RING, STEP_NS, STEP_S
from app.engine.evidence.score import AGAIN, SURPRISE
from app.engine.evidence.steps import (
    BLOCK,
    CHECK_NS,
    DECAY_10,
    DECAY_30,
    DECAY_120,
    DECAYS,
    block_variance,
    nearer,
    noisier,
    rate,
)
from app.engine.jit import jit
from app.engine.units import NULL


class Places(NamedTuple):
    """Where a stream stands in what it hears: the last history row before the end of the step in the making and the one
    that follows, the next print, the last row of its index; negative where there is none.
    """

    at: int
    following: int
    trade: int
    market: int


def _quiet_steps(k: Inputs, p: Places, until: int) -> int:
    """How many steps from the one in the making on nothing changes in, and none but the last of which is kept."""
    h, end = k.histories, k.stream[0]["end"]
    last = min(until, (end + CHECK_NS - 1) // CHECK_NS * CHECK_NS)
    if p.at >= 0:
        last = min(last, h.pool[p.at]["ts"] + k.kernels.silence)
    if p.following < h.offset[k.instrument] + h.length[k.instrument]:
        last = min(last, h.pool[p.following]["ts"])
    if p.trade < k.print_offset[k.instrument] + k.print_count[k.instrument]:
        last = min(last, k.prints[p.trade]["ts"])
    if k.kernels.market >= 0:
        moves = p.market + 1 if p.market >= 0 else h.offset[k.kernels.market]
        if moves < h.offset[k.kernels.market] + h.length[k.kernels.market]:
            last = min(last, h.pool[moves]["ts"])
    return int((last - end) // STEP_NS + 1) if last >= end else 0


quiet_steps = jit(_quiet_steps)


class Calm(NamedTuple):
    """What the price filter, and what is learnt beside it, carry from one step to the next; `noise` of one class."""

    m: float
    p: float
    r: float
    q: float
    q_fast: float
    noise: float
    block: float
    block_noise: float
    last_block: float
    last_noise: float
    in_block: int
    blocks: int


def _blind(c: Calm) -> Calm:
    """A step without two sides."""
    p = c.p + max(c.q, 0.7 * c.q_fast) * STEP_S
    return Calm(c.m, p, c.r, c.q, c.q_fast, c.noise, 0.0, 0.0, c.last_block, c.last_noise, 0, 0)


blind = jit(_blind)


def _sighted(c: Calm, r: float) -> tuple[Calm, int]:
    """A step with two sides and no trade, and RESET where the filter started again."""
    m, p, flags = c.m, c.p + max(c.q, 0.7 * c.q_fast) * STEP_S, 0
    variance = p + c.noise
    nu = r - m
    if nu * nu > SURPRISE * variance:
        m, p, flags = r, c.noise + AGAIN, RESET
    else:
        gain = p / variance
        m += gain * nu
        p *= 1.0 - gain
    noise = noisier(c.noise, r - c.r, c.q)
    block, error, in_block = c.block + r, c.block_noise + c.noise, c.in_block + 1
    if in_block < BLOCK:
        return Calm(m, p, r, c.q, c.q_fast, noise, block, error, c.last_block, c.last_noise, in_block, c.blocks), flags
    mean, error, q, q_fast = block / BLOCK, error / (BLOCK * BLOCK), c.q, c.q_fast
    if c.blocks > 0:
        w = block_variance(mean - c.last_block, error + c.last_noise, q)
        q, q_fast = nearer(q, w, 240.0), nearer(q_fast, w, 20.0)
    return Calm(m, p, r, q, q_fast, noise, 0.0, 0.0, mean, error, 0, c.blocks + 1), flags


sighted = jit(_sighted)


def _calm(k: Inputs, kind: int) -> Calm:
    """As the stream stands, for a spread class; counts are whole words here as they are on the way back."""
    x = k.stream[0]
    return Calm(
        x["m"], x["p"], x["r"], x["q"], x["q_fast"], x["noise"][max(kind, 0)], x["block"], x["block_noise"],
        x["last_block"], x["last_noise"], x["in_block"] + 0, x["blocks"] + 0,
    )  # fmt: skip


calm = jit(_calm)


def _put_back(k: Inputs, c: Calm, kind: int) -> None:
    """Into the stream."""
    x = k.stream[0]
    x["m"], x["p"], x["r"], x["q"], x["q_fast"], x["noise"][max(kind, 0)] = c.m, c.p, c.r, c.q, c.q_fast, c.noise
    x["block"], x["block_noise"], x["last_block"], x["last_noise"] = c.block, c.block_noise, c.last_block, c.last_noise
    x["in_block"], x["blocks"], x["kind"] = c.in_block, c.blocks, kind


put_back = jit(_put_back)


def _quiet(k: Inputs, places: Places, bid: int, steps: int) -> None:
    """So many steps in which nothing moves and nobody trades: `close` over and over, its state in registers.

    `close` has just been here, with the same history row: `bid` is what it gave, class and mid are what it left.
    """
    x, g = k.stream[0], k.kernels.g
    known = bid != NULL
    flags = 0 if known else others(k, places.at)[0]
    base = x["ref"] - factor(k, places.market) if known else 0.0
    c, frozen = calm(k, x["kind"]), x["frozen"]
    s0, s1, s2, s3 = x["s"][0], x["s"][1], x["s"][2], x["s"][3]
    o0, o1, o2 = x["own_s"][0], x["own_s"][1], x["own_s"][2]
    lam120, lam30, seen120, seen30 = x["lam120"], x["lam30"], x["seen120"], x["seen30"]
    flow10, end, watched = x["flow10"], x["end"], x["watched"]
    raw, told_so_far, gain, retreats = x["raw"], x["told"], x["gain"], x["retreats"]
    x["bid"] = bid  # `close` gives it up in a step with a trade
    for _ in range(steps):
        q, noise, told = max(c.q, 0.7 * c.q_fast), c.noise, flags
        pressed = ((g[0] * s0 + g[1] * s1) + g[2] * s2) + g[3] * s3
        told_so_far += gain * (pressed - raw)
        raw = pressed
        if known:
            c, told = sighted(c, base - told_so_far)
        else:
            c = blind(c)
            frozen += 1
        if end <= watched:
            slot = k.ring[(end // STEP_NS - 1) % RING]
            slot["r"], slot["m"], slot["noise"], slot["q"] = c.r, c.m, noise, q
            slot["lam"] = rate(lam120, lam30, seen120, seen30)
            slot["p_buy"], slot["buys"], slot["sells"], slot["flags"] = x["p_buy"], 0, 0, told
            slot["retreats"] = 0
        s0, s1, s2 = s0 * DECAYS[0], s1 * DECAYS[1], s2 * DECAYS[2]
        o0, o1, o2 = o0 * DECAYS[0], o1 * DECAYS[1], o2 * DECAYS[2]
        lam120, lam30, flow10 = lam120 * DECAY_120, lam30 * DECAY_30, flow10 * DECAY_10 + 0.0
        retreats *= DECAY_120
        seen120, seen30 = seen120 * DECAY_120 + STEP_S / 120.0, seen30 * DECAY_30 + STEP_S / 30.0
        end += STEP_NS
    x["s"][0], x["s"][1], x["s"][2] = s0, s1, s2
    x["own_s"][0], x["own_s"][1], x["own_s"][2] = o0, o1, o2
    x["lam120"], x["lam30"], x["seen120"], x["seen30"] = lam120, lam30, seen120, seen30
    x["flow10"], x["end"], x["frozen"] = flow10, end, frozen
    x["raw"], x["told"], x["retreats"] = raw, told_so_far, retreats
    put_back(k, c, x["kind"])


quiet = jit(_quiet)

"""The e-process of many parents at once, and the weights of its worlds, learnt from planted leaks."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.engine.evidence.model import Floats
from app.engine.evidence.process import DOUBT, FIRST_OWN, LONG, SHORT, begins
from app.engine.evidence.rows import (
    AGGRESSIVE,
    BUCKETS,
    JOINTS,
    LAWS,
    QUOTES,
    RETREATS,
    SCORES,
    SHARES,
    VOLATILITIES,
    WORLDS,
)
from app.session.evidence.gathered import Gathered

ROUNDS: Final = 300
UNIFORM: Final = 0.1  # weight every world shares, whatever was learnt
TOLD: Final = 0.5  # of the weights: what tells leaks from none; the rest explains leaks
ALARM: Final = 20.0
LUCKY: Final = 0.02  # share of clean parents at an alarm from which a world explains nothing
TELLING_ROUNDS: Final = 800
FASTEST: Final = 0.3  # step of the gradient at first
ALARMING: Final = 3.0  # log E a leaking parent should reach
WARY: Final = 1.5  # log E a clean one should stay below


class Onset(NamedTuple):
    """The prior of when a leak begins."""

    first: float = 0.6
    hazard: float = 0.04


class Padded(NamedTuple):
    """Children of parents as a block: (parents, most children, scores); e is 1 beyond a parent's last."""

    e: NDArray[np.float32]
    scored: NDArray[np.int64]


def padded(found: Gathered, most: int | None = None) -> Padded:
    """At most `most` children of each parent."""
    count = found.parents["scored"].astype(np.int64)
    count = count if most is None else np.minimum(count, most)
    e = np.ones((len(count), int(count.max(initial=0)), SCORES), np.float32)
    for row, (first, n) in enumerate(zip(found.parents["first"].tolist(), count.tolist(), strict=True)):
        e[row, :n] = as_bet(found.children[first : first + n])
    return Padded(e, count)


def as_bet(children: NDArray[Any]) -> NDArray[np.float32]:
    """E-values of one parent's children as its e-process takes them: tempered after own prints, held back late."""
    e = children["e"].astype(np.float64)
    own = (children["cell"].astype(np.int64) // (BUCKETS * VOLATILITIES) == AGGRESSIVE).astype(np.float64)
    said = own * (e[:, QUOTES + LAWS] + e[:, QUOTES + LAWS + 1]) / 2.0
    before, events = np.cumsum(said) - said, np.cumsum(own) - own
    usual = np.where(own > 0, np.maximum(1.0, (FIRST_OWN + before) / (FIRST_OWN + events)), 1.0)
    doubt = 1.0 + DOUBT * np.clip((np.arange(len(e)) - SHORT) / (LONG - SHORT), 0.0, 1.0)
    over = np.repeat(doubt[:, None], SCORES, axis=1)
    over[:, QUOTES:JOINTS] *= usual[:, None]
    over[:, RETREATS:] *= usual[:, None]
    return np.where(e == 1.0, 1.0, e / over).astype(np.float32)


def capital(of: Padded, onset: Onset) -> Floats:
    """(parents, WORLDS): likelihood ratio of each world against no leak, after the last child."""
    shares = np.array(SHARES)
    out = np.zeros((len(of.scored), SCORES, len(SHARES)))
    unborn = np.ones(len(of.scored))
    for k in range(of.e.shape[1]):
        alive = k < of.scored
        born = np.where(alive, unborn * begins(k, onset.first, onset.hazard), 0.0)
        unborn = unborn - born
        grown = (out + born[:, None, None]) * (1.0 + shares * (of.e[:, k, :, None].astype(np.float64) - 1.0))
        out = np.where(alive[:, None, None], grown, out)
    return np.asarray(out.reshape(len(out), WORLDS) + unborn[:, None])


def paths(of: Padded, onset: Onset, weights: Floats) -> Floats:
    """(parents, children): E after each child; the last one goes on beyond a parent's end."""
    shares, w = np.array(SHARES), weights.reshape(SCORES, len(SHARES))
    out = np.zeros((len(of.scored), SCORES, len(SHARES)))
    unborn = np.ones(len(of.scored))
    e = np.ones((len(of.scored), of.e.shape[1]))
    for k in range(of.e.shape[1]):
        alive = k < of.scored
        born = np.where(alive, unborn * begins(k, onset.first, onset.hazard), 0.0)
        unborn = unborn - born
        grown = (out + born[:, None, None]) * (1.0 + shares * (of.e[:, k, :, None].astype(np.float64) - 1.0))
        out = np.where(alive[:, None, None], grown, out)
        e[:, k] = np.einsum("pij,ij->p", out, w) + unborn
    return e


def learnt(ratios: Floats, null: float, start: Floats | None = None, rounds: int = ROUNDS) -> Floats:
    """Weights of the worlds behind parents by EM: each leaks like one world, or (prior `null`) not at all."""
    weights = np.full(ratios.shape[1], 1.0 / ratios.shape[1]) if start is None else start.copy()
    scaled = ratios / np.maximum(ratios.max(axis=1, keepdims=True), 1.0)
    nothing = 1.0 / np.maximum(ratios.max(axis=1), 1.0)
    for _ in range(rounds):
        joint = (1.0 - null) * scaled * weights
        posterior = joint / (joint.sum(axis=1, keepdims=True) + null * nothing[:, None])
        weights = posterior.sum(axis=0)
        weights /= weights.sum()
    return np.asarray(weights)


def balanced(planted: Sequence[Floats], null: float, allowed: NDArray[np.bool_] | None = None) -> Floats:
    """Weights learnt from planted worlds, each counting alike however many parents it has; only of some, if told."""
    chosen = np.ones(planted[0].shape[1], bool) if allowed is None else allowed
    out = np.zeros(len(chosen))
    out[chosen] = np.mean([learnt(ratios[:, chosen], null) for ratios in planted], axis=0)
    return np.asarray(out / out.sum())


def honest(clean: Floats) -> NDArray[np.bool_]:
    """Worlds of the e-process in which few clean parents end above E 20: the others win on luck."""
    return np.asarray((clean >= ALARM).mean(axis=0) <= LUCKY)


class Telling(NamedTuple):
    """What weights are to tell apart: likelihood ratios of planted parents by world, how much each world counts,
    and of clean parents.
    """

    planted: Sequence[Floats]
    counts: Sequence[float]
    clean: Floats


def telling(given: Telling, rounds: int = TELLING_ROUNDS) -> Floats:
    """Weights that tell leaks from none, by exponentiated gradient steps on the simplex.

    Gained where a leaking parent's E stands above a clean one's, and above 20; lost where a clean one's is large. EM
    asks only what explains leaks: it takes worlds in which clean parents are lucky, too.
    """
    worlds = given.clean.shape[1]
    weights, rate = np.full(worlds, 1.0 / worlds), FASTEST
    for turn in range(rounds):
        slope = _slope(given, (1.0 - UNIFORM) * weights + UNIFORM / worlds)
        slope = slope - slope @ weights
        weights = weights * np.exp(rate * np.clip(slope, -3.0, 5.0))
        weights /= weights.sum()
        rate = rate / 3.0 if turn in (rounds // 2, 3 * rounds // 4) else rate
    return np.asarray((1.0 - UNIFORM) * weights + UNIFORM / worlds)


def _slope(given: Telling, weights: Floats) -> Floats:
    """Of what is gained, by weight."""
    clean = given.clean @ weights
    quiet, total = np.log(clean), sum(given.counts)
    out: Floats = -((_below(WARY - quiet) / clean) @ given.clean) / len(clean)
    for ratios, count in zip(given.planted, given.counts, strict=True):
        e = ratios @ weights
        loud = np.log(e)
        lost = _below(loud[:, None] - quiet)
        gained = (lost.mean(axis=1) / e + _below(loud - ALARMING) / e) @ ratios / len(e)
        out += count / total * (gained - (lost.mean(axis=0) / clean) @ given.clean / len(clean))
    return np.asarray(out)


def _below(margin: Floats) -> Floats:
    """How much a margin is missed: near 1 far below 0, near 0 far above."""
    return np.asarray(1.0 / (1.0 + np.exp(np.clip(margin, -50.0, 50.0))))


def mixed(told: Floats, explained: Floats) -> Floats:
    """What is used: half of what tells leaks from none, half of what explains them, a little of everything."""
    left = 1.0 - TOLD - UNIFORM / 5.0
    out = TOLD * told + left * explained + UNIFORM / 5.0 / WORLDS
    return np.asarray(out / out.sum())


def auc(leaking: Floats, clean: Floats) -> tuple[float, float]:
    """Chance that a leaking parent ranks above a clean one, ties half, and its standard error (Hanley and McNeil)."""
    order = np.sort(clean)
    below = np.searchsorted(order, leaking, side="left")
    upto = np.searchsorted(order, leaking, side="right")
    area = float(((below + upto) / 2.0).mean() / len(clean))
    q1, q2 = area / (2.0 - area), 2.0 * area * area / (1.0 + area)
    n, m = len(leaking), len(clean)
    spread = area * (1.0 - area) + (n - 1) * (q1 - area * area) + (m - 1) * (q2 - area * area)
    return area, float(np.sqrt(max(spread, 0.0) / (n * m)))

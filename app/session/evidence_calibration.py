"""Calibrating an evidence world: its own noise to the volatility it names, children to a slice, the leak to its target.

What was found goes into the world's own file, as its table `calibrated`, with standard errors.
"""

import math
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
import numpy as np

from app.engine.errors import FeedError, SettingsError, complaint
from app.feeds.simulator.evidence import EvidenceWorld, Truth, code_hash, seeds_of
from app.feeds.simulator.evidence.setting import Calibrated, market_hash, orders_hash, plain, watched_hash
from app.session.evidence_worlds import Done, Errand, leaks_of, parents_of_an_episode, run_errand

FIRST: Final = 900_000  # seeds of the fit split that calibrations use, and nothing else
FIRST_SHARE: Final = 0.053  # of children noticed, for each bps of the target: where the search begins
CLOSE: Final = 0.02  # of the target
MOST_TRIES: Final = 3
_TABLE: Final = re.compile(r"\n*^# Found by `scorecard evidence calibrate`.*", re.MULTILINE | re.DOTALL)


class Mean(NamedTuple):
    """A mean and its standard error."""

    mean: float
    error: float


class Calibration(NamedTuple):
    """How a calibration runs: parents measured on, processes, who hears what it does."""

    parents: int
    processes: int
    tell: Callable[[str], object]


def mean_of(values: Sequence[float] | np.ndarray[tuple[int], np.dtype[np.float64]]) -> Mean:
    """Mean and standard error of independent values; needs two."""
    count = len(values)
    mean = math.fsum(values) / count
    return Mean(mean, math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (count - 1) / count))


def calibrated(world: EvidenceWorld, plan: Calibration) -> EvidenceWorld:
    """The world with what was found. Raises SettingsError where the target cannot be reached."""
    found = world.calibrated
    if found.market != market_hash(world):
        world = _market(world, plan)
    elif found.orders != orders_hash(world):
        world = _orders(world, _episodes(plain(world), plan, plan.parents // 4, look=True))
    if world.agent.target_bps > 0.0:
        world = _leak(world, plan)
    return _found(world, code=code_hash())


def _found(world: EvidenceWorld, **what: object) -> EvidenceWorld:
    return msgspec.structs.replace(world, calibrated=msgspec.structs.replace(world.calibrated, **what))


def _episodes(world: EvidenceWorld, plan: Calibration, parents: int, *, look: bool) -> list[Done]:
    count = max(-(-parents // parents_of_an_episode(world)), 2)
    errand = Errand(world=world, seeds=list(seeds_of("fit", FIRST, count)), look=look)
    return list(run_errand(errand, plan.processes))


def _market(world: EvidenceWorld, plan: Calibration) -> EvidenceWorld:
    """Noise and children to a slice, on clean episodes: measured, set, measured again."""
    own = (1.0 - world.market.market_share) * world.market.daily_bps**2
    done: list[Done] = []
    for turn in range(2):
        done = _episodes(plain(world), plan, plan.parents // 2, look=True)
        variance = mean_of([math.fsum(one.variances) / len(one.variances) for one in done])
        daily = math.sqrt(variance.mean)
        error = round(variance.error / (2.0 * daily), 2)
        world = _found(world, daily_bps=round(daily, 2), daily_se=error)
        plan.tell(f"volatility {daily:.1f} +- {error:.1f} bps a day at noise {world.calibrated.noise:.3f}")
        left = world.calibrated.noise**2 + (world.market.daily_bps**2 - variance.mean) / own
        if turn == 0:
            world = _found(world, noise=round(math.sqrt(max(left, 0.01)), 4))
    return _orders(_found(world, market=market_hash(world)), done)


def _orders(world: EvidenceWorld, done: Sequence[Done]) -> EvidenceWorld:
    """With the children to a slice of clean episodes."""
    return _found(world, per_slice=_per_slice(done), orders=orders_hash(world))


def _per_slice(done: Sequence[Done]) -> dict[str, float]:
    pairs = [pair for one in done for pair in one.per_slice]
    names = sorted({name for name, _ in pairs})
    return {name: round(float(np.mean([value for own, value in pairs if own == name])), 3) for name in names}


def _leak(world: EvidenceWorld, plan: Calibration) -> EvidenceWorld:
    """The share of children noticed at which the leak is the target: leaks are in proportion to it."""
    target, given = world.agent.target_bps, world.agent.share
    share = given or min(FIRST_SHARE * target, 0.9)
    weighed = squares = 0.0
    tries: list[tuple[float, EvidenceWorld]] = []
    for parents in (max(plan.parents // 2, 8), *[plan.parents] * MOST_TRIES):
        world = _found(world, share=round(share, 4), watched=watched_hash(world))
        truths = [one.truths for one in _episodes(world, plan, parents, look=False)]
        leak = _leak_of(truths)
        plan.tell(f"leak {leak.mean:.2f} +- {leak.error:.2f} bps at a share of {world.notices:.3f}")
        off = abs(leak.mean - target)
        if parents >= plan.parents:
            tries.append((off, _measured(world, [truth for some in truths for truth in some], leak)))
            if given is not None or off <= max(CLOSE * target, 2.0 * leak.error):
                break
        weighed += share * leak.mean / leak.error**2
        squares += (share / leak.error) ** 2
        share = target * squares / max(weighed, 1e-9)
        if share > 1.0:
            raise SettingsError(complaint(world.name, "agent.target_bps", target, f"at most {target / share:.2f}"))
    return min(tries, key=lambda one: one[0])[1]


def _leak_of(episodes: Sequence[Sequence[Truth]]) -> Mean:
    """Mean leak of watched parents, its error over episodes: parents of one instrument are not independent."""
    means = [leaks_of(truths) for truths in episodes]
    return mean_of([float(leaks.mean()) for leaks in means if len(leaks)])


def _measured(world: EvidenceWorld, truths: Sequence[Truth], leak: Mean) -> EvidenceWorld:
    children = math.fsum(truth.n_children for truth in truths) / len(truths)
    return _found(
        world, leak_bps=round(leak.mean, 3), leak_se=round(leak.error, 3), parents=len(truths),
        children=round(children, 1),
    )  # fmt: skip


def write_calibrated(path: Path, found: Calibrated) -> None:
    """Put what was found into the world's file, in place of what was found before. Raises FeedError."""
    lines = ["# Found by `scorecard evidence calibrate`; not written by hand.", "[calibrated]"]
    for name, value in msgspec.to_builtins(found).items():
        if value is None or value == {}:
            continue
        if isinstance(value, dict):
            value = "{ " + ", ".join(f"{key} = {number!r}" for key, number in value.items()) + " }"
            lines.append(f"{name} = {value}")
        else:
            lines.append(f"{name} = " + (f'"{value}"' if isinstance(value, str) else repr(value)))
    try:
        text = _TABLE.sub("", path.read_text("utf-8")).rstrip("\n")
        path.write_text(text + "\n\n" + "\n".join(lines) + "\n", "utf-8")
    except OSError as error:
        raise FeedError(f"{path}: cannot be written: {error.strerror or error}") from error

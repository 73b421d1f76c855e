"""A fit from beginning to end: kernels, placebos, own clean children, planted leaks, weights, sizes."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np

from app.engine.errors import SettingsError, complaint
from app.engine.evidence.model import ANY, Floats, Kernel, Model
from app.engine.evidence.placebo import Library
from app.feeds.simulator.evidence import EvidenceWorld, code_hash, seeds_of
from app.session.evidence.errands import Errand, Kind, file_of, kept_model, read_library, read_seen, run, scored
from app.session.evidence.factors import factors, held_again, ratios_of, with_factors
from app.session.evidence.gathered import Gathered, joined
from app.session.evidence.history import kernels_of, placebos_of
from app.session.evidence.neutral import neutral_model
from app.session.evidence.sampled import NOTHING, kernel_of
from app.session.evidence.sizing import estimates, interval, seen_with
from app.session.evidence.weighing import (
    ALARM,
    Onset,
    Telling,
    balanced,
    capital,
    honest,
    mixed,
    padded,
    paths,
    telling,
)

WORLDS: Final = (
    "base_0", "news_0", "vol4_0", "session_0", "own_quarter_0", "chase_0", "signal_0", "base_1", "base_2", "base_4",
    "base_8", "slow_4", "fade_5", "slow_fade_4", "flow_4", "vol4_4", "news_4",
)  # fmt: skip
ENOUGH: Final = 100_000  # placebos of a history that speak for themselves
# how much a world counts in what is to be told apart: those that are hard to see, more
COUNTS: Final = {
    "base_2": 2.0, "base_4": 2.0, "slow_4": 2.0, "slow_fade_4": 2.0, "fade_5": 3.0, "base_8": 0.5, "flow_4": 0.5,
}  # fmt: skip
_APART: Final = 10_000  # between the seeds of two errands of one world
NULL_PLANTED: Final = 0.5  # prior that a planted parent was not answered


class FitPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What a fit plays. `parents` of each world; `placebos`: episodes of each library world."""

    name: str
    worlds: tuple[EvidenceWorld, ...]
    folder: Path
    parents: int = 48
    placebos: int = 1
    samples: int = 1
    first: int = 0
    workers: int = 1
    history: tuple[Path, ...] = ()


class Fitted(NamedTuple):
    """A model and how it was found."""

    model: Model
    card: dict[str, Any]

    def lines(self) -> list[str]:
        """What it does on what it was fitted on, in words: a line a world."""
        return [
            f"{name:<16} {said['parents']:>5} parents, leak {said['leak_bps']:6.2f} bps, mean e {said['mean_e']:.3f}, "
            f"reached E {ALARM:g}: {said['alarmed']:.3f}"
            for name, said in self.card["worlds"].items()
        ]


Tell = Callable[[str], object]


def fit(plan: FitPlan, tell: Tell = lambda _line: None) -> Fitted:
    """The model of a plan. Raises SettingsError where worlds are missing that a fit cannot do without."""
    clean = [world for world in plan.worlds if world.agent.target_bps == 0.0]
    leaking = [world for world in plan.worlds if world.agent.target_bps > 0.0]
    if not clean or not leaking:
        raise SettingsError(
            complaint("evidence fit", "worlds", names_of(plan.worlds), "some with a leak and some without")
        )
    own = kernels_of(plan.history)
    model = _library(plan, clean, {**own, ANY: _kernel(plan, clean, tell)}, tell)
    found = {world.name: _children(plan, world, model, tell) for world in [*clean, *leaking]}
    kinds: dict[str, list[Gathered]] = {}
    for world in clean:
        kinds.setdefault(kind_of(world), []).append(found[world.name])
    usual = sorted(kinds, key=lambda kind: -sum(len(part.children) for part in kinds[kind]))
    corrected = with_factors(model, factors({kind: ratios_of(joined(kinds[kind]), model) for kind in usual}))
    found = {name: held_again(part, model, corrected) for name, part in found.items()}
    weighed = weights_of({w.name: found[w.name] for w in leaking}, [found[w.name] for w in clean])
    corrected = sized(corrected.changed(plan.name, weights=weighed), found, [w.name for w in leaking])
    return Fitted(corrected, card_of(plan, corrected, found))


def names_of(worlds: Sequence[EvidenceWorld]) -> str:
    """Their names in a line."""
    return ", ".join(world.name for world in worlds)


def kind_of(world: EvidenceWorld) -> str:
    """The algos of a world, as one name."""
    return " ".join(sorted(name for name, weight in world.orders.algos.items() if weight))


def _errand(plan: FitPlan, kind: Kind, world: EvidenceWorld, given: tuple[int, int, Model]) -> Errand:
    first, count, model = given
    return Errand(
        kind=kind, world=world, seeds=list(seeds_of("fit", plan.first + first, count)), agent=kind == "score",
        model=str(kept_model(model, plan.folder)), folder=str(plan.folder),
    )  # fmt: skip


def _played(plan: FitPlan, errand: Errand, tell: Tell) -> list[Path]:
    done = 0
    for _ in run(errand, plan.workers):
        done += 1
    tell(f"{errand.kind:<8} {errand.world.name:<16} {done} episodes")
    return [file_of(errand, seed) for seed in errand.seeds]


def _kernel(plan: FitPlan, clean: Sequence[EvidenceWorld], tell: Tell) -> Kernel:
    """One kernel for all: of clean episodes of each world."""
    seen = NOTHING
    for world in clean:
        for file in _played(plan, _errand(plan, "sample", world, (0, plan.samples, neutral_model())), tell):
            seen = seen.plus(read_seen(file))
    kernel = kernel_of(seen)
    if kernel is None:
        raise SettingsError(
            complaint("evidence fit", "samples", plan.samples, "more: too little was seen for a kernel")
        )
    tell(f"kernel   g {kernel.g}, signs {kernel.signs}")
    return kernel


def _library(plan: FitPlan, clean: Sequence[EvidenceWorld], kernels: dict[str, Kernel], tell: Tell) -> Model:
    """Placebos of the worlds; of the plan's history, where there are enough, alone: it is what is traded."""
    start = neutral_model(kernels[ANY]).changed(kernels=kernels)
    own = placebos_of(plan.history, start)
    library = Library()
    for world in clean:
        for file in _played(plan, _errand(plan, "library", world, (_APART, plan.placebos, start)), tell):
            library.add(read_library(file))
    if plan.history:
        tell(f"history  {own.count[:, -1].sum():,} placebos, {len(kernels) - 1} kernels")
    if own.count[:, -1].sum() >= ENOUGH:
        library = own
    else:
        library.add(own)
    return rounded(library.into(start, plan.name))


def rounded(model: Model) -> Model:
    """Means to seven digits: what is beyond is noise, and a file of it does not shrink."""
    tables = model.tables
    return model.changed(
        **{name: getattr(tables, name).astype(np.float32).astype(np.float64) for name in ("means", "pools", "direct")}
    )


def _children(plan: FitPlan, world: EvidenceWorld, model: Model, tell: Tell) -> Gathered:
    each = world.market.instruments * world.orders.per_instrument
    errand = _errand(plan, "score", world, (2 * _APART, max(-(-plan.parents // each), 1), model))
    _played(plan, errand, tell)
    return joined(scored(errand))


def weights_of(planted: Mapping[str, Gathered], clean: Sequence[Gathered]) -> Floats:
    """Weights of the e-process's worlds: what explains planted leaks and what tells them from none."""
    ratios = {name: capital(padded(_answered(found)), Onset()) for name, found in planted.items()}
    names = [name for name in sorted(ratios) if len(ratios[name])]
    parts = [ratios[name] for name in names]
    none = capital(padded(joined(clean)), Onset())
    told = telling(Telling(parts, [COUNTS.get(name, 1.0) for name in names], none))
    return mixed(told, balanced(parts, NULL_PLANTED, honest(none)))


def _answered(found: Gathered) -> Gathered:
    return found.of(found.parents["leaking"])


def sized(model: Model, found: Mapping[str, Gathered], leaking: Sequence[str]) -> Model:
    """With the interval of the estimate and the smallest leak that is seen."""
    weights = model.tables.weights
    estimate = {name: estimates(part, weights) for name, part in found.items()}
    truth = {name: np.nan_to_num(part.parents["leak"]) for name, part in found.items()}
    bounds = interval(estimate, truth)
    children, bps = _detectable(model, found, leaking)
    return model.changed(
        estimates=bounds.estimates, lower=bounds.lower, upper=bounds.upper, detectable=np.array([children, bps])
    )


def _detectable(model: Model, found: Mapping[str, Gathered], leaking: Sequence[str]) -> tuple[float, float]:
    """(children, bps) of the leaks of one kind and several sizes; what the model had where there are none."""
    power, children = {}, []
    for name in sorted(leaking):
        if name.startswith("base_"):
            part = _answered(found[name])
            power[float(np.mean(part.parents["leak"]))] = float(np.mean(alarmed(part, model)))
            children.append(float(part.parents["scored"].mean()))
    bps = seen_with(power) if power else None
    if bps is None:
        before = model.tables.detectable
        return float(before[0]), float(before[1])
    return float(np.mean(children)), bps


def alarmed(found: Gathered, model: Model) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which parents reached E 20 at some time."""
    if not len(found.parents):
        return np.zeros(0, bool)
    path = paths(padded(found), Onset(), model.tables.weights)
    return np.asarray(path.max(axis=1, initial=1.0) >= ALARM)


def command_of(plan: FitPlan) -> str:
    """The command that makes this model again; recordings of one's own by their names alone."""
    words = [f"--parents {plan.parents} --placebos {plan.placebos} --samples {plan.samples} --first {plan.first}"]
    if names_of(plan.worlds) != ", ".join(WORLDS):
        words += [f"--world {world.name}" for world in plan.worlds]
    words += [f"--history {path.name}" for path in plan.history]
    return f"scorecard evidence fit --out {plan.name}.model {' '.join(words)}"


def card_of(plan: FitPlan, model: Model, found: Mapping[str, Gathered]) -> dict[str, Any]:
    """What a model was fitted on, and what it does there: to be read beside it."""
    worlds = {}
    for name, part in sorted(found.items()):
        worlds[name] = {
            "parents": len(part.parents),
            "children": len(part.children),
            "leak_bps": round(float(np.nanmean(part.parents["leak"])), 3),
            "mean_e": round(float(part.children["e"].mean()), 4),
            "alarmed": round(float(alarmed(part, model).mean()), 4),
        }
    return {
        "name": plan.name, "hash": model.hash, "commands": [command_of(plan)], "code": code_hash(), "split": "fit",
        "first_seed": plan.first,
        "parents": plan.parents, "placebos": plan.placebos, "worlds": worlds,
        "kernel": msgspec.to_builtins(model.kernels[ANY]), "detectable": model.tables.detectable.tolist(),
    }  # fmt: skip

"""What is kept of each parent of an episode: the truth beside what the engine said, in a few hundred bytes."""

import math
import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from app.engine.config import EngineConfig
from app.engine.core import Engine
from app.engine.events import OrderRow
from app.engine.evidence import cost
from app.engine.evidence.colour import COLOURS
from app.engine.evidence.model import Model
from app.engine.evidence.process import LARGE
from app.engine.evidence.trail import Trail
from app.engine.tables.context import Columns
from app.engine.units import BPS, PRICE_SCALE
from app.feeds.simulator.evidence import Episode, Truth
from app.runtime.route import MAX_BLOCK, Route

Floats = NDArray[np.float64]
LEVELS: Final = (10.0, 20.0, 100.0)  # of E
PARTS: Final = ("drift_market_ccy", "drift_own_ccy", "drift_leak_ccy", "drift_noise_ccy")
_NUMBER: Final = re.compile(r"-C(\d+)(?:\.\d+)?$")


class Judged(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """One parent. Costs in bps of S x arrival; children count from 0 in order of time, as the truth's.

    `sup_e` is over all epochs, `e` of the last; `crossed`: the child with which E first reached each of LEVELS.
    `ever`, `ever_last`: the highest colour at any time, and in the last epoch. `gap`: drift less the sum of its parts,
    in units of what rounding five numbers may leave (at most 1 where they sum exactly). `capital`, `costs`: of the
    last epoch's worlds: logarithm of the capital, expected cost to date; `unborn` the logarithm of what is not begun.
    """

    seed: int
    parent_id: str
    instrument: str
    algo: str
    leaking: bool
    true_bps: float
    slip_bps: float
    drift_bps: float | None
    children: int
    onset: int | None
    scored: int
    voided: int
    epochs: int
    e: float | None
    sup_e: float
    first_e: float
    crossed: tuple[int | None, ...]
    status: str
    ever: str
    ever_last: str
    leak_bps: float | None
    low: float | None
    high: float | None
    projected: float | None
    direct: float | None
    direct_half: float | None
    detectable: float | None
    badge: bool | None
    gap: float | None
    unborn: float
    capital: bytes
    costs: bytes
    saving: tuple[float, float, float] | None = None  # of the last switch: bps, low, high
    verdict: str = ""
    true_saving: float | None = None


class Grouped(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """A cell of the table of causes after an episode; `true_bps`: mean true leak of its parents, None where unknown."""

    seed: int
    dimension: str
    name: str
    parents: int
    leak_bps: float | None
    low: float | None
    high: float | None
    e: float | None
    badge: bool | None
    true_bps: float | None


class Kept(msgspec.Struct, frozen=True, array_like=True):
    """What is kept of an episode."""

    parents: list[Judged]
    groups: list[Grouped]


def engine_of(episode: Episode, model: Model, *, block: int = MAX_BLOCK) -> Engine:
    """An engine that has been through the whole episode."""
    engine = Engine(episode.universe, EngineConfig(evidence=model))
    play(engine, episode, block=block)
    return engine


def play(engine: Engine, episode: Episode, *, block: int = MAX_BLOCK) -> None:
    """The rows of an episode and the end of data through an engine."""
    orders: list[OrderRow] = sorted(episode.orders, key=lambda row: (row.ts_event, row.source, row.seq))
    route = Route(iter((episode.market,)), orders, block)
    while (rows := route.take()) is not None:
        engine.apply(rows)
    engine.finish(route.end_ns)


def judged(episode: Episode, engine: Engine, uncured: Mapping[str, float] | None = None) -> Kept:
    """What is kept of an episode after its end; `uncured`: the leak of parents whose cause had gone on."""
    evidence = engine.state.evidence
    trails = {} if evidence is None else evidence.trails()
    tables = engine.tables()
    rows = {line["parent_id"]: line for line in _lines(tables["parents"])}
    switches = {line["parent_id"]: line for line in _lines(tables.get("switches", {})) if line["parent_id"]}
    found = []
    for truth in episode.truths:
        trail = trails.get(truth.parent_id)
        if trail is not None and truth.parent_id in rows:
            one = _judged(episode.seed, truth, rows[truth.parent_id], _Said(engine, trail))
            found.append(_with_saving(one, switches.get(truth.parent_id), uncured or {}))
    groups = [_grouped(episode.seed, line, found) for line in _lines(tables.get("attribution", {}))]
    return Kept(found, groups)


def _lines(table: Columns) -> list[dict[str, Any]]:
    return [dict(zip(table, values, strict=True)) for values in zip(*table.values(), strict=True)]


def _with_saving(one: Judged, line: dict[str, Any] | None, uncured: Mapping[str, float]) -> Judged:
    if line is None:
        return one
    figures = (line["saving_bps"], line["saving_lo_bps"], line["saving_hi_bps"])
    true = uncured.get(one.parent_id, one.true_bps) - one.true_bps
    saving = None if any(figure is None for figure in figures) else figures
    return msgspec.structs.replace(one, saving=saving, verdict=line["verdict"], true_saving=true)


def _grouped(seed: int, line: dict[str, Any], parents: list[Judged]) -> Grouped:
    of = [one.true_bps for one in parents if one.algo == line["cell"]] if line["dimension"] == "algo" else []
    return Grouped(
        seed=seed, dimension=line["dimension"], name=line["cell"], parents=line["n_parents"],
        leak_bps=line["leak_bps"], low=line["leak_lo_bps"], high=line["leak_hi_bps"], e=line["e_value"],
        badge=line["in_fdr_set"], true_bps=math.fsum(of) / len(of) if of else None,
    )  # fmt: skip


class _Said:
    """What a trail said, by child."""

    def __init__(self, engine: Engine, trail: Trail) -> None:
        self.trail = trail
        self._facts = engine.state.evidence.children if engine.state.evidence is not None else []
        self.last = len(trail.epochs) - 1

    def crossed(self, level: float) -> int | None:
        """The child with which E first reached a level."""
        for said in self.trail.said:
            if said.e >= level and said.record >= 0:
                return self._number(said.record)
        return None

    def _number(self, record: int) -> int | None:
        chain = self._facts[record].chain
        found = _NUMBER.search(chain.child_id) if chain is not None else None
        return int(found.group(1)) if found else None

    def highest(self, *, last: bool) -> str:
        """The highest colour, of all or of the last epoch."""
        places = [COLOURS.index(said.light) for said in self.trail.said if not last or said.epoch == self.last]
        return COLOURS[max(places, default=0)]


def _judged(seed: int, truth: Truth, row: dict[str, Any], said: _Said) -> Judged:
    trail = said.trail
    epoch = trail.epochs[-1]
    direct, half = direct_of(trail)
    value = truth.qty * truth.arrival / (2.0 * PRICE_SCALE)
    drift = row["drift_ccy"]
    scale = float(epoch["scale"]) * math.log(LARGE)
    capital = np.array(epoch["capital"], np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(capital) + scale
        costs = np.where(capital > 0, epoch["cost"] / capital, 0.0)
    return Judged(
        seed=seed, parent_id=truth.parent_id, instrument=truth.instrument, algo=truth.algo, leaking=truth.leaking,
        true_bps=truth.leak_bps, slip_bps=truth.slip_bps, drift_bps=None if drift is None else drift / value * BPS,
        children=truth.n_children, onset=truth.onset_child, scored=row["n_scored"] or 0, voided=row["n_void"] or 0,
        epochs=len(trail.epochs), e=row["e_value"], sup_e=max(trail.epochs["most"].tolist()),
        first_e=float(trail.epochs[0]["e"]), crossed=tuple(said.crossed(level) for level in LEVELS),
        status=row["status"], ever=said.highest(last=False), ever_last=said.highest(last=True),
        leak_bps=row["leak_bps"], low=row["leak_lo_bps"], high=row["leak_hi_bps"], projected=row["leak_projected_bps"],
        direct=direct, direct_half=half, detectable=row["min_detectable_bps"], badge=row["in_fdr_set"], gap=gap_of(row),
        unborn=math.log(epoch["unborn"]) + scale if epoch["unborn"] > 0 else -math.inf,
        capital=logs.astype("<f4").tobytes(), costs=costs.astype("<f4").tobytes(),
    )  # fmt: skip


def direct_of(trail: Trail) -> tuple[float | None, float | None]:
    """The direct estimate over all epochs and half the width of its interval (bps)."""
    parts = [cost.direct(float(e["direct"]), float(e["direct2"]), int(e["measured"])) for e in trail.epochs]
    known = [part for part in parts if part.value is not None and part.high is not None]
    if not known:
        return None, None
    total = math.fsum(part.value for part in known if part.value is not None)
    halves = [part.high - part.value for part in known if part.high is not None and part.value is not None]
    return total, math.sqrt(math.fsum(half * half for half in halves))


def gap_of(row: dict[str, Any]) -> float | None:
    """Drift less the sum of its published parts over half a last place of each: at most 1 where they sum exactly."""
    drift, parts = row["drift_ccy"], [row[name] for name in PARTS]
    if drift is None or any(part is None for part in parts):
        return None
    rest = Fraction(drift) - sum((Fraction(part) for part in parts), Fraction(0))
    room = math.fsum(math.ulp(part) / 2 for part in (drift, *parts))
    return float(abs(rest) / Fraction(room))


def logs_of(record: Judged) -> tuple[Floats, Floats]:
    """(logarithm of the capital, expected cost in bps) of each world of the last epoch."""
    capital, costs = np.frombuffer(record.capital, "<f4"), np.frombuffer(record.costs, "<f4")
    return capital.astype(np.float64), costs.astype(np.float64)

"""Fake orders through the real engine: on simulated days in which we do nothing, or on a recording."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from app.engine.config import EngineConfig
from app.engine.core import Engine
from app.engine.errors import FeedError, SettingsError, complaint
from app.engine.events import OrderRow
from app.engine.evidence.follow import Evidence
from app.engine.evidence.model import Model
from app.engine.evidence.placebo import Placebos, Plan
from app.engine.evidence.rows import JOINTS, QUOTES, SHARES
from app.engine.units import NULL, SECOND
from app.feeds.simulator.evidence import seeds_of
from app.runtime.route import MAX_BLOCK, NO_LIMIT, Route
from app.session.evidence_aa.day import Day, day_world, recorded, simulated
from app.session.evidence_aa.fakes import Fakes, Kind, Span, orders_of, spans_of
from app.session.evidence_aa.record import AaRecord
from app.session.evidence_aa.tally import Tally

CHILDREN: Final = (50, 100, 400, 1500)
GAP_S: Final = 22.0
LONGEST_S: Final = 22_200.0  # of a parent
PRINTS_EVERY: Final = 4  # every fourth instrument's fakes are prints


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What an A/A run is made on: so many simulated days of a split, or a recording.

    `own_placebos`: a recording's own first half is what its second half is held against. `price`: bets on quotes
    alone, for a tape whose flow is not the model's. `again`: how often a recording is gone over with other moments.
    """

    days: int = 20
    world: str = "base_0"
    split: str = "test"
    recording: Path | None = None
    settings: Path | None = None
    children: tuple[int, ...] = CHILDREN
    price: bool = False
    own_placebos: bool = False
    again: int = 1


def aa_of(wanted: Wanted, model: Model, tell: Callable[[int, int], object]) -> AaRecord:
    """The record of an A/A run; `tell` hears of passes done and wanted. Raises ScorecardError."""
    if wanted.recording is None:
        world = day_world(wanted.world)
        days = (simulated(world, seed) for seed in seeds_of(wanted.split, 0, wanted.days))
        source, date, used = f"{wanted.days} simulated days", world.date, model
        tally = tallied(days, _bets(model, wanted), wanted, tell)
    else:
        day = recorded(wanted.recording, wanted.settings)
        if not len(day.market):
            raise FeedError(complaint(str(wanted.recording), "market", "no rows", "a recording with a market"))
        date = datetime.fromtimestamp(int(day.market["ts_event"][0]) // SECOND, UTC).date().isoformat()
        used, begin = with_own_placebos(day, model, 1) if wanted.own_placebos else (model, NULL)
        source = day.name
        tally = tallied([day], _bets(used, wanted), wanted, tell, begin)
    return AaRecord(
        source=source, date=date, model_hash=used.hash, model_name=used.name,
        channel="price" if wanted.price else "all", rates=tally.rates(), mean_e=tally.mean_e(),
    )  # fmt: skip


def _bets(model: Model, wanted: Wanted) -> Model:
    return price_alone(model) if wanted.price else model


def price_alone(model: Model) -> Model:
    """The model betting on quotes alone: for tapes whose flow is another market's. Raises SettingsError."""
    weights = model.tables.weights.reshape(-1, len(SHARES)).copy()
    quotes = np.zeros(len(weights), bool)
    quotes[QUOTES:JOINTS] = True
    weights[~quotes] = 0.0
    total = math.fsum(weights.ravel().tolist())
    if total <= 0:
        raise SettingsError(complaint(model.name, "weights", "none on quotes", "a model that bets on quotes"))
    return model.changed(f"{model.name}, price alone", weights=(weights / total).ravel())


def run(day: Day, orders: Iterable[OrderRow], engine: Engine, until: int = NO_LIMIT) -> None:
    """The day's market with some orders beside its own through an engine, whole or up to a time (ns)."""
    rows = sorted([*day.orders, *orders], key=lambda row: (row.ts_event, row.source, row.seq))
    route = Route(iter((day.market,)), rows, MAX_BLOCK)
    while (block := route.take(until)) is not None:
        engine.apply(block)
    engine.finish(min(route.end_ns, until))


def with_own_placebos(day: Day, model: Model, seed: int) -> tuple[Model, int]:
    """The model with placebos of the first half of the day, and when the other half begins (ns)."""
    times = day.market["ts_event"]
    middle = (int(times[0]) + int(times[-1])) // 2
    engine = Engine(day.universe, EngineConfig(evidence=model))
    placebos = Placebos(engine.config, day.universe, engine.state.history, engine.state.joins, Plan(seed, gap_s=2.0))
    engine.state.evidence = placebos
    run(day, (), engine, middle)
    return placebos.library.into(model, f"{model.name}, placebos of {day.name}"), middle


def passes(day: Day, model: Model, wanted: Wanted, begin: int = NULL) -> Iterator[tuple[list[Fakes], Evidence]]:
    """Fakes of each number of children through an engine of their own, from `begin` (ns) on.

    An instrument's fakes are of one kind at a time; a fourth of the instruments gets prints.
    """
    spans = spans_of(day.market, day.ours(), max(begin, 0))
    longest = max((span.end - span.begin for span in spans.values()), default=0) / SECOND
    for count in wanted.children:
        for again in range(wanted.again):
            gap = min(GAP_S, LONGEST_S / count, longest / count)
            rows: list[OrderRow] = []
            told = []
            for kind, some in _by_kind(spans, again).items():
                told.append(Fakes(again + 1, count, gap, kind))
                rows += orders_of(told[-1], some, day.universe)
            engine = Engine(day.universe, EngineConfig(evidence=model))
            run(day, rows, engine)
            assert engine.state.evidence is not None  # noqa: S101 - it was given a model
            yield told, engine.state.evidence


def _by_kind(spans: Mapping[int, Span], again: int) -> dict[Kind, dict[int, Span]]:
    out: dict[Kind, dict[int, Span]] = {"times": {}, "prints": {}}
    for n, (instrument, span) in enumerate(spans.items()):
        out["prints" if (n + again) % PRINTS_EVERY == PRINTS_EVERY - 1 else "times"][instrument] = span
    return out


def tallied(
    days: Iterable[Day], model: Model, wanted: Wanted, tell: Callable[[int, int], object], begin: int = NULL
) -> Tally:
    """All fakes of some days."""
    tally, done = Tally(model), 0
    each = len(wanted.children) * wanted.again
    whole = each * (1 if wanted.recording is not None else wanted.days)
    for day in days:
        for told, evidence in passes(day, model, wanted, begin):
            for fakes in told:
                tally.take(fakes, evidence)
            done += 1
            tell(done, whole)
    return tally

"""Thresholds of the evidence light tried on past flow: what would have fired, when, how often a day, and how rightly.

Every scored child is looked at as the light looks at it, with other thresholds. Where the truth of the orders is known
(`scorecard evidence simulate` writes it beside its sessions), precision and recall are told.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from app.control.ruling import day_of
from app.engine.core import Engine
from app.engine.evidence import cost
from app.engine.evidence.colour import AMBER, COLOURS, DWELL_CHILDREN, DWELL_NS, RED
from app.engine.evidence.model import Model
from app.engine.evidence.trail import Trail
from app.engine.tables.build import standing_of
from app.engine.universe import Universe
from app.runtime.route import MAX_BLOCK, Route
from app.session.clock_health import engine_config
from app.session.formats import Sources, resolved_format
from app.session.labels import Labelled, labels_of
from app.settings import load_settings

LEAVE_E: Final = 0.5  # of the threshold it was entered with
LEAVE_BPS: Final = 0.75


class Thresholds(NamedTuple):
    """AMBER from `e` and `bps` projected, RED from `red_e` and `red_bps`."""

    e: float = 20.0
    bps: float = 2.0
    red_e: float = 100.0
    red_bps: float = 4.0

    def colour(self, e: float, bps: float) -> str:
        """What a look would show; empty without an alarm."""
        if e >= self.red_e and bps >= self.red_bps:
            return RED
        return AMBER if e >= self.e and bps >= self.bps else ""


class Fired(NamedTuple):
    """An alarm of an order: when it rose to AMBER or RED, with what."""

    ts: int
    parent_id: str
    colour: str
    e: float
    projected: float
    children: int


class Tried(NamedTuple):
    """A session: its day, its orders that were scored, every alarm, and which orders leak where that is known."""

    name: str
    day: str
    parents: list[str]
    fired: list[Fired]
    leaking: Mapping[str, bool]


class Seen(NamedTuple):
    """A scored child as the light sees it: epoch, time, E, bps projected."""

    epoch: int
    ts: int
    e: float
    projected: float


def tried(path: Path, model: Model, thresholds: Thresholds, settings_file: str | None = None) -> Tried:
    """Replay a session with evidence on and look at every scored child. Raises ScorecardError in words."""
    settings = load_settings(Path(settings_file) if settings_file else None)
    config = msgspec.structs.replace(engine_config(settings, settings_file, book=False), evidence=model)
    universe = Universe()
    with Sources(settings, settings_file, None).open(path, resolved_format(path, None), universe) as recording:
        route = Route(recording.market, recording.orders, MAX_BLOCK)
        first = route.next_ns() or 0
        engine = Engine(universe, config)
        while (block := route.take()) is not None:
            engine.apply(block)
        engine.finish(route.end_ns)
    fired: list[Fired] = []
    parents: list[str] = []
    for parent_id, trail in engine.state.evidence.trails().items() if engine.state.evidence is not None else ():
        seen = seen_of(engine, trail)
        if seen:
            parents.append(parent_id)
            fired += alarms_of(parent_id, seen, thresholds)
    return Tried(recording.name, day_of(first, "UTC"), parents, sorted(fired), labels_of(path))


def seen_of(engine: Engine, trail: Trail) -> list[Seen]:
    """Every scored child with the leak projected from what was filled by then."""
    parent = engine.state.flow.parents.get(trail.parent_id)
    if parent is None or not trail.qty:
        return []
    standing = standing_of(parent, engine.state.moment())
    fills = sorted((fill.fact.matched_at, fill.standing_qty) for fill in standing.executions.fills)
    times, done = [ts for ts, _ in fills], [0]
    for _, qty in fills:
        done.append(done[-1] + qty)

    def rest(ts: int) -> float:
        return max(trail.qty - done[bisect_left(times, ts)], 0) / trail.qty

    began = [rest(int(ts)) if k else 1.0 for k, ts in enumerate(trail.epochs["began"].tolist())]
    return [
        Seen(said.epoch, said.ts, said.e, cost.projected(said.estimate, began[said.epoch], rest(said.ts), said.fading))
        for said in trail.said
        if said.record >= 0
    ]


def alarms_of(parent_id: str, seen: Sequence[Seen], limits: Thresholds) -> list[Fired]:
    """Each time an order rises to AMBER or to RED; it is left as the light is left, with its dwell."""
    out: list[Fired] = []
    shown, since, children, epoch = "", 0, 0, 0
    for number, look in enumerate(seen, start=1):
        if look.epoch != epoch:
            shown, since, children, epoch = "", look.ts, 0, look.epoch
        wanted = limits.colour(look.e, look.projected)
        children += 1
        if wanted == shown:
            continue
        if shown and _rank(wanted) < _rank(shown):
            held = look.ts - since < DWELL_NS and children < DWELL_CHILDREN
            strong = look.e >= LEAVE_E * limits.e and look.projected >= LEAVE_BPS * limits.bps
            if held or (strong and wanted != AMBER):
                continue
        elif wanted:
            out.append(Fired(look.ts, parent_id, wanted, look.e, look.projected, number))
        shown, since, children = wanted, look.ts, 0
    return out


def _rank(colour: str) -> int:
    return COLOURS.index(colour) if colour else -1


def a_day(done: Sequence[Tried], colour: str) -> float:
    """How often a day an order rises to a colour, over the days of the sessions."""
    days = len({(one.name, one.day) for one in done})
    return sum(1 for one in done for fired in one.fired if fired.colour == colour) / max(days, 1)


def labelled(done: Sequence[Tried], colour: str) -> list[Labelled]:
    """The sessions with the orders that rose to a colour."""
    return [
        Labelled(one.parents, {fired.parent_id for fired in one.fired if fired.colour == colour}, one.leaking)
        for one in done
    ]

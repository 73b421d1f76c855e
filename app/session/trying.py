"""Rules tried on past sessions: what would have fired, when, on which order, how often a day.

The rules look once a second of event time at what the engine had published by then, as they would have live.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.control.rules import RuleTable, rule_of
from app.control.ruling import day_of
from app.engine.core import Engine
from app.engine.events import Rows
from app.engine.rules.columns import values_of
from app.engine.rules.truth import Row
from app.engine.rules.watch import Firing, Watch
from app.engine.units import SECOND
from app.engine.universe import Universe
from app.runtime.route import Route
from app.session.clock_health import engine_config
from app.session.formats import Sources, resolved_format
from app.session.labels import Labelled, labels_of
from app.session.warm import load_kernels
from app.settings import load_settings

TICK_NS: Final = SECOND


class Tried(NamedTuple):
    """What rules would have done on one session: its day, seconds, parents, every firing; who leaks, where known."""

    name: str
    day: str
    seconds: int
    parents: list[str]
    fired: list[Firing]
    leaking: Mapping[str, bool]


class ParentsSink:
    """Keeps the newest row of every parent; the rest of a publication is not looked at."""

    def __init__(self) -> None:
        self._texts: dict[str, int] = {"": 0}
        self._names: list[str] = [""]
        self._lengths: dict[str, int] = {}
        self.rows: dict[int, np.void] = {}

    def intern(self, text: str) -> int:
        """Its number."""
        found = self._texts.get(text)
        if found is None:
            found = self._texts[text] = len(self._names)
            self._names.append(text)
        return found

    def put(self, section: str, index: NDArray[np.int64], rows: Rows) -> None:
        """Parents are kept, of the others how many there are."""
        if len(index):
            self._lengths[section] = max(self.length(section), int(index.max()) + 1)
        if section == "parents":
            self.rows.update(zip(index.tolist(), rows.copy(), strict=True))

    def length(self, section: str) -> int:
        """Rows put into a section."""
        return self._lengths.get(section, 0)

    def parents(self) -> list[str]:
        """Their names, without the bucket of what belongs to none."""
        return [name for name in (self._names[int(row["parent_id"])] for row in self.rows.values()) if name]

    def beat(self, watermark: int) -> None:
        """Nobody waits."""

    def looked(self, columns: tuple[str, ...]) -> Iterator[tuple[str, Row]]:
        """Every parent as a rule sees it."""
        for row in self.rows.values():
            name = self._names[int(row["parent_id"])]
            if name:
                yield name, values_of(row, columns, self._names.__getitem__)


def tried(path: Path, rules: Mapping[str, RuleTable], settings_file: str | None = None) -> Tried:
    """Play a session through a fresh engine with the rules looking on. Raises ScorecardError in words."""
    settings = load_settings(Path(settings_file) if settings_file else None)
    config = engine_config(settings, settings_file, book=False)
    load_kernels(config)
    universe, sink = Universe(), ParentsSink()
    watches = {name: Watch(rule_of(name, table)) for name, table in rules.items()}
    columns = tuple(dict.fromkeys([*_columns(watches.values()), "state", "desk", "status", "visibility"]))
    fired: list[Firing] = []
    first = last = 0
    with Sources(settings, settings_file, None).open(path, resolved_format(path, None), universe) as recording:
        route = Route(recording.market, recording.orders, settings.replay.block)
        at = route.next_ns()
        engine = Engine(universe, config)
        first = last = at or 0
        while at is not None:
            last = max(at, last + TICK_NS)
            while (block := route.take(last)) is not None:
                engine.apply(block)
            engine.publish(sink)
            rows = list(sink.looked(columns))
            for name, watch in watches.items():
                fired += watch.step(last, _live(rows, rules[name].desk))
            at = route.next_ns()
    return Tried(recording.name, day_of(first, "UTC"), (last - first) // SECOND, sink.parents(), fired, labels_of(path))


def labelled(done: Iterable[Tried], rule: str) -> list[Labelled]:
    """The sessions with the orders a rule would have acted on."""
    return [Labelled(one.parents, {firing.parent_id for firing in acts(one, rule)}, one.leaking) for one in done]


def acts(one: Tried, rule: str) -> list[Firing]:
    """The firings of a rule that would have done something, not waited."""
    return [firing for firing in one.fired if firing.rule == rule and firing.verdict != "wait"]


def _live(rows: list[tuple[str, Row]], desk: str) -> list[tuple[str, Row]]:
    live = [pair for pair in rows if pair[1].get("state") in {"live", "paused"}]
    return [pair for pair in live if not desk or pair[1].get("desk") == desk]


def _columns(watches: Iterable[Watch]) -> list[str]:
    found: list[str] = []
    for watch in watches:
        for part in (watch.rule.when, watch.rule.until, watch.rule.where):
            found += part.columns if part is not None else ()
    return found

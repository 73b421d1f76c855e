"""Rules over time: a condition must hold without a break, fires once until it was left, and is counted and limited."""

from collections.abc import Iterable
from typing import Final, Literal

import msgspec

from app.engine.rules.tree import Condition
from app.engine.rules.truth import Row, explained, true_of
from app.engine.units import SECOND

MINUTE: Final = 60 * SECOND
Verdict = Literal["act", "dry", "ask", "wait"]


class Bounds(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How often a rule may act: seconds between two on one order, times a day on one order and in all, a minute."""

    cool_down_s: float = 600.0
    order_day: int = 3
    day: int = 20
    minute: int = 5  # more than these from one rule in a minute: a person is asked


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One rule: when, until when it counts as fired, and its bounds. `until` None: until `when` is no longer true."""

    name: str
    when: Condition
    until: Condition | None = None
    where: Condition | None = None  # orders it looks at
    bounds: Bounds = Bounds()


class Firing(msgspec.Struct, frozen=True, kw_only=True):
    """A rule fired on a parent: what comes of it and why, in words."""

    rule: str
    parent_id: str
    ts: int
    verdict: Verdict
    words: str


class _Held(msgspec.Struct):
    """One rule on one parent: since when its condition holds, whether it has fired and was not left since, and when."""

    since: int | None = None
    latched: bool = False
    fired: list[int] = []


class Watch:
    """One rule over all parents of a day, in event time; the same rows give the same firings."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.armed = False
        self._held: dict[str, _Held] = {}
        self._fired: list[int] = []

    def step(self, now: int, rows: Iterable[tuple[str, Row]]) -> list[Firing]:
        """Look at every parent at an event time (ns): what fires now, by parent in the order given."""
        fired = []
        for parent_id, row in rows:
            found = self._look(now, parent_id, row)
            if found is not None:
                fired.append(found)
        return fired

    def interrupt(self) -> None:
        """What is known of every parent is not to be believed: whatever held must hold anew."""
        for held in self._held.values():
            held.since = None

    def since(self, parent_id: str) -> int | None:
        """Since when the condition has held on a parent (ns), None while it does not."""
        held = self._held.get(parent_id)
        return None if held is None else held.since

    def holding(self) -> int:
        """On how many parents the condition holds now."""
        return len([held for held in self._held.values() if held.since is not None])

    def fired(self, parent_id: str = "") -> int:
        """How often it fired today on a parent, or in all."""
        if not parent_id:
            return len(self._fired)
        held = self._held.get(parent_id)
        return 0 if held is None else len(held.fired)

    def save(self) -> bytes:
        """Everything that is kept."""
        return msgspec.json.encode((self.armed, self._fired, self._held))

    def load(self, data: bytes) -> None:
        """Go on from what was saved."""
        self.armed, self._fired, self._held = msgspec.json.decode(data, type=tuple[bool, list[int], dict[str, _Held]])

    def _look(self, now: int, parent_id: str, row: Row) -> Firing | None:
        held = self._held.setdefault(parent_id, _Held())
        if self.rule.where is not None and true_of(self.rule.where, row) is not True:
            held.since = None
            return None
        true = true_of(self.rule.when, row)
        if true is not True:
            held.since = None  # undefined breaks the hold as false does: nothing is assumed to have gone on
        if held.latched:
            held.latched = not self._left(true, row)
            if held.latched:
                return None
        if true is not True:
            return None
        held.since = now if held.since is None else held.since
        if now - held.since < self.rule.when.hold_ns:
            return None
        return self._fire(now, parent_id, row, held)

    def _left(self, true: bool | None, row: Row) -> bool:
        if self.rule.until is None:
            return true is False
        return true_of(self.rule.until, row) is True

    def _fire(self, now: int, parent_id: str, row: Row, held: _Held) -> Firing | None:
        bounds = self.rule.bounds
        limit = self._limit(now, held)
        words = f"{self.rule.when.text}: {explained(self.rule.when, row)}"
        if held.since is not None and self.rule.when.hold_ns:
            words += f", held for {(now - held.since) / SECOND:.1f} s"
        held.latched = True
        if limit:
            return Firing(rule=self.rule.name, parent_id=parent_id, ts=now, verdict="wait", words=f"{words}; {limit}")
        lately = len([ts for ts in self._fired if now - ts < MINUTE])
        held.fired.append(now)
        self._fired.append(now)
        if not self.armed:
            return Firing(rule=self.rule.name, parent_id=parent_id, ts=now, verdict="dry", words=f"{words}; dry run")
        if lately >= bounds.minute:
            words += f"; {lately} within a minute before it: a person must decide"
            return Firing(rule=self.rule.name, parent_id=parent_id, ts=now, verdict="ask", words=words)
        return Firing(rule=self.rule.name, parent_id=parent_id, ts=now, verdict="act", words=words)

    def _limit(self, now: int, held: _Held) -> str:
        """Why it may not act on this order now, in words; "" when it may."""
        bounds = self.rule.bounds
        if held.fired and now - held.fired[-1] < bounds.cool_down_s * SECOND:
            return f"cools down for {bounds.cool_down_s:g} s after the last time"
        if len(held.fired) >= bounds.order_day:
            return f"{bounds.order_day} times today on this order already"
        if len(self._fired) >= bounds.day:
            return f"{bounds.day} times today already"
        return ""

"""Rules at work in the control process: they look at the board; what they ask passes the guard as a person's does."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final, Protocol

from app.control.answering import Answering, order_of_parent
from app.control.asks import Ask, Refused
from app.control.core import Control
from app.control.rules import RuleBook, RuleTable
from app.engine.rules.truth import Row
from app.engine.rules.watch import Firing
from app.engine.switch.facts import Alarm, Target
from app.engine.switch.guard import Wish
from app.engine.units import SECOND
from app.feeds.atdl.values import zone_of

MOST_ROWS: Final = 500  # looked at in one beat: a pad of 10,000 takes two seconds, a confirm never waits for it


class ParentsSight(Protocol):
    """The board's parents, as the rules need them."""

    @property
    def watermark(self) -> int:
        """Event time of the board (ns)."""

    @property
    def generation(self) -> int:
        """Of the board."""

    def parents(self, columns: Iterable[str], most: int) -> list[tuple[str, Row]]:
        """Up to `most` parents and their columns, going on where the last call ended."""


class Ruling:
    """The rules of one session."""

    def __init__(self, control: Control, answering: Answering, book: RuleBook, sight: ParentsSight) -> None:
        self.control, self.answering, self.book, self.sight = control, answering, book, sight

    def beat(self, fault: str) -> list[Firing]:
        """Look once; `fault` says why the board cannot be believed: then nothing holds. What fired, acted on."""
        if not self.book.tables:
            return []
        if fault:
            self.book.interrupt()
            return []
        now = self.sight.watermark
        self.book.turn(day_of(now, "UTC" if self.control.broker is None else self.control.broker.zone))
        fired = self.book.look(now, self.sight.parents(self.book.columns, MOST_ROWS))
        for firing in fired:
            self._answer(firing, self.book.tables[firing.rule])
        return fired

    def _answer(self, firing: Firing, table: RuleTable) -> None:
        """Audited first, whatever comes of it; an act is one as a person's, by the one who armed the rule."""
        control = self.control
        armer = self.book.armer(firing.rule)
        what = f"{table.then} {table.strategy}".strip()
        order = order_of_parent(control, firing.parent_id)
        control.audit.write("rule", {
            "rule": firing.rule, "parent": firing.parent_id, "verdict": firing.verdict, "then": what, "armed_by": armer,
            "words": firing.words, "board_ns": firing.ts, "generation": self.sight.generation, "now_ns": control.now,
        })  # fmt: skip
        control.audit.sync()
        order_id = "" if order is None else order.order_id
        if firing.verdict != "act" or table.then == "alert":
            said = {"dry": f"would {what}", "ask": f"asks a person: {what}?", "wait": "waits", "act": "alert"}
            alarm: Alarm = "" if firing.verdict in {"dry", "wait"} else "amber"
            control.remark(order_id, f"rule {firing.rule} {said[firing.verdict]}: {firing.words}", alarm)
            return
        if order is None:
            control.remark("", f"rule {firing.rule}: {firing.parent_id} has no algo order in this session", "amber")
            return
        wish = Wish(
            action="pause" if table.then == "pause" else "switch", order_id=order_id, version=order.version,
            generation=self.sight.generation, target=Target(strategy=table.strategy, params=dict(table.params)),
        )  # fmt: skip
        reply = self.answering.act(wish, armer, Ask(by=f"rule:{firing.rule}"))
        refused = isinstance(reply, Refused)
        words = f"rule {firing.rule} {'was refused' if refused else 'acted'}: {reply.words}; {firing.words}"
        control.remark(order_id, words, "amber" if refused else "")


def day_of(now: int, zone: str) -> str:
    """The day of an event time (ns) in a zone, YYYY-MM-DD."""
    return datetime.fromtimestamp(now // SECOND, UTC).astimezone(zone_of(zone)).date().isoformat()

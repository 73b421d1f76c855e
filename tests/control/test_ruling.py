"""Rules at work: what fires is audited first, passes the guard as a person's would, and is explained in the log."""

from collections.abc import Iterable
from pathlib import Path

from app.control.answering import Answering
from app.control.asks import AskArm, AskRules, Done, Refused, Rules
from app.control.rules import RuleBook, RuleTable
from app.control.ruling import MOST_ROWS, Ruling, day_of
from app.engine.rules.truth import Row
from app.engine.switch.guard import Market
from app.engine.units import SECOND
from tests.control.test_core import Desk

T = 1_767_623_400 * SECOND
DAY = day_of(T, "UTC")
SWITCH = RuleTable(when='level == "RED" for 2 s', then="switch", strategy="PASSIVE", cool_down_s=0)
RED: Row = {"level": "RED", "state": "live", "desk": "US"}


class Sight:
    """A board of made parents."""

    def __init__(self) -> None:
        self.watermark, self.generation = T, 7
        self.rows: list[tuple[str, Row]] = []
        self.asked: list[int] = []

    def parents(self, columns: Iterable[str], most: int) -> list[tuple[str, Row]]:
        """Those there are."""
        self.asked.append(most)
        return self.rows


class Room:
    """A desk with one order, its rules, and what they see."""

    def __init__(self, table: RuleTable = SWITCH, folder: Path | None = None, *, arm: bool = True) -> None:
        self.desk = Desk(folder)
        self.desk.begin()
        self.answering = Answering(self.desk.control)
        self.answering.book = RuleBook({"leak": table}, None, DAY)
        self.sight = Sight()
        self.sight.rows = [(self.desk.order.parent_id, RED)]
        self.ruling = Ruling(self.desk.control, self.answering, self.answering.book, self.sight)
        if arm:
            for user in ("ann", "bob"):
                assert isinstance(self.answering.answer(AskArm(rule="leak"), user, 1), Done)

    def beats(self, seconds: int, fault: str = "") -> list[str]:
        """One a second: the verdicts of what fired."""
        found: list[str] = []
        for _ in range(seconds):
            found += [one.verdict for one in self.ruling.beat(fault)]
            self.sight.watermark += SECOND
        return found

    def said(self) -> list[str]:
        """The message log."""
        return [step.words for step in self.desk.control.steps]


def test_that_an_armed_rule_switches_through_the_guard() -> None:
    room = Room()
    assert room.beats(5) == ["act"]
    assert len(room.desk.sent) == 1
    assert b"\x01847=PASSIVE\x01" in room.desk.sent[0]
    assert any(
        words.startswith("rule leak acted: ") and "level = RED, held for 2.0 s" in words for words in room.said()
    )


def test_that_a_rule_that_is_not_armed_says_what_it_would_do_and_does_nothing() -> None:
    room = Room(arm=False)
    assert room.beats(5) == ["dry"]
    assert room.desk.sent == []
    assert any(words.startswith("rule leak would switch PASSIVE: ") for words in room.said())


def test_that_the_guard_may_refuse_a_rule_and_it_is_said() -> None:
    room = Room()
    room.desk.board = Market(fault="engine is dead: its board stands still")
    assert room.beats(5) == ["act"]
    assert room.desk.sent == []
    assert any("rule leak was refused: " in words and "engine is dead" in words for words in room.said())


def test_that_linked_orders_are_never_switched_by_a_rule() -> None:
    room = Room()
    room.desk.board = Market(age_ns=0, group="basket B1", members=("INTC", "TECH"))
    assert room.beats(5) == ["act"]
    assert room.desk.sent == []


def test_that_nothing_holds_while_the_board_cannot_be_believed() -> None:
    room = Room()
    assert room.beats(2) == []
    assert room.beats(3, "engine is silent for 3.0 s") == []
    assert room.beats(2) == []
    assert room.beats(1) == ["act"]


def test_that_an_alert_sends_nothing() -> None:
    room = Room(RuleTable(when='level == "RED"'))
    assert room.beats(3) == ["act"]
    assert room.desk.sent == []
    assert any(words.startswith("rule leak alert: ") for words in room.said())


def test_that_a_parent_without_an_algo_order_is_said() -> None:
    room = Room()
    room.sight.rows = [("NOBODY", RED)]
    assert room.beats(5) == ["act"]
    assert any("NOBODY has no algo order in this session" in words for words in room.said())


def test_that_a_pause_is_asked_as_a_pause() -> None:
    room = Room(RuleTable(when='level == "RED"', then="pause"))
    assert room.beats(1) == ["act"]
    assert b"\x016408=Y\x01" in room.desk.sent[0]


def test_that_many_in_a_minute_ask_a_person() -> None:
    room = Room(RuleTable(when='level == "RED"', then="switch", strategy="PASSIVE", minute=1))
    room.sight.rows = [("A", RED), ("B", RED)]
    assert room.beats(1) == ["act", "ask"]
    assert any(words.startswith("rule leak asks a person: switch PASSIVE?: ") for words in room.said())


def test_that_everything_a_rule_does_is_audited_before_it_is_sent(tmp_path: Path) -> None:
    room = Room(folder=tmp_path)
    room.beats(5)
    room.desk.control.audit.sync()
    text = next(tmp_path.rglob("audit.log")).read_text("utf-8")
    order = [text.index(word) for word in ("is proposed by ann", '"armed_by":"bob"', '"by":"rule:leak"', '"kind":"G"')]
    assert order == sorted(order)


def test_that_another_day_disarms(tmp_path: Path) -> None:
    room = Room()
    room.sight.watermark += 86_400 * SECOND
    assert room.beats(5) == ["dry"]


def test_that_no_rules_look_at_nothing_and_rows_are_asked_for_a_few_at_a_time() -> None:
    room = Room()
    room.beats(1)
    assert room.sight.asked == [MOST_ROWS]
    idle = Ruling(room.desk.control, room.answering, RuleBook({}, None, DAY), room.sight)
    assert idle.beat("") == []
    assert room.sight.asked == [MOST_ROWS]


def test_that_rules_are_listed_and_armed_by_question() -> None:
    room = Room(arm=False)
    listed = room.answering.answer(AskRules(), "ann", 1)
    assert isinstance(listed, Rules)
    assert [(rule.name, rule.armed) for rule in listed.rules] == [("leak", False)]
    assert room.answering.answer(AskArm(rule="lek"), "ann", 1) == Refused(
        words="rules: rule = 'lek' is not allowed; allowed: one of leak"
    )
    room.answering.answer(AskArm(rule="leak"), "ann", 1)
    room.answering.answer(AskArm(rule="leak"), "bob", 1)
    off = room.answering.answer(AskArm(rule="leak", on=False), "eve", 1)
    assert off == Done(words="leak is off: disarmed by eve")
    room.answering.book = RuleBook({}, None, DAY)
    none = room.answering.answer(AskRules(), "ann", 1)
    assert isinstance(none, Rules)
    assert none.words.startswith("no rules")

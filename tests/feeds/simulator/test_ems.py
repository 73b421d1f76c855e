"""The simulated EMS answers as a broker does, and commands the desk exactly when it says so."""

from typing import Any

import msgspec
import pytest

from app.engine.units import MILLISECOND, SECOND
from app.feeds.decode.fix_fields import FixMessage
from app.feeds.decode.fix_frame import frame_one
from app.feeds.decode.fix_wire import Header, built
from app.feeds.simulator.ems import AlgoOrder, Answer, Fill, Reaction, Script
from tests.control.made import PRICE, PROFILE, T0, MadeDesk

FIELDS: tuple[tuple[int, str], ...] = (
    (526, "TECH"), (55, "TECH"), (54, "2"), (40, "1"), (38, "1000"), (847, "PASSIVE"), (6406, "200"), (9999, "own"),
)  # fmt: skip


class Peer:
    """The other side of the EMS."""

    def __init__(self, profile: Any = PROFILE, **script: Any) -> None:
        values = {k: v if isinstance(v, tuple) else (v,) for k, v in script.items()}
        self.desk = MadeDesk(profile, Script(**values))
        self.ems = self.desk.ems
        self.now = T0
        self.seq = 0
        self.heard: list[FixMessage] = []

    def take(self, answers: list[Answer]) -> list[FixMessage]:
        """Read what was said."""
        read = [frame_one(answer.raw) for answer in answers]
        assert all(answer.at_ns <= self.now for answer in answers)
        found = [message for message in read if isinstance(message, FixMessage)]
        assert len(found) == len(answers)
        self.heard += found
        return found

    def begin(self, **changes: object) -> FixMessage:
        """An order that began by itself."""
        return self.take(self.desk.begin(self.desk.order(**changes), self.now))[0]

    def say(self, kind: str, *fields: tuple[int, str]) -> list[FixMessage]:
        """Send a message; what is answered at once."""
        self.seq += 1
        return self.take(
            self.ems.receive(built(Header("SCORECARD", "EMS", self.seq, self.now), kind, fields), self.now)
        )

    def change(self, kind: str = "G", new: str = "N1", orig: str = "TECH-A1.1", **more: str) -> list[FixMessage]:
        """A replace or cancel."""
        fields = [(tag, more.get(f"t{tag}", value)) for tag, value in FIELDS]
        return self.say(kind, (11, new), (41, orig), (37, "TECH-A1"), *fields)

    def later(self, ms: int) -> list[FixMessage]:
        """Time goes by."""
        self.now += ms * MILLISECOND
        return self.take(self.ems.advance(self.now))


def told(messages: list[FixMessage]) -> list[tuple[str | None, ...]]:
    """MsgType, ExecType, OrdStatus, ClOrdID of messages."""
    return [(m.kind, m.text(150), m.text(39), m.text(11)) for m in messages]


def test_that_an_order_begins_with_every_tag_it_has() -> None:
    report = Peer().begin(limit_price=PRICE, params={"MaxPct": "30", "Own": "x"})
    assert told([report]) == [("8", "0", "0", "TECH-A1.1")]
    expected = {1: "ACC", 9999: "own", 847: "VWAP", 6404: "30", 526: "TECH", 54: "2", 40: "2", 44: "50.25", 38: "1000"}
    assert {tag: report.text(tag) for tag in expected} == expected
    assert (report.text(958), report.text(960)) == ("Own", "x")
    assert (report.text(151), report.text(14)) == ("1000", "0")


def test_that_fills_and_busts_carry_the_running_quantities() -> None:
    peer = Peer()
    peer.begin()
    first = peer.take(peer.ems.filled("TECH-A1", Fill("X1", 400, PRICE), T0))[0]
    assert (first.text(150), first.text(39), first.text(14), first.text(151), first.text(6)) == (
        "F", "1", "400", "600", "50.25",
    )  # fmt: skip
    last = peer.take(peer.ems.filled("TECH-A1", Fill("X2", 600, PRICE), T0))[0]
    assert (last.text(39), last.text(151)) == ("2", "0")
    bust = peer.take(peer.ems.busted("TECH-A1", Fill("X2", 600, PRICE), T0))[0]
    assert (bust.text(150), bust.text(19), bust.text(39), bust.text(14)) == ("H", "X2", "1", "400")


def test_that_a_replace_is_pending_then_done_and_the_desk_follows_at_that_moment() -> None:
    peer = Peer()
    peer.begin()
    assert peer.change() == []
    assert peer.ems.due() == T0 + 40 * MILLISECOND
    assert told(peer.later(40)) == [("8", "E", "E", "N1")]
    assert peer.desk.commands == []
    assert told(peer.later(140)) == [("8", "5", "0", "N1")]
    assert peer.desk.commands == [("replace", "TECH-A1", "PASSIVE", "1000")]
    assert peer.heard[-1].text(41) == "TECH-A1.1"
    assert peer.heard[-1].text(847) == "PASSIVE"
    assert peer.ems.due() is None


def test_that_a_fill_while_pending_is_reported_on_the_old_id() -> None:
    peer = Peer()
    peer.begin()
    peer.change()
    peer.later(40)
    fill = peer.take(peer.desk.fill("TECH-A1", 100, peer.now))[0]
    assert fill.text(11) == "TECH-A1.1"
    done = peer.later(140)[0]
    assert (done.text(39), done.text(14)) == ("1", "100")


def test_that_a_full_fill_while_pending_refuses_as_too_late() -> None:
    peer = Peer()
    peer.begin()
    peer.change()
    peer.take(peer.desk.fill("TECH-A1", 1000, peer.now))
    refusal = peer.later(180)[-1]
    assert (refusal.kind, refusal.text(102), refusal.text(39), refusal.text(434)) == ("9", "0", "2", "2")
    assert peer.desk.commands == []


def test_that_a_cancel_ends_the_order_and_a_late_fill_still_comes() -> None:
    peer = Peer()
    peer.begin()
    peer.change("F")
    assert told(peer.later(180)) == [("8", "6", "6", "N1"), ("8", "4", "4", "N1")]
    assert peer.desk.commands == [("cancel", "TECH-A1")]
    late = peer.take(peer.ems.filled("TECH-A1", Fill("X9", 50, PRICE), peer.now))[0]
    assert (late.text(39), late.text(14), late.text(151)) == ("4", "50", "0")


@pytest.mark.parametrize(
    ("change", "reason", "text"),
    [({"orig": "?"}, "1", "unknown order"), ({"new": "TECH-A1.1"}, "6", "duplicate"), ({"new": ""}, "6", "duplicate")],
)
def test_that_what_no_broker_accepts_is_refused_at_once(change: dict[str, str], reason: str, text: str) -> None:
    peer = Peer()
    peer.begin()
    refusal = peer.change(**change)[0]
    assert (refusal.kind, refusal.text(102)) == ("9", reason)
    assert text in (refusal.text(58) or "")
    assert (refusal.text(37) == "NONE") == (reason == "1")


def test_that_a_second_request_is_refused_while_the_first_is_pending() -> None:
    peer = Peer()
    peer.begin()
    peer.change()
    assert peer.change(new="N2")[0].text(102) == "3"
    peer.later(200)
    peer.take(peer.ems.ended("TECH-A1", peer.now, "C", "the day is over"))
    assert peer.change(new="N3", orig="N1")[0].text(102) == "0"


def test_that_a_scripted_refusal_says_its_text_and_reason() -> None:
    peer = Peer(replace=Reaction(answer="refuse", text="not today", reason=99))
    peer.begin()
    peer.change()
    refusal = peer.later(180)
    assert told(refusal) == [("9", None, "0", "N1")]
    assert (refusal[0].text(58), refusal[0].text(102)) == ("not today", "99")
    bare = Peer(replace=Reaction(answer="refuse"))
    bare.begin()
    bare.change()
    assert bare.later(180)[0].text(102) is None


def test_that_silence_is_silent_and_the_next_request_has_the_next_reaction() -> None:
    peer = Peer(replace=(Reaction(answer="silence"), Reaction(pending=False, answer_ms=1)))
    peer.begin()
    peer.change()
    assert peer.ems.due() is None
    peer.change(new="N2")
    assert told(peer.later(1)) == [("8", "5", "0", "N2")]


@pytest.mark.parametrize(("answer", "kind"), [("business_reject", "j"), ("session_reject", "3")])
def test_that_rejects_name_the_message(answer: str, kind: str) -> None:
    peer = Peer(replace=Reaction(answer=answer))  # type: ignore[arg-type]
    peer.begin()
    peer.change()
    reject = peer.later(180)[0]
    assert (reject.kind, reject.text(45), reject.text(372)) == (kind, "1", "G")
    assert reject.text(379) == ("N1" if kind == "j" else None)
    assert peer.say("Z")[0].kind == "j"
    assert peer.say("0") == []


def test_that_a_clamp_an_echo_and_a_copy_are_as_scripted() -> None:
    peer = Peer(replace=Reaction(clamp_qty=600, echo="other", copies=2))
    peer.begin()
    peer.change()
    first, again = peer.later(180)[-2:]
    assert (first.text(38), first.text(847)) == ("600", "OTHER")
    assert (again.text(43), again.text(17), again.text(34)) == ("Y", first.text(17), first.text(34))
    absent = Peer(replace=Reaction(echo="absent"))
    absent.begin()
    absent.change()
    assert absent.later(180)[-1].text(847) is None


def test_that_a_quantity_below_what_is_filled_is_refused() -> None:
    peer = Peer()
    peer.begin()
    peer.take(peer.desk.fill("TECH-A1", 400, T0))
    peer.change(t38="300")
    assert "below the 400 filled" in (peer.later(180)[-1].text(58) or "")
    peer.change(new="N2", t38="400")
    assert peer.later(180)[-1].text(39) == "2"


def test_that_a_remaining_quantity_is_added_to_what_is_done() -> None:
    profile = msgspec.structs.replace(PROFILE, replace_qty="remaining")
    peer = Peer(profile)
    peer.begin()
    peer.take(peer.desk.fill("TECH-A1", 400, T0))
    peer.change(t38="600")
    assert peer.later(180)[-1].text(38) == "1000"


def test_that_pause_and_resume_are_told_to_the_desk() -> None:
    peer = Peer()
    peer.begin()
    same = ((526, "TECH"), (55, "TECH"), (54, "2"), (38, "1000"), (847, "VWAP"), (6404, "30"))
    peer.say("G", (11, "N1"), (41, "TECH-A1.1"), *same, (6408, "Y"))
    peer.later(180)
    peer.say("G", (11, "N2"), (41, "N1"), *same, (6408, "N"))
    peer.later(180)
    assert peer.desk.commands == [("pause", "TECH-A1"), ("resume", "TECH-A1")]


def test_that_a_new_order_is_given_to_the_desk_and_acknowledged() -> None:
    peer = Peer()
    peer.begin()
    peer.say("D", (11, "D1"), *FIELDS, (957, "1"), (958, "Urgency"), (959, "14"), (960, "L"))
    report = peer.later(60)[0]
    assert told([report]) == [("8", "0", "0", "D1")]
    assert report.text(37) == "TECH-A2"
    assert peer.desk.commands == [("new", "TECH-A2", "PASSIVE", "1000")]


@pytest.mark.parametrize(("tag", "value"), [(54, "9"), (38, "0"), (38, "1.5"), (38, "x")])
def test_that_a_new_order_that_makes_no_sense_is_refused(tag: int, value: str) -> None:
    peer = Peer()
    peer.say("D", (11, "D1"), *((t, value if t == tag else v) for t, v in FIELDS))
    refusal = peer.later(60)[0]
    assert (refusal.text(150), refusal.text(37), refusal.text(11)) == ("8", "NONE", "D1")
    assert peer.say("D", (11, "D1"), *FIELDS)[0].text(103) == "6"


def test_that_the_desks_own_refusal_reaches_the_sender() -> None:
    peer = Peer()
    peer.begin()
    peer.desk.refuse = "no such algo here"
    peer.change()
    assert peer.later(180)[-1].text(58) == "no such algo here"
    peer.change("F", new="N2")
    assert peer.later(180)[-1].text(58) == "no such algo here"
    peer.say("D", (11, "D1"), *FIELDS)
    assert peer.later(60)[-1].text(58) == "no such algo here"


def test_that_a_status_tells_what_is_and_what_is_not() -> None:
    peer = Peer(new=Reaction(answer="refuse", text="no", reason=3))
    peer.begin()
    peer.say("H", (11, "TECH-A1.1"), (37, "TECH-A1"))
    assert told(peer.later(20)) == [("8", "I", "0", "TECH-A1.1")]
    peer.say("H", (11, "?"), (37, "TECH-A1"))
    assert told(peer.later(20)) == [("8", "I", "0", "TECH-A1.1")]
    peer.say("H", (11, "?"))
    assert told(peer.later(20)) == [("8", "I", "8", "?")]
    assert told(peer.say("AF", (584, "M1"))) == [("8", "I", "0", "TECH-A1.1")]
    peer.say("D", (11, "D1"), *FIELDS)
    assert peer.later(180)[0].text(103) == "3"


def test_that_the_broker_may_restate_by_itself() -> None:
    peer = Peer()
    peer.begin()
    report = peer.take(peer.ems.restated("TECH-A1", 900, T0))[0]
    assert (report.text(150), report.text(38), report.text(378)) == ("D", "900", "99")


def test_that_garbage_is_dropped_and_numbers_run_on() -> None:
    peer = Peer()
    peer.begin()
    assert peer.ems.receive(b"garbage", T0) == []
    peer.change()
    peer.later(200)
    assert [m.text(34) for m in peer.heard] == ["1", "2", "3"]


def test_that_a_quiet_ems_keeps_orders_without_a_word() -> None:
    desk = MadeDesk()
    desk.ems = type(desk.ems)(desk, PROFILE, quiet=True)
    assert desk.begin(desk.order(), T0) == []
    assert desk.fill("TECH-A1", 100, T0 + SECOND) == []
    message = built(Header("S", "E", 1, T0), "G", ((11, "N1"), (41, "TECH-A1.1"), *FIELDS))
    assert desk.ems.receive(message, T0 + SECOND) == []
    assert desk.ems.advance(T0 + 2 * SECOND) == []
    assert desk.commands == [("replace", "TECH-A1", "PASSIVE", "1000")]


def test_that_an_order_of_an_unlisted_strategy_keeps_its_name() -> None:
    order = AlgoOrder(
        order_id="Q", parent_id="P", instrument="I", side="SHORT", qty=5, strategy="HOUSE", tags=((54, "5"),)
    )
    desk = MadeDesk()
    report = frame_one(desk.begin(order, T0)[0].raw)
    assert isinstance(report, FixMessage)
    assert (report.text(847), report.text(54)) == ("HOUSE", "5")

"""The order of things: written down, on disk, on the wire, in the audit; a process that dies anywhere comes back."""

import os
from pathlib import Path

import msgspec
import pytest

from app.control.asks import Forecast
from app.control.audit import verify
from app.control.core import Control
from app.control.link import LinkDownError
from app.control.outlook import Ahead
from app.engine.errors import FeedError
from app.engine.switch.facts import CancelAsked, KillAsked, SwitchAsked, Target
from app.engine.switch.guard import Limits, Market, Wish
from app.engine.switch.order import Order
from app.engine.switch.states import State
from app.engine.units import SECOND
from app.feeds.decode.fix_wire import Header, built
from tests.control.made import PROFILE, T0

PASSIVE = Target(strategy="PASSIVE", params={"MinClip": "200"})
CANCEL_NEW = msgspec.structs.replace(PROFILE, mode="cancel_new")


class Desk:
    """A control process without its sockets: what it sends is kept, or refused."""

    def __init__(self, folder: Path | None, profile: object = PROFILE) -> None:
        self.sent: list[bytes] = []
        self.fault: Exception | None = None
        self.board = Market(age_ns=0)
        self.market_ahead = Ahead(None, T0, None, "undefined: no board here")
        self.control = Control(
            profile=profile, limits=Limits(), send=self.send, source=self, folder=folder, wall_ns=1  # type: ignore[arg-type]
        )  # fmt: skip
        self.control.now = self.control.now or T0

    def market(self, order: Order, now: int) -> Market:
        """As MarketSource."""
        return self.board

    def forecast(self, order: Order) -> Forecast:
        """As MarketSource."""
        return Forecast(algo="")

    def ahead(self, order: Order) -> Ahead:
        """As MarketSource."""
        return self.market_ahead

    def send(self, raw: bytes) -> None:
        """The wire."""
        if self.fault is not None:
            raise self.fault
        self.sent.append(raw)

    def kinds(self) -> str:
        """Messages sent, by type."""
        return "".join(chr(raw[raw.index(b"\x0135=") + 4]) for raw in self.sent)

    def hear(self, *fields: tuple[int, str], kind: str = "8") -> None:
        """A message of the EMS, a second later."""
        number = self.control.known + 1
        at = self.control.now + SECOND
        self.control.received(built(Header("EMS", "US", number, at), kind, fields), at, number)

    def report(self, exec_type: str, cl_ord_id: str = "A1", **values: str) -> None:
        """A 35=8 on the order."""
        fields = {
            37: "O1", 11: cl_ord_id, 17: f"E{self.control.known}", 150: exec_type, 39: "0", 526: "TECH", 55: "TECH",
            54: "2", 40: "1", 847: "VWAP", 38: "1000", 14: "0", 151: "1000",
        } | {int(tag.removeprefix("t")): value for tag, value in values.items()}  # fmt: skip
        self.hear(*fields.items())

    def begin(self) -> None:
        """Logged on, with one order."""
        self.control.logged_on(up=True)
        self.report("0")

    def ask(self) -> str:
        """A switch whose guard has passed."""
        return self.control.take(SwitchAsked(order_id="O1", target=PASSIVE))

    def is_in(self, state: State) -> bool:
        """True when the order is in this state now."""
        return self.order.state is state

    @property
    def order(self) -> Order:
        """The order."""
        return self.control.session.orders["O1"]


def last_id(desk: Desk) -> str:
    """ClOrdID of the last message."""
    return desk.sent[-1].partition(b"\x0111=")[2].partition(b"\x01")[0].decode()


def test_that_an_intent_is_on_disk_before_it_is_on_the_wire(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(tmp_path / "control")
    desk.begin()
    calls: list[str] = []
    write, sync = os.write, os.fsync
    names: dict[int, str] = {}

    def name(descriptor: int) -> str:
        return names.setdefault(descriptor, Path(f"/proc/self/fd/{descriptor}").readlink().name)

    def writing(descriptor: int, data: bytes) -> int:
        calls.append(f"write {name(descriptor)} {'intent' if b'Intended' in data else ''}".strip())
        return write(descriptor, data)

    def syncing(descriptor: int) -> None:
        calls.append(f"sync {name(descriptor)}")
        sync(descriptor)

    def sending(raw: bytes) -> None:
        calls.append("send")

    monkeypatch.setattr(os, "write", writing)
    monkeypatch.setattr(os, "fsync", syncing)
    desk.control.send = sending
    desk.ask()
    wire = calls.index("send")
    assert "write intents.log intent" in calls[:wire]
    assert calls[wire - 1] == "sync intents.log"
    assert "write audit.log" in calls[wire:]
    assert calls[-2:] == ["sync audit.log", "sync audit.log.head"]


def test_that_a_message_that_did_not_leave_is_not_waited_for(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "control")
    desk.begin()
    desk.fault = LinkDownError("session is not logged on: nothing was sent")
    desk.ask()
    assert desk.is_in(State.R7)
    assert "not sent" in desk.order.words


def test_that_a_message_that_perhaps_left_is_asked_about(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "control")
    desk.begin()
    desk.fault = FeedError("no answer within 3 s")
    desk.ask()
    assert desk.is_in(State.R3)
    desk.fault = None
    desk.control.logged_on(up=True)
    assert desk.kinds() == "H"


def come_back(tmp_path: Path, profile: object = PROFILE) -> Desk:
    """The process started again on what the one before left."""
    return Desk(tmp_path / "control", profile)


def test_that_a_process_that_dies_with_an_answer_missing_asks(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "control")
    desk.begin()
    desk.ask()
    again = come_back(tmp_path)
    assert again.is_in(State.R3)
    assert again.control.known == desk.control.known
    again.control.logged_on(up=True)
    assert again.kinds() == "H"
    again.report("I", last_id(desk), t847="PASSIVE")
    assert again.is_in(State.R5)
    assert verify(tmp_path / "control" / "audit.log")[1] == []


def test_that_a_process_that_dies_before_it_sent_knows_it_never_did(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "control")
    desk.begin()
    desk.ask()
    path = tmp_path / "control" / "intents.log"
    lines = path.read_bytes().splitlines(keepends=True)
    assert b"Intended" in lines[-1]
    path.write_bytes(b"".join(lines[:-1]))  # the fact is on disk, the intent is not: it was never sent
    again = come_back(tmp_path)
    assert again.is_in(State.R7)
    assert "ended before it was sent" in again.order.words
    third = come_back(tmp_path)
    assert third.is_in(State.R7)


def test_that_states_fills_and_kills_survive_any_number_of_deaths(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "control")
    desk.begin()
    desk.report("F", t32="100", t14="100", t151="900", t39="1")
    desk.control.take(KillAsked(scope="parent:TECH"))
    for _ in range(3):
        desk = come_back(tmp_path)
        assert desk.control.session.kills == ["parent:TECH"]
        assert (desk.order.cum, desk.order.held) == (100, 100)
        assert desk.is_in(State.K3)
    desk.control.logged_on(up=True)
    assert desk.kinds() == "H"


def test_that_no_clordid_is_ever_used_twice(tmp_path: Path) -> None:
    seen: set[str] = set()
    for _ in range(3):
        desk = Desk(tmp_path / "control")
        desk.begin()
        desk.control.take(CancelAsked(order_id="O1"))
        assert last_id(desk) not in seen
        seen.add(last_id(desk))
        desk.control.close()
        (tmp_path / "control" / "intents.log").unlink()  # another session, the same host
        (tmp_path / "control" / "audit.log").unlink()
    assert len(seen) == 3


def test_that_numbers_of_the_session_run_on_after_a_death(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "control")
    desk.begin()
    desk.ask()
    assert b"\x0134=1\x01" in desk.sent[0]
    again = come_back(tmp_path)
    again.control.logged_on(up=True)
    assert b"\x0134=2\x01" in again.sent[0]
    again.hear((45, "1"), (372, "G"), (58, "bad tag"), kind="3")  # the message of the process before
    assert again.is_in(State.R7)


def test_that_a_re_entry_is_guarded_again_at_its_moment(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "control", CANCEL_NEW)
    desk.begin()
    desk.ask()
    desk.board = Market(fault="engine is dead")
    desk.report("4", last_id(desk), t39="4", t151="0")
    assert desk.is_in(State.C6)
    assert "engine is dead" in desk.order.words
    assert desk.kinds() == "F"
    entries = [msgspec.json.decode(line) for line in (tmp_path / "control" / "audit.log").read_bytes().splitlines()]
    assert any(entry["what"] == "guard" for entry in entries)


def test_that_a_re_entry_confirmed_long_ago_is_not_sent(tmp_path: Path) -> None:
    desk = Desk(None, CANCEL_NEW)
    desk.begin()
    desk.ask()
    cancel = last_id(desk)
    desk.control.tick(desk.control.now + 120 * SECOND)
    assert desk.is_in(State.CU)
    desk.report("4", cancel, t39="4", t151="0")
    assert desk.is_in(State.C6)
    assert "confirm again" in desk.order.words


def test_that_deadlines_run_in_the_sessions_time_and_never_back() -> None:
    desk = Desk(None)
    desk.begin()
    desk.ask()
    now = desk.control.now
    desk.control.tick(now - SECOND)
    assert desk.control.now == now
    desk.control.tick(now + 5 * SECOND)
    assert desk.is_in(State.R4)


def test_that_what_cannot_be_read_is_an_alarm_not_a_loss() -> None:
    desk = Desk(None)
    desk.begin()
    desk.control.received(b"garbage", T0, 9)
    assert desk.control.known == 9
    assert desk.control.steps[-1].alarm == "red"
    desk.hear((45, "77"), kind="3")
    assert (desk.control.steps[-1].alarm, "not ours" in desk.control.steps[-1].words) == ("amber", True)
    desk.report("Z", t32="50", t14="50", t151="950", t9997="new", t851="9")
    assert desk.order.cum == desk.order.held == 50


def test_that_the_message_log_has_what_answers_somebody() -> None:
    desk = Desk(None)
    desk.begin()
    desk.report("F", t32="50", t14="50", t151="950", t39="1")
    assert [step.direction for step in desk.control.steps if step.raw] == []
    desk.ask()
    desk.report("F", t32="50", t14="100", t151="900", t39="1")
    desk.report("5", last_id(desk), t847="PASSIVE", t14="100", t151="900", t39="1", t58="fine")
    shown = [(step.direction, step.kind, step.words) for step in desk.control.steps if step.raw]
    assert shown[0][:2] == ("out", "G")
    assert shown[1] == ("in", "8", "150=F 39=1")
    assert shown[2] == ("in", "8", "150=5 39=1: fine")


def test_that_declined_says_why_and_lost_is_noted_once() -> None:
    desk = Desk(None)
    desk.begin()
    desk.ask()
    assert "order is R1" in desk.ask()
    before = len(desk.control.steps)
    desk.control.logged_on(up=True)
    assert len(desk.control.steps) == before
    desk.control.logged_on(up=False)
    assert desk.is_in(State.R3)
    assert desk.control.judge(Wish(action="switch", order_id="?"), "ann", confirmed=True)[0].name == "order"

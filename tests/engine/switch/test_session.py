"""All orders of a session: every fact finds its order, a kill finds them all, a new order takes its own fills."""

import msgspec
import pytest

from app.engine.switch.facts import (
    CancelAsked,
    CancelRefused,
    Declined,
    Disconnected,
    Effect,
    Fact,
    GuardJudged,
    KillAsked,
    KillReleased,
    LoggedOn,
    MassCancelAnswered,
    NotSent,
    ReenterAsked,
    Rejected,
    Report,
    SendFix,
    StatusAsked,
    SwitchAsked,
    Tags,
    Ticked,
)
from app.engine.switch.ids import Ids
from app.engine.switch.order import Order
from app.engine.switch.session import Session, in_scope
from app.engine.switch.states import State
from app.engine.units import SECOND
from tests.engine.switch.made import PASSIVE, T0, TAGS, profile


class Room:
    """A session and everything it sent."""

    def __init__(self, mode: str = "replace") -> None:
        self.session = Session(profile(mode), Ids(host="desk"))
        self.now = T0
        self.sent: list[SendFix] = []
        self._exec = 0
        self.tell(LoggedOn())

    def tell(self, fact: Fact) -> list[Effect]:
        """One fact."""
        effects = self.session.receive(fact, self.now)
        self.sent += [effect for effect in effects if isinstance(effect, SendFix)]
        return effects

    def report(self, exec_type: str, order_id: str, cl_ord_id: str, **values: object) -> list[Effect]:
        """A 35=8."""
        self._exec += 1
        common: dict[str, object] = {
            "status": "0", "qty": 1000, "cum": 0, "leaves": 1000, "exec_id": f"E{self._exec}", "tags": TAGS,
        }  # fmt: skip
        report = Report(exec_type=exec_type, order_id=order_id, cl_ord_id=cl_ord_id, **(common | values))  # type: ignore[arg-type]
        return self.tell(report)

    def begin(self, order_id: str = "O1", cl_ord_id: str = "A1", tags: Tags = TAGS) -> Order:
        """An order is acknowledged."""
        self.report("0", order_id, cl_ord_id, tags=tags)
        return self.session.orders[order_id]

    def ask(self, order_id: str = "O1") -> list[Effect]:
        """A switch."""
        return self.tell(SwitchAsked(order_id=order_id, target=PASSIVE))

    def kinds(self) -> str:
        """Messages sent, by type."""
        return "".join(sent.kind for sent in self.sent)


def room_with_new(*, kill_before: bool = False) -> Room:
    """A cancel-new switch whose new order is acknowledged."""
    room = Room("cancel_new")
    room.begin()
    room.ask()
    room.report("4", "O1", room.sent[-1].cl_ord_id, status="4", leaves=0)
    room.tell(GuardJudged(order_id="O1", passed=True, qty=1000))
    if kill_before:
        room.tell(KillAsked(scope="all"))
    room.report("0", "O2", room.sent[-1].cl_ord_id)
    return room


def test_that_an_order_is_taken_up_with_its_first_report() -> None:
    room = Room()
    order = room.begin()
    assert (order.state, order.parent_id, order.online) == (State.R0, "TECH", True)
    assert Room("cancel_new").begin().state is State.C0
    assert room.session.order_of("A1") is order
    assert room.session.every() == [order]


@pytest.mark.parametrize(
    ("status", "state"), [("2", State.R6), ("4", State.R9), ("C", State.R9), ("1", State.R0), ("E", State.R0)]
)
def test_that_an_order_seen_late_is_what_its_report_says(status: str, state: State) -> None:
    room = Room()
    room.report("I", "O1", "A1", status=status, tags=(*TAGS, (6408, "Y")))
    order = room.session.orders["O1"]
    assert str(order.state) == state
    assert order.foreign == (status == "E")
    assert order.paused


def test_that_a_refused_or_nameless_report_begins_no_order() -> None:
    room = Room()
    room.report("8", "O1", "A1", status="8")
    room.report("I", "NONE", "A1")
    room.report("0", "", "A1")
    assert room.session.orders == {}


def test_that_a_fill_finds_its_order_by_either_id() -> None:
    room = Room()
    order = room.begin()
    room.report("F", "O1", "UNKNOWN", last_qty=10, cum=10, status="1")
    room.report("F", "", "A1", last_qty=10, cum=20, status="1")
    room.report("F", "NEW-NAME", "A1", last_qty=10, cum=30, status="1")
    room.report("F", "NEW-NAME", "OTHER", last_qty=10, cum=40, status="1")
    assert order.held == order.cum == 40
    assert room.session.every() == [order]


def test_that_the_new_order_takes_its_own_fills() -> None:
    room = room_with_new()
    old, new = room.session.every()
    assert (old.state, new.state, new.parent_id) == (State.C5, State.C0, "TECH")
    assert new.switches == old.switches != []
    room.report("F", "O2", new.accepted, last_qty=60, cum=60, status="1")
    assert (old.held, new.held) == (0, 60)
    room.report("F", "O1", "A1", last_qty=5, cum=5, status="4")
    assert (old.held, old.words) == (5, "over-allocated by 5")


def test_that_a_kill_reaches_a_new_order_as_soon_as_it_is_acknowledged() -> None:
    room = room_with_new(kill_before=True)
    assert room.kinds() == "FDF"
    new = room.session.orders["O2"]
    assert new.state is State.K1
    assert dict(room.sent[-1].fields)[37] == "O2"


def test_that_refusals_find_their_order() -> None:
    room = Room()
    order = room.begin()
    room.ask()
    room.tell(CancelRefused(cl_ord_id="?", orig_cl_ord_id="A1", text="not ours"))
    assert str(order.state) == State.R1
    room.tell(CancelRefused(cl_ord_id="?", order_id="O1", text="not ours"))
    assert room.tell(CancelRefused(cl_ord_id="?", order_id="?")) == []
    assert room.tell(Rejected(cl_ord_id="?")) == []
    room.tell(Rejected(cl_ord_id=room.sent[-1].cl_ord_id, kind="G", text="no"))
    assert str(order.state) == State.R7
    room.ask()
    room.tell(NotSent(cl_ord_id=room.sent[-1].cl_ord_id, kind="G"))
    assert str(order.state) == State.R7


def test_that_asks_about_unknown_orders_are_declined() -> None:
    room = Room()
    for fact in (
        SwitchAsked(order_id="X", target=PASSIVE),
        CancelAsked(order_id="X"),
        ReenterAsked(order_id="X", target=PASSIVE),
        StatusAsked(order_id="X"),
    ):
        assert room.tell(fact) == [Declined(order_id="X", words="no such order in this session")]


def test_that_time_reaches_every_order_and_the_next_deadline_is_known() -> None:
    room = Room()
    room.begin()
    room.begin("O9", "A9")
    assert room.session.deadline() is None
    room.ask()
    room.now += SECOND
    room.ask("O9")
    assert room.session.deadline() == T0 + 5 * SECOND
    room.now += 5 * SECOND
    room.tell(Ticked())
    assert [order.state for order in room.session.every()] == [State.R4, State.R4]


def test_that_the_session_goes_and_comes_for_all() -> None:
    room = Room()
    room.begin()
    room.begin("O9", "A9")
    room.tell(Disconnected())
    assert not room.session.online
    assert not any(order.online for order in room.session.every())
    assert not room.begin("O8", "A8").online
    room.tell(LoggedOn())
    assert all(order.online for order in room.session.every())


def test_that_a_kill_blocks_and_its_release_does_not() -> None:
    room = Room()
    order = room.begin()
    room.tell(KillAsked(scope="parent:TECH"))
    room.tell(KillAsked(scope="parent:TECH"))
    assert room.session.kills == ["parent:TECH"]
    assert room.session.killed(order) == "parent:TECH"
    room.tell(CancelRefused(cl_ord_id=room.sent[-1].cl_ord_id, order_id="O1", reason="99"))
    assert str(order.state) == State.K7
    assert room.ask() == [Declined(order_id="O1", words="kill switch is on (parent:TECH)")]
    room.tell(KillReleased(scope="parent:TECH"))
    assert room.session.killed(order) == ""
    room.ask()
    assert room.kinds() == "FG"


def test_that_a_kill_stops_a_re_entry_whose_guard_passed() -> None:
    room = Room("cancel_new")
    order = room.begin()
    room.ask()
    room.report("4", "O1", room.sent[-1].cl_ord_id, status="4", leaves=0)
    room.session.kills.append("all")
    room.tell(GuardJudged(order_id="O1", passed=True, qty=1000))
    assert str(order.state) == State.C6
    assert "kill switch" in order.words
    assert room.kinds() == "F"


def test_that_a_scope_means_what_it_names() -> None:
    order = Room().begin()
    order.owner = "ann"
    for scope in ("all", "parent:TECH", "order:O1", "instrument:TECH", "user:ann"):
        assert in_scope(order, scope)
    for scope in ("user:", "user:bob", "parent:X", "order:X", "instrument:X", "desk:TECH", ""):
        assert not in_scope(order, scope)


def test_that_a_kill_of_ones_own_orders_leaves_the_others() -> None:
    room = Room()
    room.session.profile = msgspec.structs.replace(room.session.profile, owner_tag=9999)
    mine, other = room.begin(), room.begin("O2", "A2", (*(p for p in TAGS if p[0] != 9999), (9999, "bob")))
    assert (mine.owner, other.owner) == ("own", "bob")
    room.tell(KillAsked(scope="user:own"))
    assert (mine.state, other.state) == (State.K1, State.R0)
    assert room.kinds() == "F"


def test_that_a_new_order_belongs_to_whoever_had_the_old_one() -> None:
    room = Room("cancel_new")
    room.session.profile = msgspec.structs.replace(room.session.profile, owner_tag=9998)
    order = room.begin()
    order.owner = "ann"
    room.ask()
    room.report("4", "O1", room.sent[-1].cl_ord_id, status="4", leaves=0)
    room.tell(GuardJudged(order_id="O1", passed=True, qty=1000))
    room.report("0", "O2", room.sent[-1].cl_ord_id)
    assert room.session.orders["O2"].owner == "ann"


class TestMassCancel:
    """One 35=q where the profile says so."""

    def room(self, count: int = 2) -> Room:
        """A session with idle orders."""
        room = Room()
        room.session.profile = msgspec.structs.replace(room.session.profile, mass_cancel=True)
        for n in range(count):
            room.begin(f"O{n + 1}", f"A{n + 1}")
        return room

    @pytest.mark.parametrize(("scope", "what"), [("all", {530: "7"}), ("instrument:TECH", {530: "1", 55: "TECH"})])
    def test_that_everything_idle_is_cancelled_by_one_message(self, scope: str, what: dict[int, str]) -> None:
        room = self.room()
        room.tell(KillAsked(scope=scope))
        assert room.kinds() == "q"
        assert what.items() <= dict(room.sent[-1].fields).items()
        asked = room.sent[-1].cl_ord_id
        assert {str(order.state) for order in room.session.every()} == {"K1"}
        assert room.tell(MassCancelAnswered(cl_ord_id=asked, accepted=True)) == []
        for n in (1, 2):
            room.report("4", f"O{n}", f"A{n}", status="4", leaves=0)
        assert {str(order.state) for order in room.session.every()} == {"K5"}

    def test_that_other_scopes_and_orders_with_a_request_under_way_have_their_own(self) -> None:
        room = self.room()
        room.ask()
        room.tell(KillAsked(scope="parent:TECH"))
        assert room.kinds() == "GF"
        room = self.room()
        room.ask()
        room.tell(KillAsked(scope="all"))
        assert room.kinds() == "Gq"
        assert room.session.orders["O1"].killing == "kill"

    @pytest.mark.parametrize("how", ["answered", "rejected", "not sent"])
    def test_that_what_is_not_taken_is_cancelled_one_by_one(self, how: str) -> None:
        room = self.room()
        room.tell(KillAsked(scope="all"))
        asked = room.sent[-1].cl_ord_id
        facts: dict[str, Fact] = {
            "answered": MassCancelAnswered(cl_ord_id=asked, accepted=False, text="no"),
            "rejected": Rejected(cl_ord_id=asked, kind="q", text="no"),
            "not sent": NotSent(cl_ord_id=asked, kind="q", text="no"),
        }
        room.tell(facts[how])
        assert room.kinds() == "qFF"
        assert [dict(sent.fields)[41] for sent in room.sent[1:]] == ["A1", "A2"]

"""What may be asked, by whom, and what comes back when it may not."""

from app.control.answering import Answering, order_of_parent, parameters_of
from app.control.asks import (
    Ask,
    AskCancel,
    AskConfirm,
    AskKill,
    AskMenu,
    AskPreflight,
    AskReconcile,
    AskRelease,
    AskStates,
    Done,
    Menu,
    Preflight,
    Question,
    Refused,
    Reply,
    States,
)
from app.engine.switch.facts import GuardJudged, Target
from app.engine.switch.guard import Market, Wish
from app.engine.switch.states import State
from app.engine.units import SECOND
from tests.control.test_core import CANCEL_NEW, PASSIVE, Desk, last_id


class Room:
    """A desk and somebody who asks."""

    def __init__(self, profile: object = None) -> None:
        self.desk = Desk(None) if profile is None else Desk(None, profile)
        self.desk.begin()
        self.answering = Answering(self.desk.control)
        self.wall = 1

    def ask(self, question: Question, user: str = "ann") -> Reply:
        """One question."""
        return self.answering.answer(question, user, self.wall)

    def look(self, **changes: object) -> Preflight:
        """A pre-flight."""
        values: dict[str, object] = {
            "action": "switch", "order_id": "O1", "version": self.desk.order.version, "target": PASSIVE,
        } | changes  # fmt: skip
        found = self.ask(AskPreflight(wish=Wish(**values)))  # type: ignore[arg-type]
        assert isinstance(found, Preflight)
        return found


def test_that_a_preflight_belongs_to_who_saw_it() -> None:
    room = Room()
    token = room.look().token
    refused = room.ask(AskConfirm(token=token), user="bob")
    assert refused == Refused(words="this pre-flight was shown to ann")
    assert room.desk.sent == []


def test_that_a_preflight_grows_old() -> None:
    room = Room()
    token = room.look().token
    room.wall += 121 * SECOND
    assert isinstance(room.ask(AskConfirm(token=token)), Refused)
    assert isinstance(room.ask(AskConfirm(token=room.look().token)), Done)


def test_that_a_linked_order_is_switched_only_after_its_whole_group_was_shown() -> None:
    room = Room()
    room.desk.board = Market(age_ns=0, group="basket B1", members=("INTC", "TECH"))
    shown = next(check for check in room.look().checks if check.name == "group")
    assert (shown.verdict, shown.words) == (
        "warn", "linked (basket B1): INTC, TECH; the confirm says that all of them were seen",
    )  # fmt: skip
    token = room.look().token
    room.desk.board = Market(age_ns=0, group="basket B1", members=("INTC", "OTHER", "TECH"))
    refused = room.ask(AskConfirm(token=token))
    assert refused == Refused(words="other orders are linked with it than were shown: look again")
    assert room.desk.sent == []
    assert isinstance(room.ask(AskConfirm(token=room.look().token)), Done)


def test_that_a_cancel_new_shows_the_order_that_will_be_entered() -> None:
    room = Room(CANCEL_NEW)
    room.desk.report("F", t32="400", t14="400", t151="600", t39="1")
    found = room.look()
    tags = {tag.tag: (tag.before, tag.after) for tag in found.tags}
    assert (found.message, found.mode) == ("F", "cancel_new")
    assert tags[38] == ("1000", "600")
    assert tags[847] == ("VWAP", "PASSIVE")
    assert 41 not in tags
    chosen = Room().look(mode="cancel_new")
    assert (chosen.message, chosen.mode) == ("F", "cancel_new")


def test_that_a_preflight_of_nothing_possible_still_names_every_tag() -> None:
    room = Room()
    found = room.look(target=Target(strategy="NONE"))
    assert [c.name for c in found.checks if c.verdict == "fail"] == ["target"]
    assert all(tag.before == tag.after for tag in found.tags if tag.tag not in {11, 41})
    pause = room.look(action="pause")
    assert [(t.tag, t.after) for t in pause.tags if t.before != t.after and t.tag not in {11, 41}] == [(6408, "Y")]


def test_that_naked_shares_are_entered_anew_by_a_person() -> None:
    room = Room(CANCEL_NEW)
    assert isinstance(room.ask(AskConfirm(token=room.look().token)), Done)
    room.desk.control.session.kills.append("all")
    room.desk.report("4", last_id(room.desk), t39="4", t151="0")
    assert room.desk.is_in(State.C6)
    room.desk.control.session.kills.clear()
    found = room.look(action="reenter", target=Target(strategy="VWAP"))
    assert found.message == "D"
    assert room.ask(AskConfirm(token=found.token)) == Done(words="C4: new order for 1000 sent")
    assert room.desk.kinds() == "FD"
    assert room.desk.control.take(GuardJudged(order_id="O1", passed=True, qty=1000)) == ""
    assert room.desk.kinds() == "FD"


def test_that_the_menu_is_of_the_newest_order_that_works() -> None:
    room = Room()
    room.desk.report("0", "A9", t37="O9", t847="PASSIVE", t6406="150")
    found = room.ask(AskMenu(parent_id="TECH"))
    assert isinstance(found, Menu)
    assert (found.order.order_id, found.order.algo, found.params) == ("O9", "PASSIVE", {"MinClip": "150"})
    today = next(offer for offer in found.targets if offer.today)
    assert [field.value for field in today.fields if field.name == "MinClip"] == ["150"]
    room.desk.report("4", "A9", t37="O9", t39="4")
    older = order_of_parent(room.desk.control, "TECH")
    assert older is not None
    assert older.order_id == "O1"
    assert order_of_parent(room.desk.control, "?") is None


def test_that_parameters_are_read_from_tags_and_groups() -> None:
    room = Room()
    order = room.desk.order
    order.tags = ((6404, "30"), (958, "MinClip"), (960, "9"), (958, "Other"), (960, "1"))
    strategies = room.desk.control.profile.strategies
    assert parameters_of(order, strategies["PASSIVE"]) == {"MaxPct": "30", "MinClip": "9"}
    assert parameters_of(order, None) == {}


def test_that_cancel_kill_release_and_reconcile_ask_no_guard() -> None:
    room = Room()
    room.desk.board = room.desk.board.__class__(fault="engine is dead")
    assert room.ask(AskReconcile(order_id="O1")) == Done(words="R0: ")
    assert room.ask(AskCancel(order_id="O1")) == Done(words="K1: cancel: cancel sent")
    assert room.ask(AskKill(scope="order:O1")) == Done(words="kill order:O1: 1 orders not yet confirmed cancelled")
    assert room.ask(AskRelease(scope="order:O1")) == Done(words="released: order:O1")
    assert room.desk.kinds() == "HF"
    for question in (
        AskCancel(order_id="?"),
        AskReconcile(order_id="?"),
        AskKill(scope="order:"),
        AskKill(scope="all:x"),
    ):
        assert isinstance(room.ask(question), Refused)


def test_that_a_declined_act_says_why() -> None:
    room = Room()
    room.ask(AskCancel(order_id="O1"))
    room.desk.report("4", last_id(room.desk), t39="4", t151="0")
    refused = room.ask(AskCancel(order_id="O1"))
    assert isinstance(refused, Refused)
    assert "not open" in refused.words
    states = room.ask(AskStates())
    assert isinstance(states, States)
    assert [(o.state, o.pending, o.leaves) for o in states.orders] == [("K5", False, 1000)]


def test_that_too_many_requests_are_throttled_by_user() -> None:
    room = Room()
    room.desk.control.requests["ann"] = [room.desk.control.now] * 10
    wish = Wish(action="switch", order_id="O1", version=room.desk.order.version, target=PASSIVE)
    assert isinstance(room.answering.act(wish, "ann", Ask()), Refused)
    assert isinstance(room.answering.act(wish, "bob", Ask(by="rule-7")), Done)
    assert any(b'"by":"rule-7"' in line for line in room.desk.control.audit.lines)

"""Every no of the control process: in words, in the audit, and without a message on the wire."""

from typing import Any

import msgspec
import pytest

from app.control.answering import TOKEN_S, state_of
from app.control.asks import (
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
    Screen,
    States,
)
from app.control.outlook import Ahead
from app.engine.metrics.completion import Pace
from app.engine.switch.facts import Target
from app.engine.switch.guard import Market, Wish
from app.engine.units import SECOND
from tests.control.made import PROFILE
from tests.control.test_answering import Room
from tests.control.test_core import CANCEL_NEW, PASSIVE, last_id


def audited(room: Room, what: str) -> list[dict[str, Any]]:
    """Entries of one kind in the audit."""
    entries = [msgspec.json.decode(line) for line in room.desk.control.audit.lines]
    return [entry for entry in entries if entry["what"] == what]


def failed(found: Preflight) -> dict[str, str]:
    """Failed checks and their words."""
    return {check.name: check.words for check in found.checks if check.verdict == "fail"}


@pytest.mark.parametrize(
    ("question", "words"),
    [
        (AskMenu(parent_id="NONE"), "no algo order of NONE in this session"),
        (AskPreflight(wish=Wish(action="switch", order_id="NONE")), "no such order in this session"),
        (AskCancel(order_id="NONE"), "no such order in this session"),
        (AskCancel(order_id=""), "no such order in this session"),
        (AskReconcile(order_id="NONE"), "no such order in this session"),
        (AskConfirm(token=""), "this pre-flight is unknown, was used or is too old: look again"),
        (AskConfirm(token="0" * 32), "this pre-flight is unknown, was used or is too old: look again"),
        (AskRelease(scope="all"), "scope = 'all' is not killed; killed: none"),
    ],
)
def test_that_what_is_not_there_is_refused_in_words_and_nothing_is_sent(question: Question, words: str) -> None:
    room = Room()
    assert room.ask(question) == Refused(words=words)
    assert room.desk.sent == []


@pytest.mark.parametrize(
    "scope", ["", "desk", "ALL", "all:TECH", "parent", "parent:", "order:", "instrument:", "venue:X", "*"]
)
def test_that_a_scope_that_is_none_kills_nothing_and_says_what_is_allowed(scope: str) -> None:
    room = Room()
    refused = room.ask(AskKill(scope=scope))
    assert isinstance(refused, Refused)
    allowed = "all, mine, parent:ID, order:ID, instrument:NAME, user:LOGIN"
    assert refused.words == f"scope = {scope!r} is not allowed; allowed: {allowed}"
    assert room.desk.control.session.kills == []
    assert (room.desk.sent, audited(room, "kill")) == ([], [])


def test_that_all_with_a_colon_is_all_and_released_as_that() -> None:
    room = Room()
    assert room.ask(AskKill(scope="all:")) == Done(words="kill all: 1 orders not yet confirmed cancelled")
    assert room.ask(AskRelease(scope="all")) == Done(words="released: all")
    assert room.desk.control.session.kills == []


@pytest.mark.parametrize(
    ("scope", "reached"),
    [
        ("all", ["O1", "O2"]),
        ("parent:TECH", ["O1"]),
        ("parent:INST", ["O2"]),
        ("order:O2", ["O2"]),
        ("instrument:TECH", ["O1"]),
        ("instrument:INST", ["O2"]),
        ("parent:NONE", []),
        ("order:NONE", []),
        ("instrument:tech", []),
    ],
)
def test_that_a_kill_reaches_its_scope_and_nothing_else(scope: str, reached: list[str]) -> None:
    room = Room()
    room.desk.report("0", "A2", t37="O2", t526="INST", t55="INST")
    done = room.ask(AskKill(scope=scope))
    assert isinstance(done, Done)
    assert room.desk.kinds() == "F" * len(reached)
    states = room.ask(AskStates())
    assert isinstance(states, States)
    assert [order.order_id for order in states.orders if order.killed] == reached
    assert [order.order_id for order in states.orders if order.state.startswith("K")] == reached
    assert states.kills == [scope]


def test_that_a_kill_is_blocked_in_its_scope_alone_until_that_scope_is_released() -> None:
    room = Room()
    for scope in ("parent:NONE", "instrument:TECH", "parent:TECH"):
        room.ask(AskKill(scope=scope))
    assert failed(room.look())["kill switch"] == "on (instrument:TECH)"
    assert room.ask(AskRelease(scope="all")) == Refused(
        words="scope = 'all' is not killed; killed: parent:NONE, instrument:TECH, parent:TECH"
    )
    room.ask(AskRelease(scope="instrument:TECH"))
    assert failed(room.look())["kill switch"] == "on (parent:TECH)"
    room.ask(AskRelease(scope="parent:TECH"))
    assert "kill switch" not in failed(room.look())
    assert [entry["scope"] for entry in audited(room, "release")] == ["instrument:TECH", "parent:TECH"]


def test_that_a_kill_asked_twice_cancels_once() -> None:
    room = Room()
    room.ask(AskKill(scope="all"))
    room.ask(AskKill(scope="all"))
    assert room.desk.kinds() == "F"
    assert room.desk.control.session.kills == ["all"]


def test_that_an_order_that_begins_under_a_kill_is_cancelled_at_once() -> None:
    room = Room()
    room.ask(AskKill(scope="instrument:INST"))
    assert room.desk.kinds() == ""
    room.desk.report("0", "A2", t37="O2", t526="INST", t55="INST")
    assert room.desk.kinds() == "F"


@pytest.mark.parametrize(
    ("market", "name", "words"),
    [
        (Market(fault="engine is dead: its board stands still"), "market", "engine is dead: its board stands still"),
        (Market(age_ns=None), "market", "market data never seen; at most 5 s"),
        (Market(age_ns=6 * SECOND), "market", "market data 6.0 s old; at most 5 s"),
        (Market(age_ns=0, quality="halt"), "trading", "instrument is in halt"),
        (Market(age_ns=0, quality="auction"), "trading", "instrument is in auction"),
        (Market(age_ns=0, quality="closed"), "trading", "instrument is in closed"),
        (Market(age_ns=0, close_ns=1), "trading", "after the cut-off, 120 s before the close"),
    ],
)
def test_that_a_market_that_turned_bad_after_the_preflight_stops_the_confirm(
    market: Market, name: str, words: str
) -> None:
    room = Room()
    token = room.look().token
    room.desk.board = market
    refused = room.ask(AskConfirm(token=token))
    assert refused == Refused(words=f"{name}: {words}")
    assert room.desk.sent == []
    assert audited(room, "confirm")[-1]["refused"] == f"{name}: {words}"


def test_that_a_fill_between_preflight_and_confirm_is_no_change() -> None:
    room = Room()
    token = room.look().token
    room.desk.report("F", t32="100", t14="100", t151="900", t39="1")
    assert isinstance(room.ask(AskConfirm(token=token)), Done)


@pytest.mark.parametrize(
    ("exec_type", "cl_ord_id", "values"),
    [
        ("D", "A1", {"t38": "800", "t151": "800"}),
        ("5", "B7", {"t38": "800", "t151": "800", "t41": "A1"}),
        ("E", "B7", {"t39": "E", "t41": "A1"}),
    ],
    ids=["restated", "replaced by another", "another's request is pending"],
)
def test_that_an_order_that_another_has_changed_is_looked_at_again(
    exec_type: str, cl_ord_id: str, values: dict[str, str]
) -> None:
    room = Room()
    token = room.look().token
    room.desk.report(exec_type, cl_ord_id, **values)
    refused = room.ask(AskConfirm(token=token))
    assert isinstance(refused, Refused)
    assert "version: order changed since it was shown (0 to 1): look again" in refused.words
    assert room.desk.sent == []


def test_that_a_token_is_good_once() -> None:
    room = Room()
    token = room.look().token
    assert isinstance(room.ask(AskConfirm(token=token)), Done)
    assert isinstance(room.ask(AskConfirm(token=token)), Refused)
    assert room.desk.kinds() == "G"


def test_that_a_token_taken_by_another_user_is_spent_for_both() -> None:
    room = Room()
    token = room.look().token
    assert room.ask(AskConfirm(token=token), user="bob") == Refused(words="this pre-flight was shown to ann")
    assert isinstance(room.ask(AskConfirm(token=token)), Refused)
    assert [entry["refused"] for entry in audited(room, "confirm")] == [
        "pre-flight of ann", "pre-flight unknown, used or too old"
    ]  # fmt: skip


@pytest.mark.parametrize(("seconds", "kind"), [(TOKEN_S - 1, Done), (TOKEN_S, Refused), (10 * TOKEN_S, Refused)])
def test_that_a_preflight_is_confirmed_in_time_or_not_at_all(seconds: int, kind: type) -> None:
    room = Room()
    token = room.look().token
    room.wall += seconds * SECOND
    assert isinstance(room.ask(AskConfirm(token=token)), kind)


def test_that_every_preflight_has_a_token_of_its_own_that_nobody_guesses() -> None:
    room = Room()
    tokens = {room.look().token for _ in range(50)}
    assert len(tokens) == 50
    assert {len(token) for token in tokens} == {32}


@pytest.mark.parametrize(
    ("changes", "name", "words"),
    [
        ({"target": Target()}, "target", "no strategy"),
        ({"target": Target(strategy="SNIPE")}, "target", "SNIPE"),
        ({"target": Target(strategy="PASSIVE", params={"MaxPct": "0.5"})}, "target", "MaxPct = '0.5' is not allowed"),
        ({"target": Target(strategy="PASSIVE", params={"Depth": "5"})}, "target", "Depth is no parameter of it"),
        ({"action": "resume", "target": Target()}, "target", "not paused"),
        ({"version": 99}, "version", "order changed since it was shown (99 to"),
        ({"action": "reenter"}, "working", "order is R0"),
    ],
)
def test_that_a_wish_that_cannot_be_is_shown_with_its_reason_and_cannot_be_confirmed(
    changes: dict[str, object], name: str, words: str
) -> None:
    room = Room()
    found = room.look(**changes)
    assert words in failed(found)[name]
    refused = room.ask(AskConfirm(token=found.token))
    assert isinstance(refused, Refused)
    assert f"{name}: " in refused.words
    assert room.desk.sent == []


def test_that_a_session_that_is_lost_refuses_a_switch_and_says_so() -> None:
    room = Room()
    token = room.look().token
    room.desk.control.logged_on(up=False)
    refused = room.ask(AskConfirm(token=token))
    assert isinstance(refused, Refused)
    assert "session: not logged on, or resend not finished" in refused.words
    assert room.desk.sent == []


def test_that_a_refused_confirm_does_not_count_as_a_request_of_the_user() -> None:
    room = Room()
    for _ in range(15):
        found = room.look(version=99)
        assert isinstance(room.ask(AskConfirm(token=found.token)), Refused)
    assert room.desk.control.requests.get("ann", []) == []
    assert isinstance(room.ask(AskConfirm(token=room.look().token)), Done)
    assert len(room.desk.control.requests["ann"]) == 1


def test_that_a_second_request_waits_for_the_answer_to_the_first() -> None:
    room = Room()
    assert isinstance(room.ask(AskConfirm(token=room.look().token)), Done)
    assert failed(room.look())["working"].startswith("order is R1")
    assert isinstance(room.ask(AskConfirm(token=room.look().token)), Refused)
    assert room.desk.kinds() == "G"
    room.desk.report("5", last_id(room.desk), t847="PASSIVE")
    assert "working" not in failed(room.look(target=Target(strategy="VWAP", params={"MaxPct": "20"})))


def test_that_a_profile_without_a_pause_says_so_in_the_menu_and_refuses_one() -> None:
    room = Room(msgspec.structs.replace(PROFILE, pause=None))
    menu = room.ask(AskMenu(parent_id="TECH"))
    assert isinstance(menu, Menu)
    words = f"profile {PROFILE.name} has no pause: cancel instead"
    assert menu.no_pause == words
    found = room.look(action="pause", target=Target())
    assert failed(found)["target"] == words
    room.ask(AskConfirm(token=found.token))
    assert room.desk.sent == []


def test_that_an_order_no_longer_working_is_neither_switched_nor_paused_nor_cancelled() -> None:
    room = Room()
    room.desk.report("F", t32="1000", t14="1000", t151="0", t39="2")
    for action in ("switch", "pause"):
        found = room.look(action=action)
        assert failed(found)["leaves"] == "nothing left"
        assert isinstance(room.ask(AskConfirm(token=found.token)), Refused)
    assert isinstance(room.ask(AskCancel(order_id="O1")), Refused)
    killed = room.ask(AskKill(scope="all"))
    assert killed == Done(words="kill all: 0 orders not yet confirmed cancelled")
    assert room.desk.sent == []


def test_that_what_is_undefined_in_a_forecast_stays_so_with_a_reason() -> None:
    found = Room().look()
    assert (found.then.finish_ns, found.then.unfilled, found.then.risk_bps) == (None, None, None)
    assert found.then.why == "undefined: no board here"
    assert (found.effect.bps, found.effect.low, found.effect.high) == (None, None, None)
    assert found.effect.words.startswith("not identifiable")
    assert (found.now.algo, found.then.algo) == ("VWAP", "PASSIVE")


def test_that_the_target_is_forecast_from_its_own_parameters_and_the_markets_pace() -> None:
    room = Room()
    room.desk.market_ahead = Ahead(Pace(1_000.0, 100.0, 12, 60 * SECOND), 0, 10 * 60 * SECOND)
    found = room.look()
    leaves = found.order.leaves
    assert found.then.participation == pytest.approx(leaves / 10_000)
    paused = room.look(action="pause")
    assert (paused.then.algo, paused.then.p_complete) == ("VWAP", None)
    assert paused.then.why.startswith("paused: nothing is done")


def test_that_user_rule_and_screen_of_every_act_are_in_the_audit() -> None:
    room = Room()
    screen = Screen(generation=5, hash="abc")
    room.ask(AskReconcile(order_id="O1", screen=screen, by="rule-7"), user="bob")
    room.ask(AskKill(scope="order:O1", screen=screen))
    room.ask(AskRelease(scope="order:O1", screen=screen))
    found = [audited(room, what)[-1] for what in ("ask", "kill", "release")]
    assert [(entry["user"], entry["by"]) for entry in found] == [
        ("bob", "rule-7"),
        ("ann", "manual"),
        ("ann", "manual"),
    ]
    assert [entry["screen"] for entry in found] == [{"generation": 5, "hash": "abc"}] * 3


def test_that_naked_shares_are_pending_for_nobody_and_re_entered_only_by_hand() -> None:
    room = Room(CANCEL_NEW)
    room.ask(AskConfirm(token=room.look().token))
    room.desk.board = Market(fault="engine is dead")
    room.desk.report("4", last_id(room.desk), t39="4", t151="0")
    state = state_of(room.desk.control, room.desk.order)
    assert (state.state, state.alarm) == ("C6", "red")
    found = room.look(action="switch", target=PASSIVE)
    assert "order is C6" in failed(found)["working"]
    assert failed(room.look(action="reenter")) == {"market": "engine is dead"}
    assert room.desk.kinds() == "F"


def test_that_mine_means_nothing_where_no_tag_says_whose_an_order_is() -> None:
    room = Room()
    refused = room.ask(AskKill(scope="mine"))
    assert isinstance(refused, Refused)
    assert "owner_tag" in refused.words
    assert (room.desk.sent, room.desk.control.session.kills) == ([], [])


def test_that_mine_is_whoever_asks_and_is_released_as_that() -> None:
    room = Room()
    control = room.desk.control
    control.profile = msgspec.structs.replace(control.profile, owner_tag=9999)
    order = control.session.orders["O1"]
    order.owner = "somebody else"
    room.ask(AskKill(scope="mine"))
    assert room.desk.sent == []
    (scope,) = control.session.kills
    order.owner = scope.removeprefix("user:")
    assert scope == f"user:{order.owner}"
    room.ask(AskKill(scope="mine"))
    assert room.desk.kinds() == "F"
    assert room.ask(AskRelease(scope="mine")) == Done(words=f"released: {scope}")

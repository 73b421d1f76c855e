"""What is asked for somebody: under his name in guard and audit, and what was refused elsewhere is written down."""

import msgspec

from app.control.asks import AskCancel, AskConfirm, AskKill, AskRecord, Done, Refused
from app.entitlements import Grants, barred
from tests.control.test_answering import Room


def _audit(room: Room, what: str) -> list[dict[str, object]]:
    lines = [msgspec.json.decode(line, type=dict[str, object]) for line in room.desk.control.audit.lines]
    return [line for line in lines if line["what"] == what]


def test_that_a_question_for_somebody_is_his_in_the_audit() -> None:
    room = Room()
    room.ask(AskCancel(order_id="O1", user="alice", via="api", request="r1"))
    line = _audit(room, "ask")[0]
    assert (line["user"], line["via"], line["request"]) == ("alice", "api", "r1")


def test_that_a_question_at_the_desk_names_no_other_way() -> None:
    room = Room()
    room.ask(AskKill(scope="all"))
    line = _audit(room, "kill")[0]
    assert line["user"] == "ann"
    assert "via" not in line


def test_that_a_preflight_shown_to_the_desk_cannot_be_confirmed_for_another() -> None:
    room = Room()
    token = room.look().token
    assert room.ask(AskConfirm(token=token, user="alice")) == Refused(words="this pre-flight was shown to ann")
    assert room.desk.sent == []


def test_that_who_is_barred_from_an_order_fails_the_guard_with_the_reason() -> None:
    room = Room()
    people = {"ann": Grants("ann", frozenset({"act"}), frozenset({"cash"}))}
    room.desk.control.barred = lambda user, order: barred(people[user], lambda: ("swaps", "", ""))
    shown = room.look()
    assert {c.name: (c.verdict, c.words) for c in shown.checks}["entitlement"] == (
        "fail", "ann may not act on desk swaps, book (none)"
    )  # fmt: skip
    refused = room.ask(AskConfirm(token=shown.token))
    assert isinstance(refused, Refused)
    assert "entitlement" in refused.words
    assert room.desk.sent == []


def test_that_what_was_refused_elsewhere_is_in_the_chain_under_its_own_key() -> None:
    room = Room()
    entries = [{"status": "401", "n": "7", "hash": "forged"}, {"status": "403"}]
    assert room.ask(AskRecord(what="api", entries=entries, via="api")) == Done(words="2 written")
    lines = _audit(room, "api")
    assert [line["entry"] for line in lines] == entries
    assert all(isinstance(line["n"], int) and line["hash"] != "forged" for line in lines)
    assert room.desk.sent == []


def test_that_nobody_has_a_line_written_that_would_look_like_a_decision() -> None:
    room = Room()
    before = len(room.desk.control.audit.lines)
    for what in ("confirm", "kill", "out", "", "began"):
        assert isinstance(room.ask(AskRecord(what=what, entries=[{"user": "ann"}])), Refused)
    assert len(room.desk.control.audit.lines) == before

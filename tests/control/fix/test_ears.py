"""What a session hears: nothing lost, nothing raised, nothing sent that is stale."""

from pathlib import Path
from typing import Any

import pytest

from app.control.fix.ears import Ears, Login, first
from app.control.fix.wire_log import WireLog
from app.control.link import Down, LinkEvent, Received, Up, Warned
from app.feeds.decode.fix_wire import Header, built
from app.settings_sources import Secret
from tests.control.made import T0


class Listening:
    """Ears, and what they passed on."""

    def __init__(self, folder: Path) -> None:
        self.events: list[LinkEvent] = []
        self.log = WireLog(folder / "messages.log", "EMS")
        self.ears = Ears(self.log, self.events.append, Login("ann", Secret("s3cret")))

    def of(self, kind: type[Any]) -> list[Any]:
        """Events of a kind."""
        return [event for event in self.events if isinstance(event, kind)]


@pytest.fixture
def heard(tmp_path: Path) -> Listening:
    """Ears of a session that is not logged on."""
    return Listening(tmp_path)


def text(kind: str, seq: int, *fields: tuple[int, str], sender: str = "EMS") -> str:
    """A message as the library hands it over."""
    return built(Header(sender, "US" if sender == "EMS" else "EMS", seq, T0), kind, fields).decode()


def logged_on(heard: Listening) -> None:
    """Logged on, and the probe has come back."""
    heard.ears.on_logon()
    heard.ears.from_admin(2, "0", text("0", 2, (112, heard.ears.probe)))


def test_that_it_is_up_only_when_the_probe_has_come_back(heard: Listening) -> None:
    heard.ears.on_logon()
    assert heard.ears.logged_on
    assert heard.ears.probe_wanted.is_set()
    heard.ears.from_admin(1, "0", text("0", 1))
    heard.ears.from_admin(2, "0", text("0", 2, (112, "another")))
    assert not heard.ears.up.is_set()
    heard.ears.from_admin(3, "0", text("0", 3, (112, heard.ears.probe)))
    assert heard.ears.up.is_set()
    assert len(heard.of(Up)) == 1
    heard.ears.on_logout()
    assert not heard.ears.up.is_set()
    assert len(heard.of(Down)) == 1


def test_that_a_report_is_passed_on_as_it_came_and_once(heard: Listening) -> None:
    came = text("8", 5, (957, "2"), (958, "a"), (960, "1"), (958, "b"), (960, "2"))
    heard.ears.incoming(came)
    heard.ears.from_app(5, "sorted by the library")
    heard.ears.from_app(6, "never heard before\x01")
    assert [event.raw for event in heard.of(Received)] == [came.encode(), b"never heard before\x01"]
    assert [event.number for event in heard.of(Received)] == [1, 2]


def test_that_bytes_that_are_no_text_stay_what_they_were(heard: Listening) -> None:
    raw = text("8", 5, (58, "caf")).encode().replace(b"caf", b"caf\xe9")
    heard.ears.incoming(raw.decode("utf-8", "surrogateescape"))
    heard.ears.from_app(5, "")
    assert heard.of(Received)[0].raw == raw


def test_that_what_the_library_refuses_is_taken_in_with_an_alarm(heard: Listening) -> None:
    came = text("8", 5, (58, "x"))
    heard.ears.incoming(came)
    heard.ears.outgoing(text("3", 9, (45, "5"), (58, "Tag appears more than once"), sender="US"))
    assert heard.of(Received)[0].raw == came.encode()
    assert "Tag appears more than once" in heard.of(Warned)[0].words
    heard.ears.outgoing(text("j", 10, (45, "99"), sender="US"))
    assert "none of an order" in heard.of(Warned)[1].words
    assert len(heard.of(Received)) == 1


def test_that_missing_messages_take_the_session_down_until_they_are_here(heard: Listening) -> None:
    logged_on(heard)
    heard.ears.outgoing(text("2", 3, (7, "4"), (16, "0"), sender="US"))
    assert not heard.ears.up.is_set()
    assert isinstance(heard.events[-1], Down)
    assert not heard.ears.may_go("G", again=False)
    heard.ears.from_admin(9, "0", text("0", 9, (112, heard.ears.probe)))
    assert heard.ears.may_go("G", again=False)


def test_that_no_order_goes_out_twice_or_while_not_up(heard: Listening) -> None:
    for kind in "DFGqH":
        assert not heard.ears.may_go(kind, again=False)
    logged_on(heard)
    for kind in "DFGq":
        assert heard.ears.may_go(kind, again=False)
        assert not heard.ears.may_go(kind, again=True)


def test_that_a_message_of_ours_is_known_as_it_went_out(heard: Listening) -> None:
    sent = text("G", 12, (11, "A2"), sender="US")
    heard.ears.outgoing(sent)
    heard.ears.outgoing(text("0", 13, sender="US"))
    assert heard.ears.wire is not None
    assert (heard.ears.wire.raw, heard.ears.wire.seq) == (sent.encode(), 12)


def test_that_a_fault_in_a_callback_is_said_and_not_raised(heard: Listening) -> None:
    heard.log.close()
    heard.ears.from_app(5, text("8", 5))
    assert "from_app failed" in heard.of(Warned)[0].words


def test_that_a_session_reject_of_theirs_is_about_us_and_a_logout_says_why(heard: Listening) -> None:
    logged_on(heard)
    came = text("3", 3, (45, "12"), (58, "bad"))
    heard.ears.incoming(came)
    heard.ears.from_admin(3, "3", came)
    assert heard.of(Received)[0].raw == came.encode()
    heard.ears.from_admin(4, "5", text("5", 4, (58, "good night")))
    heard.ears.on_logout()
    assert "good night" in heard.of(Down)[-1].why


def test_that_what_keeps_it_from_being_up_is_said_once_and_what_is_routine_never(heard: Listening) -> None:
    for _ in range(3):
        heard.ears.event("Connecting to 127.0.0.1 on port 1")
        heard.ears.event("MsgSeqNum too low, expecting 5 but received 1")
    assert [event.words for event in heard.of(Warned)] == ["FIX session: MsgSeqNum too low, expecting 5 but received 1"]


def test_that_a_logon_carries_the_login_and_nobody_else_sees_it(heard: Listening) -> None:
    assert heard.ears.login() == [(553, "ann"), (554, "s3cret")]
    assert "s3cret" not in repr(heard.ears._login)


def test_that_the_first_value_of_a_tag_is_found() -> None:
    raw = text("8", 5, (58, "a"), (58, "b")).encode()
    assert first(raw, 58) == b"a"
    assert first(raw, 59) == b""

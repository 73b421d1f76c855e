"""The line to a simulated EMS: nothing missed, nothing doubled, nothing sent later."""

from pathlib import Path

import pytest

from app.control.link import Clock, Down, EventQueue, LinkDownError, LinkEvent, Received, SimulatedLink, Up
from app.engine.errors import FeedError
from app.runtime.ems_port import EmsPort
from tests.patience import eventually


class Heard:
    """What a link tells."""

    def __init__(self) -> None:
        self.events: list[LinkEvent] = []

    def __call__(self, event: LinkEvent) -> None:
        self.events.append(event)

    def numbers(self) -> list[int]:
        """Numbers of the messages received."""
        return [event.number for event in self.events if isinstance(event, Received)]

    def first(self, kind: type) -> int | None:
        """Place of the first event of a kind, counted from 1."""
        return next((k for k, event in enumerate(self.events, 1) if isinstance(event, kind)), None)


def opened(file: Path) -> EmsPort:
    """A port whose EMS takes messages."""
    port = EmsPort(file)
    port.outgoing(5)
    return port


def test_that_everything_missed_comes_before_the_logon(tmp_path: Path) -> None:
    heard, file = Heard(), tmp_path / "ems.json"
    with opened(file) as port:
        port.incoming([(1, b"a"), (2, b"b"), (3, b"c")])
        link = SimulatedLink(file)
        link.start(1, heard)
        eventually(lambda: heard.first(Up))
        assert heard.numbers() == [2, 3]
        assert [event.raw for event in heard.events if isinstance(event, Received)] == [b"b", b"c"]
        up, received = heard.first(Up), heard.first(Received)
        assert up is not None
        assert received is not None
        assert received < up
        port.incoming([(4, b"d")])
        eventually(lambda: 4 in heard.numbers())
        port.outgoing(9)
        eventually(lambda: Clock(9) in heard.events)
        link.stop()


def test_that_a_message_reaches_the_ems_once(tmp_path: Path) -> None:
    heard, file = Heard(), tmp_path / "ems.json"
    with opened(file) as port:
        link = SimulatedLink(file)
        link.start(0, heard)
        eventually(lambda: heard.first(Up))
        link.send(b"one")
        link.send(b"two")
        assert port.outgoing(6) == [b"one", b"two"]
        assert port.outgoing(7) == []
        assert port.next_ns() is None
        link.stop()


class Asked(EmsPort):
    """A port that counts what it was asked."""

    answers = 0

    def _answer(self, question: bytes) -> bytes:
        answer = super()._answer(question)
        self.answers += 1
        return answer


def test_that_nothing_is_sent_while_not_logged_on(tmp_path: Path) -> None:
    file = tmp_path / "ems.json"
    link = SimulatedLink(file)
    with pytest.raises(LinkDownError, match="not logged on"):
        link.send(b"x")
    heard = Heard()
    link.start(0, heard)
    eventually(lambda: heard.first(Down))
    with pytest.raises(LinkDownError):
        link.send(b"x")
    with Asked(file) as port:  # its day is still made again
        eventually(lambda: port.answers >= 2)
        assert heard.first(Up) is None
        port.outgoing(1)
        eventually(lambda: heard.first(Up))
        assert port.outgoing(2) == []
    eventually(lambda: isinstance(heard.events[-1], Down))
    with pytest.raises(LinkDownError):
        link.send(b"late")
    link.stop()


def test_that_a_line_that_breaks_in_the_middle_is_perhaps_sent(tmp_path: Path) -> None:
    heard, file = Heard(), tmp_path / "ems.json"
    port = opened(file)
    link = SimulatedLink(file)
    link.start(0, heard)
    eventually(lambda: heard.first(Up))
    port.close()
    link._up.set()  # the loss was not noticed yet
    with pytest.raises(FeedError):
        link.send(b"x")
    link.stop()


def test_that_an_engine_started_again_is_heard_from_where_it_was(tmp_path: Path) -> None:
    heard, file = Heard(), tmp_path / "ems.json"
    link = SimulatedLink(file)
    with opened(file) as port:
        port.incoming([(1, b"a"), (2, b"b")])
        link.start(0, heard)
        eventually(lambda: 2 in heard.numbers())
    with opened(file) as port:  # the same day again, the same numbers
        port.incoming([(1, b"a"), (2, b"b"), (3, b"c")])
        eventually(lambda: 3 in heard.numbers())
    assert heard.numbers() == [1, 2, 3]
    link.stop()


def test_that_a_queue_waits_no_longer_than_told() -> None:
    queue = EventQueue()
    assert queue.get(0.0) is None
    queue.put(1)
    assert queue.get(1.0) == 1

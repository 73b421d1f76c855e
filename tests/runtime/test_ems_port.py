"""The engine's end of the line to the EMS: every reply once, in order, by its number; messages when it is open."""

import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from app.engine.errors import FeedError
from app.runtime.channel import Line
from app.runtime.ems_port import EmsAsked, EmsPort, EmsTold


@pytest.fixture
def port(tmp_path: Path) -> Iterator[EmsPort]:
    with EmsPort(tmp_path / "ems.json") as made:
        yield made


@pytest.fixture
def line(port: EmsPort, tmp_path: Path) -> Iterator[Line]:
    made = Line(tmp_path / "ems.json", 5.0)
    yield made
    made.close()


def ask(line: Line, *messages: bytes, known: int = 0, wait_s: float = 0.0) -> EmsTold:
    """One question of the control process."""
    question = EmsAsked(list(messages), known, wait_s)
    return msgspec.json.decode(line.ask(msgspec.json.encode(question)), type=EmsTold)


def test_that_a_day_that_is_still_made_again_takes_no_messages_and_says_so(port: EmsPort, line: Line) -> None:
    port.incoming([(5, b"a")])
    assert ask(line, b"too early") == EmsTold(0, False, [(5, b"a")])
    assert port.outgoing(7) == []
    assert ask(line, b"now") == EmsTold(7, True, [(5, b"a")])
    assert port.outgoing(8) == [b"now"]
    assert port.outgoing(9) == []


def test_that_messages_come_out_in_the_order_they_went_in(port: EmsPort, line: Line) -> None:
    port.outgoing(1)
    ask(line, b"1", b"2")
    ask(line, b"3")
    assert port.outgoing(2) == [b"1", b"2", b"3"]


@pytest.mark.parametrize(("known", "told"), [(0, [b"a", b"b", b"c"]), (1, [b"b", b"c"]), (3, []), (9, [])])
def test_that_only_what_is_not_known_yet_is_told(port: EmsPort, line: Line, known: int, told: list[bytes]) -> None:
    port.incoming([(1, b"a"), (2, b"b")])
    port.incoming([(2, b"c")])
    assert [raw for _, raw in ask(line, known=known).replies] == told


def test_that_bytes_that_are_no_text_pass_both_ways(port: EmsPort, line: Line) -> None:
    raw = bytes(range(256))
    port.outgoing(1)
    port.incoming([(1, raw)])
    assert ask(line, raw).replies == [(1, raw)]
    assert port.outgoing(2) == [raw]


def test_that_who_waits_is_told_as_soon_as_there_is_news(port: EmsPort, line: Line) -> None:
    port.outgoing(1)
    waiting = threading.Thread(target=lambda: heard.append(ask(line, wait_s=60.0)))
    heard: list[EmsTold] = []
    waiting.start()
    port.incoming([(3, b"news")])
    waiting.join(5)
    assert [told.replies for told in heard] == [[(3, b"news")]]


def test_that_nobody_waits_longer_than_a_moment_for_a_day_that_stands_still(port: EmsPort, line: Line) -> None:
    port.outgoing(4)
    assert ask(line, known=0, wait_s=0.05) == EmsTold(4, True, [])


def test_that_two_who_ask_are_told_the_same(port: EmsPort, line: Line, tmp_path: Path) -> None:
    other = Line(tmp_path / "ems.json", 5.0)
    port.incoming([(1, b"a")])
    assert ask(line).replies == ask(other).replies == [(1, b"a")]
    other.close()


def test_that_a_question_that_is_none_ends_that_line_alone(port: EmsPort, line: Line, tmp_path: Path) -> None:
    stranger = Line(tmp_path / "ems.json", 5.0)
    with pytest.raises(FeedError, match="ems: the line broke"):
        stranger.ask(b"not a question")
    port.incoming([(1, b"a")])
    assert ask(line).replies == [(1, b"a")]


def test_that_a_closed_port_answers_nobody(tmp_path: Path) -> None:
    port = EmsPort(tmp_path / "ems.json")
    port.close()
    line = Line(tmp_path / "ems.json", 0.5)
    with pytest.raises(FeedError, match="ems: not running"):
        ask(line)
    assert not (tmp_path / "ems.json").exists()
    assert port.next_ns() is None

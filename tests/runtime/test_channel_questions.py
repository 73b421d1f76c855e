"""Questions that are none: whatever the bytes, that line alone ends, and the next who asks is answered."""

import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from app.engine.errors import FeedError
from app.runtime.channel import Door, Line

PATIENCE_S = 5.0


class Question(msgspec.Struct):
    """What somebody asks about an order."""

    order: str
    known: int = 0


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Path]:
    """Of a door that says the order it was asked about."""
    path = tmp_path / "control.json"
    with Door(path, lambda question: msgspec.json.decode(question, type=Question).order.encode()):
        yield path


@pytest.mark.parametrize(
    "question",
    [b"", b"not a question", b"{}", b'{"order": "\xff"}', b'{"\xff": 1}', b"\xff", b"[]", b'{"order": 7}',
     b'{"order": "A", "known": "many"}', b'{"order": "A"', b'{"order": "A"}}'],
)  # fmt: skip
def test_that_bytes_that_are_no_question_end_their_line_alone_and_quietly(
    file: Path, question: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    faults: list[object] = []
    monkeypatch.setattr(threading, "excepthook", faults.append)
    stranger, other = (Line(file, PATIENCE_S) for _ in range(2))
    assert other.ask(b'{"order": "A"}') == b"A"
    with pytest.raises(FeedError, match="control: the line broke"):
        stranger.ask(question)
    assert other.ask(b'{"order": "B"}') == b"B"
    assert stranger.ask(b'{"order": "C"}') == b"C"  # whoever mends the question is answered on a new line
    for line in (stranger, other):
        line.close()
    assert faults == []


def test_that_two_questions_of_one_line_wait_for_each_other(file: Path) -> None:
    line = Line(file, PATIENCE_S)
    answers: dict[str, bytes] = {}

    def ask(name: str) -> None:
        for _ in range(20):
            answers[name] = line.ask(b'{"order": "%s"}' % name.encode())
            assert answers[name] == name.encode()

    askers = [threading.Thread(target=ask, args=(name,)) for name in ("A", "B", "C")]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join(PATIENCE_S)
    line.close()
    assert answers == {"A": b"A", "B": b"B", "C": b"C"}

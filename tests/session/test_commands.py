"""Messages to the EMS are on disk before they are sent, and a torn one was never sent."""

from pathlib import Path

import pytest

from app.engine.errors import FeedError
from app.session.commands import CommandLog

MESSAGES = [(10, b"8=FIX.4.4\x0135=G\x01"), (10, b"\xff\x00"), (25, b"last")]


def test_that_what_was_kept_comes_again_in_order(tmp_path: Path) -> None:
    log = CommandLog(tmp_path / "commands.log")
    assert log.past == []
    for at_ns, message in MESSAGES:
        log.keep(at_ns, message)
    log.close()
    again = CommandLog(tmp_path / "commands.log")
    assert (again.past, again.torn) == (MESSAGES, 0)
    again.keep(30, b"more")
    again.close()
    assert CommandLog(tmp_path / "commands.log").past == [*MESSAGES, (30, b"more")]


@pytest.mark.parametrize("cut", range(1, 30, 4))
def test_that_a_torn_end_is_cut_off_and_counted(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "commands.log"
    log = CommandLog(path)
    for at_ns, message in MESSAGES:
        log.keep(at_ns, message)
    log.close()
    whole = path.read_bytes()
    path.write_bytes(whole[:-cut])
    again = CommandLog(path)
    last = len(whole.splitlines(keepends=True)[-1])
    assert again.past == MESSAGES[:2]
    assert again.torn == last - cut
    again.keep(30, b"more")
    again.close()
    assert CommandLog(path).past == [*MESSAGES[:2], (30, b"more")]


def test_that_a_file_that_cannot_be_is_said_in_words(tmp_path: Path) -> None:
    with pytest.raises(FeedError, match="cannot be read"):
        CommandLog(tmp_path)


@pytest.mark.parametrize(
    "damaged",
    [b"garbage\n", b'{"at_ns":"ten","message":""}\n', b'{"at_ns":10}\n', b'{"at_ns":10,"message":"*"}\n', b"\n"],
    ids=["no JSON", "a time that is text", "no message", "no base64", "empty"],
)
def test_that_a_damaged_line_in_the_middle_is_named_and_nothing_behind_it_is_cut_off(
    tmp_path: Path, damaged: bytes
) -> None:
    path = tmp_path / "commands.log"
    log = CommandLog(path)
    for at_ns, message in MESSAGES:
        log.keep(at_ns, message)
    log.close()
    lines = path.read_bytes().splitlines(keepends=True)
    before = lines[0] + damaged + lines[2]
    path.write_bytes(before)
    with pytest.raises(FeedError, match=r"commands\.log line 2: no message to the EMS"):
        CommandLog(path)
    assert path.read_bytes() == before


def test_that_a_message_that_cannot_be_kept_says_that_it_is_not_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = CommandLog(tmp_path / "commands.log")

    def full(_file: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("app.session.commands.os.fsync", full)
        with pytest.raises(FeedError, match="so it is not sent: No space left"):
            log.keep(1, b"x")
    log.close()

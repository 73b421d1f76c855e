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

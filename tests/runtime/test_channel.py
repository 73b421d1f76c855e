"""A line between two processes: only who can read the door's file is let in, and nobody waits for ever."""

import os
import signal
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import msgspec
import pytest

from app.engine.errors import FeedError
from app.runtime.channel import Address, Door, Line, knock, write_private

ROOT = Path(__file__).resolve().parents[2]
ECHO = """
import sys, threading
from pathlib import Path
from app.runtime.channel import Door
door = Door(Path(sys.argv[1]), lambda question: question[::-1])
print("open", flush=True)
threading.Event().wait()
"""


def echo(file: Path) -> "subprocess.Popen[str]":
    running = subprocess.Popen([sys.executable, "-c", ECHO, str(file)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert running.stdout is not None
    assert running.stdout.readline() == "open\n"
    return running


def test_that_questions_are_answered_by_their_own_answers(tmp_path: Path) -> None:
    with Door(tmp_path / "echo.json", lambda question: b"not " + question) as door:
        lines = [Line(tmp_path / "echo.json", 5.0) for _ in range(3)]
        for number in range(20):
            for line in lines:
                assert line.ask(str(number).encode()) == f"not {number}".encode()
        for line in lines:
            line.close()
        door.close()
    with pytest.raises(FeedError, match="echo: not running"):
        Line(tmp_path / "echo.json", 1.0).ask(b"?")


def test_that_only_its_user_can_read_the_key(tmp_path: Path) -> None:
    with Door(tmp_path / "echo.json", lambda question: question):
        assert stat.S_IMODE((tmp_path / "echo.json").stat().st_mode) == 0o600
        address = msgspec.json.decode((tmp_path / "echo.json").read_bytes(), type=Address)
        assert stat.S_IMODE(Path(address.address).stat().st_mode) == 0o600
        assert len(address.key) == 64


def test_that_a_wrong_key_is_turned_away_and_the_door_stays_open(tmp_path: Path) -> None:
    with Door(tmp_path / "echo.json", lambda question: question):
        address = msgspec.json.decode((tmp_path / "echo.json").read_bytes(), type=Address)
        write_private(tmp_path / "forged.json", msgspec.json.encode(Address(address.address, "00" * 32)))
        with pytest.raises(FeedError, match="forged: not reachable"):
            knock(tmp_path / "forged.json", 5.0)
        assert Line(tmp_path / "echo.json", 5.0).ask(b"me") == b"me"


def test_that_a_folder_with_a_long_name_has_a_door_too(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 100)
    deep.mkdir()
    with Door(deep / "echo.json", lambda question: question):
        address = msgspec.json.decode((deep / "echo.json").read_bytes(), type=Address).address
        assert Line(deep / "echo.json", 5.0).ask(b"me") == b"me"
    assert not Path(address).parent.exists()


def test_that_a_slow_answer_is_given_up_and_never_taken_for_the_next_one(tmp_path: Path) -> None:
    let_go = threading.Event()

    def answer(question: bytes) -> bytes:
        if question == b"slow":
            let_go.wait(30)
        return question

    with Door(tmp_path / "echo.json", answer):
        line = Line(tmp_path / "echo.json", 5.0)
        with pytest.raises(FeedError, match=r"no answer within 0\.1 s"):
            line.ask(b"slow", 0.1)
        let_go.set()
        assert line.ask(b"quick") == b"quick"


def test_that_a_line_in_use_says_so(tmp_path: Path) -> None:
    begun, let_go = threading.Event(), threading.Event()

    def answer(question: bytes) -> bytes:
        begun.set()
        let_go.wait(30)
        return question

    with Door(tmp_path / "echo.json", answer):
        line = Line(tmp_path / "echo.json", 30.0)
        other = threading.Thread(target=line.ask, args=(b"long",))
        other.start()
        assert begun.wait(10)
        with pytest.raises(FeedError, match="busy with another question"):
            line.ask(b"short", 0.05)
        let_go.set()
        other.join()


def test_that_a_killed_process_breaks_the_line_and_the_next_one_is_found(tmp_path: Path) -> None:
    file = tmp_path / "echo.json"
    running = echo(file)
    line = Line(file, 5.0)
    assert line.ask(b"abc") == b"cba"
    running.kill()
    running.communicate()
    with pytest.raises(FeedError, match="echo: "):
        line.ask(b"abc")
    running = echo(file)  # a socket that was left behind is in nobody's way
    assert line.ask(b"abc") == b"cba"
    running.kill()
    running.communicate()


def test_that_a_process_that_stands_still_keeps_nobody(tmp_path: Path) -> None:
    file = tmp_path / "echo.json"
    running = echo(file)
    os.kill(running.pid, signal.SIGSTOP)
    began = time.monotonic()
    with pytest.raises(FeedError, match=r"does not answer within 0\.2 s"):
        Line(file, 0.2).ask(b"abc")
    assert time.monotonic() - began < 5
    running.kill()
    os.kill(running.pid, signal.SIGCONT)
    running.communicate()


def test_that_a_file_is_there_as_a_whole_or_not_at_all(tmp_path: Path) -> None:
    write_private(tmp_path / "a", b"one")
    write_private(tmp_path / "a", b"two")
    assert (tmp_path / "a").read_bytes() == b"two"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    (tmp_path / "folder").mkdir()
    with pytest.raises(IsADirectoryError):
        write_private(tmp_path / "folder", b"x")
    assert {path.name for path in tmp_path.iterdir()} == {"a", "folder"}

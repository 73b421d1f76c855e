"""Work dealt to processes: every line once, a failure told, nothing left running."""

import io
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.engine.errors import FeedError
from app.session.shares import dealt, lines_of, serve
from tests.patience import eventually

_WORKER = """
import os, sys
from app.engine.errors import FeedError
from app.session.shares import serve

def work(order):
    yield b"%d" % os.getpid()
    for word in order.split():
        if word == b"fail":
            raise FeedError("this one cannot")
        yield word

sys.exit(serve(work))
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "a_worker.py").write_text(_WORKER, encoding="utf-8")
    monkeypatch.setenv(
        "PYTHONPATH", os.pathsep.join([str(tmp_path), str(Path.cwd()), os.environ.get("PYTHONPATH", "")])
    )
    return "a_worker"


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize(
    ("items", "processes", "hands"),
    [("abcde", 2, ["ace", "bd"]), ("ab", 5, ["a", "b"]), ("ab", 1, ["ab"]), ("ab", 0, ["ab"]), ("", 3, [])],
)
def test_that_every_item_is_dealt_once_and_no_hand_is_empty(items: str, processes: int, hands: list[str]) -> None:
    assert ["".join(hand) for hand in dealt(items, processes)] == hands


def test_that_every_process_gets_its_order_and_every_line_is_read(module: str) -> None:
    long = " ".join(f"n{n}" for n in range(30_000))  # longer than a pipe, or an argument, holds
    found = list(lines_of(module, [long.encode(), b"x y"], "work"))
    pids = [line for line in found if line.isdigit()]
    assert len(set(pids)) == 2
    assert [line for line in found if not line.isdigit()] == [*(b"n%d" % n for n in range(30_000)), b"x", b"y"]


def test_that_a_process_that_fails_is_told_and_none_is_left(module: str, capfd: pytest.CaptureFixture[str]) -> None:
    lines = lines_of(module, [b"a fail", b"b"], "days of May")
    pid = int(next(lines))
    assert next(lines) == b"a"
    with pytest.raises(FeedError, match="days of May: a process ended with 1"):
        next(lines)
    assert "this one cannot" in capfd.readouterr().err
    assert not alive(pid)


def test_that_a_reader_that_stops_ends_the_processes(module: str) -> None:
    endless = b"x " * 200_000  # more than the pipe takes: it waits for its reader
    lines = lines_of(module, [endless], "work")
    assert isinstance(lines, Iterator)
    pid = int(next(lines))
    lines.close()  # type: ignore[attr-defined]
    eventually(lambda: not alive(pid))


def test_that_a_module_that_is_not_there_is_told() -> None:
    with pytest.raises(FeedError, match="work: a process ended with 1"):
        list(lines_of("no_module_of_this_name", [b"x" * 1_000_000], "work"))


def test_that_a_share_is_served_from_its_order(
    monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"one two")))
    assert serve(lambda order: iter(order.split())) == 0
    assert capfdbinary.readouterr().out == b"one\ntwo\n"

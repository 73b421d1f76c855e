"""Ctrl+C and SIGTERM in the middle of a replay: complete files or none, one sentence, a journal that can be read."""

import os
import random
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.runtime.outputs import FILES
from tests.command import scorecard
from tests.patience import eventually
from tests.session.small import small_session

pytestmark = pytest.mark.slow  # processes

ROOT = Path(__file__).resolve().parents[1]

# The command line over an engine that only writes down what it is told. What it loads is loaded once: each line on its
# input is a replay in a process forked from this one, told of as it begins and as it ends, its code once it may go.
LIGHT = """
import os, sys, types
from pathlib import Path
from app.cli import entry as cli
from app.runtime.loop import RunOptions, Stream, Taps, run
from app.runtime.outputs import Outputs
from app.runtime.route import Route
from tests.runtime.made import Scribe, market, orders, universe

def play(out, many):
    names, rows = universe(), market(many)
    with Outputs(Path(out), names, book=True) as outputs:
        stream = Stream("made", names, Route(iter([rows]), orders(rows), 8))
        return run(stream, Scribe(), RunOptions(version="", settings_hash="", started_s=0, first_byte_s=0),
                   Taps(outputs=outputs))

def replay(request):
    os.write(1, f"{os.getpid()}\\n".encode())
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return play(request.out, 6_000)

sys.modules["app.session.replay"] = light = types.ModuleType("app.session.replay")
light.replay = replay
play(sys.argv[1], 64)
while out := sys.stdin.readline().strip():
    process = os.fork()
    if process == 0:
        os.dup2(os.open(out + ".said", os.O_CREAT | os.O_WRONLY), 2)
        cli.main(["replay", "made", "--out", out])
    os.waitid(os.P_PID, process, os.WEXITED | os.WNOWAIT)
    os.write(1, b"ended\\n")
    sys.stdin.readline()
    os.write(1, f"{os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])}\\n".encode())
"""


class Light:
    """Replays one after another, each in a process of its own that starts in no time."""

    def __init__(self, warmed: Path) -> None:
        self.running = subprocess.Popen(
            [sys.executable, "-c", LIGHT, str(warmed)],
            cwd=ROOT,
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def tell(self, words: object) -> None:
        assert self.running.stdin is not None
        self.running.stdin.write(f"{words}\n".encode())

    def line(self) -> str:
        assert self.running.stdout is not None
        return self.running.stdout.readline().decode().strip()

    def has_said(self, after: float) -> bool:
        """Whether there is something to read within so many seconds."""
        assert self.running.stdout is not None
        ears = select.poll()  # `select.select` refuses descriptors above 1,023
        ears.register(self.running.stdout, select.POLLIN)
        return bool(ears.poll(1e3 * after))

    def replay(self, out: Path, stopped: signal.Signals | None = None, after: float = 0.0) -> int:
        """Its exit code, when it gets a signal so many seconds after its rows began to flow."""
        assert self.running.stdout is not None
        self.tell(out)
        number = int(self.line())
        if stopped and not self.has_said(after):
            os.kill(number, stopped)  # it is there until its code was asked for, ended or not
        assert self.line() == "ended"
        self.tell("let it go")
        return int(self.line())


@pytest.fixture(scope="module")
def light(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Light]:
    made = Light(tmp_path_factory.mktemp("light") / "warm")
    yield made
    made.tell("")
    assert made.running.wait(60) == 0
    for end in (made.running.stdin, made.running.stdout):
        assert end is not None
        end.close()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_that_an_interrupted_replay_leaves_all_files_or_none(
    light: Light, tmp_path: Path, number: signal.Signals
) -> None:
    draw = random.Random(number)
    began = time.monotonic()
    codes = [light.replay(tmp_path / "whole")]
    lasts = time.monotonic() - began
    assert codes == [0]
    assert {entry.name for entry in (tmp_path / "whole").iterdir()} == set(FILES)
    for turn in range(60):
        if turn >= 16 and 130 in codes:
            break
        out = tmp_path / f"out{turn}"
        began = time.monotonic()
        codes.append(light.replay(out, number, lasts * 1.1 * draw.random()))
        if codes[-1] == 0:  # how long it takes depends on who else is at work
            lasts = min(lasts, time.monotonic() - began)
        if out.exists():  # done before the signal, or while it came
            assert {entry.name for entry in out.iterdir()} == set(FILES)
        else:
            assert codes[-1] == 130
            said = (tmp_path / f"out{turn}.said").read_text()
            assert said == "scorecard: interrupted; files that were not complete are gone\n"
    assert not list(tmp_path.glob(".*"))
    assert 130 in codes


def test_that_an_interrupted_replay_says_so_and_keeps_a_readable_journal(tmp_path: Path) -> None:
    day, tape = small_session(tmp_path / "day"), tmp_path / "day.tape"
    words = ["replay", day, "--out", tmp_path / "out", "--journal", tape, "--speed", "1"]
    running = subprocess.Popen(
        [sys.executable, "-m", "app", *map(str, words)],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    # kernels may have to be compiled first
    assert eventually(lambda: tape.exists() and tape.stat().st_size > 0, 300)
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=60)
    assert running.returncode == 130
    assert said == "scorecard: interrupted; files that were not complete are gone\n"
    assert {entry.name for entry in tmp_path.iterdir()} == {"day", "day.tape"}
    assert scorecard("replay", tape) == 0

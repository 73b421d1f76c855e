"""The API at length: held against its description, asked five hundred times a second beside a busy engine, streamed.

A generated recording is replayed at 200,000 rows a second on the engine's own core, without evidence, which would not
let it get there; the API, over TLS, has the cores that are left. The load is ApiLoad.java, each request due at its own
time; where the engine's speed is taken it keeps off the engine's core, since it would come from elsewhere. Latencies
are of the wall clock, printed and held; lines are opened and the load is warm before anything is counted.
"""

import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from app.api.tokens import TokenFile
from app.board import BoardReader
from app.feeds.generator import Plan
from app.session.api_worker import url_file
from app.session.generate import generate_session
from app.session.hand import SessionHand, stop_session
from tests.api.made import MadeBoard
from tests.api.serving import Authority, Serving
from tests.patience import eventually

BIN = Path(sys.executable).parent
LOAD = Path(__file__).with_name("ApiLoad.java")
PLAN = Plan(seed=1, market_rows=9_000_000, order_share=0.0001, instruments=10, duration_s=23_400)
PACE = 3 * 200_000 * PLAN.duration_s / PLAN.market_rows  # event s a second: 200,000 rows where the day is thinnest
STILL = 0.001  # as good as none
STRETCH = 1_500_000, 4_500_000  # rows between which the engine's speed is taken, flat out
PAIRS = 3
RATE = 500
SECONDS = 8
STREAMS = 200
STREAM = "/v1/stream?fields=parent_id,filled_qty"

pytestmark = pytest.mark.prove


@pytest.fixture(scope="module")
def load(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The command of the load."""
    classes = tmp_path_factory.mktemp("load")
    subprocess.run(["javac", "-d", str(classes), str(LOAD)], check=True)
    return ["java", "-Xmx256m", "-XX:+UseSerialGC", "-cp", str(classes), "ApiLoad"]


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the engine replays."""
    folder = tmp_path_factory.mktemp("recording") / "generated"
    generate_session(PLAN, folder)
    return folder


@dataclass(frozen=True, slots=True)
class Running:
    """A session that replays, at first hardly at all."""

    runtime: Path
    token: str

    def rows(self) -> int:
        """Rows the engine has taken, by the board's count of its sources."""
        return int(BoardReader(self.runtime / "board").rows("sources")["rows"].sum())

    def speed(self, speed: float | None) -> None:
        """Event seconds a second from now on, None = flat out."""
        hand = SessionHand(self.runtime)
        hand.set_speed(speed)
        hand.close()

    def parent(self) -> str:
        """A parent, once the replay has come to one."""
        self.speed(PACE)
        board = BoardReader(self.runtime / "board")
        return board.text(int(eventually(lambda: list(board.rows("parents")["parent_id"]), 60)[0]))

    def seconds(self) -> float:
        """What the stretch takes it, flat out."""
        self.speed(None)
        eventually(lambda: self.rows() >= STRETCH[0], 60)
        begun, first = time.monotonic(), self.rows()
        eventually(lambda: self.rows() >= STRETCH[1], 120)
        return (time.monotonic() - begun) * (STRETCH[1] - STRETCH[0]) / (self.rows() - first)

    def command(self, load: list[str], *words: object) -> list[str]:
        """The load on its API. `words`: those before and after the token."""
        port = url_file(self.runtime).read_text().rpartition(":")[2]
        return [*load, str(words[0]), "localhost", port, self.token, *map(str, words[1:])]

    @contextmanager
    def asked(self, load: list[str], *words: object) -> Iterator["subprocess.Popen[str]"]:
        """Under load, which is warm, until left. `words`: those after the token."""
        with subprocess.Popen(self.command(load, *words), stdout=subprocess.PIPE, text=True) as process:
            try:
                assert process.stdout is not None
                assert process.stdout.readline() == "warm\n"
                yield process
            finally:
                process.kill()


def settled(folder: Path, *, api: bool) -> str:
    """A settings file in the folder, with the API over TLS or without; a token."""
    certificate, key = Authority(folder).issue("localhost")
    tokens = folder / "tokens.json"
    listen = "localhost:0" if api else ""
    (folder / "s.toml").write_text(
        f'[api]\nlisten = "{listen}"\ncertificate = "{certificate}"\nkey = "{key}"\ntokens = "{tokens}"\n'
        'rate = 100000\nburst = 100000\nstreams = 400\nheader_s = 30\n[evidence]\nmodel = ""\n'
    )
    return TokenFile(tokens).add("load", ["read"], 1, time.time_ns())[1]


@contextmanager
def session(folder: Path, recording: Path, *, api: bool = True, apart: bool = False) -> Iterator[Running]:
    """A session in its processes, with the API over TLS or without; `apart`: the load keeps off its engine."""
    runtime, token = folder / "runtime", settled(folder, api=api)
    words = ["serve", "--replay", str(recording), "--speed", str(STILL)]
    words += ["--settings", str(folder / "s.toml"), "--runtime", str(runtime)]
    cores = os.sched_getaffinity(0)
    with subprocess.Popen([str(BIN / "scorecard"), *words], stdout=subprocess.DEVNULL) as process:
        try:
            if apart:
                os.sched_setaffinity(0, sorted(cores)[1:] or cores)  # the supervisor gives the engine the first one
            eventually((runtime / "board" / "header").exists, 300)
            if api:
                eventually(url_file(runtime).exists, 120)
            yield Running(runtime, token)
        finally:
            os.sched_setaffinity(0, cores)
            stop_session(runtime)
            process.wait(60)


def counted(process: "subprocess.Popen[str]", running: Running) -> dict[str, Any]:
    """What the load found in its time, and how fast the engine was meanwhile."""
    begun, first = time.monotonic(), running.rows()
    assert process.stdout is not None
    found: dict[str, Any] = json.loads(process.stdout.readline())
    found["engine_s"] = (running.rows() - first) / (time.monotonic() - begun)
    print(process.args[-5:], found)  # type: ignore[index]
    return found


def test_that_five_hundred_requests_a_second_are_answered_in_time(
    tmp_path: Path, load: list[str], recording: Path
) -> None:
    with session(tmp_path, recording) as running:
        path = f"/v1/parents/{running.parent()}"
        running.speed(STILL)
        with running.asked(load, "get", path, RATE, SECONDS, 8, 8) as process:
            running.speed(PACE)
            found = counted(process, running)
    assert found["faults"] == 0, found
    assert found["engine_s"] >= 190_000
    assert found["n"] >= 0.98 * RATE * SECONDS
    assert float(found["p50_ms"]) <= 2.0
    assert float(found["p99_ms"]) <= 5.0


def test_that_two_hundred_streams_hear_every_change_in_time(tmp_path: Path, load: list[str]) -> None:
    runtime, token = tmp_path / "runtime", settled(tmp_path, api=True)
    runtime.mkdir()
    board = MadeBoard(runtime / "board")
    beats = 0
    words = ["-m", "app.session.api_worker", str(runtime), str(tmp_path / "s.toml")]
    with subprocess.Popen([sys.executable, *words]) as api:
        try:
            eventually(url_file(runtime).exists, 120)
            command = Running(runtime, token).command(load, "stream", STREAM, STREAMS, 20, 8)
            with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
                while process.poll() is None:
                    beats += 1
                    board.parent(beats % 4, filled_qty=beats)
                    board.beat()
                    time.sleep(0.1)  # the load itself: ten changes a second
                found = json.loads(process.communicate()[0].splitlines()[-1])
        finally:
            api.terminate()
            board.close()
    print("stream", found)
    assert found["faults"] == 0, found
    assert found["n"] >= 0.8 * STREAMS * 20 * 10
    assert float(found["p99_ms"]) <= 50.0


def test_that_the_engine_is_not_slowed_by_its_readers(tmp_path: Path, load: list[str], recording: Path) -> None:
    took: dict[bool, list[float]] = {False: [], True: []}
    for turn in range(2 * PAIRS):
        api = turn % 2 == 1
        folder = tmp_path / str(turn)
        folder.mkdir()
        with session(folder, recording, api=api, apart=True) as running:
            path = f"/v1/parents/{running.parent()}"
            running.speed(STILL)
            if api:
                with running.asked(load, "get", path, RATE, 600, 8, 8):
                    took[api].append(running.seconds())
            else:
                took[api].append(running.seconds())
    rates = {api: (STRETCH[1] - STRETCH[0]) / statistics.median(some) for api, some in took.items()}
    print(f"engine rows a second: {rates[False]:,.0f} without the API, {rates[True]:,.0f} with it; {took}")
    assert rates[True] >= 0.95 * rates[False]


def test_that_no_request_of_its_description_makes_it_fail(tmp_path: Path) -> None:
    assert shutil.which("java")
    served = Serving(tmp_path, rate=1e5, burst=100_000, acts_minute=1e6)
    command = [
        str(BIN / "schemathesis"), "run", f"{served.url}/v1/openapi.json", "--no-color", "--seed", "1",
        "--header", f"Authorization: Bearer {served.made.texts['chief']}", "--max-examples", "60",
        "--phases", "examples,coverage,fuzzing", "--exclude-checks", "response_schema_conformance",
    ]  # fmt: skip
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    finally:
        served.close()
    print(done.stdout[-1500:])
    assert "ST100" not in done.stdout  # a server error
    assert re.search(r"Tested: \d+", done.stdout)
    assert done.returncode == 0, done.stdout[-3000:]


def test_that_every_answer_read_from_the_board_is_as_described(tmp_path: Path) -> None:
    served = Serving(tmp_path, rate=1e5, burst=100_000)
    command = [
        str(BIN / "schemathesis"), "run", f"{served.url}/v1/openapi.json", "--no-color", "--seed", "2",
        "--header", f"Authorization: Bearer {served.made.texts['chief']}", "--max-examples", "30",
        "--include-method", "GET", "--exclude-path-regex", "menu|orders|rules",
        "--checks", "response_schema_conformance",
    ]  # fmt: skip
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    finally:
        served.close()
    assert done.returncode == 0, done.stdout[-3000:]

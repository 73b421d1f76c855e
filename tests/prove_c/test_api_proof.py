"""The API at length: held against its description, asked five hundred times a second beside a busy engine, streamed.

The load comes from ApiLoad.java, each request due at its own time. Latencies are of the wall clock, printed and held.
"""

import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from app.api.tokens import TokenFile
from app.board import BoardReader
from app.session.api_worker import url_file
from app.session.hand import stop_session
from tests.api.serving import Authority, Serving
from tests.patience import eventually

BIN = Path(sys.executable).parent
LOAD = Path(__file__).with_name("ApiLoad.java")
EVENTS = 200_000  # of the engine, over which its speed is taken
RATE = 500
SECONDS = 20
STREAMS = 200

pytestmark = pytest.mark.prove


def loaded(*words: object) -> dict[str, Any]:
    """One run of the load: what it measured."""
    java = ["java", "-Xmx256m", "-XX:+UseSerialGC", str(LOAD), *map(str, words)]
    done = subprocess.run(java, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    print(words[0], found)
    return found


@contextmanager
def session(folder: Path, *, api: bool) -> Iterator[tuple[Path, str]]:
    """A simulated day flat out, with the API over TLS or without: runtime folder and a token."""
    certificate, key = Authority(folder).issue("localhost")
    tokens, runtime = folder / "tokens.json", folder / "runtime"
    listen = "localhost:0" if api else ""
    (folder / "s.toml").write_text(
        f'[api]\nlisten = "{listen}"\ncertificate = "{certificate}"\nkey = "{key}"\ntokens = "{tokens}"\n'
        "rate = 100000\nburst = 100000\n"
    )
    _, token = TokenFile(tokens).add("load", ["read"], 1, time.time_ns())
    words = ["serve", "tech", "--speed", "1000000", "--settings", str(folder / "s.toml"), "--runtime", str(runtime)]
    with subprocess.Popen([str(BIN / "scorecard"), *words], stdout=subprocess.DEVNULL) as process:
        try:
            eventually((runtime / "board" / "header").exists, 300)
            if api:
                eventually(url_file(runtime).exists, 120)
            yield runtime, token
        finally:
            stop_session(runtime)
            process.wait(60)


def events_a_second(runtime: Path, events: int) -> float:
    """Rows the engine takes in a second of the wall, over so many of them, by the board's count of its sources."""

    def taken() -> int:
        return int(BoardReader(runtime / "board").rows("sources")["rows"].sum())

    first = eventually(taken, 300)
    begun = time.monotonic()
    eventually(lambda: taken() >= first + events, 300)
    return events / (time.monotonic() - begun)


def test_that_five_hundred_requests_a_second_over_tls_are_answered_in_time(tmp_path: Path) -> None:
    served = Serving(tmp_path, authority=Authority(tmp_path), rate=1e5, burst=100_000, header_s=30.0)
    try:
        found = loaded(
            "get", "localhost", served.port, served.made.texts["chief"], "/v1/parents/P1", RATE, SECONDS, 8, 5
        )
    finally:
        served.close()
    assert found["faults"] == 0, found
    assert found["n"] >= 0.98 * RATE * SECONDS
    assert float(found["p50_ms"]) <= 2.0
    assert float(found["p99_ms"]) <= 5.0


def test_that_two_hundred_streams_hear_every_change_in_time(tmp_path: Path) -> None:
    served = Serving(tmp_path, authority=Authority(tmp_path), streams=400, header_s=30.0)
    path = "/v1/stream?fields=parent_id,filled_qty"
    load = ["stream", "localhost", served.port, served.made.texts["chief"], path, STREAMS, SECONDS, 8]
    java = ["java", "-Xmx256m", "-XX:+UseSerialGC", str(LOAD), *map(str, load)]
    beats = 0
    try:
        with subprocess.Popen(java, stdout=subprocess.PIPE, text=True) as process:
            while process.poll() is None:
                beats += 1
                served.made.board.parent(beats % 4, filled_qty=beats)
                served.made.board.beat()
                time.sleep(0.1)  # the load itself: ten changes a second
            found = json.loads(process.stdout.read() if process.stdout else "{}")
    finally:
        served.close()
    print("stream", found)
    assert found["faults"] == 0, found
    assert found["n"] >= 0.8 * STREAMS * SECONDS * 5
    assert float(found["p99_ms"]) <= 50.0


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


def test_that_the_engine_is_not_slowed_by_its_readers(tmp_path: Path) -> None:
    rates = {}
    for api in (False, True):
        (tmp_path / str(api)).mkdir()
        with session(tmp_path / str(api), api=api) as (runtime, token):
            load = None
            if api:
                port = url_file(runtime).read_text().rpartition(":")[2]
                words = ["get", "localhost", port, token, "/v1/parents?limit=1", RATE, 600, 8, 1]
                load = subprocess.Popen(["java", "-Xmx256m", "-XX:+UseSerialGC", str(LOAD), *map(str, words)])
            rates[api] = events_a_second(runtime, EVENTS)
            if load is not None:
                load.kill()
                load.wait()
    print(f"engine events a second: {rates[False]:,.0f} without the API, {rates[True]:,.0f} with it")
    assert rates[True] >= 0.95 * rates[False]

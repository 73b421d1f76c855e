"""Faults on a real broker, drawn from a seed: each returns when the day has ended and its figures were compared."""

import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from confluent_kafka import Consumer

from app.board import BoardError, BoardReader
from app.engine.universe import Universe
from app.feeds.decode.blocks import BlockDecoder
from app.runtime.tape import JournalReader
from app.session.runtime_folder import RuntimeFolder, Session
from app.settings import Settings
from scripts.kafka import Broker
from tests.feeds.kafka.wire import Sent, lived, loaded, packed, replayed, send, topic_name
from tests.parts.kafka import write_settings
from tests.patience import eventually

Write = Callable[..., Path]
PATIENCE_S = 240.0


def until(holds: Callable[[], bool], what: str) -> None:
    """Wait for a condition, no longer than a test may."""
    eventually(holds, PATIENCE_S, lambda: what)


class Trickle:
    """Sends messages a few at a time, until told to finish."""

    def __init__(self, settings: Settings, topic: str, messages: Sequence[Sent], at_once: int = 4) -> None:
        self._settings, self._topic, self._messages, self._at_once = settings, topic, messages, at_once
        self.sent = 0
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        send(self._settings, self._topic, self._messages[:1])
        self.sent = 1
        self._thread.start()

    def join(self) -> None:
        self._thread.join(PATIENCE_S)
        assert self.sent == len(self._messages)

    def _run(self) -> None:
        while self.sent < len(self._messages):
            part = self._messages[self.sent : self.sent + self._at_once]
            send(self._settings, self._topic, part)
            self.sent += len(part)


def broker_killed(own_broker: Broker, day: Path, tmp_path: Path, seed: int = 30) -> None:
    """Killed while a day is read, after some of its messages; started again."""
    first = 10 + seed % 60
    name = topic_name()
    kafka = {"brokers": own_broker.address}
    settings = write_settings(tmp_path / "s.toml", kafka, {name: {"role": "both", "start": "earliest"}})
    messages = packed(day, loaded(settings))
    send(loaded(settings), name, messages[:first])
    journal = tmp_path / "tape.journal"
    found: list[Any] = []
    more = {"journal": str(journal), "board": str(tmp_path / "board")}
    reader = threading.Thread(target=lambda: found.append(lived(settings, **more)))
    reader.start()
    until(lambda: _rows_on_board(tmp_path / "board") > 0, "the first rows")
    own_broker.stop(signal.SIGKILL)
    until(lambda: _state(tmp_path / "board") == "down", "the loss of the broker on the board")
    own_broker.start()
    send(loaded(settings), name, messages[first:])
    reader.join(PATIENCE_S)
    assert found[0].report.output_hash == replayed(day, settings).report.output_hash
    assert _rows_of(journal) == _rows_of_day(messages)


def _rows_on_board(folder: Path) -> int:
    try:
        return BoardReader(folder).length("sources")
    except BoardError:  # not there yet
        return 0


def _state(folder: Path) -> str:
    board = BoardReader(folder)
    return " ".join({board.text(int(n)) for n in board.rows("sources")["state"]} - {"up"})


def partition_reassigned(day: Path, settings_file: Write, tmp_path: Path, times: int = 2) -> None:
    """Given to another member of the group, and back."""
    name = topic_name()
    group = topic_name("group")
    source = {"role": "both", "start": "earliest"}
    settings = settings_file(kafka={"members": "shared", "group": group}, **{name: source})
    messages = packed(day, loaded(settings))
    trickle = Trickle(loaded(settings), name, messages)
    trickle.start()
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(lived(settings, journal=str(tmp_path / "tape.journal"))))
    thread.start()
    for _ in range(times):
        with intruder(loaded(settings), name, group):
            pass
    trickle.join()
    thread.join(PATIENCE_S)
    assert found[0].report.output_hash == replayed(day, settings).report.output_hash
    assert found[0].report.rows_in == replayed(day, settings).report.rows_in


@contextmanager
def intruder(settings: Settings, topic: str, group: str) -> Iterator[None]:
    """Another member of the group, until it has been given its part or nothing is left to give."""
    other = Consumer(
        {"bootstrap.servers": settings.kafka.brokers, "group.id": group, "enable.auto.commit": False,
         "partition.assignment.strategy": "cooperative-sticky", "session.timeout.ms": 10_000}
    )  # fmt: skip
    given = threading.Event()
    other.subscribe([topic], on_assign=lambda *_: given.set())
    end = time.monotonic() + 8
    while not given.is_set() and time.monotonic() < end:
        other.poll(0.05)
    try:
        yield
    finally:
        other.close()


def engine_killed(day: Path, settings_file: Write, tmp_path: Path, seed: int, times: int = 2) -> None:
    """Killed some times while its day comes in; the tape holds every row once, the figures are the folder's."""
    name = topic_name()
    settings = settings_file(**{name: {"role": "both", "start": "earliest"}})
    messages = packed(day, loaded(settings), rows=64)
    folder = RuntimeFolder(tmp_path / "run")
    folder.create()
    folder.begin(Session(settings=str(settings), live=True, desk=False))
    draw = random.Random(seed)
    trickle = Trickle(loaded(settings), name, messages, at_once=3)
    trickle.start()
    for _ in range(times):
        worker = _worker(folder)
        mark = trickle.sent + draw.randint(10, 60)
        until(lambda: trickle.sent >= min(mark, len(messages)) and folder.tape.exists(), "rows to be sent")  # noqa: B023
        worker.kill()
        worker.wait()
    trickle.join()
    worker = _worker(folder)
    try:
        until(lambda: _meta(folder, "output_hash") != "", "the end of the day")
    finally:
        worker.terminate()
        worker.wait()
    assert _meta(folder, "output_hash") == replayed(day, settings).report.output_hash
    assert _rows_of(folder.tape) == _rows_of_day(messages)


def _worker(folder: RuntimeFolder) -> "subprocess.Popen[bytes]":
    with folder.log("engine").open("ab") as log:
        return subprocess.Popen([sys.executable, "-m", "app.session.engine_worker", str(folder.path)], stderr=log)


def _meta(folder: RuntimeFolder, key: str) -> str:
    try:
        return BoardReader(folder.board).meta().get(key, "")
    except BoardError:  # between two writers
        return ""


def _rows_of(tape: Path) -> list[bytes]:
    reader = JournalReader(tape, Universe())
    rows = sorted(row.tobytes() for block in reader.blocks() for row in block.market)
    reader.close()
    return rows


def _rows_of_day(messages: Sequence[Sent]) -> list[bytes]:
    decoder = BlockDecoder(Universe())
    return sorted(row.tobytes() for sent in messages for row in decoder.decode(sent.value, "sent").market)

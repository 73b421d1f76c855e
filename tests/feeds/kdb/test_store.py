"""The real-time store: what the engine publishes stands in the tables, and is asked for again."""

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from app.engine import layout
from app.engine.errors import FeedError
from app.engine.events import Rows
from app.engine.units import NULL
from app.feeds.kdb.connection import Place
from app.feeds.kdb.history import history
from app.feeds.kdb.store import FILLS, FIRST, LEAKAGE, SCORECARD, STATE, RealTimeStore
from app.runtime.loop import RunResult
from app.runtime.outputs import RunReport
from scripts.tickerplant.server import SCHEMA, Tickerplant, schema_of
from tests.patience import eventually

pytestmark = pytest.mark.slow
NOON = 1_780_000_000_000_000_000


class Facts:
    """A board that remembers the facts it is told."""

    def __init__(self) -> None:
        self.said: dict[str, str] = {}
        self.texts = [""]

    def intern(self, text: str) -> int:
        if text not in self.texts:
            self.texts.append(text)
        return self.texts.index(text)

    def put(self, section: str, index: object, rows: Rows) -> None:
        """Nothing is kept."""

    def length(self, section: str) -> int:
        return 0

    def beat(self, watermark: int) -> None:
        """Nothing."""

    def meta(self, key: str, text: str) -> None:
        self.said[key] = text

    def heartbeat(self) -> None:
        """Nothing."""


@pytest.fixture
def plant() -> Iterator[Tickerplant]:
    with Tickerplant(schema_of(SCHEMA)) as made:
        yield made


def parent(store: RealTimeStore, name: str, slip: float) -> Rows:
    """One row of the parents' section."""
    row = np.zeros(1, layout.PARENT_ROW)
    for field in row.dtype.names or ():
        row[field] = np.nan if row.dtype[field].kind == "f" else NULL if row.dtype[field] == np.int64 else 0
    row["parent_id"], row["instrument"], row["level"] = store.intern(name), store.intern("TECH"), store.intern("AMBER")
    row["slip_arrival_bps"], row["order_qty"] = slip, 500_000
    return row


def result() -> RunResult:
    """The end of a run."""
    report = RunReport(
        version="1", settings_hash="", input_hash="", model_hash=None, run_hash="", output_hash="", rows_in=0,
        rows_late=0, rows_quarantined=0, undefined={}, events_per_s=None, wall_s=0.0, notes=[],
    )  # fmt: skip
    return RunResult(report, {}, NOON + 10)


def test_that_the_columns_are_those_of_the_shipped_schema() -> None:
    schema = {table: tuple(name for name, _ in columns) for table, columns in schema_of(SCHEMA).items()}
    assert schema["scorecard"] == FIRST + SCORECARD
    assert schema["leakage"] == FIRST + LEAKAGE
    assert schema["fills"] == FIRST + FILLS


def test_that_an_order_stands_in_the_store_as_it_was_published(plant: Tickerplant) -> None:
    store = RealTimeStore(Place("127.0.0.1", plant.port), "TECH day", snapshot_s=0.0)
    store.over(Facts())
    for slip in (0.5, 3.25):
        store.put("parents", np.array([0]), parent(store, "P-1 a", slip))
        store.beat(NOON)
    store.ended(result())
    found = history(Place("127.0.0.1", plant.port), "scorecard", "P-1 a")
    assert found["slip_arrival_bps"] == [0.5, 3.25]
    assert found["as_of"] == [NOON, NOON]
    assert (found["sym"], found["run"], found["level"]) == (["TECH"] * 2, ["TECH day"] * 2, ["AMBER"] * 2)
    assert found["filled_qty"] == [None, None]
    assert found["is_bps"] == [None, None]
    assert history(Place("127.0.0.1", plant.port), "leakage", "P-1 a")["leak_bps"] == [None, None]
    assert history(Place("127.0.0.1", plant.port), "scorecard", "P-2")["slip_arrival_bps"] == []


def test_that_states_come_at_most_so_often_and_the_last_one_always(plant: Tickerplant) -> None:
    now = [0.0]
    store = RealTimeStore(Place("127.0.0.1", plant.port), "day", 1.0, lambda: now[0])
    store.over(None)
    for step in range(10):
        now[0] = step * 0.25
        store.put("parents", np.array([0]), parent(store, "P1", float(step)))
        store.beat(NOON)
    store.ended(result())
    assert history(Place("127.0.0.1", plant.port), "scorecard", "P1")["slip_arrival_bps"] == [0.0, 4.0, 8.0, 9.0]


def test_that_a_store_that_is_away_stops_nobody_and_is_told_when_it_is_back(plant: Tickerplant) -> None:
    plant.close()
    board = Facts()
    store = RealTimeStore(Place("127.0.0.1", plant.port), "day", 0.0)
    store.over(board)
    start = time.monotonic()
    store.put("parents", np.array([0]), parent(store, "P1", 1.0))
    store.beat(NOON)
    assert time.monotonic() - start < 1.0
    eventually(lambda: "cannot be reached" in store.state)
    store.beat(NOON + 1)
    assert "cannot be reached" in board.said[STATE]
    plant.listen()
    eventually(lambda: store.state == "up")
    store.ended(result())
    assert history(Place("127.0.0.1", plant.port), "scorecard", "P1")["slip_arrival_bps"] == [1.0]


def test_that_what_could_not_be_delivered_is_said_at_the_end(plant: Tickerplant) -> None:
    plant.close()
    store = RealTimeStore(Place("127.0.0.1", plant.port), "day", 0.0)
    store.over(None)
    store.put("parents", np.array([0]), parent(store, "P1", 1.0))
    with pytest.raises(FeedError, match="2 messages of the store are not delivered"):
        store.ended(result())


@pytest.mark.parametrize(("table", "name", "word"), [("orders", "P1", "scorecard"), ("fills", 'P"1', "quote")])
def test_that_other_questions_are_not_asked(tmp_path: Path, table: str, name: str, word: str) -> None:
    with pytest.raises(FeedError, match=word):
        history(Place("127.0.0.1", 1), table, name)

"""Results that are followed: the newest word of every row on the board, what is no result counted, a fault said."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine import layout
from app.engine.errors import FeedError
from app.engine.events import Rows
from app.engine.units import NULL
from app.feeds.kafka import followed
from app.feeds.kafka.followed import FollowedResults, ResultsBoard
from app.feeds.kafka.result_rows import Keyed, Result, Row
from app.settings import load_settings


class Board:
    """A sink in memory: rows by section and place, texts by number."""

    def __init__(self) -> None:
        self.texts = [""]
        self.sections: dict[str, dict[int, Rows]] = {}
        self.beats: list[int] = []

    def intern(self, text: str) -> int:
        if text not in self.texts:
            self.texts.append(text)
        return self.texts.index(text)

    def put(self, section: str, index: Any, rows: Rows) -> None:
        places = self.sections.setdefault(section, {})
        places.update(zip(index.tolist(), rows, strict=True))

    def length(self, section: str) -> int:
        return len(self.sections.get(section, {}))

    def beat(self, watermark: int) -> None:
        self.beats.append(watermark)

    def meta(self, key: str, text: str) -> None:
        """Nothing."""

    def heartbeat(self) -> None:
        """Nothing."""

    def mids(self) -> list[float]:
        """Of the parents, in the order of their rows."""
        rows = self.sections.get("parents", {})
        return [float(rows[place]["mid"]) for place in sorted(rows)]


def said(section: str, identity: str = "", **row: Any) -> Keyed:
    return Keyed(section, identity, Result(run="r", ts=1, row=row))


WORDS = st.lists(st.tuples(st.sampled_from("ABC"), st.floats(-1e6, 1e6)), max_size=20)


@given(WORDS, st.integers(1, 5))
def test_that_the_last_word_of_every_row_stands_however_they_are_put(words: list[tuple[str, float]], step: int) -> None:
    board = Board()
    results = ResultsBoard(board)
    for begin in range(0, len(words), step):
        results.put([said("parents", name, mid=mid) for name, mid in words[begin : begin + step]])
    last = dict(words)
    assert board.mids() == list(last.values())  # both keep the order in which names first came


@given(st.lists(st.integers(0, 10**18), min_size=1, max_size=8), st.integers(1, 3))
def test_that_the_time_of_results_never_runs_back(marks: list[int], step: int) -> None:
    board = Board()
    results = ResultsBoard(board)
    for begin in range(0, len(marks), step):
        results.put([said("beat", watermark=mark) for mark in marks[begin : begin + step]])
    assert board.beats == sorted(board.beats)
    assert results.watermark == board.beats[-1] == max(marks)


def test_that_rows_without_a_time_are_put_and_no_time_is_made_up() -> None:
    board = Board()
    results = ResultsBoard(board)
    results.put([said("parents", "A", mid=1.0), said("beat")])
    assert board.mids() == [1.0]
    assert board.beats == []
    assert results.watermark == NULL


def test_that_facts_of_a_run_are_kept_by_name_and_the_last_one_counts() -> None:
    results = ResultsBoard(Board())
    results.put([said("meta", "state", text="running"), said("meta", "settings_hash", text="abc")])
    results.put([said("meta", "state", text="ended"), said("meta", "nothing")])
    assert results.facts == {"state": "ended", "settings_hash": "abc", "nothing": ""}


def test_that_an_undefined_figure_is_undefined_on_the_board() -> None:
    board = Board()
    ResultsBoard(board).put([said("parents", "A", parent_id="A", mid=None, last_ts=None)])
    (row,) = board.sections["parents"].values()
    assert np.isnan(row["mid"])
    assert row["last_ts"] == NULL
    assert board.texts[int(row["parent_id"])] == "A"


def test_that_a_path_that_was_there_already_puts_nothing() -> None:
    board = Board()
    results = ResultsBoard(board)
    path: Row = {"instrument": "AAPL", "ts": [1, 2], "mid": [1.0, None], "volume": [0, 3]}
    for _ in range(2):
        results.put([said("trace", "AAPL/1", **path)])
    assert board.length("trace") == 2
    assert sorted(board.sections["trace"]) == [0, 1]
    assert {row.dtype for row in board.sections["trace"].values()} == {layout.TRACE_ROW}


class Fault:
    """An error of the library."""

    def __init__(self, name: str) -> None:
        self._name = name

    def name(self) -> str:
        return self._name

    def str(self) -> str:
        return f"words of {self._name}"


class Message:
    """One message, or an error in its place."""

    def __init__(self, key: bytes | None, value: bytes | None, fault: Fault | None = None) -> None:
        self._key, self._value, self._fault = key, value, fault

    def key(self) -> bytes | None:
        return self._key

    def value(self) -> bytes | None:
        return self._value

    def error(self) -> Fault | None:
        return self._fault


class Consumer:
    """Of a topic with two partitions; gives what its test puts in."""

    def __init__(self, topic_fault: Fault | None = None) -> None:
        self.messages: list[Message] = []
        self.assigned: list[tuple[str, int, int]] = []
        self.closed = False
        self._fault = topic_fault

    def list_topics(self, topic: str, timeout: float) -> Any:
        assert timeout > 0
        return SimpleNamespace(topics={topic: SimpleNamespace(error=self._fault, partitions={0: None, 1: None})})

    def assign(self, spots: list[tuple[str, int, int]]) -> None:
        self.assigned = spots

    def consume(self, most: int, timeout: float) -> Sequence[Message]:
        assert timeout > 0
        found, self.messages = self.messages[:most], self.messages[most:]
        return found

    def close(self) -> None:
        self.closed = True


class Library:
    """What of the client library is used."""

    OFFSET_BEGINNING = -2

    class KafkaException(Exception):  # noqa: N818 - the library's own name
        """What it raises."""

    @staticmethod
    def TopicPartition(topic: str, partition: int, offset: int) -> tuple[str, int, int]:
        """A place."""
        return topic, partition, offset


@pytest.fixture
def consumer(monkeypatch: pytest.MonkeyPatch) -> Consumer:
    """In place of the library's own."""
    made = Consumer()
    monkeypatch.setattr(followed, "client", lambda *_args: made)
    monkeypatch.setattr(followed, "library", lambda: Library)
    return made


def results() -> FollowedResults:
    return FollowedResults(load_settings(None, {}).kafka, "results")


def value(**row: Any) -> bytes:
    return msgspec.msgpack.encode(Result(run="r", ts=1, row=row))


def test_that_every_partition_is_read_from_its_beginning(consumer: Consumer) -> None:
    following = results()
    assert consumer.assigned == [("results", 0, -2), ("results", 1, -2)]
    following.close()
    assert consumer.closed


def test_that_what_is_no_result_is_counted_and_the_rest_is_taken_in_order(consumer: Consumer) -> None:
    following = results()
    consumer.messages = [
        Message(b"parents/A", value(mid=1.0)), Message(b"ghosts/A", value()), Message(None, value()),
        Message(b"parents/A", b"\xc1"), Message(b"parents/B", None), Message(b"parents/C", value(mid=2.0)),
    ]  # fmt: skip
    assert [(found.identity, found.value.row) for found in following.take()] == [
        ("A", {"mid": 1.0}),
        ("C", {"mid": 2.0}),
    ]
    assert following.refused == 3  # a key that was deleted is none of them
    assert following.take() == []


def test_that_a_line_that_is_down_is_said_until_something_comes(consumer: Consumer) -> None:
    following = results()
    consumer.messages = [Message(None, None, Fault("_TRANSPORT"))]
    assert following.take() == []
    assert following.down.endswith(": words of _TRANSPORT")
    assert following.take() == []
    assert following.down  # silence does not say that it is back
    consumer.messages = [Message(b"beat", value(watermark=1))]
    assert len(following.take()) == 1
    assert following.down == ""


def test_that_a_refusal_ends_the_following_in_words(consumer: Consumer) -> None:
    following = results()
    consumer.messages = [Message(None, None, Fault("TOPIC_AUTHORIZATION_FAILED"))]
    with pytest.raises(FeedError, match="may not do this: words of TOPIC_AUTHORIZATION_FAILED"):
        following.take()


def test_that_a_topic_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(followed, "client", lambda *_args: Consumer(Fault("UNKNOWN_TOPIC_OR_PART")))
    monkeypatch.setattr(followed, "library", lambda: Library)
    with pytest.raises(FeedError, match="topic results: words of UNKNOWN_TOPIC_OR_PART"):
        results()


@pytest.mark.parametrize(
    ("name", "said_of_it"),
    [("_TRANSPORT", "Kafka .*: words of _TRANSPORT"), ("_AUTHENTICATION", "the login of user '.*' was refused")],
)
def test_that_brokers_nobody_can_ask_are_said_in_words(
    consumer: Consumer, monkeypatch: pytest.MonkeyPatch, name: str, said_of_it: str
) -> None:
    def refused(*_args: object, **_keys: object) -> None:
        raise Library.KafkaException(Fault(name))

    monkeypatch.setattr(consumer, "list_topics", refused)
    with pytest.raises(FeedError, match=said_of_it):
        results()

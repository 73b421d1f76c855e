"""Following results: a board per run, what compaction left of earlier runs passed over, a line that is down said."""

import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from app.board import BoardReader
from app.engine.errors import SettingsError
from app.engine.units import NULL
from app.feeds.kafka.result_rows import Keyed, Result
from app.runtime.pace import Pace
from app.session import follow as module
from app.session.follow import follow, place_of
from app.settings import load_settings


def said(section: str, identity: str, run: str, ts: int, **row: object) -> Keyed:
    return Keyed(section, identity, Result(run=run, ts=ts, row=dict(row)))


def parent(name: str, run: str, ts: int, **row: object) -> Keyed:
    return said("parents", name, run, ts, parent_id=name, **row)


def beat(run: str, ts: int) -> Keyed:
    return said("beat", "", run, ts, watermark=ts)


class Topic:
    """A results topic that gives these messages, some at a time; then the pace is stopped."""

    def __init__(self, pace: Pace, *turns: Iterable[Keyed] | str) -> None:
        self.down = ""
        self.closed = False
        self._pace = pace
        self._turns = [*turns]
        self.boards: list[dict[str, Any]] = []
        self.folder = Path()

    def take(self) -> list[Keyed]:
        self.boards.append(shown(self.folder))
        if not self._turns:
            self._pace.stop()
            return []
        turn = self._turns.pop(0)
        if isinstance(turn, str):
            self.down = turn
            return []
        self.down = ""
        return list(turn)

    def close(self) -> None:
        self.closed = True


def shown(folder: Path) -> dict[str, Any]:
    """What a desk sees: facts, orders with their quantity, how far the day is."""
    reader = BoardReader(folder)
    orders = {reader.text(int(row["parent_id"])): int(row["order_qty"]) for row in reader.rows("parents")}
    return {"epoch": reader.epoch, "orders": orders, "watermark": reader.watermark, **reader.meta()}


def followed(folder: Path, monkeypatch: pytest.MonkeyPatch, *turns: Iterable[Keyed] | str) -> Topic:
    """Follow it to its end; the topic, which has looked at the board before each turn."""
    pace = Pace()
    topic = Topic(pace, *turns)
    topic.folder = folder
    asked: list[tuple[str, str]] = []

    def opened(kafka: Any, name: str) -> Topic:
        asked.append((kafka.brokers, name))
        return topic

    monkeypatch.setattr(module, "FollowedResults", opened)
    follow(load_settings(None), "host:9092/desk/results", folder, pace)
    assert asked == [("host:9092/desk", "results")]
    assert topic.closed
    return topic


def test_that_the_board_shows_what_has_come_so_far(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    topic = followed(
        tmp_path / "board", monkeypatch,
        [parent("P1", "day:1", 5, order_qty=100), beat("day:1", 5)],
        [parent("P2", "day:1", 9, order_qty=50), parent("P1", "day:1", 9, order_qty=120), beat("day:1", 9)],
        [said("meta", "output_hash", "day:1", 9, text="abc")],
    )  # fmt: skip
    first, second, third, last = topic.boards
    assert first["orders"] == {}
    assert (second["orders"], second["watermark"], second["session"]) == ({"P1": 100}, 5, "day")
    assert (third["orders"], third["watermark"]) == ({"P1": 120, "P2": 50}, 9)
    assert (last["output_hash"], last["state"]) == ("abc", "playing")


def test_that_a_figure_that_is_not_sent_is_undefined(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    followed(tmp_path / "board", monkeypatch, [parent("P1", "day:1", 5, is_bps=None)])
    (row,) = BoardReader(tmp_path / "board").rows("parents")
    assert math.isnan(row["is_bps"])
    assert row["order_qty"] == NULL


def test_that_a_later_run_begins_a_board_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    topic = followed(
        tmp_path / "board", monkeypatch,
        [parent("P1", "monday:1", 5, order_qty=1), beat("monday:1", 5)],
        [parent("P1", "monday:1", 7, order_qty=2), parent("Q1", "tuesday:2", 90, order_qty=3), beat("tuesday:2", 90)],
        [],
    )  # fmt: skip
    before, after = topic.boards[1], topic.boards[2]
    assert (before["session"], before["orders"]) == ("monday", {"P1": 1})
    assert (after["orders"], after["watermark"]) == ({"Q1": 3}, 90), "nothing of monday"
    assert after["epoch"] > before["epoch"]


def test_that_what_is_left_of_an_earlier_run_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    topic = followed(
        tmp_path / "board", monkeypatch,
        [parent("OLD", "monday:1", 5, order_qty=1), parent("Q1", "tuesday:2", 90, order_qty=3)],
        [parent("OLD", "monday:1", 89, order_qty=9), parent("Q1", "tuesday:2", 91, order_qty=4)],
    )  # fmt: skip
    assert topic.boards[1]["orders"] == {"Q1": 3}, "the newest run of the first messages"
    assert topic.boards[2]["orders"] == {"Q1": 4}
    assert topic.boards[2]["epoch"] == topic.boards[1]["epoch"]


def test_that_a_line_that_is_down_is_said_until_it_is_up_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    topic = followed(
        tmp_path / "board",
        monkeypatch,
        [parent("P1", "day:1", 5, order_qty=1)],
        "no broker answers",
        [beat("day:1", 6)],
    )
    assert [board.get("state") for board in topic.boards] == ["playing", "playing", "down", "playing"]
    assert topic.boards[2]["orders"] == {"P1": 1}, "what was known stays in sight"


def test_that_the_line_is_closed_where_following_breaks_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pace = Pace()
    topic = Topic(pace, [parent("P1", "day:1", 5)])
    monkeypatch.setattr(module, "FollowedResults", lambda *_: topic)
    (tmp_path / "board").write_text("a file where the board belongs")
    with pytest.raises(Exception, match="board"):
        follow(load_settings(None), "host:1/out", tmp_path / "board", pace)
    assert topic.closed


@pytest.mark.parametrize("text", ["", "topic", "/topic", "host:9092/", "host:9092"])
def test_that_a_place_without_broker_or_topic_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match=r"--from-results: place = .* allowed: BROKER:PORT/TOPIC"):
        place_of(text)


@pytest.mark.parametrize(
    ("text", "place"),
    [("a:1/t", ("a:1", "t")), ("a:1,b:2/t", ("a:1,b:2", "t")), ("ssl://a:1/t", ("ssl://a:1", "t"))],
)
def test_that_the_last_word_of_a_place_is_the_topic(text: str, place: tuple[str, str]) -> None:
    assert place_of(text) == place


def test_that_only_the_brokers_of_the_place_are_asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings = load_settings(None)
    asked: list[object] = []
    pace = Pace()
    pace.stop()

    def opened(kafka: object, _topic: str) -> Topic:
        asked.append(kafka)
        return Topic(pace)

    monkeypatch.setattr(module, "FollowedResults", opened)
    follow(settings, "other:7/out", tmp_path / "board", pace)
    assert asked == [msgspec.structs.replace(settings.kafka, brokers="other:7")]
    assert not (tmp_path / "board").exists(), "nothing is followed once it was stopped"

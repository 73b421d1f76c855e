"""What the desk sees of the control process: its board in the order panel's words, nothing where it is not."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from app.board import BoardWriter, blank
from app.desk_sight import ControlSight
from app.widgets.switch_port import Live

RAW = "8=FIX.4.4\x0135=G\x0158=caf\xe9\x01"


class Made:
    """A control board written by hand."""

    def __init__(self, folder: Path) -> None:
        self.writer = BoardWriter(folder)
        self.logged = 0

    def order(self, index: int, **fields: object) -> None:
        """An order and where it stands."""
        row = blank("switches")
        told = {"order_id": f"A{index}", "parent_id": "P1", "state": "R0", "online": 1} | fields
        for name, value in told.items():
            row[name] = self.writer.intern(value) if isinstance(value, str) else value
        self.writer.put("switches", np.array([index]), row)
        self.writer.beat(1)

    def step(self, order: str, direction: str, state: str, raw: str = "") -> None:
        """A line of its log."""
        row = blank("switch_log")
        row["ts"] = self.logged
        for name, value in {
            "order_id": order,
            "direction": direction,
            "state": state,
            "words": state,
            "raw": raw,
        }.items():
            row[name] = self.writer.intern(value)
        self.writer.put("switch_log", np.array([self.logged]), row)
        self.logged += 1
        self.writer.beat(1)


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Made]:
    board = Made(tmp_path / "control")
    yield board
    board.writer.close()


@pytest.fixture
def sight(made: Made) -> ControlSight:
    return ControlSight(made.writer.folder)


def live(sight: ControlSight, parent: str = "P1") -> Live:
    found = sight.live(parent)
    assert found is not None
    return found


def test_that_an_order_nothing_was_asked_of_shows_nothing(made: Made, sight: ControlSight) -> None:
    assert sight.live("P1") is None
    made.order(0)
    assert sight.live("P1") is None
    assert sight.state("A0") == "R0"
    assert sight.state("A9") == ""


@pytest.mark.parametrize(
    ("fields", "tone"),
    [
        ({"state": "R1", "pending": 1}, "pending"),
        ({"state": "R5"}, "done"),
        ({"state": "R6"}, "done"),
        ({"state": "R7", "alarm": "amber"}, "refused"),
        ({"state": "R4", "alarm": "red", "pending": 1}, "alarm"),
        ({"state": "C6", "alarm": "red"}, "alarm"),
        ({"state": "K5"}, "done"),
        ({"state": "K7"}, "refused"),
        ({"state": "R0"}, "idle"),
    ],
)
def test_that_each_state_has_its_tone(made: Made, sight: ControlSight, fields: dict[str, object], tone: str) -> None:
    made.order(0, words="in words", **fields)
    made.step("A0", "note", "R1")
    found = live(sight)
    assert (found.order_id, found.state, found.words, found.tone) == ("A0", fields["state"], "in words", tone)
    assert found.pending == (tone == "pending")


def test_that_the_log_follows_message_by_message_with_its_bytes(made: Made, sight: ControlSight) -> None:
    made.order(0, state="R1", pending=1)
    made.step("A0", "out", "R1", RAW)
    made.step("A7", "in", "R1", RAW)
    assert [(s.direction, s.raw) for s in live(sight).steps] == [("out", RAW.encode("latin-1"))]
    made.step("A0", "in", "R2")
    made.step("A0", "remark", "R2")
    assert [(s.direction, s.state) for s in live(sight).steps] == [("out", "R1"), ("in", "R2"), ("note", "R2")]
    assert [s.ts_ns for s in live(sight).steps] == [0, 2, 3]


def test_that_a_parents_working_order_goes_before_one_that_is_over(made: Made, sight: ControlSight) -> None:
    made.order(0, state="R1")
    made.order(1, state="C5")
    for order in ("A0", "A1"):
        made.step(order, "note", "R1")
    assert live(sight).order_id == "A0"
    made.order(0, state="R6")
    assert live(sight).order_id == "A1", "all over: the newest"


def test_that_a_session_that_is_not_logged_on_is_said(made: Made, sight: ControlSight) -> None:
    made.order(0, state="R3", words="offline", online=0)
    made.step("A0", "note", "R3")
    assert live(sight).words == "offline, session not logged on"


def test_that_killed_orders_and_scopes_are_told_until_released(made: Made, sight: ControlSight) -> None:
    for index, state in enumerate(("K5", "K7", "K4", "K1", "R0")):
        made.order(index, state=state, killed="" if state == "R0" else "all", words=state)
    assert [(one.order_id, one.state) for one in sight.killed()] == [
        ("A0", "cancelled"), ("A1", "refused"), ("A2", "unknown"), ("A3", "asked"),
    ]  # fmt: skip
    row = blank("kills")
    row["scope"], row["active"] = made.writer.intern("all"), 1
    made.writer.put("kills", np.array([0]), row)
    made.writer.beat(1)
    assert sight.scopes() == ["all"]
    row["active"] = 0
    made.writer.put("kills", np.array([0]), row)
    made.writer.beat(1)
    assert sight.scopes() == []


def test_that_the_same_state_is_the_same_object_so_that_a_frame_costs_nothing(made: Made, sight: ControlSight) -> None:
    made.order(0, state="R1")
    made.step("A0", "note", "R1")
    assert sight.live("P1") is sight.live("P1")


def test_that_without_a_board_there_is_nothing_and_a_new_control_process_is_followed(tmp_path: Path) -> None:
    sight = ControlSight(tmp_path / "later")
    assert (sight.live("P1"), sight.killed(), sight.scopes(), sight.state("A0")) == (None, (), [], "")
    for state in ("R1", "R4"):
        board = Made(tmp_path / "later")
        board.order(0, state=state)
        board.step("A0", "note", state)
        assert live(sight).state == state
        board.writer.close()


def test_that_the_newest_lines_of_the_log_that_begin_so_come_first(tmp_path: Path) -> None:
    with BoardWriter(tmp_path) as board:
        said = [("rule leak would switch", ""), ("a message out", ""), ("rule leak acted", ""), ("rule slow", "amber")]
        rows = blank("switch_log", len(said))
        rows["ts"] = range(10, 10 + len(said))
        rows["words"] = [board.intern(words) for words, _ in said]
        rows["alarm"] = [board.intern(alarm) for _, alarm in said]
        board.put("switch_log", np.arange(len(said)), rows)
        board.beat(20)
        assert ControlSight(tmp_path).remarks("rule ", 2) == [(13, "rule slow", "amber"), (12, "rule leak acted", "")]
        assert len(ControlSight(tmp_path).remarks("rule ", 9)) == 3
    assert ControlSight(tmp_path / "none").remarks("rule ", 9) == []

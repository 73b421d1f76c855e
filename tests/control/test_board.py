"""The control process's board: states, messages and killed scopes, written when they change and only then."""

from pathlib import Path

from app.board import BoardReader
from app.control.board import ControlBoard
from app.engine.switch.facts import CancelAsked, KillAsked, KillReleased
from tests.control.test_core import Desk, last_id


def texts(reader: BoardReader, section: str, name: str) -> list[str]:
    """A text column."""
    return reader.texts(reader.column(section, name))


def test_that_only_what_changed_is_published(tmp_path: Path) -> None:
    desk = Desk(None)
    board = ControlBoard(tmp_path / "control", lambda: 7)
    desk.begin()
    assert board.publish(desk.control)
    assert not board.publish(desk.control)
    reader = BoardReader(tmp_path / "control")
    before = reader.generation
    desk.report("F", t32="10", t14="10", t151="990", t39="1")
    assert board.publish(desk.control)
    assert reader.generation > before
    row = reader.rows("switches")[0]
    assert (int(row["cum"]), int(row["held"]), int(row["leaves"])) == (10, 10, 990)
    board.close()


def test_that_states_and_times_are_those_of_the_order(tmp_path: Path) -> None:
    desk = Desk(None)
    board = ControlBoard(tmp_path / "control", lambda: 7)
    desk.begin()
    board.publish(desk.control)
    asked_at = desk.control.now
    desk.ask()
    board.publish(desk.control)
    reader = BoardReader(tmp_path / "control")
    row = reader.rows("switches")[0]
    assert texts(reader, "switches", "state") == ["R1"]
    assert texts(reader, "switches", "request") == [last_id(desk)]
    assert (int(row["since_ns"]), int(row["deadline_ns"])) == (asked_at, asked_at + 5_000_000_000)
    assert (int(row["pending"]), int(row["online"]), int(row["paused"])) == (1, 1, 0)
    assert reader.watermark == asked_at
    board.close()


def test_that_the_log_grows_line_by_line(tmp_path: Path) -> None:
    desk = Desk(None)
    board = ControlBoard(tmp_path / "control", lambda: 7)
    desk.begin()
    board.publish(desk.control)
    reader = BoardReader(tmp_path / "control")
    first = reader.length("switch_log")
    desk.ask()
    desk.report("5", last_id(desk), t847="PASSIVE")
    board.publish(desk.control)
    reader.refresh()
    assert reader.length("switch_log") == len(desk.control.steps) > first
    directions = texts(reader, "switch_log", "direction")
    assert directions[first:] == [step.direction for step in desk.control.steps[first:]]
    assert set(texts(reader, "switch_log", "parent_id")[first:]) == {"TECH"}
    assert texts(reader, "switch_log", "words") == [step.words for step in desk.control.steps]
    board.close()


def test_that_kills_come_and_go(tmp_path: Path) -> None:
    desk = Desk(None)
    board = ControlBoard(tmp_path / "control", lambda: 7)
    desk.begin()
    active = []
    for fact in (KillAsked(scope="all"), KillAsked(scope="order:X"), KillReleased(scope="all"), KillAsked(scope="all")):
        desk.control.take(fact)
        board.publish(desk.control)
        reader = BoardReader(tmp_path / "control")
        scopes = texts(reader, "kills", "scope")
        active.append(dict(zip(scopes, reader.column("kills", "active").tolist(), strict=True)))
    assert active == [{"all": 1}, {"all": 1, "order:X": 1}, {"all": 0, "order:X": 1}, {"all": 1, "order:X": 1}]
    assert texts(reader, "switches", "killed") == ["all"]
    desk.control.take(CancelAsked(order_id="O1"))
    board.say("engine", "fresh")
    assert reader.meta()["engine"] == "fresh"
    board.close()

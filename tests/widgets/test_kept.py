"""What the desk keeps of its looks: of one machine, of one set of parts, whole or not at all."""

import logging
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QByteArray, QSettings, QSysInfo

from app.widgets.kept import edition, forget, keep, kept, machine_key

STATE = QByteArray(b"\x00\xff\n\t;=, a layout")
OF = edition(("Trace", "Scorecard"), 3)
NAMES = st.sets(st.sampled_from(["Trace", "Scorecard", "Why", "Drill-down", "Order panel"]))


@pytest.fixture
def settings(tmp_path: Path) -> QSettings:
    return QSettings(str(tmp_path / "desk.ini"), QSettings.Format.IniFormat)


def on(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QSysInfo, "machineHostName", staticmethod(lambda: host))


def reopened(settings: QSettings) -> QSettings:
    """The same file read by the next start."""
    settings.sync()
    return QSettings(settings.fileName(), QSettings.Format.IniFormat)


@given(NAMES, NAMES, st.integers(0, 3), st.integers(0, 3))
def test_that_two_editions_are_one_when_their_parts_and_their_version_are(
    names: set[str], others: set[str], version: int, other: int
) -> None:
    same = edition(sorted(names), version) == edition(sorted(others, reverse=True), other)
    assert same is ((names, version) == (others, other))


def test_that_a_state_comes_back_to_the_byte_at_the_next_start(
    settings: QSettings, caplog: pytest.LogCaptureFixture
) -> None:
    keep(settings, "docks", STATE, OF)
    assert kept(reopened(settings), "docks", OF) == STATE
    assert kept(reopened(settings), "docks", OF) == STATE, "looking at it does not take it away"
    assert caplog.messages == []


def test_that_nothing_kept_is_nothing_and_no_complaint(settings: QSettings, caplog: pytest.LogCaptureFixture) -> None:
    assert kept(settings, "docks", OF) is None
    assert caplog.messages == []


def test_that_the_newest_state_is_the_one_that_is_kept(settings: QSettings) -> None:
    keep(settings, "docks", QByteArray(b"older"), edition(("Trace",), 3))
    keep(settings, "docks", STATE, OF)
    assert kept(reopened(settings), "docks", OF) == STATE


def cut(settings: QSettings) -> None:
    settings.setValue(machine_key("docks"), STATE.left(STATE.size() - 1))


def turned(settings: QSettings) -> None:
    settings.setValue(machine_key("docks"), QByteArray(STATE.data()[::-1]))


def worded(settings: QSettings) -> None:
    settings.setValue(machine_key("docks"), "a layout")


def unmarked(settings: QSettings) -> None:
    settings.remove(machine_key("docks-of"))


def remarked(settings: QSettings) -> None:
    settings.setValue(machine_key("docks-of"), OF)


@pytest.mark.parametrize("damage", [cut, turned, worded, unmarked, remarked])
def test_that_a_damaged_state_is_said_once_by_its_name_and_thrown_away_alone(
    settings: QSettings, caplog: pytest.LogCaptureFixture, damage: Callable[[QSettings], None]
) -> None:
    for name in ("docks", "columns"):
        keep(settings, name, STATE, OF)
    damage(settings)
    with caplog.at_level(logging.WARNING):
        assert kept(reopened(settings), "docks", OF) is None
        assert kept(reopened(settings), "docks", OF) is None
    assert len(caplog.messages) == 1
    assert "the kept docks is" in caplog.messages[0]
    assert kept(reopened(settings), "columns", OF) == STATE


def test_that_what_is_forgotten_is_forgotten_with_its_mark_and_nothing_else_is(settings: QSettings) -> None:
    for name in ("docks", "columns"):
        keep(settings, name, STATE, OF)
    forget(settings, "docks")
    left = {key.rsplit("/", 1)[-1] for key in reopened(settings).allKeys()}
    assert left == {"columns", "columns-of"}
    forget(settings, "docks")
    assert kept(settings, "columns", OF) == STATE


def test_that_a_home_folder_shared_by_two_machines_keeps_two_looks(
    settings: QSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    states = {"desk-a": QByteArray(b"two monitors"), "desk-b": QByteArray(b"one monitor")}
    for host, state in states.items():
        on(host, monkeypatch)
        assert kept(settings, "docks", OF) is None, "the other machine's is not mine"
        keep(settings, "docks", state, OF)
    for host, state in states.items():
        on(host, monkeypatch)
        assert kept(reopened(settings), "docks", OF) == state


def test_that_a_machine_without_a_name_keeps_its_looks_too(
    settings: QSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    on("", monkeypatch)
    keep(settings, "docks", STATE, OF)
    assert kept(reopened(settings), "docks", OF) == STATE
    assert machine_key("docks").split("/")[0], "a key begins with no slash"

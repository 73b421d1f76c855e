"""The trader's journal: one line a reason, whatever is in it, and only when something was written."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from app.widgets import theme as themes
from app.widgets.journal import FILE, TITLES, JournalLine, stamp

FIELDS = st.tuples(*[st.text(max_size=20) for _ in range(5)])


@given(st.lists(FIELDS, min_size=1, max_size=4))
def test_that_every_line_has_its_five_fields_and_none_of_its_words_is_lost(
    tmp_path_factory: pytest.TempPathFactory, entries: list[tuple[str, ...]]
) -> None:
    folder = tmp_path_factory.mktemp("journal")
    for fields in entries:
        assert stamp(folder, fields) == folder / FILE
    titles, *lines = (folder / FILE).read_bytes().decode().split("\n")
    assert titles + "\n" == TITLES
    assert lines.pop() == "", "the last line is ended too"
    assert [tuple(tuple(field.split()) for field in line.split("\t")) for line in lines] == [
        tuple(tuple(field.split()) for field in fields) for fields in entries
    ]
    assert all(len(line.splitlines()) <= 1 for line in lines), "nothing in it is a line break to anybody"


def test_that_an_older_journal_is_written_on_and_never_titled_again(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("titles of an older desk\nline\n", "utf-8")
    stamp(tmp_path, ("now", "P1", "RED", "", "because"))
    assert (tmp_path / FILE).read_text("utf-8") == "titles of an older desk\nline\nnow\tP1\tRED\t\tbecause\n"


def test_that_an_empty_file_gets_its_titles(tmp_path: Path) -> None:
    (tmp_path / FILE).touch()
    stamp(tmp_path, ("now", "P1", "RED", "", "because"))
    assert (tmp_path / FILE).read_text("utf-8").startswith(TITLES)


@pytest.mark.parametrize("obstacle", ["no folder", "a file for a folder", "a folder for the file"])
def test_that_what_cannot_be_kept_is_an_error_and_not_silence(tmp_path: Path, obstacle: str) -> None:
    folder = tmp_path / "runtime"
    if obstacle == "a file for a folder":
        folder.touch()
    elif obstacle == "a folder for the file":
        (folder / FILE).mkdir(parents=True)
    with pytest.raises(OSError, match=FILE):
        stamp(folder, ("now", "P1", "RED", "", "because"))


# -- the line on the screen ----------------------------------------------------------------------------------------


class Desk(QWidget):
    """A window with something else to type into."""

    def __init__(self) -> None:
        super().__init__()
        self.search = QLineEdit()
        QVBoxLayout(self).addWidget(self.search)
        self.line = JournalLine(self, themes.DARK)
        self.kept: list[str] = []
        self.line.written.connect(self.kept.append)


@pytest.fixture
def desk(qtbot: QtBot) -> Desk:
    made = Desk()
    qtbot.addWidget(made)
    made.resize(900, 400)
    with qtbot.waitExposed(made):
        made.show()
    made.activateWindow()
    made.search.setFocus()
    qtbot.waitUntil(made.search.hasFocus, timeout=5000)
    return made


def test_that_a_line_asks_for_the_reason_of_what_is_on_the_screen_and_gives_the_focus_back(desk: Desk) -> None:
    desk.line.open("P1 TECH RED")
    assert desk.line.about.text() == "P1 TECH RED"
    assert desk.line.reason.hasFocus()
    QTest.keyClicks(desk.line.reason, "  saw size  ")
    QTest.keyClick(desk.line.reason, Qt.Key.Key_Return)
    assert desk.kept == ["saw size"]
    assert not desk.line.isVisible()
    assert desk.search.hasFocus()


@pytest.mark.parametrize("words", ["", "   "])
def test_that_return_on_nothing_writes_nothing(desk: Desk, words: str) -> None:
    desk.line.open("P1")
    QTest.keyClicks(desk.line.reason, words)
    QTest.keyClick(desk.line.reason, Qt.Key.Key_Return)
    assert desk.kept == []
    assert not desk.line.isVisible()


def test_that_a_reason_that_was_given_up_is_not_there_the_next_time(desk: Desk) -> None:
    desk.line.open("P1")
    QTest.keyClicks(desk.line.reason, "of another order")
    QTest.keyClick(desk.line.reason, Qt.Key.Key_Escape)
    assert not desk.line.isVisible()
    assert desk.search.hasFocus()
    desk.line.open("P2")
    assert desk.line.reason.text() == ""
    QTest.keyClick(desk.line.reason, Qt.Key.Key_Escape)
    assert desk.kept == []


def test_that_a_reason_has_a_length_a_line_can_carry(desk: Desk) -> None:
    desk.line.open("P1")
    desk.line.reason.insert("x" * 600)
    QTest.keyClick(desk.line.reason, Qt.Key.Key_Return)
    assert [len(words) for words in desk.kept] == [desk.line.reason.maxLength()]

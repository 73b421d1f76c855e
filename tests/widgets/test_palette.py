"""The palette and the list of keys: every action is found, the marked one runs, and nothing else does."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from app.widgets import theme as themes
from app.widgets.commands import GROUPS, Command, Commands
from app.widgets.palette import KeyList, Palette, key_table

ACTIONS = (
    ("filter", "Filter orders", ("F7",), "Blotter"),
    ("clear", "Clear the filter", (), "Blotter"),
    ("journal", "Write a reason", ("F8", "Ctrl+J"), "Orders"),
    ("light", "Light colours", (), "Window"),
)


class Desk(QWidget):
    """A window with something to type into and four actions that say when they run."""

    def __init__(self) -> None:
        super().__init__()
        self.search = QLineEdit()
        QVBoxLayout(self).addWidget(self.search)
        self.ran: list[str] = []
        self.commands = Commands(self)
        for name, title, keys, group in ACTIONS:
            self.commands.add(Command(name, title, keys, lambda name=name: self.ran.append(name), group))  # type: ignore[misc]
        self.palette_ = Palette(self, themes.DARK, self.commands)
        self.keys = KeyList(self, themes.DARK, self.commands)

    def offered(self) -> list[str]:
        box = self.palette_.list
        return [box.item(row).text() for row in range(box.count())]


@pytest.fixture
def desk(qtbot: QtBot) -> Desk:
    made = Desk()
    qtbot.addWidget(made)
    made.resize(900, 600)
    with qtbot.waitExposed(made):
        made.show()
    made.activateWindow()
    made.search.setFocus()
    qtbot.waitUntil(made.search.hasFocus, timeout=5000)
    return made


def press(desk: Desk, *keys: Qt.Key) -> None:
    for key in keys:
        QTest.keyClick(desk.palette_.search, key)


def test_that_it_opens_with_every_action_by_group_and_title_and_the_first_marked(desk: Desk) -> None:
    desk.palette_.open()
    expected = sorted(ACTIONS, key=lambda action: (GROUPS.index(action[3]), action[1]))
    assert [(words.split()[0], action[1] in words) for words, action in zip(desk.offered(), expected, strict=True)] == [
        (action[3], True) for action in expected
    ]
    assert desk.palette_.list.currentRow() == 0
    assert desk.palette_.search.hasFocus()


def test_that_an_action_stands_with_all_its_keys_and_one_without_has_none(desk: Desk) -> None:
    desk.palette_.open()
    said = {action[0]: words for action in ACTIONS for words in desk.offered() if action[1] in words}
    assert said["journal"].split("Write a reason")[1].split() == ["F8", "Ctrl+J"]
    assert said["clear"].endswith("Clear the filter")


def test_that_what_is_typed_narrows_the_list_and_marks_its_first(desk: Desk) -> None:
    desk.palette_.open()
    press(desk, Qt.Key.Key_Down, Qt.Key.Key_Down)
    QTest.keyClicks(desk.palette_.search, "FILTER")
    assert len(desk.offered()) == 2
    assert desk.palette_.list.currentRow() == 0
    assert "Filter orders" in desk.offered()[0], "what begins with the words comes first"
    press(desk, Qt.Key.Key_Return)
    assert desk.ran == ["filter"]


@pytest.mark.parametrize(
    ("moves", "place"),
    [((), 0), ((Qt.Key.Key_Down,), 1), ((Qt.Key.Key_Up,), 3), ((Qt.Key.Key_Down,) * 4, 0),
     ((Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Up), 1)],
)  # fmt: skip
def test_that_arrows_move_the_mark_round_and_return_runs_what_is_marked(
    desk: Desk, moves: tuple[Qt.Key, ...], place: int
) -> None:
    desk.palette_.open()
    press(desk, *moves, Qt.Key.Key_Return)
    assert desk.ran == [[command.name for command in desk.commands][place]]
    assert not desk.palette_.isVisible()
    assert desk.search.hasFocus(), "the focus is where it was before the action runs"


def test_that_words_that_name_nothing_run_nothing(desk: Desk) -> None:
    desk.palette_.open()
    QTest.keyClicks(desk.palette_.search, "no such action")
    assert desk.offered() == []
    press(desk, Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_Return)
    assert desk.ran == []
    assert desk.palette_.isVisible()


def test_that_escape_runs_nothing_and_what_was_typed_is_gone_the_next_time(desk: Desk) -> None:
    desk.palette_.open()
    QTest.keyClicks(desk.palette_.search, "light")
    press(desk, Qt.Key.Key_Escape)
    assert (desk.ran, desk.palette_.isVisible(), desk.search.hasFocus()) == ([], False, True)
    desk.palette_.open()
    assert desk.palette_.search.text() == ""
    assert len(desk.offered()) == len(ACTIONS)


def test_that_a_click_runs_the_action_under_it(desk: Desk) -> None:
    desk.palette_.open()
    box = desk.palette_.list
    where = box.visualItemRect(box.item(2)).center()
    QTest.mouseClick(box.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, where)
    assert desk.ran == [[command.name for command in desk.commands][2]]


def test_that_it_is_as_high_as_what_is_found_up_to_its_most(desk: Desk) -> None:
    for number in range(40):
        desk.commands.add(Command(f"more{number}", f"More {number:02d}", (), list))
    desk.palette_.open()
    full = desk.palette_.list.height()
    QTest.keyClicks(desk.palette_.search, "More 07")
    one = desk.palette_.list.height()
    assert one < full < desk.height()
    assert desk.rect().contains(desk.palette_.geometry())


# -- the list of keys ----------------------------------------------------------------------------------------------


def test_that_every_key_is_listed_once_under_its_group_and_what_has_none_is_not(desk: Desk) -> None:
    table = key_table(desk.commands)
    for _, title, keys, _ in ACTIONS:
        assert table.count(f"<td>{title}</td>") == (1 if keys else 0)
        assert all(table.count(key) == 1 for key in keys)
    groups = [group for group in GROUPS if f"<h4>{group}</h4>" in table]
    assert groups == ["Orders", "Blotter"], "a group without a key has no heading"
    blotter = table.split("<h4>Blotter</h4>")[1]
    assert blotter.index("J / K") < blotter.index("Filter orders")


def test_that_the_list_of_keys_follows_keys_bound_anew(desk: Desk) -> None:
    desk.keys.toggle()
    assert desk.keys.isVisible()
    assert "F9" not in desk.keys.words.text()
    desk.keys.toggle()
    assert not desk.keys.isVisible()
    assert desk.commands.rebind("light", "F9") == ""
    desk.keys.toggle()
    assert "F9" in desk.keys.words.text()

"""The palette: every action by name. And the list of keys. Both stand over the window and stop nothing."""

from typing import Final

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QLabel, QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from app.widgets.commands import Command, Commands, shown_keys
from app.widgets.corner import Overlay
from app.widgets.theme import Theme, figures_font

_ROWS: Final = 14


class Palette(Overlay):
    """A line to type into and the actions that match; Return runs the marked one."""

    def __init__(self, window: QWidget, theme: Theme, commands: Commands) -> None:
        super().__init__(window, theme, None)
        self._commands = commands
        self._found: list[Command] = []
        self._before: QWidget | None = None
        self.search, self.list = QLineEdit(), QListWidget()
        self.search.setPlaceholderText("What do you want to do?")
        self.search.setFixedWidth(560)
        self.list.setFont(figures_font())
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.addWidget(self.search)
        layout.addWidget(self.list)
        self.search.textChanged.connect(self._narrow)
        self.search.returnPressed.connect(self.run)
        self.search.installEventFilter(self)
        self.list.itemClicked.connect(lambda _: self.run())

    def open(self) -> None:
        """Show every action."""
        self._before = self.window().focusWidget()
        self.search.clear()
        self._narrow("")
        self.show()
        self.place()
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def close_up(self) -> None:
        """Go away and give the focus back."""
        self.hide()
        if self._before is not None and self._before.isVisible():
            self._before.setFocus()

    def run(self) -> None:
        """Run the marked action."""
        row = self.list.currentRow()
        if 0 <= row < len(self._found):
            chosen = self._found[row]
            self.close_up()
            self._commands.run(chosen.name)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Arrows move the mark, Escape closes."""
        if watched is self.search and event.type() == QEvent.Type.KeyPress:
            key = event.key()  # type: ignore[attr-defined]
            if key in {Qt.Key.Key_Down, Qt.Key.Key_Up}:
                step = 1 if key == Qt.Key.Key_Down else -1
                self.list.setCurrentRow((self.list.currentRow() + step) % max(self.list.count(), 1))
                return True
            if key == Qt.Key.Key_Escape:
                self.close_up()
                return True
        return super().eventFilter(watched, event)

    def _narrow(self, words: str) -> None:
        self._found = self._commands.found(words)
        self.list.clear()
        for command in self._found:
            keys = shown_keys(command)
            item = QListWidgetItem(f"{command.group:<9}  {command.title}" + (f"     {keys}" if keys else ""))
            self.list.addItem(item)
        self.list.setCurrentRow(0)
        height = self.list.sizeHintForRow(0) if self._found else 20
        self.list.setFixedHeight(height * min(max(len(self._found), 1), _ROWS) + 6)
        self.place()


class KeyList(Overlay):
    """Every key with what it does; any key or click closes it."""

    def __init__(self, window: QWidget, theme: Theme, commands: Commands) -> None:
        super().__init__(window, theme, None)
        self._commands = commands
        self.words = QLabel()
        self.words.setFont(figures_font())
        self.words.setTextFormat(Qt.TextFormat.RichText)
        layout = QVBoxLayout(self)
        layout.addWidget(self.words)

    def toggle(self) -> None:
        """Show the list, or hide it."""
        if self.isVisible():
            self.hide()
            return
        self.words.setText(key_table(self._commands))
        self.show()
        self.place()


def key_table(commands: Commands) -> str:
    """Keys and titles in two columns of groups."""
    rows: dict[str, list[str]] = {}
    for command in commands:
        if command.keys:
            line = f"<tr><td><b>{shown_keys(command)}</b>&nbsp;&nbsp;</td><td>{command.title}</td></tr>"
            rows.setdefault(command.group, []).append(line)
    moves = "<tr><td><b>J / K</b></td><td>order below / above</td></tr>"
    rows.setdefault("Blotter", []).insert(0, moves)
    parts = [f"<h4>{group}</h4><table>{''.join(lines)}</table>" for group, lines in rows.items()]
    half = (len(parts) + 1) // 2
    columns = "".join(
        f"<td style='padding-right: 28px'>{''.join(half_)}</td>" for half_ in (parts[:half], parts[half:])
    )
    return f"<table><tr>{columns}</tr></table>Keys can be changed in the settings file of the desk, group [keys]."

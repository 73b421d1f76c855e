"""The trader's journal: one key, one line, kept with what was on the screen."""

import os
from pathlib import Path
from typing import Final

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QWidget

from app.widgets.corner import Overlay
from app.widgets.theme import Theme

FILE: Final = "trader-journal.tsv"
TITLES: Final = "time_utc\torder\tlevel\tfigures\treason\n"


def stamp(folder: Path, fields: tuple[str, ...]) -> Path:
    """Append one line (time, order, level, figures, reason) and see it on disk; raises OSError.

    Tabs and line breaks inside a field become spaces: a line is a line.
    """
    path = folder / FILE
    line = "\t".join(" ".join(field.split()) for field in fields) + "\n"
    with path.open("ab") as file:
        if not file.tell():
            file.write(TITLES.encode())
        file.write(line.encode())
        file.flush()
        os.fsync(file.fileno())
    return path


class JournalLine(Overlay):
    """A line to write a reason into; Return keeps it, Escape does not."""

    written = Signal(str)

    def __init__(self, window: QWidget, theme: Theme) -> None:
        super().__init__(window, theme, None)
        self.about, self.reason = QLabel(), QLineEdit()
        self._before: QWidget | None = None
        self.reason.setPlaceholderText("Reason, in your own words")
        self.reason.setMinimumWidth(420)
        self.reason.setMaxLength(500)
        layout = QHBoxLayout(self)
        layout.addWidget(self.about)
        layout.addWidget(self.reason, 1)
        self.reason.returnPressed.connect(self._keep)
        self.reason.installEventFilter(self)

    def open(self, about: str) -> None:
        """Ask for the reason of what is on the screen now."""
        self._before = self.window().focusWidget()
        self.about.setText(about)
        self.reason.clear()
        self.show()
        self.place()
        self.reason.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Escape writes nothing."""
        escape = event.type() == QEvent.Type.KeyPress and event.key() == Qt.Key.Key_Escape  # type: ignore[attr-defined]
        if watched is self.reason and escape:
            self._close()
            return True
        return super().eventFilter(watched, event)

    def _keep(self) -> None:
        words = self.reason.text().strip()
        self._close()
        if words:
            self.written.emit(words)

    def _close(self) -> None:
        self.hide()
        if self._before is not None and self._before.isVisible():
            self._before.setFocus()

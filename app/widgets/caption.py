"""Lines of text that change every frame and move nothing: a QLabel makes its whole window lay itself out anew."""

import re
from typing import Final

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QLabel, QWidget

from app.widgets.painting import painting
from app.widgets.theme import Theme, figures_font

_DIGIT: Final = re.compile(r"\d")


class Caption(QWidget):
    """One line of plain text, as wide as it is let, shortened at the right."""

    def __init__(self, theme: Theme, tone: str) -> None:
        super().__init__()
        self._theme, self._tone, self._text = theme, tone, ""
        self.setFont(figures_font())
        self.setFixedHeight(self.fontMetrics().height() + 2)

    def text(self) -> str:
        """The whole text."""
        return self._text

    def setText(self, text: str) -> None:
        """Show another text; nothing is painted when it is the same."""
        if text != self._text:
            self._text = text
            self.update()

    def dress(self, theme: Theme) -> None:
        """Change the colours."""
        self._theme = theme
        self.update()

    def sizeHint(self) -> QSize:
        """Any width will do."""
        return QSize(40, self.height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        """The line."""
        with painting(self) as (painter,):
            painter.setFont(self.font())
            painter.setPen(self._theme.colour(self._tone))
            said = painter.fontMetrics().elidedText(self._text, Qt.TextElideMode.ElideRight, self.width())
            painter.drawText(0, painter.fontMetrics().ascent() + 1, said)


def say(label: QLabel, words: str) -> bool:
    """Set a label's text; its width is fixed and only grows: nothing else moves. True where it may need more room."""
    if words == label.text():
        return False
    label.setText(words)
    mould = _DIGIT.sub("0", words)  # digits are of one width
    if mould == label.property("mould"):
        return False
    label.setProperty("mould", mould)
    need = label.sizeHint()
    if need.width() > label.width() or label.minimumWidth() != label.maximumWidth():
        label.setFixedSize(need.width(), need.height())
    return True


def dye(label: QLabel, colour: str) -> None:
    """Colour of a label's text; nothing is laid out anew when it has it already."""
    sheet = f"color: {colour}"
    if label.styleSheet() != sheet:
        label.setStyleSheet(sheet)

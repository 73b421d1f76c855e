"""The raw message behind a line: every tag with its name, one a line, and the bytes as they came below."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFontMetrics, QPaintEvent
from PySide6.QtWidgets import QLabel, QScrollArea, QVBoxLayout, QWidget

from app.widgets import fix_words
from app.widgets.painting import painting
from app.widgets.theme import Theme, figures_font

_LINE = 16
_PAD = 6


class _Tags(QWidget):
    """Tag, name, value, meaning in columns."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.theme, self.faded = theme, False
        self.lines: list[fix_words.Line] = []
        self.setFont(figures_font())

    def show_lines(self, lines: list[fix_words.Line]) -> None:
        """Other lines."""
        self.lines = lines
        self.setMinimumHeight(_LINE * len(lines) + 6)
        self.setMinimumWidth(self._width())
        self.setAccessibleDescription("; ".join(f"{s.tag} {s.name} {s.value} {s.meaning}" for s in lines))
        self.update()

    def sizeHint(self) -> QSize:
        """As high as its lines."""
        return QSize(self._width(), _LINE * len(self.lines) + 6)

    def _columns(self) -> tuple[int, int, int]:
        """Where name, value and meaning begin."""
        metrics = QFontMetrics(self.font())
        depth = max((line.depth for line in self.lines), default=0)
        tag = _PAD + 14 * depth + metrics.horizontalAdvance("00000")
        name = tag + max((metrics.horizontalAdvance(line.name) for line in self.lines), default=0) + 12
        return tag, name, name + max((metrics.horizontalAdvance(line.value) for line in self.lines), default=0) + 14

    def _width(self) -> int:
        metrics = QFontMetrics(self.font())
        return self._columns()[2] + max((metrics.horizontalAdvance(s.meaning) for s in self.lines), default=0) + _PAD

    def paintEvent(self, _event: QPaintEvent) -> None:
        """All lines; an entry of a group begins with a dot."""
        with painting(self) as (painter,):
            tone = "faint" if self.faded else "ink"
            name_at, value_at, meaning_at = self._columns()
            for number, line in enumerate(self.lines):
                y, indent = number * _LINE + 13, 14 * line.depth
                if number % 2:
                    painter.fillRect(0, number * _LINE + 1, self.width(), _LINE, self.theme.colour("stripe"))
                painter.setPen(self.theme.colour("faint"))
                if fix_words.begins(line):
                    painter.drawText(_PAD + indent - 9, y, "·")
                painter.drawText(_PAD + indent, y, line.tag)
                painter.drawText(name_at + indent, y, line.name)
                painter.drawText(meaning_at, y, line.meaning)
                painter.setPen(self.theme.colour(tone))
                painter.drawText(value_at, y, line.value)


class RawView(QScrollArea):
    """One message in words, or the sentence why there is none."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.raw = b""
        self.tags = _Tags(theme)
        self.said = QLabel()
        self.said.setWordWrap(True)
        self.said.setTextFormat(Qt.TextFormat.PlainText)
        self.said.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.said.setFont(figures_font())
        self.said.setContentsMargins(_PAD, 4, _PAD, 4)
        inside = QWidget()
        layout = QVBoxLayout(inside)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.tags)
        layout.addWidget(self.said)
        layout.addStretch(1)
        self.setWidget(inside)
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setAccessibleName("Raw message")

    def show_raw(self, raw: bytes) -> None:
        """A message: raw FIX tag by tag, anything else as it stands."""
        self.raw = raw
        fix = fix_words.looks_like_fix(raw)
        self.tags.show_lines(fix_words.lines(raw) if fix else [])
        self.said.setText(_breakable(fix_words.shown(raw)) if fix else raw.decode("utf-8", "replace"))
        self.said.setToolTip("the message as it came" if fix else "")

    def show_words(self, words: str) -> None:
        """No message, and why."""
        self.raw = b""
        self.tags.show_lines([])
        self.said.setToolTip("")
        self.said.setText(words)

    def fade(self, faded: bool) -> None:
        """Grey everything."""
        if self.tags.faded != faded:
            self.tags.faded = faded
            self.tags.update()

    def dress(self, theme: Theme) -> None:
        """Change the colours."""
        self.tags.theme = theme
        self.tags.update()


def _breakable(words: str) -> str:
    """A line that may break after every separator, and nowhere reads as markup."""
    return words.replace(fix_words.SOH_SHOWN, fix_words.SOH_SHOWN + "\N{ZERO WIDTH SPACE}")

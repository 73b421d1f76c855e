"""Texts laid out once they come again: drawing one then costs half, but laying it out costs five drawings."""

from collections import OrderedDict
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QStaticText, QTransform

_ROOM: Final = 6_000  # texts kept; a screen shows a thousand


class Glyphs:
    """Laid-out texts of one font; the colour is the painter's pen."""

    def __init__(self, font: QFont) -> None:
        self.font, self.metrics = font, QFontMetrics(font)
        self.digit = self.metrics.horizontalAdvance("0")
        self.height, self._ascent = self.metrics.height(), self.metrics.ascent()
        # width, and the layout from the second drawing on; the longest unused first
        self._known: OrderedDict[str, tuple[QStaticText | None, int]] = OrderedDict()
        self._short: OrderedDict[tuple[str, int, Qt.TextElideMode], str] = OrderedDict()

    def draw(self, painter: QPainter, where: tuple[int, int, int], text: str, *, right: bool = False) -> int:
        """Draw a line of text, left or right in its room (left edge, top, width); returns the width it needs.

        A text on the right is drawn in full and its column must grow; one on the left is shortened in the middle.
        """
        (x, y, room), (laid, wide) = where, self._laid(text)
        said = text
        if wide > room and not right:
            said = self._shortened(text, room, Qt.TextElideMode.ElideMiddle)
            laid, _ = self._laid(said)
        self._put(painter, (x + room - wide if right else x, y), said, laid)
        return wide

    def draw_in(self, painter: QPainter, where: tuple[int, int, int], text: str, *, right: bool) -> None:
        """Draw a line of text left or right in its room; what is too wide is shortened at its end."""
        (x, y, room), (laid, wide) = where, self._laid(text)
        if wide > room:
            text = self._shortened(text, room, Qt.TextElideMode.ElideRight)
            laid, wide = self._laid(text)
        self._put(painter, (x + room - wide if right else x, y), text, laid)

    def _put(self, painter: QPainter, where: tuple[int, int], text: str, laid: QStaticText | None) -> None:
        if laid is None:
            painter.drawText(where[0], where[1] + self._ascent, text)
        else:
            painter.drawStaticText(*where, laid)

    def _laid(self, text: str) -> tuple[QStaticText | None, int]:
        """A text's layout, None where it comes for the first time: most figures never come again; and its width."""
        found = self._known.get(text)
        if found is None:
            if len(self._known) >= _ROOM:  # one goes for one that comes: all at once took a frame or two
                self._known.popitem(last=False)
            found = self._known[text] = (None, self.metrics.horizontalAdvance(text))
            return found
        self._known.move_to_end(text)
        if found[0] is None:
            laid = QStaticText(text)
            laid.setTextFormat(Qt.TextFormat.PlainText)
            laid.setPerformanceHint(QStaticText.PerformanceHint.AggressiveCaching)
            laid.prepare(QTransform(), self.font)
            found = self._known[text] = (laid, found[1])
        return found

    def _shortened(self, text: str, room: int, how: Qt.TextElideMode) -> str:
        found = self._short.get((text, room, how))
        if found is None:
            if len(self._short) >= _ROOM:
                self._short.popitem(last=False)
            found = self._short[text, room, how] = self.metrics.elidedText(text, how, room)
        return found

"""The book as it was at one nanosecond: both sides, best in the middle, our own size marked."""

from typing import Final

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.widgets import format as text
from app.widgets.lookback_port import Level
from app.widgets.painting import painting
from app.widgets.theme import Theme, figures_font

LINE: Final = 18
_CENTRE: Final = int(Qt.AlignmentFlag.AlignCenter)
_RIGHT: Final = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
_LEFT: Final = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
# shares of the width: own, orders, size of the bid; price; size, orders, own of the ask
_SHARES: Final = (0.13, 0.10, 0.17, 0.20, 0.17, 0.10, 0.13)
_TITLES: Final = ("Own", "Ord", "Bid", "Price", "Ask", "Ord", "Own")
OWN_MARK: Final = "◀"


class Ladder(QWidget):
    """Prices from the highest ask to the lowest bid; a bar behind each size, an arrow at our own."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.theme, self.faded = theme, False
        self.levels: list[Level] = []
        self.words = ""
        self.size_decimals = 0
        self.setFont(figures_font())
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        self.setAccessibleName("Book ladder")

    def show_levels(self, levels: list[Level]) -> None:
        """Levels of both sides, in any order."""
        asks = sorted((at for at in levels if at.side == "A"), key=lambda at: -at.price)
        bids = sorted((at for at in levels if at.side == "B"), key=lambda at: -at.price)
        self.levels, self.words = asks + bids, "" if levels else "the book was empty"
        self._renew()

    def show_words(self, words: str) -> None:
        """No book, and why."""
        self.levels, self.words = [], words
        self._renew()

    def fade(self, faded: bool) -> None:
        """Grey everything."""
        if faded != self.faded:
            self.faded = faded
            self.update()

    def dress(self, theme: Theme) -> None:
        """Change the colours."""
        self.theme = theme
        self.update()

    def sizeHint(self) -> QSize:
        """As high as its levels."""
        return QSize(330, LINE * (len(self.levels) + 1) + 4)

    def middle(self) -> int:
        """Pixels from the top to the line between the best bid and the best ask."""
        return LINE * (1 + sum(at.side == "A" for at in self.levels))

    def said(self) -> list[tuple[str, ...]]:
        """What every line reads, in the columns of the picture."""
        return [self._cells(at) for at in self.levels]

    def _renew(self) -> None:
        lines = ["  ".join(cell for cell in line if cell) for line in self.said()]
        self.setAccessibleDescription("; ".join(lines) or self.words)
        self.setMinimumHeight(LINE * (len(self.levels) + 1) + 4)
        self.setMinimumWidth(self._needed())
        self.update()

    def _needed(self) -> int:
        """The width at which no cell is cut."""
        metrics = QFontMetrics(self.font())
        arrow = (14, 0, 0, 0, 0, 0, 14)
        needs = [
            (metrics.horizontalAdvance(said) + 8 + arrow[place]) / _SHARES[place]
            for line in self.said()
            for place, said in enumerate(line)
            if said
        ]
        return round(max(needs, default=0))

    def _cells(self, at: Level) -> tuple[str, ...]:
        size = text.number(at.size)
        orders = text.DASH if at.orders is None else text.number(at.orders)
        own = text.number(at.own) if at.own else ""
        price = text.price(at.price)
        if at.side == "B":
            return own, orders, size, price, "", "", ""
        return "", "", "", price, size, orders, own

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Titles, then a line a price."""
        with painting(self) as (painter,):
            painter.fillRect(self.rect(), self.theme.colour("paper"))
            edges = [0]
            for share in _SHARES:
                edges.append(edges[-1] + round(share * self.width()))
            painter.setPen(self.theme.colour("faint"))
            for place, title in enumerate(_TITLES):
                painter.drawText(self._cell(edges, place, 0), _align(place), title)
            if not self.levels:
                painter.drawText(
                    self.rect().adjusted(8, LINE, -8, 0), int(Qt.AlignmentFlag.AlignTop) | 0x1000, self.words
                )
            most = max((at.size for at in self.levels), default=1) or 1
            for number, at in enumerate(self.levels):
                self._paint(painter, edges, number, most)
                above = self.levels[number - 1] if number else at
                if above.side == "A" and at.side == "B":
                    painter.setPen(self.theme.colour("line"))
                    painter.drawLine(0, (number + 1) * LINE, self.width(), (number + 1) * LINE)

    def _paint(self, painter: QPainter, edges: list[int], number: int, most: int) -> None:
        at, y = self.levels[number], (number + 1) * LINE
        bid = at.side == "B"
        colour = self.theme.colour("faint" if self.faded else "buy" if bid else "sell")
        bar = round(at.size / most * (edges[3] if bid else self.width() - edges[4]))
        shade = self.theme.colour("faint" if self.faded else "buy" if bid else "sell")
        shade.setAlpha(38)
        painter.fillRect(edges[3] - bar if bid else edges[4], y + 2, bar, LINE - 4, shade)
        metrics = QFontMetrics(self.font())
        for place, said in enumerate(self._cells(at)):
            own = place in {0, 6}
            painter.setPen(self.theme.colour("faint") if place in {1, 5} or self.faded else colour
                           if place in {2, 4} else self.theme.colour("ink"))  # fmt: skip
            where = self._cell(edges, place, y)
            painter.drawText(where, _align(place), said)
            if own and said:
                arrow = "▶" if bid else OWN_MARK
                x = where.right() - metrics.horizontalAdvance(said) - 13 if bid else where.left() - 9
                painter.drawText(QRect(max(x, 0), y, 12, LINE), _CENTRE, arrow)

    @staticmethod
    def _cell(edges: list[int], place: int, y: int) -> QRect:
        room = 4 if edges[-1] > 320 else 1
        return QRect(edges[place] + room, y, edges[place + 1] - edges[place] - 2 * room, LINE)


def _align(place: int) -> int:
    return _CENTRE if place == 3 else _RIGHT

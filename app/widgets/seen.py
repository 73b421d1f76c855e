"""What the eye last saw of a grid: a click acts on that, whatever stands there by then."""

import numpy as np
from numpy.typing import NDArray


class Seen:
    """Rows as they were last painted, line by line."""

    def __init__(self) -> None:
        self._rows: NDArray[np.int64] = np.empty(0, np.int64)
        self._first = self._top = 0  # line and pixel of the first of them

    def __len__(self) -> int:
        return len(self._rows)

    def forget(self) -> None:
        """Rows are numbered anew: a click counts again once they are painted."""
        self._rows = self._rows[:0]

    def note(self, order: NDArray[np.int64], shown: slice, lines: slice, top: int) -> None:
        """`lines` of those `shown` are painted now; `top`: pixel at which the first one shown begins."""
        if len(self._rows) != shown.stop - shown.start or self._first != shown.start or lines == shown:
            self._rows, self._first, self._top = order[shown].copy(), shown.start, top
        else:
            self._rows[lines.start - shown.start : lines.stop - shown.start] = order[lines]

    def line_at(self, y: int, height: int) -> int:
        """The line painted under a pixel, even where the view has scrolled since; -1 for none."""
        place = (y - self._top) // height
        return self._first + place if 0 <= place < len(self._rows) else -1

    def row(self, line: int) -> int:
        """The row that was last painted in a line, -1 if none was."""
        place = line - self._first
        return int(self._rows[place]) if 0 <= place < len(self._rows) else -1

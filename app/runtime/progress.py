"""How far a replay is: a bar on the error stream with rate and time left."""

import sys
import time
from types import TracebackType
from typing import Final, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

_EVERY_S: Final = 0.1


class _Rate(ProgressColumn):
    """Rows per second."""

    def render(self, task: Task) -> Text:
        """The rate since the start."""
        elapsed = task.finished_time or task.elapsed
        return Text(f"{task.completed / elapsed:,.0f} rows/s" if elapsed else "")


class ProgressBar:
    """Shows rows done, rate and time left on a terminal; elsewhere only when `force` is set, otherwise nothing.

    `total` None = unknown: the bar pulses. Redrawn ten times a second at most, by the caller's thread.
    """

    def __init__(self, what: str, total: int | None, *, force: bool = False) -> None:
        self.shown = force or sys.stderr.isatty()
        console = Console(file=sys.stderr, force_terminal=True if force else None)
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            _Rate(),
            TimeRemainingColumn(),
            console=console,
            auto_refresh=False,
            disable=not self.shown,
        )
        self._task = self._bar.add_task(what, total=total)
        self._rows = 0
        self._drawn = 0.0

    def advance(self, rows: int) -> None:
        """So many more rows are done."""
        self._rows += rows
        now = time.monotonic()
        if self.shown and now - self._drawn >= _EVERY_S:
            self._draw(now)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.shown:
            self._draw(time.monotonic())
        self._bar.stop()

    def _draw(self, now: float) -> None:
        self._drawn = now
        self._bar.update(self._task, completed=self._rows)
        self._bar.refresh()

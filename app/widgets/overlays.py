"""What stands over the window and stops nothing: toasts, palette, list of keys, journal line, tour."""

from PySide6.QtWidgets import QApplication, QWidget

from app.widgets.commands import Commands
from app.widgets.corner import Overlay, Toasts
from app.widgets.journal import JournalLine
from app.widgets.palette import KeyList, Palette
from app.widgets.theme import Theme
from app.widgets.tour import Tour


class Overlays:
    """All of them; `beside` names what the tour's hints stand over."""

    def __init__(self, window: QWidget, theme: Theme, commands: Commands, beside: dict[str, QWidget]) -> None:
        self.toasts = Toasts(window, theme, QApplication.beep)
        self.palette, self.keys = Palette(window, theme, commands), KeyList(window, theme, commands)
        self.journal, self.tour = JournalLine(window, theme), Tour(window, theme, beside)

    def every(self) -> tuple[Overlay, ...]:
        """Each of them."""
        return self.palette, self.keys, self.journal, self.tour, self.toasts

    def lift(self) -> None:
        """Back on top of a dock that came to the front."""
        for over in self.every():
            if over.isVisible():
                over.raise_()

    def close_one(self) -> bool:
        """Close what stands on top; False when nothing does. Toasts go by themselves."""
        for over in self.every()[:4]:
            if over.isVisible():
                over.end() if isinstance(over, Tour) else over.hide()
                return True
        return False

"""The window's own actions with their shipped keys; parts that are mounted later add theirs."""

from typing import Protocol

from PySide6.QtCore import QSettings

from app.widgets.blotter import Blotter
from app.widgets.commands import Command, Commands
from app.widgets.playback import PlaybackBar


class Acting(Protocol):
    """A window as far as its actions need it."""

    commands: Commands
    blotter: Blotter
    playback: PlaybackBar | None

    def change_theme(self) -> None:
        """Dark or light."""

    def change_zone(self) -> None:
        """Local time or UTC."""


def bound_keys(settings: QSettings | None) -> dict[str, str]:
    """The user's own keys: group `keys` of the settings, name = "Ctrl+L; F2"."""
    if settings is None:
        return {}
    settings.beginGroup("keys")
    found = {name: str(settings.value(name)) for name in settings.childKeys()}
    settings.endGroup()
    return found


def add_actions(window: Acting) -> None:
    """Everything the window can do, for the palette and for keys."""
    add, blotter = window.commands.add, window.blotter
    add(Command("filter", "Filter the blotter", ("/", "Ctrl+F"), blotter.focus_filter, "Blotter"))
    add(Command("theme", "Dark or light", ("Ctrl+L",), window.change_theme))
    add(Command("zone", "Local time or UTC", ("Ctrl+U",), window.change_zone))
    if window.playback:
        add(Command("play", "Play or pause", ("Ctrl+Space",), window.playback.toggle, "Playback"))

"""Every action of the desk by name: what the palette lists, what keys run, what the user may bind anew."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget

GROUPS: Final = ("Orders", "Blotter", "Charts", "Alerts", "Playback", "Window")


@dataclass(frozen=True, slots=True)
class Command:
    """An action: a name for settings, a title for the palette, its keys.

    `order`: it acts on an order in the market. Its keys must be a chord (two presses), and it must ask for a confirm.
    """

    name: str
    title: str
    keys: tuple[str, ...]
    run: Callable[[], object]
    group: str = "Window"
    order: bool = False


class Commands(QObject):
    """The commands of one window. Keys are bound when a command is added and may be bound anew."""

    ran = Signal(str)  # name of a command, after it ran

    def __init__(self, window: QWidget, bound: Mapping[str, str] | None = None) -> None:
        super().__init__(window)
        self._window = window
        self._bound = dict(bound or {})
        self._known: dict[str, Command] = {}
        self._shortcuts: dict[str, list[QShortcut]] = {}

    def __iter__(self) -> Iterator[Command]:
        return iter(sorted(self._known.values(), key=lambda c: (GROUPS.index(c.group), c.title)))

    def __len__(self) -> int:
        return len(self._known)

    def __getitem__(self, name: str) -> Command:
        return self._known[name]

    def add(self, command: Command) -> None:
        """Make a command known and bind its keys; the user's own keys (settings) come before the shipped ones.

        Raises ValueError for a name or key that is taken, and for an order action without a chord.
        """
        if command.name in self._known:
            raise ValueError(f"command {command.name} is known already")
        own = self._bound.get(command.name)
        wanted = command if own is None else replace(command, keys=parse_keys(own))
        if self._refusal(wanted):
            if own is None:
                raise ValueError(self._refusal(wanted))
            wanted = command  # the user's keys do not work: the shipped ones do
        self._known[command.name] = wanted
        self._bind(wanted)

    def rebind(self, name: str, keys: str) -> str:
        """Give a command other keys ("Ctrl+L; F2", "" = none); returns why not, "" when it is done."""
        wanted = replace(self._known[name], keys=parse_keys(keys))
        refusal = self._refusal(wanted)
        if not refusal:
            self._known[name] = wanted
            self._bind(wanted)
        return refusal

    def run(self, name: str) -> None:
        """Run a command by its name."""
        self._known[name].run()
        self.ran.emit(name)

    def found(self, words: str) -> list[Command]:
        """Commands whose title or group holds every word, best first: those that begin with what was typed."""
        wanted = words.casefold().split()
        hits = [c for c in self if all(word in f"{c.title} {c.group}".casefold() for word in wanted)]
        return sorted(hits, key=lambda c: not c.title.casefold().startswith(words.casefold().strip()))

    def _refusal(self, command: Command) -> str:
        """Why a command may not have its keys, "" when it may."""
        for keys in command.keys:
            sequence = QKeySequence(keys)
            if sequence.isEmpty() or not is_readable(keys):
                return f"{command.name}: keys = {keys!r} is not allowed; allowed: keys as in Ctrl+L or Ctrl+O, S"
            if command.order and sequence.count() < 2:
                return f"{command.name}: keys = {keys!r} is not allowed; allowed: a chord as in Ctrl+O, S"
            for other in self._known.values():
                if other.name != command.name and sequence in map(QKeySequence, other.keys):
                    return f"{command.name}: keys = {keys!r} is not allowed; taken by: {other.title}"
        return ""

    def _bind(self, command: Command) -> None:
        for old in self._shortcuts.pop(command.name, []):
            old.setEnabled(False)
            old.deleteLater()
        made = []
        for keys in command.keys:
            shortcut = QShortcut(QKeySequence(keys), self._window)
            shortcut.setAutoRepeat(not command.order)
            shortcut.activated.connect(lambda name=command.name: self.run(name))
            made.append(shortcut)
        self._shortcuts[command.name] = made


def parse_keys(words: str) -> tuple[str, ...]:
    """Keys as settings write them, several parted by semicolons."""
    return tuple(part.strip() for part in words.split(";") if part.strip())


def is_readable(keys: str) -> bool:
    """True when every press of a sequence is one key, with or without Ctrl, Shift, Alt, Meta."""
    form = QKeySequence.SequenceFormat.PortableText
    presses = [part for part in keys.replace(",,", ", Comma").split(",") if part.strip()]
    return all(QKeySequence(part.strip()).toString(form).casefold() == _plain(part) for part in presses)


def _plain(press: str) -> str:
    return "+".join(word.strip() for word in press.strip().casefold().split("+"))


def shown_keys(command: Command) -> str:
    """A command's keys as a user reads them."""
    return "   ".join(QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText) for keys in command.keys)

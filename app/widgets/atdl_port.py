"""A broker's own form for a strategy (FIXatdl), as the desk draws it; what is entered is judged elsewhere."""

from collections.abc import Mapping
from typing import NamedTuple, Protocol


class Entry(NamedTuple):
    """One control: what it is called, its list of (id, title), its steps, the group its radio button is of."""

    id: str
    kind: str  # TextField, Clock, CheckBoxList, ...
    label: str = ""
    about: str = ""
    items: tuple[tuple[str, str], ...] = ()
    horizontal: bool = False
    step: str = ""
    outer_step: str = ""
    group: str = ""
    hint: str = ""  # what is allowed, in the empty field


class Pane(NamedTuple):
    """Controls and panes, side by side or one below the other."""

    title: str = ""
    horizontal: bool = False
    framed: bool = False
    collapsible: bool = False
    collapsed: bool = False
    parts: "tuple[Entry | Pane, ...]" = ()


class Judged(NamedTuple):
    """What entries amount to: entries after the rules, controls off and hidden, (control or "", words), wire values."""

    entries: Mapping[str, str]
    disabled: frozenset[str] = frozenset()
    hidden: frozenset[str] = frozenset()
    faults: tuple[tuple[str, str], ...] = ()
    values: tuple[tuple[str, str], ...] = ()


class Paper(Protocol):
    """A form to fill in."""

    @property
    def panes(self) -> tuple[Pane, ...]:
        """How it is laid out."""

    def first(self) -> Mapping[str, str]:
        """Entries by control before anybody touched it."""

    def judged(self, entries: Mapping[str, str]) -> Judged:
        """What these entries amount to."""

"""What the desk keeps of its looks between two starts: per machine, for the very set of parts that it described."""

import hashlib
import logging
from collections.abc import Iterable
from typing import Final

from PySide6.QtCore import QByteArray, QSettings, QSysInfo

_LOG: Final = logging.getLogger(__name__)


def machine_key(name: str) -> str:
    """A settings key of this machine alone: home folders are shared, monitors are not."""
    return f"{QSysInfo.machineHostName() or 'here'}/{name}"


def edition(names: Iterable[str], version: int) -> str:
    """Which parts a kept state is about: another set of names, or another version of how they are kept, is another."""
    return hashlib.sha256("\n".join([str(version), *sorted(names)]).encode()).hexdigest()[:16]


def keep(settings: QSettings, name: str, state: QByteArray, of: str) -> None:
    """Keep a state of Qt's with the edition it is of and its own digest."""
    settings.setValue(machine_key(name), state)
    settings.setValue(machine_key(f"{name}-of"), f"{of} {_digest(state)}")


def kept(settings: QSettings, name: str, of: str) -> QByteArray | None:
    """The state of an edition; None where there is none. One of other parts, or a damaged one, is said and thrown away.

    Qt takes a state of other docks without a word and puts those it does not know side by side.
    """
    state, mark = settings.value(machine_key(name)), settings.value(machine_key(f"{name}-of"))
    if state is None:
        return None
    if isinstance(state, QByteArray) and mark == f"{of} {_digest(state)}":
        return state
    _LOG.warning("desk: the kept %s is of another set of parts, or damaged: it is not used, the shipped one is", name)
    forget(settings, name)
    return None


def forget(settings: QSettings, name: str) -> None:
    """Keep nothing under a name."""
    settings.remove(machine_key(name))
    settings.remove(machine_key(f"{name}-of"))


def _digest(state: QByteArray) -> str:
    return hashlib.sha256(state.data()).hexdigest()[:16]

"""The columns a rule may name: everything the engine puts out of a parent, figures as floats, prices in money."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import numpy as np

from app.engine import schema, status
from app.engine.layout import PARENT_ROW
from app.engine.rules.reading import Vocabulary
from app.engine.rules.tree import Kind
from app.engine.rules.truth import Value
from app.engine.units import NULL

_FLAGS: Final = frozenset(column.name for column in schema.PARENTS if column.kind == "bool")
_INTERNAL: Final = frozenset({"pad", "source", "seq", "as_of"})
_TEXT_DTYPE: Final = np.dtype("u4")


def _kind(name: str) -> Kind:
    if name in _FLAGS:
        return "flag"
    return "text" if PARENT_ROW[name] == _TEXT_DTYPE else "number"


COLUMNS: Final[Mapping[str, Kind]] = {name: _kind(name) for name in PARENT_ROW.names or () if name not in _INTERNAL}
TEXTS: Final = {
    "level": (status.QUIET, status.GREEN, status.AMBER, status.RED),
    "status": ("CLEAR", "LEAN", "AMBER", "RED"),
    "side": ("BUY", "SELL"),
    "visibility": ("V1", "V2", "V3"),
}
VOCABULARY: Final = Vocabulary(COLUMNS, TEXTS)


def values_of(row: np.void, names: Iterable[str], text: Callable[[int], str]) -> dict[str, Value]:
    """Columns of one PARENT_ROW as a rule sees them; None where undefined. `text` reads the arena."""
    return {name: _value(row[name], COLUMNS[name], text) for name in names}


def _value(value: Any, kind: Kind, text: Callable[[int], str]) -> Value:
    if kind == "text":
        return text(int(value)) or None
    if kind == "flag":
        return None if int(value) < 0 else bool(value)
    if isinstance(value, np.integer):
        return None if value == NULL else float(value)
    return None if np.isnan(value) else float(value)

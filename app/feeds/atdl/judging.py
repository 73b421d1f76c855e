"""One comparison of a rule, on what is known of its fields."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from app.feeds.atdl.model import Edit
from app.feeds.atdl.values import NULL, UnreadableError, Value, ordered


class Seen(NamedTuple):
    """What a field holds; None is no value."""

    value: Value


class Judge:
    """`seen` by field; `read` makes the value a file writes into one of the field's type."""

    def __init__(self, seen: Mapping[str, Seen], read: Callable[[str, str], Value]) -> None:
        self._seen = seen
        self._read = read

    def compared(self, edit: Edit) -> bool:
        """Whether one comparison is true; with a value missing only EX, NX, EQ and NE say anything but no."""
        left = self._of(edit.field)
        if edit.operator in {"EX", "NX"}:
            return (left is not None) == (edit.operator == "EX")
        right = self._of(edit.field2) if edit.field2 is not None else self._written(edit)
        same = left == right or ordered(left, right) == 0
        if edit.operator in {"EQ", "NE"}:
            return same == (edit.operator == "EQ")
        sign = ordered(left, right)
        if sign is None:
            return False
        return {"LT": sign < 0, "LE": sign <= 0, "GT": sign > 0, "GE": sign >= 0}[str(edit.operator)]

    def _of(self, field: str) -> Value:
        found = self._seen.get(field)
        return None if found is None else found.value

    def _written(self, edit: Edit) -> Value:
        text = edit.value or ""
        if text in {"", NULL}:
            return None
        try:
            return self._read(edit.field, text)
        except UnreadableError:
            return text

"""Attributes of an element, read as what they should be; a refusal names file, line, attribute and value."""

from collections.abc import Collection
from typing import Final

from app.engine.errors import DecodeError, complaint
from app.feeds.atdl.markup import Element

_FLAGS: Final = {"true": True, "1": True, "false": False, "0": False}
TAG_MOST: Final = 999_999_999


class Fields:
    """The attributes of one element of one file."""

    def __init__(self, element: Element, path: str) -> None:
        self.element = element
        self.where = f"{path} line {element.line}"

    def text(self, name: str, default: str = "") -> str:
        """A text."""
        return self.element.attributes.get(name, default)

    def maybe(self, name: str) -> str | None:
        """A text, None when the attribute is not there."""
        return self.element.attributes.get(name)

    def needed(self, name: str) -> str:
        """A text that must be there and say something."""
        value = self.element.attributes.get(name, "")
        if not value.strip():
            raise self.refusal(name, value, f"a text: <{self.element.name}> needs it")
        return value

    def flag(self, name: str, *, default: bool = False) -> bool:
        """True or false."""
        found = self.maybe_flag(name)
        return default if found is None else found

    def maybe_flag(self, name: str) -> bool | None:
        """True, false, or None when the attribute is not there."""
        value = self.maybe(name)
        if value is None:
            return None
        if value not in _FLAGS:
            raise self.refusal(name, value, "true or false")
        return _FLAGS[value]

    def tag(self, name: str) -> int | None:
        """A FIX tag."""
        return self.whole(name, 1, TAG_MOST, "a FIX tag")

    def whole(self, name: str, low: int, high: int, words: str) -> int | None:
        """A whole number within bounds."""
        value = self.maybe(name)
        if value is None:
            return None
        if not (value.isascii() and value.isdigit() and len(value) <= 9 and low <= int(value) <= high):
            raise self.refusal(name, value, f"{words}, {low} to {high}")
        return int(value)

    def one_of(self, name: str, allowed: Collection[str], default: str) -> str:
        """One of a few words, upper and lower case alike."""
        value = self.maybe(name)
        if value is None:
            return default
        for word in allowed:
            if word.casefold() == value.casefold():
                return word
        raise self.refusal(name, value, "one of " + ", ".join(sorted(allowed)))

    def refusal(self, name: str, value: object, allowed: str) -> DecodeError:
        """The complaint about one attribute."""
        return DecodeError(complaint(self.where, name, value, allowed))

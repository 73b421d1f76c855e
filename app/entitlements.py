"""Who may see and do what: a file of people with the desks and books whose orders are theirs, and what they may do.

    [users.alice]
    scopes = ["read", "act"]      # read: look; act: switch, pause, cancel, kill one order; admin: kill all, release
    desks = ["cash"]              # desks whose orders she sees; "*" = all
    books = ["ACC-7"]             # accounts, likewise; a row is hers when its desk, its book or its trader says so
    own = true                    # also the orders she trades herself
    certificates = ["alice.desk"] # common names of client certificates that are hers

Each entry grants, none takes away; who is not in the file may do nothing. Without a file everybody sees everything.
"""

import os
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Final, Literal, TypeAlias

import msgspec

from app.engine.errors import SettingsError, complaint

Scope: TypeAlias = Literal["read", "act", "admin"]
SCOPES: Final[tuple[Scope, ...]] = ("read", "act", "admin")
ALL: Final = "*"
_SHAPE: Final = "[users.NAME] tables with scopes, desks, books, own, certificates"


class Person(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One table of the file."""

    scopes: tuple[Scope, ...] = ("read",)
    desks: tuple[str, ...] = ()
    books: tuple[str, ...] = ()
    own: bool = False
    certificates: tuple[str, ...] = ()


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    users: dict[str, Person]


class Grants(msgspec.Struct, frozen=True):
    """What one user may see and do. `everything`: every row, whatever its desk and book."""

    user: str
    scopes: frozenset[Scope] = frozenset()
    desks: frozenset[str] = frozenset()
    books: frozenset[str] = frozenset()
    own: bool = False
    everything: bool = False

    def sees(self, desk: str, book: str, trader: str) -> bool:
        """True when a row of this desk, book and trader is his; what is not named belongs to nobody."""
        if self.everything:
            return True
        return (
            (bool(desk) and desk in self.desks) or (bool(book) and book in self.books)
            or (self.own and bool(trader) and trader == self.user)
        )  # fmt: skip

    def may(self, scope: Scope) -> bool:
        """True when he may do what the scope stands for; one scope does not bring another."""
        return scope in self.scopes

    def narrowed(self, scopes: frozenset[Scope]) -> "Grants":
        """The same rows, and of what he may do no more than this."""
        return msgspec.structs.replace(self, scopes=self.scopes & scopes)


class Entitlements:
    """The people of a file, read again when it changes; `path` None: no file, everybody everything."""

    def __init__(self, path: Path | None) -> None:
        """Raises SettingsError naming file, key, value and what is allowed."""
        self.path = path
        self.fault = ""  # why the file as it is now does not count: what was read before stands
        self._stamp: tuple[int, int] = (0, 0)
        self._people: dict[str, Person] = {}
        self._named: dict[str, str] = {}
        if path is not None:
            self._take(_read(path))
            self._stamp = _stamp(path)

    def refresh(self) -> bool:
        """Look whether the file has changed; True when it has been read anew. A broken one changes nothing."""
        if self.path is None or _stamp(self.path) == self._stamp:
            return False
        self._stamp = _stamp(self.path)
        try:
            self._take(_read(self.path))
        except SettingsError as error:
            self.fault = str(error)
            return False
        self.fault = ""
        return True

    def of(self, user: str) -> Grants:
        """What a user may see and do: nothing when the file does not know him."""
        if self.path is None:
            return Grants(user, frozenset(SCOPES), everything=True)
        person = self._people.get(user)
        if person is None:
            return Grants(user)
        everything = ALL in person.desks or ALL in person.books
        scopes = frozenset(person.scopes)
        return Grants(user, scopes, frozenset(person.desks), frozenset(person.books), person.own, everything)

    def of_certificate(self, name: str) -> str:
        """The user whose client certificate has this common name; "" for nobody's."""
        return self._named.get(name, "")

    def knows(self, user: str) -> bool:
        """True when there is no file, or the user is in it."""
        return self.path is None or user in self._people

    def _take(self, people: dict[str, Person]) -> None:
        named: dict[str, str] = {}
        for user, person in people.items():
            for name in person.certificates:
                if name in named:
                    key = f"users.{user}.certificates"
                    raise SettingsError(complaint(str(self.path), key, name, f"a name that {named[name]} has not"))
                named[name] = user
        self._people, self._named = people, named


def barred(grants: Grants, row: Callable[[], tuple[str, str, str] | None]) -> str:
    """Why a user may not act on an order whose desk, book and trader `row` gives (None = not on the board); ""."""
    if not grants.may("act"):
        return f"{grants.user} may not act"
    if grants.everything:
        return ""
    found = row()
    if found is None:
        return f"{grants.user} may act on orders of his desks and books; this one's are not known"
    if grants.sees(*found):
        return ""
    return f"{grants.user} may not act on desk {found[0] or '(none)'}, book {found[1] or '(none)'}"


def _stamp(path: Path) -> tuple[int, int]:
    try:
        known = os.stat(path)  # noqa: PTH116 - called often
    except OSError:
        return 0, 0
    return known.st_mtime_ns, known.st_size


def _read(path: Path) -> dict[str, Person]:
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise SettingsError(f"{path}: the file of people cannot be read: {error.strerror or error}") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{path}: the file of people is not TOML: {error}") from error
    try:
        return msgspec.convert(table, _File).users
    except msgspec.ValidationError as error:
        raise SettingsError(complaint(str(path), "users", str(error), _SHAPE)) from error

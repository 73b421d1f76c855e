"""A condition's text into its tree, or a complaint that names the place, the word and what is allowed.

whole      = either ["for" NUMBER ("ms" | "s" | "min" | "h")]
either     = both {"or" both}            both = one {"and" one}
one        = "not" one | "(" either ")" | COLUMN "is" ["not"] "defined" | operand OPERATOR operand | COLUMN of flags
operand    = COLUMN | "abs" "(" COLUMN ")" | NUMBER | "TEXT" | true | false        OPERATOR = == != < <= > >=
"""

from collections.abc import Collection, Mapping
from typing import Final, NamedTuple, cast

from app.engine.errors import SettingsError, complaint
from app.engine.rules.tree import Both, Column, Comparison, Condition, Constant, Defined, Either, Flag, Kind, Node, Not
from app.engine.rules.tree import Operator as Sign
from app.engine.units import SECOND

MOST_CHARACTERS: Final = 2_000
MOST_DEPTH: Final = 20
_UNITS: Final = {"ms": SECOND // 1_000, "s": SECOND, "min": 60 * SECOND, "h": 3_600 * SECOND}
_WORDS: Final = frozenset({"and", "or", "not", "is", "defined", "for", "true", "false", "abs"})
_DIGITS: Final = frozenset("0123456789")
_LETTERS: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_")
_SIGNS: Final = ("==", "!=", "<=", ">=", "<", ">")


class Vocabulary(NamedTuple):
    """Columns by name with their kind, and the texts a column may hold where they are few."""

    columns: Mapping[str, Kind]
    texts: Mapping[str, Collection[str]]


class _Token(NamedTuple):
    kind: str  # number, text, name, word, sign, mark, unit, end
    value: str
    at: int


def condition_of(text: str, vocabulary: Vocabulary, where: str) -> Condition:
    """A condition. Raises SettingsError naming the rule, the column of the text, the word and what is allowed."""
    if len(text) > MOST_CHARACTERS:
        raise SettingsError(complaint(where, "length", len(text), f"at most {MOST_CHARACTERS} characters"))
    return _Reader(text, vocabulary, where).whole()


class _Reader:
    def __init__(self, text: str, vocabulary: Vocabulary, where: str) -> None:
        self._text = text
        self._vocabulary = vocabulary
        self._where = where
        self._seen: dict[str, None] = {}
        self._tokens = self._cut()
        self._at = 0
        self._depth = 0

    def whole(self) -> Condition:
        node = self._either()
        hold = 0
        if self._took("for"):
            number = self._take("number", "a number, as in: for 30 s")
            unit = self._take("name", "ms, s, min or h")
            if unit.value not in _UNITS:
                raise self._refusal(unit, "ms, s, min or h")
            hold = round(float(number.value) * _UNITS[unit.value])
            if hold < 0:
                raise self._refusal(number, "0 or more")
        if self._here.kind != "end":
            raise self._refusal(self._here, "and, or, for, or the end")
        return Condition(node, hold, tuple(self._seen), self._text.strip())

    def _either(self) -> Node:
        parts = [self._both()]
        while self._took("or"):
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def _both(self) -> Node:
        parts = [self._one()]
        while self._took("and"):
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else Both(tuple(parts))

    def _one(self) -> Node:
        self._depth += 1
        if self._depth > MOST_DEPTH:
            raise self._refusal(self._here, f"at most {MOST_DEPTH} inside each other")
        try:
            if self._took("not"):
                return Not(self._one())
            if self._took("("):
                node = self._either()
                self._need(")")
                return node
            return self._compared()
        finally:
            self._depth -= 1

    def _compared(self) -> Node:
        first = self._here
        left = self._operand()
        if isinstance(left, Column) and not left.size and self._took("is"):
            wanted = not self._took("not")
            self._need("defined")
            return Defined(left, wanted)
        if self._here.kind != "sign":
            if isinstance(left, Column) and left.kind == "flag":
                return Flag(left)
            raise self._refusal(self._here, "== != < <= > >=")
        sign = self._next()
        second = self._here
        right = self._operand()
        if left.kind != right.kind:
            raise self._refusal(second, f"a {left.kind}, as {first.value} is one")
        if left.kind != "number" and sign.value not in {"==", "!="}:
            raise self._refusal(sign, f"== or !=: {first.value} is a {left.kind}")
        if isinstance(left, Constant) and isinstance(right, Constant):
            raise self._refusal(second, "a column on one side at least")
        self._insist_text(left, right, second)
        self._insist_text(right, left, first)
        return Comparison(left, cast(Sign, sign.value), right)

    def _insist_text(self, column: Column | Constant, constant: Column | Constant, token: _Token) -> None:
        """A text the column can never hold would make a rule that never fires, or always."""
        if isinstance(column, Column) and isinstance(constant, Constant) and column.name in self._vocabulary.texts:
            allowed = self._vocabulary.texts[column.name]
            if constant.value not in allowed:
                raise self._refusal(token, "one of " + ", ".join(f'"{text}"' for text in allowed))

    def _operand(self) -> Column | Constant:
        token = self._next()
        match token.kind:
            case "number":
                return Constant(float(token.value), "number")
            case "text":
                return Constant(token.value[1:-1], "text")
            case "word" if token.value in {"true", "false"}:
                return Constant(token.value == "true", "flag")
            case "word" if token.value == "abs":
                self._need("(")
                inner = self._next()
                column = self._column(inner)
                self._need(")")
                if column.kind != "number":
                    raise self._refusal(inner, "a column of numbers")
                return Column(column.name, "number", size=True)
        return self._column(token)

    def _column(self, token: _Token) -> Column:
        if token.kind != "name" or token.value not in self._vocabulary.columns:
            near = ", ".join(sorted(self._vocabulary.columns))
            raise self._refusal(token, f'a column ({near}), a number, a "text", true or false')
        self._seen[token.value] = None
        return Column(token.value, self._vocabulary.columns[token.value])

    # -- tokens ------------------------------------------------------------------------------------------------------

    @property
    def _here(self) -> _Token:
        return self._tokens[self._at]

    def _next(self) -> _Token:
        token = self._here
        if token.kind != "end":
            self._at += 1
        return token

    def _took(self, value: str) -> bool:
        token = self._here
        if token.kind in {"word", "mark"} and token.value == value:
            self._at += 1
            return True
        return False

    def _need(self, value: str) -> None:
        if not self._took(value):
            raise self._refusal(self._here, value)

    def _take(self, kind: str, words: str) -> _Token:
        if self._here.kind != kind:
            raise self._refusal(self._here, words)
        return self._next()

    def _cut(self) -> list[_Token]:
        tokens: list[_Token] = []
        at, end = 0, len(self._text.rstrip())
        while at < end:
            if self._text[at].isspace():
                at += 1
                continue
            kind, stop = _token_at(self._text, at)
            if stop == at:
                allowed = 'words, numbers, "texts", == != < <= > >= ( )'
                raise self._refusal(_Token("", self._text[at], at), allowed)
            value = self._text[at:stop]
            tokens.append(_Token("word" if value in _WORDS else kind, value, at))
            at = stop
        tokens.append(_Token("end", "the end", end))
        return tokens

    def _refusal(self, token: _Token, allowed: str) -> SettingsError:
        return SettingsError(complaint(f"{self._where} at character {token.at + 1}", "condition", token.value, allowed))


def _token_at(text: str, at: int) -> tuple[str, int]:
    """Kind of what begins at a place, and where it ends; the place itself when it is nothing."""
    first = text[at]
    if first in _LETTERS:
        return "name", _while(text, at, _LETTERS | _DIGITS)
    if first in _DIGITS or (first == "-" and text[at + 1 : at + 2] in _DIGITS):
        return "number", _number_end(text, at)
    if first == '"':
        stop = text.find('"', at + 1)
        whole = stop > 0 and all(letter >= " " for letter in text[at:stop])
        return "text", stop + 1 if whole else at
    if first in "()":
        return "mark", at + 1
    sign = next((sign for sign in _SIGNS if text.startswith(sign, at)), "")
    return "sign", at + len(sign)


def _number_end(text: str, at: int) -> int:
    stop = _while(text, at + 1, _DIGITS)
    fraction = _while(text, stop + 1, _DIGITS) if text[stop : stop + 1] == "." else stop
    return fraction if fraction > stop + 1 else stop


def _while(text: str, at: int, allowed: Collection[str]) -> int:
    while at < len(text) and text[at] in allowed:
        at += 1
    return at

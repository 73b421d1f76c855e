"""What a rule's condition is made of, as frozen structs."""

from typing import Literal

import msgspec

Operator = Literal["==", "!=", "<", "<=", ">", ">="]
Kind = Literal["number", "text", "flag"]


class Column(msgspec.Struct, frozen=True, tag=True):
    """A column of the parent; `size` takes its absolute value."""

    name: str
    kind: Kind
    size: bool = False


class Constant(msgspec.Struct, frozen=True, tag=True):
    """A number, a text or true and false."""

    value: float | str | bool
    kind: Kind


class Comparison(msgspec.Struct, frozen=True, tag=True):
    """Two operands of one kind."""

    left: Column | Constant
    operator: Operator
    right: Column | Constant


class Defined(msgspec.Struct, frozen=True, tag=True):
    """Whether a column has a value."""

    column: Column
    wanted: bool


class Flag(msgspec.Struct, frozen=True, tag=True):
    """A column of true and false on its own."""

    column: Column


class Not(msgspec.Struct, frozen=True, tag=True):
    """The opposite."""

    of: "Node"


class Both(msgspec.Struct, frozen=True, tag=True):
    """All of them."""

    of: "tuple[Node, ...]"


class Either(msgspec.Struct, frozen=True, tag=True):
    """At least one of them."""

    of: "tuple[Node, ...]"


Node = Comparison | Defined | Flag | Not | Both | Either


class Condition(msgspec.Struct, frozen=True):
    """A whole condition: what must be true, for how long without a break (ns), and the columns it looks at."""

    node: Node
    hold_ns: int
    columns: tuple[str, ...]
    text: str

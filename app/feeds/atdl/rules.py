"""Conditions of a FIXatdl file: read, their references followed, their fields checked, and judged on values."""

from collections.abc import Callable, Collection, Mapping
from typing import Final, cast

from app.engine.errors import DecodeError, complaint
from app.feeds.atdl.fields import Fields
from app.feeds.atdl.markup import Element
from app.feeds.atdl.model import Edit, Logic, Operator

_LOGICS: Final = ("AND", "OR", "XOR", "NOT")
_OPERATORS: Final = ("EX", "NX", "EQ", "NE", "LT", "GT", "LE", "GE")
STANDARD: Final = "FIX_"

# What a condition compares: field, operator, the value written in the file or None, the second field or "".
Compared = Callable[[Edit], bool]


def edits_of(element: Element, path: str) -> dict[str, Element]:
    """Conditions that others refer to by their id."""
    found: dict[str, Element] = {}
    for child in element.all("Edit"):
        fields = Fields(child, path)
        name = fields.needed("id")
        if name in found:
            raise fields.refusal("id", name, "an id of its own")
        found[name] = child
    return found


class EditReader:
    """Reads conditions; `named` are those a reference may mean."""

    def __init__(self, path: str, named: Mapping[str, Element]) -> None:
        self._path = path
        self._named = dict(named)

    def within(self, named: Mapping[str, Element]) -> "EditReader":
        """The same with the named conditions of a strategy before those of the file."""
        return EditReader(self._path, {**self._named, **named})

    def only(self, element: Element) -> Edit:
        """The one condition of a rule."""
        found = [child for child in element.children if child.name in {"Edit", "EditRef"}]
        if len(found) != 1:
            where = f"{self._path} line {element.line}"
            raise DecodeError(complaint(where, "Edit", f"{len(found)} of them", f"one in a <{element.name}>"))
        return self._read(found[0], ())

    def insist(self, edit: Edit, known: Collection[str]) -> None:
        """Every field of a condition is a parameter, a control or a field of FIX (FIX_Price)."""
        for inner in edit.of:
            self.insist(inner, known)
        for field in (edit.field, edit.field2 or ""):
            if field and field not in known and not field.startswith(STANDARD):
                where = f"{self._path} line {edit.line}"
                allowed = f"a parameter or control ({', '.join(sorted(known)) or 'there are none'}) or a FIX_ field"
                raise DecodeError(complaint(where, "field", field, allowed))

    def _read(self, element: Element, above: tuple[str, ...]) -> Edit:
        fields = Fields(element, self._path)
        if element.name == "EditRef":
            name = fields.needed("id")
            if name not in self._named or name in above:
                allowed = "a condition that leads back to itself is none" if name in above else "the id of an <Edit>"
                raise fields.refusal("id", name, allowed)
            return self._read(self._named[name], (*above, name))
        inner = [child for child in element.children if child.name in {"Edit", "EditRef"}]
        if fields.maybe("logicOperator") is not None:
            return self._logic(fields, inner, above)
        if inner:
            raise fields.refusal("logicOperator", None, "one of " + ", ".join(_LOGICS))
        return self._comparison(fields)

    def _logic(self, fields: Fields, inner: list[Element], above: tuple[str, ...]) -> Edit:
        logic = fields.one_of("logicOperator", _LOGICS, "AND")
        if not inner or (logic == "NOT" and len(inner) != 1):
            allowed = "one condition inside" if logic == "NOT" else "conditions inside"
            raise fields.refusal("logicOperator", logic, allowed)
        parts = tuple(self._read(child, above) for child in inner)
        return Edit(line=fields.element.line, logic=cast(Logic, logic), of=parts)

    def _comparison(self, fields: Fields) -> Edit:
        fields.needed("operator")
        operator = fields.one_of("operator", _OPERATORS, "EX")
        value, second = fields.maybe("value"), fields.maybe("field2")
        if operator in {"EX", "NX"}:
            value = second = None
        elif (value is None) == (second is None):
            raise fields.refusal("value", value, f"value or field2, one of them, beside {operator}")
        return Edit(
            line=fields.element.line,
            field=fields.needed("field"),
            operator=cast(Operator, operator),
            value=value,
            field2=second,
        )


def holds(edit: Edit, compared: Compared) -> bool:
    """Whether a condition is true, each comparison as `compared` says."""
    match edit.logic:
        case None:
            return compared(edit)
        case "AND":
            return all(holds(part, compared) for part in edit.of)
        case "OR":
            return any(holds(part, compared) for part in edit.of)
        case "XOR":
            return len([part for part in edit.of if holds(part, compared)]) == 1
        case "NOT":
            return not holds(edit.of[0], compared)

"""Between what a control shows and the value it stands for.

An entry is text: what was typed; "true" or "false" of a box; the enumIDs of a list with a blank between; HH:MM:SS of a
clock, in its own zone or the parameter's or the market's; 25 of a percentage that is .25. "" is no value.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

from app.feeds.atdl.fixed import FIX_TYPES
from app.feeds.atdl.layout import BOXES, SEVERAL
from app.feeds.atdl.model import AlgoParameter, Control
from app.feeds.atdl.values import NULL, Moment, UnreadableError, Value, ordered, plain, value_of, wire_of, zone_of

_ANY_NUMBER: Final = AlgoParameter(name="", kind="Float", line=0)
_NOWHERE: Final = Moment(date(2000, 1, 1), "UTC", datetime(2000, 1, 1))  # noqa: DTZ001  dates play no part


def first_entry(control: Control, parameter: AlgoParameter | None, order: Mapping[str, str], moment: Moment) -> str:
    """What a control shows before anybody touched it; `order` holds FIX_Price ... as FIX writes them."""
    if parameter is not None and parameter.const is not None:
        return shown(control, parameter, parameter.const, moment)
    if control.initial_field is not None and order.get(control.initial_field):
        return order[control.initial_field]
    text = control.initial or ""
    if control.kind in BOXES:
        return "true" if text == "true" else "false"
    if control.kind == "Clock" and text and control.now_if_later:
        return _later(text, _zone(control, parameter, moment), moment)
    return "" if text == NULL else text


def shown(control: Control, parameter: AlgoParameter, wire: str, moment: Moment) -> str:
    """The entry that stands for a wire value."""
    by_wire = {value: enum for enum, value in parameter.enums.items()}
    if control.kind in SEVERAL:
        return " ".join(by_wire.get(word, word) for word in wire.split(" "))
    if control.kind in BOXES:
        if control.checked is not None:
            return "true" if by_wire.get(wire, wire) == control.checked else "false"
        on = parameter.false_wire if parameter.inverted else parameter.true_wire
        return "true" if wire in {on, "true"} else "false"
    if control.items:
        return by_wire.get(wire, wire)
    try:
        value = value_of(parameter, wire, moment)
    except UnreadableError:
        return wire
    if isinstance(value, datetime) and "-" in wire:
        return value.astimezone(zone_of(_zone(control, parameter, moment))).strftime("%H:%M:%S")
    if isinstance(value, Decimal) and parameter.kind == "Percentage":
        return plain(value if parameter.times_100 else value * 100)
    return wire


def read_entry(control: Control, parameter: AlgoParameter, entry: str, moment: Moment) -> Value:
    """The value an entry stands for. Raises UnreadableError: what is allowed."""
    if control.kind in BOXES:
        return _boxed(control, parameter, entry, moment)
    if control.kind in SEVERAL:
        chosen = [parameter.enums.get(enum, enum) for enum in entry.split()]
        return value_of(parameter, " ".join(wire for wire in chosen if wire != NULL), moment)
    if control.items:
        return value_of(parameter, parameter.enums.get(entry, entry), moment)
    if control.kind == "Clock" and control.zone and not parameter.zone:
        return value_of(parameter, entry, moment._replace(zone=control.zone))
    value = value_of(parameter, entry, moment)
    # Typed as 25, meant as .25: bounds and rules of the file are shares.
    if isinstance(value, Decimal) and parameter.kind == "Percentage":
        return value / 100
    return value


def read_wire(parameter: AlgoParameter, wire: str, moment: Moment) -> Value:
    """The value FIX carries. Raises UnreadableError: what is allowed."""
    value = value_of(parameter, wire, moment)
    if isinstance(value, Decimal) and parameter.times_100:
        return value / 100
    if isinstance(value, bool) and parameter.inverted:
        return not value
    return value


def fault_of(parameter: AlgoParameter, value: Value, moment: Moment) -> str:
    """What a value should be instead, in words; "" when it is allowed."""
    if value is None:
        return "a value" if parameter.required else ""
    for bound, sign, words in ((parameter.low, -1, "at least"), (parameter.high, 1, "at most")):
        if bound is not None and ordered(value, value_of(parameter, bound, moment)) == sign:
            return f"{words} {typed_bound(parameter, bound)}"
    wire = wire_of(parameter, value, moment)
    if parameter.shortest is not None and len(wire) < parameter.shortest:
        return f"at least {parameter.shortest} characters"
    if parameter.longest is not None and len(wire) > parameter.longest:
        return f"at most {parameter.longest} characters"
    parts = value if isinstance(value, tuple) else (wire,)
    if parameter.enums and any(part not in parameter.enums.values() for part in parts):
        return "one of " + ", ".join(parameter.enums.values())
    return ""


def typed_bound(parameter: AlgoParameter, bound: str) -> str:
    """A bound of the file as the user would type it: .25 of a percentage as 25."""
    return plain(Decimal(bound) * 100) if parameter.kind == "Percentage" else bound


def loose(entry: str) -> Value:
    """An entry no parameter gives a type: a number where it reads as one, else its text; "" is no value."""
    if entry in {"", NULL}:
        return None
    try:
        return value_of(_ANY_NUMBER, entry, _NOWHERE)
    except UnreadableError:
        return entry


def standard(field: str, text: str) -> Value:
    """A field of FIX as its type has it; a text that is none of its type as it is."""
    kind = FIX_TYPES.get(field)
    if kind is None:
        return loose(text)
    try:
        return value_of(AlgoParameter(name=field, kind=kind, line=0), text, _NOWHERE)
    except UnreadableError:
        return text


def _boxed(control: Control, parameter: AlgoParameter, entry: str, moment: Moment) -> Value:
    if control.checked is None and control.unchecked is None:
        if parameter.kind == "Boolean":
            return entry == "true"
        return value_of(parameter, entry, moment)
    enum = (control.checked if entry == "true" else control.unchecked) or NULL
    return value_of(parameter, parameter.enums.get(enum, enum), moment)


def _zone(control: Control, parameter: AlgoParameter | None, moment: Moment) -> str:
    return control.zone or (parameter.zone if parameter is not None else None) or moment.zone


def _later(text: str, zone: str, moment: Moment) -> str:
    """A first time of a clock that is past shows now."""
    try:
        first = datetime.strptime(text, "%H:%M:%S").time()  # noqa: DTZ007  joined with its day and zone below
    except ValueError:
        return text
    now = moment.now.astimezone(zone_of(zone))
    if datetime.combine(moment.day, first, now.tzinfo) >= now:
        return text
    return (now + timedelta(seconds=1)).strftime("%H:%M:%S")

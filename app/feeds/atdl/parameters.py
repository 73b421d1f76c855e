"""<Parameter> of a FIXatdl file, checked: its type, tag, bounds that are values of the type, wire values."""

from datetime import UTC, date, datetime
from typing import Final

from app.engine.errors import DecodeError, complaint
from app.feeds.atdl.fields import Fields
from app.feeds.atdl.markup import Element
from app.feeds.atdl.model import AlgoParameter
from app.feeds.atdl.values import KINDS, Moment, UnreadableError, ordered, value_of, zone_of

# Any day: whether a bound can be read does not hang on it.
_ANY: Final = Moment(date(2000, 6, 1), "UTC", datetime(2000, 6, 1, tzinfo=UTC))
_MOST_DECIMALS: Final = 12


def kind_of(fields: Fields) -> str:
    """The type an element names: without prefix and without its _t. Raises DecodeError when there is none."""
    name = fields.needed("type").rpartition(":")[2]
    return name.removesuffix("_t")


def read_parameter(element: Element, path: str) -> AlgoParameter:
    """One parameter. Raises DecodeError naming file, line, attribute, value and what is allowed."""
    fields = Fields(element, path)
    kind = kind_of(fields)
    if kind not in KINDS:
        raise fields.refusal("xsi:type", kind + "_t", "one of " + ", ".join(f"{name}_t" for name in sorted(KINDS)))
    about = element.first("Description")
    parameter = AlgoParameter(
        name=fields.needed("name"),
        kind=kind,
        line=element.line,
        tag=fields.tag("fixTag"),
        required=fields.one_of("use", ("required", "optional"), "optional") == "required",
        const=fields.maybe("constValue"),
        low=fields.maybe("minValue"),
        high=fields.maybe("maxValue"),
        precision=fields.whole("precision", 0, _MOST_DECIMALS, "a number of decimals"),
        shortest=fields.whole("minLength", 0, 100_000, "a number of characters"),
        longest=fields.whole("maxLength", 0, 100_000, "a number of characters"),
        enums=_enums(element, path),
        mutable=fields.flag("mutableOnCxlRpl", default=True),
        reverts=fields.flag("revertOnCxlRpl"),
        zone=fields.maybe("localMktTz"),
        true_wire=fields.text("trueWireValue", "Y"),
        false_wire=fields.text("falseWireValue", "N"),
        times_100=fields.flag("multiplyBy100"),
        inverted=fields.flag("invertOnWire"),
        standard=fields.flag("definedByFIX"),
        about="" if about is None else " ".join(about.text.split()),
    )
    _insist(parameter, fields)
    return parameter


def _enums(element: Element, path: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for pair in element.all("EnumPair"):
        fields = Fields(pair, path)
        name = fields.needed("enumID")
        if name in found:
            raise fields.refusal("enumID", name, "a name of its own for each wire value")
        wire = fields.needed("wireValue")
        if "\x01" in wire:
            raise fields.refusal("wireValue", wire, "text without SOH")
        found[name] = wire
    return found


def _insist(parameter: AlgoParameter, fields: Fields) -> None:
    """Bounds, constants and zones that can be read, and a lower bound that is not above the upper one."""
    if parameter.zone is not None:
        try:
            zone_of(parameter.zone)
        except UnreadableError as error:
            raise fields.refusal("localMktTz", parameter.zone, str(error)) from error
    read = {}
    for name, text in (("minValue", parameter.low), ("maxValue", parameter.high), ("constValue", parameter.const)):
        if text is None or (name == "constValue" and text in parameter.enums):
            continue
        try:
            read[name] = value_of(parameter, text, _ANY)
        except UnreadableError as error:
            raise fields.refusal(name, text, str(error)) from error
    if ordered(read.get("minValue"), read.get("maxValue")) == 1:
        raise fields.refusal("maxValue", parameter.high, f"at least minValue, {parameter.low}")
    if parameter.shortest is not None and parameter.longest is not None and parameter.shortest > parameter.longest:
        raise fields.refusal("maxLength", parameter.longest, f"at least minLength, {parameter.shortest}")
    if parameter.times_100 and parameter.kind != "Percentage":
        raise DecodeError(complaint(fields.where, "multiplyBy100", True, "for a Percentage_t alone"))

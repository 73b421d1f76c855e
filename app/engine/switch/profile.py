"""What a broker's session can do: how a strategy is named, which parameters it takes, what may change and how.

One TOML table per broker; `profile_of` checks it and names file, key, value and what is allowed.
"""

import math
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec

from app.engine.errors import SettingsError, complaint

Tag = Annotated[int, msgspec.Meta(ge=1, le=999_999_999)]
Seconds = Annotated[float, msgspec.Meta(gt=0, le=3_600)]


class _Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One table of a profile; unknown keys are refused."""


class Parameter(_Table, frozen=True):
    """One parameter of a strategy: its tag (None: the 957-960 group), its type and bounds, whether 35=G may set it."""

    tag: Tag | None = None
    kind: Literal["int", "float", "text", "choice", "bool", "time"] = "text"
    title: str = ""
    about: str = ""
    low: float | None = None
    high: float | None = None
    choices: dict[str, str] = {}  # wire value -> title
    default: str = ""
    required: bool = False
    mutable: bool = True


class Strategy(_Table, frozen=True):
    """One strategy: its wire value and its parameters by name."""

    wire: str
    title: str = ""
    parameters: dict[str, Parameter] = {}


class Pause(_Table, frozen=True):
    """How an order is paused by 35=G: the tag and its two values. No standard one exists."""

    tag: Tag
    on: str = "Y"
    off: str = "N"


class Profile(_Table, frozen=True):
    """One broker session."""

    name: str
    sender: str = "SCORECARD"
    target: str = "EMS"
    mode: Literal["replace", "cancel_new"] = "cancel_new"  # whether 35=G may change the strategy; unknown = no
    replace_qty: Literal["total", "remaining"] = "total"  # what 38 of a 35=G means
    strategy_tag: Tag = 847
    status_request: bool = False  # 35=H is answered
    answer_s: Seconds = 5.0  # a request without an answer is unknown after this
    kill_wait_s: Seconds = 2.0  # the kill waits this long for the answer to a request in flight
    reconcile_s: Seconds = 10.0  # fills and CumQty may differ this long before a telephone is asked for
    parent_tag: Tag = 526  # carries the parent's id
    owner_tag: Tag | None = None  # carries the login of whose order it is: what "kill mine" asks for
    mass_cancel: bool = False  # a kill of everything, or of an instrument, is one 35=q
    locate_tags: tuple[Tag, ...] = (114, 5700)  # one of them stands on every short sale
    pause: Pause | None = None
    strategies: dict[str, Strategy] = {}

    def strategy(self, wire: str | None) -> str | None:
        """Name of the strategy with a wire value; the value itself when the profile does not list it."""
        for name, strategy in self.strategies.items():
            if strategy.wire == wire:
                return name
        return wire

    def parameter_tags(self) -> frozenset[int]:
        """Every tag a strategy of this profile uses for a parameter; 957-960 always."""
        own = {p.tag for s in self.strategies.values() for p in s.parameters.values() if p.tag is not None}
        return frozenset(own | {957, 958, 959, 960})


def profile_of(table: Mapping[str, Any], where: str) -> Profile:
    """A profile from its table; raises SettingsError naming file, key, value and what is allowed."""
    try:
        profile = msgspec.convert(dict(table), Profile)
    except msgspec.ValidationError as error:
        what, _, path = str(error).partition(" - at `$.")
        raise SettingsError(complaint(where, path.rstrip("`") or "profile", "", what)) from error
    if not profile.strategies:
        raise SettingsError(complaint(where, "strategies", {}, "at least one strategy"))
    wires = [strategy.wire for strategy in profile.strategies.values()]
    if len(set(wires)) != len(wires):
        raise SettingsError(complaint(where, "strategies", wires, "a wire value of its own for each strategy"))
    for name, strategy in profile.strategies.items():
        for label, parameter in strategy.parameters.items():
            key = f"strategies.{name}.parameters.{label}"
            if parameter.kind == "choice" and not parameter.choices:
                raise SettingsError(complaint(where, f"{key}.choices", {}, "the wire values a choice may take"))
            wrong = parameter_fault(parameter, parameter.default) if parameter.default else ""
            if wrong:
                raise SettingsError(complaint(where, f"{key}.default", parameter.default, wrong))
    return profile


def parameter_fault(parameter: Parameter, value: str) -> str:
    """What a value of a parameter should be instead, in words; empty when it is allowed."""
    if not value:
        return "a value" if parameter.required else ""
    if "\x01" in value:
        return "text without SOH"
    match parameter.kind:
        case "choice":
            return "" if value in parameter.choices else "one of " + ", ".join(parameter.choices)
        case "bool":
            return "" if value in {"Y", "N"} else "Y or N"
        case "int" | "float":
            return _number_fault(parameter, value)
        case "text" | "time":
            return ""


def written_as_number(value: str, *, whole: bool) -> bool:
    """True for a FIX int or float: digits, a minus, a point where it may have one; Python reads more (1_0, 1e1, +5)."""
    digits = value.removeprefix("-")
    if not whole:
        before, point, after = digits.partition(".")
        digits = before + after if point and (before or after) else digits
    return digits.isascii() and digits.isdigit()


def _number_fault(parameter: Parameter, value: str) -> str:
    whole = parameter.kind == "int"
    words = "a whole number" if whole else "a number"
    if not written_as_number(value, whole=whole):
        return words
    number = float(value)
    low = -math.inf if parameter.low is None else parameter.low
    high = math.inf if parameter.high is None else parameter.high
    if not math.isfinite(number) or not low <= number <= high:
        return f"{words} from {low:g} to {high:g}"
    return ""


def parameters_fault(strategy: Strategy, values: Mapping[str, str]) -> str:
    """What is wrong with a set of parameters, in words naming the first wrong one; empty when nothing."""
    for name in values:
        if name not in strategy.parameters:
            return f"{name} is no parameter of it; there are {', '.join(strategy.parameters) or 'none'}"
    for name, parameter in strategy.parameters.items():
        value = values.get(name, parameter.default)
        wrong = parameter_fault(parameter, value)
        if wrong:
            return f"{name} = {value!r} is not allowed; allowed: {wrong}"
    return ""

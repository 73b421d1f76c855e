"""What a FIXatdl file says, as frozen structs: strategies, parameters, controls in their panels, rules."""

from typing import Literal

import msgspec

Operator = Literal["EX", "NX", "EQ", "NE", "LT", "GT", "LE", "GE"]
Logic = Literal["AND", "OR", "XOR", "NOT"]


class Edit(msgspec.Struct, frozen=True, kw_only=True):
    """A condition: a comparison of a field with a value or a second field, or a logic over other conditions."""

    line: int
    logic: Logic | None = None
    of: tuple["Edit", ...] = ()
    field: str = ""
    operator: Operator | None = None
    value: str | None = None
    field2: str | None = None


class StrategyEdit(msgspec.Struct, frozen=True, kw_only=True):
    """A rule every set of parameters must keep, and what is said when it does not."""

    message: str
    edit: Edit
    line: int


class StateRule(msgspec.Struct, frozen=True, kw_only=True):
    """While its condition holds, a control is enabled, visible or set to a value; else the opposite state."""

    edit: Edit
    line: int
    enabled: bool | None = None
    visible: bool | None = None
    value: str | None = None


class AlgoParameter(msgspec.Struct, frozen=True, kw_only=True):
    """A parameter: its FIX type and tag (None: the 957-960 group), its bounds as written, its wire values."""

    name: str
    kind: str  # the FIXatdl type without its _t: Int, UTCTimestamp, ...
    line: int
    tag: int | None = None
    required: bool = False
    const: str | None = None
    low: str | None = None
    high: str | None = None
    precision: int | None = None
    shortest: int | None = None  # characters
    longest: int | None = None
    enums: dict[str, str] = {}  # enumID -> wire value
    mutable: bool = True  # by 35=G
    reverts: bool = False  # to its first value on 35=G
    zone: str | None = None  # of a time entered, else the market's
    true_wire: str = "Y"
    false_wire: str = "N"
    times_100: bool = False  # a percentage goes out as 25, not as .25
    inverted: bool = False  # a boolean goes out as its opposite
    standard: bool = False  # a field FIX itself defines
    about: str = ""


class Item(msgspec.Struct, frozen=True):
    """One entry of a list: its enumID and what it is called."""

    enum: str
    title: str


class Control(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """What the user sees and changes; `initial` as the file writes it."""

    id: str
    kind: str  # the FIXatdl type without its _t: TextField, Clock, ...
    line: int
    label: str = ""
    about: str = ""
    parameter: str | None = None
    items: tuple[Item, ...] = ()
    initial: str | None = None
    initial_field: str | None = None  # FIX_Price ...: taken when the policy says so
    now_if_later: bool = False  # a clock whose first value is past shows now
    zone: str | None = None
    step: str | None = None
    inner_step: str | None = None
    outer_step: str | None = None
    group: str = ""  # of radio buttons
    checked: str | None = None  # enumID of a ticked box
    unchecked: str | None = None
    horizontal: bool = False
    rules: tuple[StateRule, ...] = ()


class Panel(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Controls and panels side by side or one below the other."""

    line: int
    title: str = ""
    horizontal: bool = False
    framed: bool = True
    collapsible: bool = False
    collapsed: bool = False
    of: tuple["Panel | Control", ...] = ()

    def controls(self) -> list[Control]:
        """Every control, in reading order."""
        found: list[Control] = []
        for part in self.of:
            found.extend(part.controls() if isinstance(part, Panel) else [part])
        return found


class Where(msgspec.Struct, frozen=True):
    """A place or security type a strategy is for (or, excluded, not for)."""

    kind: Literal["region", "country", "market", "security type"]
    name: str
    included: bool
    inside: str = ""  # the region of a country


class AlgoStrategy(msgspec.Struct, frozen=True, kw_only=True):
    """One strategy of a broker."""

    name: str
    title: str
    wire: str
    line: int
    version: str = ""
    provider: str = ""
    message: str = ""  # fixMsgType
    about: str = ""
    parameters: dict[str, AlgoParameter] = {}
    panels: tuple[Panel, ...] = ()
    rules: tuple[StrategyEdit, ...] = ()
    places: tuple[Where, ...] = ()

    def controls(self) -> list[Control]:
        """Every control of every panel, in reading order."""
        return [control for panel in self.panels for control in panel.controls()]


class Algos(msgspec.Struct, frozen=True, kw_only=True):
    """One file: how a strategy is named on the wire, and the strategies in the order of the file."""

    path: str
    edition: Literal["1.1", "1.2"]
    strategy_tag: int
    version_tag: int | None = None
    change_on_replace: bool | None = None  # may 35=G name another strategy; None: the file does not say
    group_957: bool = False
    strategies: tuple[AlgoStrategy, ...] = ()
    notes: tuple[str, ...] = ()  # what the file says that is not understood, with its line

    def strategy(self, name: str) -> AlgoStrategy | None:
        """The first strategy of a name."""
        return next((one for one in self.strategies if one.name == name), None)

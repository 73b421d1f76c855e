"""A strategy's form as the user fills it in: entries, controls switched off or hidden by rules, faults, wire values."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from app.feeds.atdl.entries import fault_of, first_entry, loose, read_entry, read_wire, shown, standard
from app.feeds.atdl.judging import Judge, Seen
from app.feeds.atdl.layout import BOXES
from app.feeds.atdl.model import AlgoParameter, AlgoStrategy, Control
from app.feeds.atdl.rules import holds
from app.feeds.atdl.values import CODES_959, NULL, Moment, UnreadableError, Value, value_of, wire_of

MOST_PASSES: Final = 20


class Fault(NamedTuple):
    """What keeps a form from being sent; `control` and `parameter` "" when a rule over several says it."""

    control: str
    parameter: str
    words: str


class Sent(NamedTuple):
    """One parameter as it goes out: its tag (None: the 957-960 group with this 959), name and value."""

    tag: int | None
    name: str
    code: int
    value: str


class Sheet(NamedTuple):
    """A form as it stands: entries after the rules, controls off and hidden, faults, and what would be sent."""

    entries: dict[str, str]
    disabled: frozenset[str]
    hidden: frozenset[str]
    faults: tuple[Fault, ...]
    sent: tuple[Sent, ...]


class Form:
    """One strategy filled in at a moment for an order; `order` holds FIX_Price, FIX_Side ... as FIX writes them."""

    def __init__(self, strategy: AlgoStrategy, moment: Moment, order: Mapping[str, str]) -> None:
        self.strategy = strategy
        self.moment = moment
        self.order = dict(order)
        self.controls = {control.id: control for control in strategy.controls()}
        self._of_parameter = {one.parameter: one for one in self.controls.values() if one.parameter}

    def first(self) -> dict[str, str]:
        """What each control shows before anybody touched it; of radio buttons of one group one is on."""
        entries = {
            name: first_entry(control, self._parameter(control), self.order, self.moment)
            for name, control in self.controls.items()
            if control.kind != "Label"
        }
        on: dict[str, str] = {}
        for name, control in self.controls.items():
            if control.kind == "RadioButton" and control.group and entries[name] == "true":
                if control.group in on:
                    entries[on[control.group]] = "false"
                on[control.group] = name
        return entries

    def filled(self, values: Mapping[str, str]) -> dict[str, str]:
        """Entries that stand for wire values by parameter; the first entries where there is none."""
        entries = self.first()
        for name, control in self.controls.items():
            parameter = self._parameter(control)
            if parameter is not None and parameter.const is None and parameter.name in values:
                entries[name] = shown(control, parameter, values[parameter.name], self.moment)
        return entries

    def sheet(self, entries: Mapping[str, str]) -> Sheet:
        """The form with these entries: rules applied until nothing changes, then everything checked."""
        kept = {name: entries.get(name, "") for name in self.first()}
        for _ in range(MOST_PASSES):
            disabled, hidden, changed = self._states(kept)
            if not changed:
                break
        else:
            words = "the rules of the file switch each other for ever"
            return Sheet(kept, disabled, hidden, (Fault("", "", words),), ())
        values, faults = self._values(kept)
        faults.extend(self._broken(self._judge(kept, values)))
        return Sheet(kept, disabled, hidden, tuple(faults), () if faults else self._sent(values))

    def wire_faults(self, params: Mapping[str, str]) -> list[str]:
        """What is wrong with wire values by parameter, as the file's bounds and rules have it; constants are known."""
        known = self.strategy.parameters
        faults = [f"{name} is no parameter of {self.strategy.name}" for name in params if name not in known]
        values: dict[str, Value] = {}
        for name, parameter in self.strategy.parameters.items():
            wire = params.get(name, "")
            try:
                if parameter.const is not None:
                    values[name] = self._constant(parameter)
                    words = "" if wire in {"", wire_of(parameter, values[name], self.moment)} else "its constant value"
                else:
                    values[name] = read_wire(parameter, wire, self.moment)
                    words = fault_of(parameter, values[name], self.moment)
            except UnreadableError as error:
                values[name], words = None, str(error)
            if words:
                faults.append(_said(parameter, None, wire, words).words)
        judge = self._judge({}, values)
        return faults + [fault.words for fault in self._broken(judge)]

    def _parameter(self, control: Control) -> AlgoParameter | None:
        return self.strategy.parameters.get(control.parameter or "")

    def _broken(self, judge: Judge) -> list[Fault]:
        return [Fault("", "", rule.message) for rule in self.strategy.rules if not holds(rule.edit, judge.compared)]

    def _states(self, entries: dict[str, str]) -> tuple[frozenset[str], frozenset[str], bool]:
        """Controls off, controls hidden, and whether a rule changed an entry."""
        disabled: set[str] = set()
        hidden: set[str] = set()
        changed = False
        values, _ = self._values(entries)
        judge = self._judge(entries, values)
        for name, control in self.controls.items():
            parameter = self._parameter(control)
            if parameter is not None and parameter.const is not None:
                disabled.add(name)
            for rule in control.rules:
                true = holds(rule.edit, judge.compared)
                if rule.enabled is not None and rule.enabled != true:
                    disabled.add(name)
                if rule.visible is not None and rule.visible != true:
                    hidden.add(name)
                forced = None if rule.value is None or not true else rule.value.replace(NULL, "")
                if forced is not None and entries.get(name, "") != forced:
                    entries[name] = forced
                    changed = True
        return frozenset(disabled), frozenset(hidden), changed

    def _values(self, entries: Mapping[str, str]) -> tuple[dict[str, Value], list[Fault]]:
        """The value of every parameter, and what is wrong with each."""
        values: dict[str, Value] = {}
        faults: list[Fault] = []
        for name, parameter in self.strategy.parameters.items():
            control = self._of_parameter.get(name)
            entry = entries.get(control.id, "") if control is not None else ""
            try:
                if parameter.const is not None:
                    values[name] = self._constant(parameter)
                elif control is None:
                    values[name] = None
                else:
                    values[name] = read_entry(control, parameter, entry, self.moment)
                words = fault_of(parameter, values[name], self.moment)
            except UnreadableError as error:
                values[name], words = None, str(error)
            if words:
                faults.append(_said(parameter, control, entry, words))
        return values, faults

    def _constant(self, parameter: AlgoParameter) -> Value:
        text = parameter.const or ""
        return value_of(parameter, parameter.enums.get(text, text), self.moment)

    def _judge(self, entries: Mapping[str, str], values: Mapping[str, Value]) -> Judge:
        """What rules see: parameters by name, controls by id as the value they stand for, the order's FIX fields."""
        seen = {name: Seen(loose(entry)) for name, entry in entries.items()}
        for name, control in self.controls.items():
            if control.parameter and control.kind not in BOXES and not control.items:
                seen[name] = Seen(values.get(control.parameter))
        seen |= {name: Seen(value) for name, value in values.items()}
        seen |= {name: Seen(standard(name, text)) for name, text in self.order.items()}
        return Judge(seen, self._read)

    def _read(self, field: str, text: str) -> Value:
        """A value written in the file, as one of the field it is compared with. Raises UnreadableError."""
        parameter = self.strategy.parameters.get(field)
        control = self.controls.get(field)
        if parameter is None and control is not None:
            if control.parameter is None or control.kind in BOXES or control.items:
                return loose(text)
            parameter = self._parameter(control)
        if parameter is not None:
            return value_of(parameter, parameter.enums.get(text, text), self.moment)
        return standard(field, text)

    def _sent(self, values: Mapping[str, Value]) -> tuple[Sent, ...]:
        wires = [(one, wire_of(one, values.get(name), self.moment)) for name, one in self.strategy.parameters.items()]
        return tuple(Sent(one.tag, one.name, CODES_959[one.kind], wire) for one, wire in wires if wire)


def _said(parameter: AlgoParameter, control: Control | None, given: str, words: str) -> Fault:
    """A fault of one parameter in words, under the title its control has."""
    title = (control.label if control is not None else "") or parameter.name
    said = f"{title} = {given!r} is not allowed; allowed: {words}" if given else f"{title}: {words} is needed"
    return Fault(control.id if control is not None else "", parameter.name, said)

"""<StrategyLayout> of a FIXatdl file: panels and their controls, each bound to a parameter that exists."""

from typing import Final

from app.engine.errors import DecodeError, complaint
from app.feeds.atdl.fields import Fields
from app.feeds.atdl.markup import Element
from app.feeds.atdl.model import AlgoParameter, Control, Item, Panel, StateRule
from app.feeds.atdl.parameters import kind_of
from app.feeds.atdl.rules import EditReader
from app.feeds.atdl.values import UnreadableError, zone_of

LISTS: Final = frozenset(
    {"DropDownList", "EditableDropDownList", "SingleSelectList", "MultiSelectList", "RadioButtonList"}
    | {"CheckBoxList", "Slider"}
)
SEVERAL: Final = frozenset({"MultiSelectList", "CheckBoxList"})
BOXES: Final = frozenset({"CheckBox", "RadioButton"})
CONTROLS: Final = LISTS | BOXES | {"Clock", "DoubleSpinner", "SingleSpinner", "TextField", "HiddenField", "Label"}


class LayoutReader:
    """The panels of one strategy; what it leaves out stands in `notes`."""

    def __init__(self, path: str, parameters: dict[str, AlgoParameter], edits: EditReader) -> None:
        self._path = path
        self._parameters = parameters
        self._edits = edits
        self._ids: set[str] = set()
        self._rules: list[StateRule] = []
        self.notes: list[str] = []

    def panels(self, layout: Element) -> tuple[Panel, ...]:
        """Every panel; the fields of every rule exist. Raises DecodeError naming file, line and reason."""
        found = tuple(self._panel(child) for child in layout.all("StrategyPanel"))
        for rule in self._rules:
            self._edits.insist(rule.edit, self._ids | set(self._parameters))
        return found

    def _panel(self, element: Element) -> Panel:
        fields = Fields(element, self._path)
        parts: list[Panel | Control] = []
        for child in element.children:
            if child.name == "StrategyPanel":
                parts.append(self._panel(child))
            elif child.name == "Control":
                parts.append(self._control(child))
            else:
                self.notes.append(f"{self._path} line {child.line}: <{child.name}> in a panel is not understood")
        return Panel(
            line=element.line,
            title=fields.text("title"),
            horizontal=fields.one_of("orientation", ("HORIZONTAL", "VERTICAL"), "VERTICAL") == "HORIZONTAL",
            framed=fields.one_of("border", ("None", "Line"), "Line") == "Line",
            collapsible=fields.flag("collapsible"),
            collapsed=fields.flag("collapsed"),
            of=tuple(parts),
        )

    def _control(self, element: Element) -> Control:
        fields = Fields(element, self._path)
        kind = kind_of(fields)
        if kind not in CONTROLS:
            allowed = "one of " + ", ".join(f"{name}_t" for name in sorted(CONTROLS))
            raise fields.refusal("xsi:type", kind + "_t", allowed)
        name = fields.needed("ID")
        if name in self._ids:
            raise fields.refusal("ID", name, "an ID of its own in the strategy")
        self._ids.add(name)
        rules = tuple(self._rule(child) for child in element.all("StateRule"))
        self._rules.extend(rules)
        policy = fields.one_of("initPolicy", ("UseValue", "UseFixField"), "UseValue")
        control = Control(
            id=name,
            kind=kind,
            line=element.line,
            label=fields.text("label"),
            about=fields.text("tooltip"),
            parameter=fields.maybe("parameterRef") or None,
            items=self._items(element),
            initial=fields.maybe("initValue") or None,
            initial_field=fields.maybe("initFixField") if policy == "UseFixField" else None,
            now_if_later=fields.text("initValueMode") == "1",
            zone=fields.maybe("localMktTz"),
            step=fields.maybe("increment"),
            inner_step=fields.maybe("innerIncrement"),
            outer_step=fields.maybe("outerIncrement"),
            group=fields.text("radioGroup"),
            checked=fields.maybe("checkedEnumRef"),
            unchecked=fields.maybe("uncheckedEnumRef"),
            horizontal=fields.one_of("orientation", ("HORIZONTAL", "VERTICAL"), "HORIZONTAL") == "HORIZONTAL",
            rules=rules,
        )
        self._insist(control, fields)
        return control

    def _items(self, element: Element) -> tuple[Item, ...]:
        items: dict[str, Item] = {}
        for child in element.all("ListItem"):
            fields = Fields(child, self._path)
            enum = fields.needed("enumID")
            if enum in items:
                raise fields.refusal("enumID", enum, "each entry of a list once")
            items[enum] = Item(enum, fields.text("uiRep", enum))
        return tuple(items.values())

    def _rule(self, element: Element) -> StateRule:
        fields = Fields(element, self._path)
        rule = StateRule(
            edit=self._edits.only(element),
            line=element.line,
            enabled=fields.maybe_flag("enabled"),
            visible=fields.maybe_flag("visible"),
            value=fields.maybe("value"),
        )
        if rule.enabled is None and rule.visible is None and rule.value is None:
            raise fields.refusal("enabled", None, "enabled, visible or value: a rule without them does nothing")
        return rule

    def _insist(self, control: Control, fields: Fields) -> None:
        if control.zone is not None:
            try:
                zone_of(control.zone)
            except UnreadableError as error:
                raise fields.refusal("localMktTz", control.zone, str(error)) from error
        if control.kind in LISTS and not control.items:
            raise DecodeError(complaint(fields.where, "ListItem", "none", f"entries of the {control.kind}"))
        parameter = self._bound(control, fields)
        enums = None if parameter is None else parameter.enums
        if enums is None or not (enums or control.kind in LISTS):
            return
        said = [item.enum for item in control.items] + [name for name in (control.checked, control.unchecked) if name]
        for enum in said:
            if enum not in enums and enum != "{NULL}":
                allowed = f"an EnumPair of {control.parameter}: {', '.join(enums) or 'it has none'}"
                raise fields.refusal("enumID", enum, allowed)

    def _bound(self, control: Control, fields: Fields) -> AlgoParameter | None:
        if control.parameter is None:
            return None
        if control.parameter not in self._parameters:
            allowed = "a parameter of the strategy: " + (", ".join(self._parameters) or "it has none")
            raise fields.refusal("parameterRef", control.parameter, allowed)
        return self._parameters[control.parameter]

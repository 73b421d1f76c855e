"""A broker's FIXatdl strategy as the paper the desk's form fills in."""

from collections.abc import Mapping

from app.feeds.atdl.entries import typed_bound
from app.feeds.atdl.form import Form
from app.feeds.atdl.model import AlgoParameter, Control, Panel
from app.feeds.atdl.values import DAYS, MOMENTS, NUMBERS, TIMES, zone_of
from app.widgets.atdl_port import Entry, Judged, Pane


class AtdlPaper:
    """One strategy for one order; `today` holds wire values by parameter where the strategy is today's."""

    def __init__(self, form: Form, today: Mapping[str, str]) -> None:
        self._form = form
        self._today = dict(today)
        self._panes = tuple(self._pane(panel) for panel in form.strategy.panels)

    def __eq__(self, other: object) -> bool:
        """The same strategy with the same values of today; the time and the order's price play no part."""
        if not isinstance(other, AtdlPaper):
            return NotImplemented
        return self._form.strategy == other._form.strategy and self._today == other._today

    def __hash__(self) -> int:
        """Of the strategy's name: papers are few."""
        return hash(self._form.strategy.name)

    @property
    def panes(self) -> tuple[Pane, ...]:
        """How it is laid out."""
        return self._panes

    def first(self) -> Mapping[str, str]:
        """What stands in it before anybody touched it."""
        return self._form.filled(self._today)

    def judged(self, entries: Mapping[str, str]) -> Judged:
        """What these entries amount to."""
        sheet = self._form.sheet(entries)
        faults = tuple((fault.control, fault.words) for fault in sheet.faults)
        values = tuple((sent.name, sent.value) for sent in sheet.sent)
        return Judged(sheet.entries, sheet.disabled, sheet.hidden, faults, values)

    def _pane(self, panel: Panel) -> Pane:
        parts = tuple(self._pane(part) if isinstance(part, Panel) else self._entry(part) for part in panel.of)
        return Pane(panel.title, panel.horizontal, panel.framed, panel.collapsible, panel.collapsed, parts)

    def _entry(self, control: Control) -> Entry:
        parameter = self._form.strategy.parameters.get(control.parameter or "")
        star = " *" if parameter is not None and parameter.required and control.label else ""
        return Entry(
            id=control.id,
            kind=control.kind,
            label=control.label + star,
            about=control.about or (parameter.about if parameter is not None else ""),
            items=tuple((item.enum, item.title) for item in control.items),
            horizontal=control.horizontal,
            step=(control.step or control.inner_step or ""),
            outer_step=control.outer_step or "",
            group=control.group,
            hint=self._hint(control, parameter),
        )

    def _hint(self, control: Control, parameter: AlgoParameter | None) -> str:
        if parameter is None:
            return ""
        if parameter.kind in MOMENTS | TIMES or control.kind == "Clock":
            zone = zone_of(control.zone or parameter.zone or self._form.moment.zone)
            return f"HH:MM:SS {self._form.moment.now.astimezone(zone).tzname()}"
        if parameter.kind in DAYS:
            return "YYYYMMDD"
        if parameter.kind not in NUMBERS:
            return ""
        unit = " %" if parameter.kind == "Percentage" else ""
        low, high = (typed_bound(parameter, text) if text else "" for text in (parameter.low, parameter.high))
        if low and high:
            return f"{low} to {high}{unit}"
        if low or high:
            return f"at least {low}{unit}" if low else f"at most {high}{unit}"
        return unit.strip()

"""The pre-flight: what would be sent tag by tag, every guard in words, what both algos are expected to do."""

from collections.abc import Callable
from datetime import UTC, tzinfo
from typing import Final

from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from app.widgets import format as text
from app.widgets.sheet import Cell, Line, Sheet, label
from app.widgets.switch_port import Effect, Forecast, Guard, Preflight, TagChange
from app.widgets.theme import Theme, figures_font

ENOUGH: Final = 0.8  # a plan less likely to complete is warned of
Say = Callable[[Forecast], str | None]
_VERDICTS: Final = {"pass": ("●", "good", "pass"), "warn": ("▲", "amber", "WARN"), "fail": ("■", "red", "FAIL")}


def tag_lines(tags: tuple[TagChange, ...], *, everything: bool) -> list[Line]:
    """Tag, name, before, after; what stays the same in grey, or left out."""
    said: list[Line] = [(label("Tag"), label("Name"), label("Last accepted"), label("To be sent"))]
    for tag in tags:
        same = tag.before == tag.after
        if same and not everything:
            continue
        tone = "faint" if same else "amber"
        said.append(
            (
                Cell(str(tag.tag), "faint"),
                Cell(tag.name, "faint" if same else "ink", right=False),
                Cell("" if tag.before is None else tag.before, "faint", right=False, tip=tag.before or "absent"),
                Cell("(dropped)" if tag.after is None else tag.after, tone, right=False, bold=not same,
                     tip=tag.after or "absent"),
            )
        )  # fmt: skip
    return said


def guard_lines(guards: tuple[Guard, ...]) -> list[Line]:
    """Shape and word, name, sentence; what failed first, then warnings."""
    order = {"fail": 0, "warn": 1, "pass": 2}
    said: list[Line] = []
    for guard in sorted(guards, key=lambda g: order[g.verdict]):
        shape, tone, word = _VERDICTS[guard.verdict]
        said.append(
            (
                Cell(f"{shape} {word}", tone, right=False, bold=guard.verdict != "pass"),
                Cell(guard.name, right=False),
                Cell(guard.words, "faint" if guard.verdict == "pass" else tone, right=False, tip=guard.words),
            )
        )
    return said


def forecast_lines(now: Forecast, then: Forecast, where: tzinfo) -> list[Line]:
    """Old algo and new algo side by side."""
    return [
        (label(""), Cell(now.algo, bold=True), Cell(then.algo, bold=True)),
        _pair("Expected finish", now, then, lambda f: text.clock(f.finish_ns, where, 0) if f.finish_ns else None),
        _pair("Unfilled at the close", now, then, _unfilled),
        _pair("Timing risk", now, then, lambda f: None if f.risk_bps is None else f"{text.number(f.risk_bps, 1)} bps"),
        _pair("Participation needed", now, then, lambda f: _share(f.participation)),
        _pair("P(complete)", now, then, lambda f: _share(f.p_complete), warn=True),
    ]


def _pair(
    title: str, now: Forecast, then: Forecast, say: Callable[[Forecast], str | None], *, warn: bool = False
) -> Line:
    cells = []
    for forecast in (now, then):
        said = say(forecast)
        poor = warn and forecast.p_complete is not None and forecast.p_complete < ENOUGH
        tip = forecast.why if said is None else ""
        cells.append(Cell(said or text.DASH, "amber" if poor else "ink", bold=poor, tip=tip))
    return (label(title), *cells)


def _unfilled(forecast: Forecast) -> str | None:
    if forecast.unfilled is None:
        return None
    said = text.number(forecast.unfilled)
    if forecast.unfilled_low is None or forecast.unfilled_high is None:
        return said
    return f"{said} [{text.number(forecast.unfilled_low)}, {text.number(forecast.unfilled_high)}]"


def _share(value: float | None) -> str | None:
    return None if value is None else f"{text.percent(value)} %"


def effect_words(effect: Effect) -> str:
    """The expected effect with its interval, or why there is none."""
    if effect.bps is None or effect.low is None or effect.high is None:
        return f"Expected effect: {effect.words or 'not identifiable'}"
    interval = f"[{text.signed(effect.low)}, {text.signed(effect.high)}]"
    return f"Expected effect: {text.signed(effect.bps)} bps {interval}  {effect.words}".rstrip()


def warnings(found: Preflight) -> list[str]:
    """What has to be said before a confirm, in sentences."""
    said = [f"{g.name}: {g.words}" for g in found.guards if g.verdict == "fail"]
    p = found.then.p_complete
    if p is not None and p < ENOUGH:
        said.append(f"{found.then.algo} completes with a probability of {text.percent(p)} % only (warned below 80 %)")
    return said


class PreflightView(QWidget):
    """One pre-flight; `show_preflight` with None shows nothing."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.theme, self.found = theme, None  # type: tuple[Theme, Preflight | None]
        self.where: tzinfo = UTC
        self.warning, self.effect, self.every = QLabel(), QLabel(), QPushButton("all tags")
        self.forecasts = Sheet(theme, (4, 5.5, 5.5), "Expected of both algos")
        self.guards = Sheet(theme, (2, 3.4, 9.4), "Guards")
        self.tags = Sheet(theme, (1.3, 4, 4, 4), "Tags to be sent")
        self._build()

    def show_preflight(self, found: Preflight | None) -> None:
        """Everything that is known before the confirm."""
        self.found = found
        self.setVisible(found is not None)
        if found is None:
            return
        self.warning.setText("\n".join(warnings(found)))
        self.warning.setVisible(bool(self.warning.text()))
        self.forecasts.show_lines(forecast_lines(found.now, found.then, self.where))
        self.effect.setText(effect_words(found.effect))
        self.guards.show_lines(guard_lines(found.guards))
        self._show_tags()

    def set_zone(self, where: tzinfo) -> None:
        """Time zone of the times."""
        self.where = where
        self.show_preflight(self.found)

    def fade(self, faded: bool) -> None:
        """Grey everything."""
        for sheet in (self.forecasts, self.guards, self.tags):
            if sheet.faded != faded:
                sheet.faded = faded
                sheet.update()

    def dress(self, theme: Theme) -> None:
        """Change the colours."""
        self.theme = theme
        for sheet in (self.forecasts, self.guards, self.tags):
            sheet.theme = theme
            sheet.update()
        self.warning.setStyleSheet(f"color: {theme.amber}; font-weight: 600")
        self.effect.setStyleSheet(f"color: {theme.ink}")

    def _show_tags(self) -> None:
        if self.found is not None:
            same = sum(tag.before == tag.after for tag in self.found.tags)
            self.every.setText(f"all tags ({len(self.found.tags)}, {same} unchanged)")
            self.tags.show_lines(tag_lines(self.found.tags, everything=self.every.isChecked()))

    def _build(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        self.every.setCheckable(True)
        self.every.setChecked(True)
        self.every.setAutoDefault(False)
        self.every.toggled.connect(lambda _on: self._show_tags())
        for words in (self.warning, self.effect):
            words.setWordWrap(True)
            words.setFont(figures_font())
        for part in (self.warning, self.forecasts, self.effect, self.guards, self.every, self.tags):
            layout.addWidget(part)
        self.dress(self.theme)
        self.hide()

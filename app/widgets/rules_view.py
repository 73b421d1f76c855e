"""The rules of a session on the desk: how each stands, what it did and why; on by two people, off by anybody."""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, tzinfo
from functools import partial
from typing import Final

from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from app.engine.units import SECOND
from app.widgets import format as text
from app.widgets.arming import ArmedButton
from app.widgets.asking import Asker
from app.widgets.caption import Caption
from app.widgets.rules_port import Fired, RuleLine, RulesError, RulesPort
from app.widgets.sheet import Cell, Line, Sheet, label
from app.widgets.theme import Theme

AGAIN_NS: Final = SECOND
NO_PORT: Final = "no session stands behind this desk: rules look at a running one"
HINT: Final = "A rule asks through the guard, like a person; dry until two people have armed it, for the day"
_HEAD: Final = (label("Rule"), label("State"), Cell("fired", "faint"), Cell("holds", "faint"), label("When, and then"))


def rule_lines(rules: Sequence[RuleLine], chosen: str) -> list[Line]:
    """A line a rule: name, ● ARMED, ◐ PROPOSED or ○ DRY, times fired today, orders it holds on, condition and act."""
    said: list[Line] = [_HEAD]
    for rule in rules:
        word, tone = state_of(rule)
        tip = "\n".join(part for part in (rule.words, rule.about) if part)
        what = f"{rule.when}  →  {rule.then}"
        said.append((
            Cell(rule.name, "accent" if rule.name == chosen else "ink", right=False, bold=rule.name == chosen, tip=tip,
                 field=rule.name),
            Cell(word, tone, right=False, tip=tip, field=rule.name),
            Cell(text.number(rule.fired), "ink" if rule.fired else "faint", tip="times today", field=rule.name),
            Cell(text.number(rule.held), "ink" if rule.held else "faint", tip="orders it holds on", field=rule.name),
            Cell(what, right=False, tip=f"{what}\n{tip}", field=rule.name),
        ))  # fmt: skip
    return said


def state_of(rule: RuleLine) -> tuple[str, str]:
    """Shape and word of a rule's state, and its tone."""
    if rule.armed:
        return "● ARMED", "amber"
    return ("◐ PROPOSED", "ink") if rule.words.startswith("proposed") else ("○ DRY", "faint")


def detail_lines(rule: RuleLine | None) -> list[Line]:
    """The chosen rule in full: what it waits for, what it does then, how it stands, why it is there."""
    if rule is None:
        return []
    said = (("when", rule.when), ("then", rule.then), ("now", rule.words), ("about", rule.about))
    return [(label(name), Cell(words, right=False, tip=words)) for name, words in said if words]


def fired_lines(fired: Sequence[Fired], where: tzinfo) -> list[Line]:
    """A line a firing: when, and what the rule said."""
    said: list[Line] = []
    for one in fired:
        tone = one.alarm if one.alarm in {"amber", "red"} else "ink"
        said.append((label(text.clock(one.ts_ns, where, 0)), Cell(one.words, tone, right=False, tip=one.words)))
    return said


class RulesView(QScrollArea):
    """Looks once a second while it is seen; a click on a rule chooses it for the buttons."""

    def __init__(self, theme: Theme, port: RulesPort | None, clock: Callable[[], int] = time.monotonic_ns) -> None:
        super().__init__()
        self.theme, self.port, self.where = theme, port, UTC  # type: tuple[Theme, RulesPort | None, tzinfo]
        self.rules: tuple[RuleLine, ...] = ()
        self.chosen = ""
        self.asker = Asker(RulesError, self)
        self._clock, self._looked = clock, -AGAIN_NS
        self.words = Caption(theme, "faint")
        self.sheet = Sheet(theme, (3, 3, 1.6, 1.6, 8), "Rules")
        self.detail = Sheet(theme, (2, 14), "The chosen rule")
        self.firings = Sheet(theme, (2, 14), "Last firings")
        self.arm, self.disarm = ArmedButton("Propose or arm"), QPushButton("Disarm")
        self._build()

    def look(self, *_: object) -> None:
        """Once a frame: ask anew when a second has passed and the view is seen."""
        if self.port is None or not self.isVisible() or self._clock() - self._looked < AGAIN_NS:
            return
        self._looked = self._clock()
        if not self.asker.waiting("rules"):
            self.asker.ask("rules", self.port.rules, self._show)
        self.firings.show_lines(fired_lines(self.port.fired(), self.where))

    def choose(self, name: str) -> None:
        """The rule the buttons are about."""
        self.chosen = name
        self._draw()
        self._wake()

    def set_zone(self, where: tzinfo) -> None:
        """Time zone of the times."""
        self.where, self._looked = where, -AGAIN_NS

    def fade(self, faded: bool) -> None:
        """Rules are not of the board: what the control process says of them holds while the board stands."""

    def dress(self, theme: Theme) -> None:
        """Change the colours."""
        self.theme = theme
        for sheet in (self.sheet, self.detail, self.firings):
            sheet.theme = theme
            sheet.update()
        self.words.dress(theme)

    # -- inside --------------------------------------------------------------------------------------------------

    def _show(self, answer: object, problem: str) -> None:
        """What the control process says."""
        if problem:
            self.rules = ()
            self.words.setText(problem)
        elif isinstance(answer, tuple):
            before, (self.rules, none) = self._chosen_rule(), answer
            self.words.setText(none or HINT)
            if self.chosen not in {rule.name for rule in self.rules}:
                self.chosen = self.rules[0].name if self.rules else ""
            if before != self._chosen_rule():
                self._wake()
        self._draw()

    def _chosen_rule(self) -> RuleLine | None:
        found = next((rule for rule in self.rules if rule.name == self.chosen), None)
        return None if found is None else found._replace(fired=0, held=0)

    def _wake(self) -> None:
        """The buttons as the chosen rule allows; what arms wakes late, and anew for another rule."""
        rule = self._chosen_rule()
        if rule is None or rule.armed:
            self.arm.disarm()
        else:
            self.arm.arm()
        self.disarm.setEnabled(rule is not None and (rule.armed or rule.words.startswith("proposed")))

    def _draw(self) -> None:
        self.sheet.show_lines(rule_lines(self.rules, self.chosen) if self.rules else ())
        self.detail.show_lines(detail_lines(self._chosen_rule()))

    def _turn(self, on: bool) -> None:
        if self.port is not None and self.chosen:
            self.asker.ask("turn", partial(self.port.turn, self.chosen, on), self._turned)

    def _turned(self, answer: object, problem: str) -> None:
        self.words.setText(problem or str(answer))
        self._looked = self._clock()  # the answer stays for a second
        self._wake()

    def _build(self) -> None:
        inside, line = QWidget(), QHBoxLayout()
        layout = QVBoxLayout(inside)
        layout.setContentsMargins(6, 4, 6, 4)
        layout.setSpacing(4)
        self.words.setText(HINT if self.port is not None else NO_PORT)
        self.disarm.setAutoDefault(False)
        self.disarm.setEnabled(False)
        self.arm.setToolTip("the first person proposes, a second one arms, until the end of the day")
        self.disarm.setToolTip("anybody may: it goes on saying what it would do")
        line.addWidget(self.words, 1)
        line.addWidget(self.arm)
        line.addWidget(self.disarm)
        layout.addLayout(line)
        for part in (self.sheet, self.detail, self.firings):
            layout.addWidget(part)
        layout.addStretch(1)
        self.sheet.asked.connect(self.choose)
        self.arm.fired.connect(partial(self._turn, True))
        self.disarm.clicked.connect(lambda _on: self._turn(False))
        self.setWidget(inside)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)

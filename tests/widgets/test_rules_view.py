"""The rules on the desk: what each line says, what the buttons ask, and what they may not."""

import threading
from datetime import UTC
from zoneinfo import ZoneInfo

import pytest
from pytestqt.qtbot import QtBot

from app.engine.units import SECOND
from app.widgets.rules_port import Fired, RuleLine, RulesError
from app.widgets.rules_view import HINT, NO_PORT, RulesView, detail_lines, fired_lines, rule_lines, state_of
from app.widgets.theme import DARK, LIGHT

DRY = "dry run: says what it would do, does nothing"
LEAK = RuleLine("leak", 'status == "RED" for 30 s', "switch PASSIVE", "us cash", False, DRY, 0, 2)
SLOW = RuleLine("slow", "done_pct < 5", "alert", "", True, "armed by ann and bob", 3, 0)
T0 = 1_700_145_000 * SECOND  # 14:30:00 UTC


class Rules:
    """Rules in memory; `gate` holds every answer back until it is set."""

    def __init__(self, *rules: RuleLine) -> None:
        self.known, self.none, self.problem = rules, "", ""
        self.turned: list[tuple[str, bool]] = []
        self.gate = threading.Event()
        self.gate.set()

    def rules(self) -> tuple[tuple[RuleLine, ...], str]:
        self.gate.wait(10)
        if self.problem:
            raise RulesError(self.problem)
        return self.known, self.none

    def turn(self, name: str, on: bool) -> str:
        self.turned.append((name, on))
        if self.problem:
            raise RulesError(self.problem)
        return f"{name} is {'proposed by ann: a second person must arm it' if on else 'off'}"

    def fired(self) -> tuple[Fired, ...]:
        return (Fired(T0, "rule leak would switch PASSIVE: status = RED", ""), Fired(T0, "rule slow alert: 3", "amber"))


class Hand:
    """A clock that moves when told to."""

    ns = 10**12

    def __call__(self) -> int:
        return self.ns


def view(qtbot: QtBot, port: Rules | None) -> tuple[RulesView, Hand]:
    """The view on the screen, asked once."""
    hand = Hand()
    made = RulesView(DARK, port, hand)
    qtbot.addWidget(made)
    made.show()
    made.look()
    return made, hand


def texts(made: RulesView) -> list[list[str]]:
    """What the sheet of rules reads."""
    return [[cell.text for cell in line] for line in made.sheet.lines]


def test_that_a_line_says_state_counts_condition_and_act() -> None:
    lines = rule_lines((LEAK, SLOW), "slow")
    assert [[cell.text for cell in line] for line in lines[1:]] == [
        ["leak", "○ DRY", "0", "2", 'status == "RED" for 30 s  →  switch PASSIVE'],
        ["slow", "● ARMED", "3", "0", "done_pct < 5  →  alert"],
    ]
    assert [line[0].bold for line in lines[1:]] == [False, True]
    assert lines[1][1].tip == f"{DRY}\nus cash"


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (LEAK, ("○ DRY", "faint")),
        (LEAK._replace(words="proposed by ann: a second person must arm it"), ("◐ PROPOSED", "ink")),
        (SLOW, ("● ARMED", "amber")),
    ],
)
def test_that_states_differ_in_shape_and_word(rule: RuleLine, said: tuple[str, str]) -> None:
    assert state_of(rule) == said


def test_that_firings_have_their_time_their_words_and_the_tone_of_their_alarm() -> None:
    lines = fired_lines(Rules().fired(), UTC)
    assert [(line[0].text, line[1].text, line[1].tone) for line in lines] == [
        ("14:30:00", "rule leak would switch PASSIVE: status = RED", "ink"),
        ("14:30:00", "rule slow alert: 3", "amber"),
    ]


def test_that_the_rules_come_off_the_thread_and_the_first_is_chosen(qtbot: QtBot) -> None:
    made, _ = view(qtbot, Rules(LEAK, SLOW))
    qtbot.waitUntil(lambda: len(made.rules) == 2)
    assert made.chosen == "leak"
    assert texts(made)[1][0] == "leak"
    assert made.words.text() == HINT
    assert len(made.firings.lines) == 2


def test_that_a_frame_never_waits_for_an_answer(qtbot: QtBot) -> None:
    port = Rules(LEAK)
    port.gate.clear()
    made, hand = view(qtbot, port)
    hand.ns += 5 * SECOND
    made.look()
    assert made.rules == ()
    port.gate.set()
    qtbot.waitUntil(lambda: bool(made.rules))


def test_that_it_is_asked_again_after_a_second_and_only_while_it_is_seen(qtbot: QtBot) -> None:
    port = Rules(LEAK)
    made, hand = view(qtbot, port)
    qtbot.waitUntil(lambda: bool(made.rules))
    port.known = (LEAK._replace(fired=4),)
    made.look()
    assert not made.asker.waiting("rules")
    made.hide()
    hand.ns += 2 * SECOND
    made.look()
    assert not made.asker.waiting("rules")
    made.show()
    made.look()
    qtbot.waitUntil(lambda: made.rules[0].fired == 4)


def test_that_arming_asks_for_the_chosen_rule_once_the_button_is_awake(qtbot: QtBot) -> None:
    port = Rules(LEAK, SLOW)
    made, _ = view(qtbot, port)
    qtbot.waitUntil(lambda: bool(made.rules))
    assert not made.arm.isEnabled()
    assert made.arm.arming
    qtbot.waitUntil(made.arm.isEnabled)
    made.arm.click()
    qtbot.waitUntil(lambda: "second person" in made.words.text())
    assert port.turned == [("leak", True)]


def test_that_another_rule_chosen_puts_the_button_to_sleep_again(qtbot: QtBot) -> None:
    made, _ = view(qtbot, Rules(LEAK, LEAK._replace(name="other")))
    qtbot.waitUntil(made.arm.isEnabled)
    made.sheet.asked.emit("other")
    assert made.chosen == "other"
    assert not made.arm.isEnabled()


def test_that_an_armed_rule_can_only_be_disarmed_and_a_dry_one_only_armed(qtbot: QtBot) -> None:
    port = Rules(SLOW, LEAK)
    made, _ = view(qtbot, port)
    qtbot.waitUntil(made.disarm.isEnabled)
    assert not made.arm.arming
    made.disarm.click()
    qtbot.waitUntil(lambda: made.words.text() == "slow is off")
    assert port.turned == [("slow", False)]
    made.choose("leak")
    assert not made.disarm.isEnabled()


def test_that_a_refusal_and_a_silence_are_said_in_words(qtbot: QtBot) -> None:
    port = Rules(LEAK)
    port.problem = "control: no answer"
    made, hand = view(qtbot, port)
    qtbot.waitUntil(lambda: made.words.text() == "control: no answer")
    assert texts(made) == []
    port.problem, port.none, port.known = "", "no rules: [rules] file of the settings names none", ()
    hand.ns += 2 * SECOND
    made.look()
    qtbot.waitUntil(lambda: made.words.text().startswith("no rules"))
    assert not made.disarm.isEnabled()


def test_that_without_a_session_it_says_so_and_asks_nothing(qtbot: QtBot) -> None:
    made, _ = view(qtbot, None)
    assert made.words.text() == NO_PORT
    made.choose("leak")
    made._turn(True)
    assert not made.asker.waiting("turn")


def test_that_it_changes_its_colours_and_its_time_zone(qtbot: QtBot) -> None:
    made, hand = view(qtbot, Rules(LEAK))
    made.dress(LIGHT)
    made.fade(True)
    assert made.sheet.theme is made.firings.theme is LIGHT
    made.set_zone(ZoneInfo("America/New_York"))
    hand.ns += 1
    made.look()
    assert made.firings.lines[0][0].text == "09:30:00"


def test_that_the_chosen_rule_is_said_in_full(qtbot: QtBot) -> None:
    assert [(line[0].text, line[1].text) for line in detail_lines(LEAK)] == [
        ("when", 'status == "RED" for 30 s'), ("then", "switch PASSIVE"), ("now", DRY), ("about", "us cash"),
    ]  # fmt: skip
    assert detail_lines(None) == []
    made, _ = view(qtbot, Rules(LEAK, SLOW))
    qtbot.waitUntil(lambda: bool(made.rules))
    made.choose("slow")
    assert made.detail.lines[0][1].text == "done_pct < 5"

"""What sends: a button and a strip that cannot be hit by accident, a form whose values are right or named."""

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from app.widgets import theme as themes
from app.widgets.arming import ArmedButton
from app.widgets.confirm import Confirm
from app.widgets.switch_form import Form, complaint
from app.widgets.switch_port import Field, Kind

# A key on a button that is asleep goes nowhere: as wanted.
pytestmark = pytest.mark.qt_log_ignore("Keyboard event not accepted by receiving widget", extend=True)
SPACE, PLAIN = Qt.Key.Key_Space, Qt.KeyboardModifier.NoModifier
PRESS, RELEASE = QEvent.Type.KeyPress, QEvent.Type.KeyRelease


class Fired(list[bool]):
    """How often a button has fired."""

    def __call__(self) -> None:
        self.append(True)


@pytest.fixture
def fired() -> Fired:
    return Fired()


@pytest.fixture
def button(qtbot: QtBot, fired: Fired) -> ArmedButton:
    made = ArmedButton("send")
    made._timer.setInterval(5)
    made.fired.connect(fired)
    qtbot.addWidget(made)
    with qtbot.waitExposed(made):
        made.show()
    return made


def awake(button: ArmedButton, qtbot: QtBot) -> None:
    """Arm it and wait until it is."""
    button.arm()
    qtbot.waitUntil(button.isEnabled, timeout=5000)


def key(widget: QWidget, kind: QEvent.Type, which: Qt.Key = SPACE, *, repeat: bool = False) -> None:
    """One event of a key."""
    QApplication.sendEvent(widget, QKeyEvent(kind, which, PLAIN, " ", repeat))


def test_that_a_button_sleeps_until_it_is_armed_and_after_every_shot(
    button: ArmedButton, fired: Fired, qtbot: QtBot
) -> None:
    for _ in range(2):
        button.click()
        assert fired == []
    awake(button, qtbot)
    button.click()
    button.click()
    assert fired == [True]
    assert not button.isEnabled()
    awake(button, qtbot)
    button.click()
    assert fired == [True, True]


def test_that_disarming_while_it_wakes_leaves_it_asleep(button: ArmedButton, qtbot: QtBot) -> None:
    other = ArmedButton("later")
    other._timer.setInterval(10)
    qtbot.addWidget(other)
    button.arm()
    before = button.arming
    button.disarm()
    assert (before, button.arming) == (True, False)
    awake(other, qtbot)  # longer than the button would have taken
    assert not button.isEnabled()


def test_that_arming_again_begins_the_delay_anew(button: ArmedButton, qtbot: QtBot) -> None:
    awake(button, qtbot)
    button.arm()
    assert not button.isEnabled()
    assert button.arming


def test_that_a_held_key_never_fires_however_often_it_repeats(button: ArmedButton, fired: Fired, qtbot: QtBot) -> None:
    awake(button, qtbot)
    for _ in range(10):
        key(button, PRESS, repeat=True)
        key(button, RELEASE, repeat=True)
    assert fired == []
    key(button, PRESS)
    for _ in range(10):  # held down: repeats between the press and its release
        key(button, RELEASE, repeat=True)
        key(button, PRESS, repeat=True)
    assert fired == []
    key(button, RELEASE)
    assert fired == [True]


@pytest.mark.parametrize("which", [Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Y, Qt.Key.Key_Select])
def test_that_no_key_but_space_fires(button: ArmedButton, fired: Fired, qtbot: QtBot, which: Qt.Key) -> None:
    awake(button, qtbot)
    key(button, PRESS, which)
    key(button, RELEASE, which)
    assert fired == []
    assert button.isEnabled()


def test_that_space_is_the_buttons_own_while_it_is_awake_and_the_windows_while_it_sleeps(
    button: ArmedButton, qtbot: QtBot
) -> None:
    asked = QKeyEvent(QEvent.Type.ShortcutOverride, SPACE, PLAIN)
    asked.ignore()
    button.event(asked)
    assert not asked.isAccepted()
    awake(button, qtbot)
    button.event(asked)
    assert asked.isAccepted()
    other = QKeyEvent(QEvent.Type.ShortcutOverride, Qt.Key.Key_Z, PLAIN)
    other.ignore()
    button.event(other)
    assert not other.isAccepted()


def test_that_escape_is_left_to_the_window(button: ArmedButton, qtbot: QtBot) -> None:
    awake(button, qtbot)
    for which, taken in ((Qt.Key.Key_Escape, False), (Qt.Key.Key_Return, True)):
        event = QKeyEvent(PRESS, which, PLAIN)
        button.keyPressEvent(event)
        assert event.isAccepted() == taken


# -- the strip ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def strip(qtbot: QtBot) -> Confirm:
    made = Confirm(themes.DARK)
    qtbot.addWidget(made)
    return made


def test_that_a_strip_says_when_it_waits_and_when_it_no_longer_does(strip: Confirm) -> None:
    said: list[bool] = []
    strip.armed.connect(said.append)
    strip.cancel()
    assert said == [], "nothing waited"
    strip.ask("Cancel P1?", lambda: None, "P1")
    assert (strip.asking, strip.order, strip.words.text()) == (True, "P1", "Cancel P1?")
    strip.cancel()
    assert (strip.asking, strip.order, strip.isVisible()) == (False, "", False)
    assert said == [True, False]


def test_that_escape_lets_go_and_a_held_key_does_not(strip: Confirm) -> None:
    ran: list[str] = []
    strip.ask("Cancel P1?", lambda: ran.append("ran"), "P1")
    for which in (Qt.Key.Key_Escape, Qt.Key.Key_Return, SPACE):
        key(strip, PRESS, which, repeat=True)
    waited = [strip.asking]
    for which in (Qt.Key.Key_A, Qt.Key.Key_Escape):
        key(strip, PRESS, which)
        waited.append(strip.asking)
    assert waited == [True, True, False]
    assert ran == []


def test_that_a_second_question_takes_the_place_of_the_first(strip: Confirm, qtbot: QtBot) -> None:
    ran: list[str] = []
    strip.ask("Cancel P1?", lambda: ran.append("P1"), "P1")
    strip._arm.start(0)
    qtbot.waitUntil(strip.yes.isEnabled, timeout=5000)
    strip.ask("Cancel P2?", lambda: ran.append("P2"), "P2")
    assert not strip.yes.isEnabled(), "it arms anew"
    QTest.mouseClick(strip.yes, Qt.MouseButton.LeftButton)
    assert ran == []
    strip._arm.start(0)
    qtbot.waitUntil(strip.yes.isEnabled, timeout=5000)
    strip.yes.click()
    strip.yes.click()
    assert ran == ["P2"]


@pytest.mark.parametrize(("order", "chosen", "asking"), [("P1", "P1", True), ("P1", "P2", False), ("", "P2", True)])
def test_that_only_an_action_of_another_order_is_let_go(strip: Confirm, order: str, chosen: str, asking: bool) -> None:
    strip.ask("?", lambda: None, order)
    strip.follow(chosen)
    assert strip.asking == asking


def test_that_what_nobody_confirms_lapses(strip: Confirm, qtbot: QtBot) -> None:
    ran: list[str] = []
    strip.ask("Cancel P1?", lambda: ran.append("P1"), "P1")
    strip._expire.start(0)
    qtbot.waitUntil(lambda: not strip.asking, timeout=5000)
    strip.yes.click()
    assert ran == []


# -- the form ----------------------------------------------------------------------------------------------------------

PCT = Field("MaxPct", "Max %", "float", "15", low=1, high=40, required=True)
STYLE = Field("Style", "Style", "choice", "2", (("1", "patient"), ("2", "neutral")))
DARK = Field("Dark", "Dark", "bool", "N")
NOTE = Field("Note", "Note", "text")


@pytest.fixture
def form(qtbot: QtBot) -> Form:
    made = Form(themes.DARK)
    qtbot.addWidget(made)
    made.show_fields((PCT, STYLE, DARK, NOTE))
    return made


def line(form: Form, name: str) -> QLineEdit:
    """The field as a line of text."""
    found = form.inputs[name]
    assert isinstance(found, QLineEdit)
    return found


def box(form: Form, name: str) -> QComboBox:
    """The field as a box of choices."""
    found = form.inputs[name]
    assert isinstance(found, QComboBox)
    return found


def test_that_a_form_begins_with_the_profiles_values_and_leaves_out_what_is_empty(form: Form) -> None:
    assert form.values() == (("MaxPct", "15"), ("Style", "2"), ("Dark", "N"))
    assert form.faults() == []
    assert line(form, "MaxPct").placeholderText() == "1 to 40"


def test_that_what_is_typed_is_sent_without_the_blanks_around_it(form: Form) -> None:
    line(form, "MaxPct").setText("  20 ")
    line(form, "Note").setText("   ")
    assert form.values() == (("MaxPct", "20"), ("Style", "2"), ("Dark", "N"))


def test_that_an_optional_choice_can_be_left_out_and_a_required_one_cannot(form: Form) -> None:
    box(form, "Style").setCurrentIndex(0)
    assert ("Style", "2") not in form.values()
    form.show_fields((STYLE._replace(required=True),))
    wires = [box(form, "Style").itemData(row) for row in range(box(form, "Style").count())]
    assert wires == ["1", "2"]


def test_that_every_edit_is_told_and_every_fault_is_shown_at_once(form: Form, qtbot: QtBot) -> None:
    with qtbot.waitSignal(form.changed, timeout=1000):
        line(form, "MaxPct").setText("")
    assert form.fault.text() == "Max %: a value is needed"
    assert not form.fault.isHidden()
    with qtbot.waitSignal(form.changed, timeout=1000):
        box(form, "Dark").setCurrentIndex(1)
    line(form, "MaxPct").setText("40")
    assert form.fault.isHidden()


def test_that_the_same_fields_keep_what_was_typed_and_others_begin_anew(form: Form) -> None:
    line(form, "MaxPct").setText("33")
    form.show_fields([PCT, STYLE, DARK, NOTE])
    assert line(form, "MaxPct").text() == "33"
    form.show_fields((PCT,))
    assert form.values() == (("MaxPct", "15"),)
    form.show_fields(())
    assert (form.values(), form.faults(), form.inputs) == ((), [], {})


@pytest.mark.parametrize("value", ["inf", "-inf", "nan", "1e400", "0.999", "40.01", "1,5", "x", "\u2212 5", "--1"])
def test_that_no_number_out_of_bounds_passes_whatever_it_is_written_as(value: str) -> None:
    words = complaint(PCT, value)
    assert words.startswith("Max % = ")
    assert value in words or repr(value) in words
    assert "allowed: " in words


@pytest.mark.parametrize("value", ["1_0", "1e1", "0x10", "\uff11\uff15", "\u0663", "1 0", ".", "+5"])
@pytest.mark.parametrize("kind", ["int", "float"])
def test_that_a_number_no_broker_reads_is_none(kind: Kind, value: str) -> None:
    words = "a whole number" if kind == "int" else "a number"
    assert complaint(PCT._replace(kind=kind), value) == f"Max % = {value!r} is not allowed; allowed: {words}"


@pytest.mark.parametrize("value", ["1", "40", "1.0", "39.99", "15."])
def test_that_bounds_themselves_are_allowed(value: str) -> None:
    assert complaint(PCT, value) == ""


@pytest.mark.parametrize("kind", ["int", "float"])
def test_that_a_number_of_a_thousand_digits_is_refused_not_a_fault(kind: Kind) -> None:
    words = complaint(Field("a", "A", kind), "9" * 1000)
    assert words.endswith("is not allowed; allowed: a number that is not beyond all bounds")

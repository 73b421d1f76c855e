"""A broker's own form on the desk: every kind of control shows and gives its entry, rules act, faults are said."""

from collections.abc import Mapping

import pytest
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCheckBox, QComboBox, QGroupBox, QLabel, QLineEdit, QRadioButton, QSlider, QToolButton
from pytestqt.qtbot import QtBot

from app.widgets.atdl_form import AtdlForm
from app.widgets.atdl_inputs import Drop, Input, Line, Picks, Slide, Steps, Tick, Ticks, input_of
from app.widgets.atdl_port import Entry, Judged, Pane
from app.widgets.theme import DARK

ITEMS = (("a", "First"), ("b", "Second"), ("c", "Third"))
KINDS = {
    "TextField": ("7", "8"),
    "Clock": ("09:30:00", "16:00:00"),
    "SingleSpinner": ("1", "2"),
    "DoubleSpinner": ("1.5", "2"),
    "HiddenField": ("x", "y"),
    "CheckBox": ("true", "false"),
    "RadioButton": ("true", "false"),
    "CheckBoxList": ("a c", ""),
    "MultiSelectList": ("b c", "a"),
    "RadioButtonList": ("b", ""),
    "DropDownList": ("c", ""),
    "EditableDropDownList": ("b", "typed"),
    "SingleSelectList": ("a", ""),
    "Slider": ("c", "a"),
}


class Paper:
    """A paper of a few controls; an entry "bad" is a fault, `off` and `gone` are switched off and hidden."""

    def __init__(self, *parts: Entry | Pane, first: Mapping[str, str] | None = None) -> None:
        self.panes = (Pane(parts=parts),)
        self.entered = dict(first or {})
        self.off: set[str] = set()
        self.gone: set[str] = set()
        self.forced: dict[str, str] = {}

    def first(self) -> Mapping[str, str]:
        return self.entered

    def judged(self, entries: Mapping[str, str]) -> Judged:
        kept = {**entries, **self.forced}
        faults = tuple((name, f"{name} is bad") for name, value in kept.items() if value == "bad")
        values = () if faults else tuple((name, value) for name, value in kept.items() if value)
        return Judged(kept, frozenset(self.off), frozenset(self.gone), faults, values)


@pytest.fixture
def form(qtbot: QtBot) -> AtdlForm:
    made = AtdlForm(DARK)
    qtbot.addWidget(made)
    made.show()
    return made


@pytest.mark.parametrize("kind", KINDS)
def test_that_a_control_gives_back_what_was_put_and_says_nothing(qtbot: QtBot, kind: str) -> None:
    made = input_of(Entry("x", kind, "Label", items=ITEMS, step="1", outer_step="10"))
    qtbot.addWidget(made)
    heard: list[int] = []
    made.changed.connect(lambda: heard.append(1))
    for entry in (*KINDS[kind], *KINDS[kind]):
        made.put(entry)
        assert made.entry() == entry
    assert heard == []


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "HiddenField"])
def test_that_what_the_user_changes_is_told(qtbot: QtBot, kind: str) -> None:
    made = input_of(Entry("x", kind, "Label", items=ITEMS))
    qtbot.addWidget(made)
    with qtbot.waitSignal(made.changed):
        touch(made)
    assert made.entry()


def type_into(line: QLineEdit, words: str) -> None:
    """As from the keyboard."""
    QTest.keyClicks(line, words)


def touch(made: Input) -> None:
    """What a user would do."""
    match made:
        case Line():
            made.line.textEdited.emit("7")
            made.line.setText("7")
        case Tick():
            made.box.click()
        case Ticks():
            made.boxes["b"].click()
        case Drop():
            made.box.setCurrentIndex(2)
        case Picks():
            made.list.item(1).setSelected(True)
        case Slide():
            made.slider.setValue(1)
        case _:
            raise AssertionError(made)


def test_that_a_label_has_no_entry(qtbot: QtBot) -> None:
    made = input_of(Entry("x", "Label", "Words of the broker"))
    qtbot.addWidget(made)
    made.put("ignored")
    assert made.entry() == ""
    assert [label.text() for label in made.findChildren(QLabel)] == ["Words of the broker"]


def test_that_arrows_step_a_number_by_both_steps_and_leave_a_text_alone(qtbot: QtBot) -> None:
    made = input_of(Entry("x", "DoubleSpinner", step="0.25", outer_step="10"))
    assert isinstance(made, Steps)
    qtbot.addWidget(made)
    up, down, far, back = made.findChildren(QToolButton)
    up.click()
    assert made.entry() == "0.25"
    far.click()
    assert made.entry() == "10.25"
    down.click()
    back.click()
    assert float(made.entry()) == 0
    made.put("words")
    up.click()
    assert made.entry() == "words"


def test_that_the_first_entries_stand_in_the_form(form: AtdlForm) -> None:
    form.show_paper(Paper(Entry("x", "TextField", "X"), Entry("y", "CheckBox", "Y"), first={"x": "5", "y": "true"}))
    assert form.values() == (("x", "5"), ("y", "true"))
    assert form.faults() == []


def test_that_an_edit_is_judged_and_told(form: AtdlForm, qtbot: QtBot) -> None:
    form.show_paper(Paper(Entry("x", "TextField", "X"), first={"x": "5"}))
    line = form.inputs["x"].findChild(QLineEdit)
    assert line is not None
    with qtbot.waitSignal(form.changed):
        line.selectAll()
        type_into(line, "bad")
    assert (form.faults(), form.values(), form.fault.text()) == (["x is bad"], (), "x is bad")
    assert form.fault.isVisibleTo(form)


def test_that_what_is_asked_right_after_an_edit_is_what_stands_there(form: AtdlForm, qtbot: QtBot) -> None:
    form.show_paper(Paper(Entry("x", "TextField", "X"), first={"x": "5"}))
    line = form.inputs["x"].findChild(QLineEdit)
    assert line is not None
    type_into(line, "7")
    assert form.values() == (("x", "57"),)


def test_that_rules_switch_off_hide_and_set(form: AtdlForm) -> None:
    paper = Paper(Entry("x", "TextField", "X"), Entry("y", "TextField", "Y"), first={"x": "5", "y": "6"})
    paper.off, paper.gone, paper.forced = {"x"}, {"y"}, {"x": "9"}
    form.show_paper(paper)
    assert not form.inputs["x"].isEnabled()
    assert not form.inputs["y"].isVisibleTo(form)
    assert form.inputs["x"].entry() == "9"
    paper.off, paper.gone, paper.forced = set(), set(), {}
    form.judge()
    assert form.inputs["x"].isEnabled()
    assert form.inputs["y"].isVisibleTo(form)


def test_that_an_equal_paper_keeps_what_was_entered_and_another_does_not(form: AtdlForm, qtbot: QtBot) -> None:
    class Same(Paper):
        def __eq__(self, other: object) -> bool:
            return isinstance(other, Same)

        def __hash__(self) -> int:
            return 0

    form.show_paper(Same(Entry("x", "TextField", "X"), first={"x": "5"}))
    line = form.inputs["x"].findChild(QLineEdit)
    assert line is not None
    type_into(line, "7")
    form.show_paper(Same(Entry("x", "TextField", "X"), first={"x": "5"}))
    assert form.values() == (("x", "57"),)
    form.show_paper(Paper(Entry("x", "TextField", "X"), first={"x": "5"}))
    assert form.values() == (("x", "5"),)
    form.show_paper(None)
    assert (form.values(), form.inputs) == ((), {})


def test_that_of_radio_buttons_of_one_group_one_is_on_and_rules_may_turn_all_off(form: AtdlForm) -> None:
    paper = Paper(
        Entry("x", "RadioButton", "X", group="g"), Entry("y", "RadioButton", "Y", group="g"),
        Entry("z", "RadioButton", "Z", group="h"), first={"x": "true", "y": "false", "z": "true"},
    )  # fmt: skip
    form.show_paper(paper)
    button = form.inputs["y"].findChild(QRadioButton)
    assert button is not None
    button.click()
    assert form.values() == (("x", "false"), ("y", "true"), ("z", "true"))
    paper.forced = {"y": "false"}
    form.judge()
    assert form.inputs["y"].entry() == "false"


def test_that_panes_lie_in_each_other_and_fold(form: AtdlForm) -> None:
    inner = Pane("Inner", framed=True, parts=(Entry("x", "TextField", "X"),))
    folded = Pane("More", collapsible=True, collapsed=True, parts=(Entry("y", "Slider", "Y", items=ITEMS),))
    form.show_paper(Paper(inner, folded, Pane("Plain", horizontal=True, parts=(Entry("z", "CheckBox", "Z"),))))
    assert [box.title() for box in form.findChildren(QGroupBox)] == ["Inner"]
    assert not form.inputs["y"].isVisibleTo(form)
    head = next(one for one in form.findChildren(QToolButton) if one.text() == "More")
    head.click()
    assert form.inputs["y"].isVisibleTo(form)
    assert "Plain" in [label.text() for label in form.findChildren(QLabel)]


def test_that_controls_are_named_for_those_who_do_not_see_them(form: AtdlForm) -> None:
    kinds = ("TextField", "CheckBox", "DropDownList", "Slider")
    form.show_paper(Paper(*(Entry(kind, kind, f"The {kind}", items=ITEMS) for kind in kinds)))
    fields = (QLineEdit, QCheckBox, QComboBox, QSlider)
    named = {widget.accessibleName() for kind in fields for widget in form.findChildren(kind)}
    assert {f"The {kind}" for kind in kinds} <= named

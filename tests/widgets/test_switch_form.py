"""The form of a target strategy: only what a broker can read is allowed, and what is typed is what is sent."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtWidgets import QComboBox, QLabel, QLineEdit
from pytestqt.qtbot import QtBot

from app.widgets import theme as themes
from app.widgets.switch_form import Form, complaint
from app.widgets.switch_port import Field, Kind

RATE = Field("Rate", "Rate", "int", "10", low=1, high=30, required=True, about="share of volume")
STYLE = Field("Style", "Style", "choice", "2", (("1", "patient"), ("2", "neutral")))
WOULD = Field("IWould", "I would", "float")
DARK = Field("Dark", "Dark only", "bool", "N")
TEN_SIGNS = st.text("0123456789.-+_e xa٣", max_size=8)


@pytest.fixture
def form(qtbot: QtBot) -> Form:
    made = Form(themes.DARK)
    qtbot.addWidget(made)
    return made


def line(form: Form, name: str) -> QLineEdit:
    found = form.inputs[name]
    assert isinstance(found, QLineEdit)
    return found


def box(form: Form, name: str) -> QComboBox:
    found = form.inputs[name]
    assert isinstance(found, QComboBox)
    return found


# -- what is allowed -----------------------------------------------------------------------------------------------


@given(st.integers(-(10**6), 10**6), st.integers(-1000, 1000), st.integers(0, 1000))
def test_that_a_number_is_allowed_between_its_bounds_and_at_them(value: int, low: int, room: int) -> None:
    for kind in ("int", "float"):
        field = Field("a", "A", "int" if kind == "int" else "float", low=low, high=low + room)
        assert (complaint(field, str(value)) == "") is (value in range(low, low + room + 1))
        assert complaint(field, str(low)) == complaint(field, str(low + room)) == ""


@pytest.mark.parametrize("kind", ["int", "float"])
@pytest.mark.parametrize(
    "value", ["1_000", "1e3", "+5", " 5", "5 ", "٣", "0x10", "inf", "nan", "--5", "-", ".", "1,5", "5\n", "½", "1 0"]
)
def test_that_what_python_reads_and_no_broker_does_is_refused(kind: Kind, value: str) -> None:
    said = complaint(Field("a", "A", kind), value)
    assert said == f"A = {value!r} is not allowed; allowed: {'a whole number' if kind == 'int' else 'a number'}"


@given(TEN_SIGNS)
def test_that_an_allowed_number_is_plain_digits_with_at_most_one_point(value: str) -> None:
    bare = value.removeprefix("-")
    whole, _, rest = bare.partition(".")
    digits = whole + rest
    plain = bool(digits) and all(sign in "0123456789" for sign in digits)
    assert (complaint(Field("a", "A", "float"), value) == "") is (plain or not value)
    assert (complaint(Field("a", "A", "int"), value) == "") is ((plain and "." not in bare) or not value)


def test_that_a_number_beyond_all_bounds_is_refused_even_where_none_are_set() -> None:
    huge = "9" * 400
    said = complaint(Field("a", "A", "float"), huge)
    assert said == f"A = {huge} is not allowed; allowed: a number that is not beyond all bounds"


@pytest.mark.parametrize("kind", get_args(Kind))
def test_that_nothing_is_allowed_where_nothing_is_needed_and_asked_for_where_it_is(kind: Kind) -> None:
    field = Field("a", "A", kind, choices=(("x", "X"),))
    assert complaint(field, "") == ""
    assert complaint(field._replace(required=True), "") == "A: a value is needed"


def test_that_a_choice_is_named_by_its_wire_value_and_not_by_its_title() -> None:
    assert complaint(STYLE, "1") == ""
    assert complaint(STYLE, "patient") == "Style = 'patient' is not allowed; allowed: 1, 2"


# -- the form ------------------------------------------------------------------------------------------------------


def test_that_what_is_sent_is_what_stands_there_in_the_profiles_order(form: Form) -> None:
    form.show_fields((WOULD, RATE, STYLE, DARK))
    assert form.values() == (("Rate", "10"), ("Style", "2"), ("Dark", "N"))
    line(form, "IWould").setText("  50.25 ")
    line(form, "Rate").setText("")
    box(form, "Style").setCurrentIndex(box(form, "Style").findText("patient"))
    assert form.values() == (("IWould", "50.25"), ("Style", "1"), ("Dark", "N")), "no spaces, nothing empty"


def test_that_every_fault_is_said_in_the_order_of_the_fields_and_goes_when_it_is_mended(form: Form) -> None:
    form.show_fields((WOULD, RATE))
    assert form.faults() == []
    assert form.fault.isHidden()
    line(form, "Rate").setText("31")
    line(form, "IWould").setText("soon")
    assert form.faults() == [
        "I would = 'soon' is not allowed; allowed: a number",
        "Rate = 31 is not allowed; allowed: 1 to 30",
    ]
    assert form.fault.text().splitlines() == form.faults()
    assert not form.fault.isHidden()
    line(form, "IWould").clear()
    line(form, "Rate").setText("30")
    assert form.faults() == []
    assert form.fault.isHidden()


def test_that_a_form_that_is_wrong_from_the_start_says_so_at_once(form: Form) -> None:
    form.show_fields((RATE._replace(value=""),))
    assert form.fault.text() == "Rate: a value is needed"


def test_that_the_same_fields_keep_what_was_typed_and_other_ones_do_not(form: Form) -> None:
    form.show_fields((RATE,))
    line(form, "Rate").setText("25")
    form.show_fields([RATE])
    assert form.values() == (("Rate", "25"),)
    form.show_fields((RATE, WOULD))
    assert form.values() == (("Rate", "10"),)
    form.show_fields(())
    assert (form.values(), form.faults()) == ((), [])


def test_that_another_targets_faults_do_not_stay_behind(form: Form) -> None:
    form.show_fields((RATE,))
    line(form, "Rate").setText("99")
    form.show_fields((WOULD,))
    assert form.fault.text() == ""
    assert [label.text() for label in form.findChildren(QLabel) if label is not form.fault][-1:] == ["I would"]


def test_that_each_edit_is_told_once(form: Form, qtbot: QtBot) -> None:
    told: list[int] = []
    form.changed.connect(lambda: told.append(len(form.values())))
    form.show_fields((WOULD, STYLE))
    assert told == [], "being shown is no edit"
    line(form, "IWould").setText("5")
    box(form, "Style").setCurrentIndex(0)
    assert told == [2, 1]


@pytest.mark.parametrize(
    ("field", "offered", "chosen"),
    [
        (STYLE, ["", "patient", "neutral"], "2"),
        (STYLE._replace(required=True), ["patient", "neutral"], "2"),
        (STYLE._replace(value=""), ["", "patient", "neutral"], ""),
        (STYLE._replace(value="9"), ["", "patient", "neutral"], ""),
        (DARK, ["", "yes", "no"], "N"),
        (DARK._replace(value="Y", required=True), ["yes", "no"], "Y"),
    ],
)
def test_that_a_choice_offers_nothing_only_where_nothing_is_allowed(
    form: Form, field: Field, offered: list[str], chosen: str
) -> None:
    form.show_fields((field,))
    found = box(form, field.name)
    assert [found.itemText(place) for place in range(found.count())] == offered
    assert dict(form.values()).get(field.name, "") == chosen


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        (RATE, "1 to 30"),
        (WOULD._replace(low=0.5), "at least 0.5"),
        (WOULD._replace(high=99), "at most 99"),
        (WOULD._replace(low=0, high=0), "0 to 0"),
        (WOULD, ""),
    ],
)
def test_that_an_empty_line_shows_its_bounds_and_the_profiles_words(form: Form, field: Field, expected: str) -> None:
    form.show_fields((field,))
    assert line(form, field.name).placeholderText() == expected
    assert line(form, field.name).toolTip() == field.about


def test_that_a_field_that_is_needed_is_marked(form: Form) -> None:
    form.show_fields((RATE, WOULD))
    titles = {label.text() for label in form.findChildren(QLabel)}
    assert {"Rate *", "I would"} <= titles

"""Forms: rules switch, hide and set controls; faults are said; only what is right is sent."""

# ruff: noqa: E501  markup as a broker writes it, a line an element

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as some

from app.feeds.atdl import Form, Sent
from tests.feeds.atdl.files import NOON, form, read, strategy

INT = '<Parameter name="P" xsi:type="Int_t" fixTag="9001" minValue="0" maxValue="99"/>'
TEXT = '<lay:Control ID="c" xsi:type="lay:TextField_t" parameterRef="P" label="Number"/>'
TIMES = (
    '<Parameter name="Start" xsi:type="UTCTimestamp_t" fixTag="168"/>'
    '<Parameter name="End" xsi:type="UTCTimestamp_t" fixTag="126"/>'
)
CLOCKS = (
    '<lay:Control ID="s" xsi:type="lay:Clock_t" parameterRef="Start"/>'
    '<lay:Control ID="e" xsi:type="lay:Clock_t" parameterRef="End"/>'
)
LATER = (
    '<val:StrategyEdit errorMessage="End after start"><val:Edit logicOperator="OR"><val:Edit field="Start" operator="NX"/>'
    '<val:Edit field="End" operator="NX"/><val:Edit field="End" operator="GT" field2="Start"/></val:Edit></val:StrategyEdit>'
)


def said(one: Form, **entries: str) -> list[str]:
    return [fault.words for fault in one.sheet(one.first() | entries).faults]


def sent(one: Form, **entries: str) -> dict[str, str]:
    return {part.name: part.value for part in one.sheet(one.first() | entries).sent}


def test_that_a_value_within_its_bounds_is_sent_with_its_tag() -> None:
    one = form(INT, TEXT)
    assert one.sheet({"c": "99"}).sent == (Sent(9001, "P", 1, "99"),)
    assert one.sheet({"c": ""}).sent == ()


@pytest.mark.parametrize(("entry", "allowed"), [("100", "at most 99"), ("-1", "at least 0"), ("x", "a whole number")])
def test_that_a_wrong_value_is_said_under_the_title_of_its_control_and_nothing_sent(entry: str, allowed: str) -> None:
    one = form(INT, TEXT)
    assert said(one, c=entry) == [f"Number = '{entry}' is not allowed; allowed: {allowed}"]
    assert sent(one, c=entry) == {}


def test_that_a_rule_over_two_parameters_is_said_in_the_files_words() -> None:
    one = form(TIMES, CLOCKS, LATER)
    assert said(one, s="10:00:00", e="09:00:00") == ["End after start"]
    assert sent(one, s="10:00:00", e="16:00:00") == {"Start": "20261120-15:00:00", "End": "20261120-21:00:00"}
    assert sent(one, s="10:00:00") == {"Start": "20261120-15:00:00"}


def test_that_a_required_parameter_without_a_value_keeps_the_form_back() -> None:
    one = form(INT.replace("fixTag", 'use="required" fixTag'), TEXT)
    assert said(one) == ["Number: a value is needed"]
    assert said(one, c="5") == []


def test_that_radio_buttons_switch_a_clock_off_and_empty_it() -> None:
    controls = (
        '<lay:Control ID="now" xsi:type="lay:RadioButton_t" radioGroup="g" initValue="true"/>'
        '<lay:Control ID="at" xsi:type="lay:RadioButton_t" radioGroup="g"/>'
        '<lay:Control ID="s" xsi:type="lay:Clock_t" parameterRef="Start"><flow:StateRule enabled="false" value="{NULL}">'
        '<val:Edit field="at" operator="EQ" value="false"/></flow:StateRule></lay:Control>'
    )
    one = form(TIMES, controls)
    off = one.sheet(one.first() | {"s": "10:00:00"})
    assert (off.disabled, off.entries["s"], off.sent) == (frozenset({"s"}), "", ())
    on = one.sheet({"now": "false", "at": "true", "s": "10:00:00"})
    assert (on.disabled, on.sent[0].value) == (frozenset(), "20261120-15:00:00")


def test_that_of_a_group_of_radio_buttons_one_is_on_at_first() -> None:
    button = '<lay:Control ID="{}" xsi:type="lay:RadioButton_t" radioGroup="g" initValue="true"/>'
    one = form("", button.format("a") + button.format("b"))
    assert one.first() == {"a": "false", "b": "true"}


def test_that_a_rule_hides_a_control_and_sets_a_value() -> None:
    controls = (
        '<lay:Control ID="box" xsi:type="lay:CheckBox_t"/>'
        '<lay:Control ID="c" xsi:type="lay:TextField_t" parameterRef="P"><flow:StateRule visible="false">'
        '<val:Edit field="box" operator="EQ" value="false"/></flow:StateRule><flow:StateRule value="45">'
        '<val:Edit field="box" operator="EQ" value="true"/></flow:StateRule></lay:Control>'
    )
    one = form(INT, controls)
    assert one.sheet(one.first()).hidden == frozenset({"c"})
    shown = one.sheet({"box": "true", "c": "7"})
    assert (shown.hidden, shown.entries["c"], shown.sent[0].value) == (frozenset(), "45", "45")


def test_that_rules_that_switch_each_other_for_ever_are_said_and_end() -> None:
    rule = '<flow:StateRule value="{}"><val:Edit field="c" operator="EQ" value="{}"/></flow:StateRule>'
    text = f'<lay:Control ID="c" xsi:type="lay:TextField_t" parameterRef="P">{rule.format(1, 2)}{rule.format(2, 1)}</lay:Control>'
    one = form(INT, text)
    assert said(one, c="1") == ["the rules of the file switch each other for ever"]


@pytest.mark.parametrize(
    ("logic", "inside", "fine"),
    [
        ("AND", ("10", "20"), "15"),
        ("OR", ("90", "5"), "3"),
        ("XOR", ("10", "80"), "90"),
        ("NOT", ("10", None), "9"),
    ],
)
def test_that_logic_over_conditions_holds(logic: str, inside: tuple[str, str | None], fine: str) -> None:
    low, high = inside
    edits = f'<val:Edit field="P" operator="GE" value="{low}"/>'
    edits += f'<val:Edit field="P" operator="LE" value="{high}"/>' if high else ""
    rule = (
        f'<val:StrategyEdit errorMessage="no"><val:Edit logicOperator="{logic}">{edits}</val:Edit></val:StrategyEdit>'
    )
    one = form(INT, TEXT, rule)
    number = int(fine)
    parts = [number >= int(low)] + ([number <= int(high)] if high else [])
    truth = {"AND": all(parts), "OR": any(parts), "XOR": sum(parts) == 1, "NOT": not parts[0]}[logic]
    assert (said(one, c=fine) == []) is truth
    assert truth


@given(some.sampled_from(["EQ", "NE", "LT", "LE", "GT", "GE"]), some.integers(0, 99), some.integers(0, 99))
def test_that_numbers_are_compared_as_numbers(operator: str, entered: int, written: int) -> None:
    rule = f'<val:StrategyEdit errorMessage="no"><val:Edit field="P" operator="{operator}" value="{written}"/></val:StrategyEdit>'
    truth = {
        "EQ": entered == written, "NE": entered != written, "LT": entered < written, "LE": entered <= written,
        "GT": entered > written, "GE": entered >= written,
    }[operator]  # fmt: skip
    assert (said(form(INT, TEXT, rule), c=str(entered)) == []) is truth


def test_that_a_rule_sees_the_orders_own_fields() -> None:
    price = '<Parameter name="P" xsi:type="Price_t" fixTag="9001"/>'
    rule = (
        '<val:StrategyEdit errorMessage="below the limit"><val:Edit logicOperator="OR"><val:Edit field="P" operator="NX"/>'
        '<val:Edit field="P" operator="LT" field2="FIX_Price"/></val:Edit></val:StrategyEdit>'
    )
    one = form(price, TEXT, rule, {"FIX_Price": "9.5"})
    assert said(one, c="10") == ["below the limit"]
    assert said(one, c="9") == []


def test_that_a_first_value_comes_from_the_order_where_the_file_says_so() -> None:
    text = '<lay:Control ID="c" xsi:type="lay:TextField_t" parameterRef="P" initPolicy="UseFixField" initFixField="FIX_Price"/>'
    price = '<Parameter name="P" xsi:type="Price_t" fixTag="9001"/>'
    assert form(price, text, order={"FIX_Price": "50.25"}).first() == {"c": "50.25"}
    assert form(price, text).first() == {"c": ""}


def test_that_a_constant_is_sent_and_its_control_is_off() -> None:
    one = form('<Parameter name="P" xsi:type="Int_t" fixTag="9001" constValue="5"/>', TEXT)
    sheet = one.sheet({"c": "7"})
    assert (sheet.disabled, sheet.sent[0].value) == (frozenset({"c"}), "5")


@pytest.mark.parametrize(("times", "wire"), [("false", "0.25"), ("true", "25")])
def test_that_a_percentage_is_typed_in_per_cent_and_bounded_as_a_share(times: str, wire: str) -> None:
    share = f'<Parameter name="P" xsi:type="Percentage_t" fixTag="9001" minValue=".01" maxValue=".99" multiplyBy100="{times}"/>'
    one = form(share, TEXT)
    assert sent(one, c="25") == {"P": wire}
    assert said(one, c="100") == ["Number = '100' is not allowed; allowed: at most 99"]
    assert one.filled({"P": wire}) == {"c": "25"}
    assert one.wire_faults({"P": wire}) == []


def test_that_a_clock_whose_first_time_is_past_shows_now() -> None:
    clock = '<lay:Control ID="s" xsi:type="lay:Clock_t" parameterRef="Start" initValue="{}" initValueMode="1"/>'
    assert form(TIMES, clock.format("09:30:00")).first() == {"s": "12:00:01"}
    assert form(TIMES, clock.format("15:00:00")).first() == {"s": "15:00:00"}


def test_that_a_clock_has_its_own_zone_before_the_markets() -> None:
    clock = '<lay:Control ID="s" xsi:type="lay:Clock_t" parameterRef="Start" localMktTz="Europe/London"/>'
    one = form(TIMES, clock)
    assert sent(one, s="09:00:00") == {"Start": "20261120-09:00:00"}
    assert one.filled({"Start": "20261120-09:00:00"}) == {"s": "09:00:00"}


LISTED = (
    '<Parameter name="P" xsi:type="{kind}" fixTag="9001"><EnumPair enumID="e_a" wireValue="1"/>'
    '<EnumPair enumID="e_b" wireValue="2"/></Parameter>'
)
ITEMS = '<lay:ListItem enumID="e_a" uiRep="A"/><lay:ListItem enumID="e_b" uiRep="B"/></lay:Control>'


@pytest.mark.parametrize(
    "kind", ["DropDownList", "EditableDropDownList", "SingleSelectList", "RadioButtonList", "Slider"]
)
def test_that_one_of_a_list_goes_out_as_its_wire_value_and_comes_back(kind: str) -> None:
    text = f'<lay:Control ID="c" xsi:type="lay:{kind}_t" parameterRef="P">' + ITEMS
    one = form(LISTED.format(kind="Char_t"), text)
    assert sent(one, c="e_b") == {"P": "2"}
    assert one.filled({"P": "2"}) == {"c": "e_b"}
    assert said(one, c="e_c") == ["P = 'e_c' is not allowed; allowed: one of 1, 2"]


@pytest.mark.parametrize("kind", ["CheckBoxList", "MultiSelectList"])
def test_that_several_of_a_list_go_out_together(kind: str) -> None:
    text = f'<lay:Control ID="c" xsi:type="lay:{kind}_t" parameterRef="P" initValue="e_a e_b">' + ITEMS
    one = form(LISTED.format(kind="MultipleCharValue_t"), text)
    assert sent(one) == {"P": "1 2"}
    assert one.filled({"P": "2"}) == {"c": "e_b"}
    assert sent(one, c="") == {}


def test_that_a_ticked_box_goes_out_as_its_enum_and_an_empty_one_as_nothing() -> None:
    box = '<lay:Control ID="c" xsi:type="lay:CheckBox_t" parameterRef="P" checkedEnumRef="e_a" uncheckedEnumRef="{NULL}"/>'
    one = form(LISTED.format(kind="Char_t"), box)
    assert (sent(one, c="true"), sent(one, c="false")) == ({"P": "1"}, {})
    assert one.filled({"P": "1"}) == {"c": "true"}


def test_that_a_boolean_box_goes_out_in_the_brokers_words() -> None:
    flag = '<Parameter name="P" xsi:type="Boolean_t" fixTag="9001" trueWireValue="T" falseWireValue="F"/>'
    box = '<lay:Control ID="c" xsi:type="lay:CheckBox_t" parameterRef="P"/>'
    one = form(flag, box)
    assert (sent(one, c="true"), sent(one, c="false")) == ({"P": "T"}, {"P": "F"})
    assert (one.filled({"P": "T"}), one.filled({"P": "F"})) == ({"c": "true"}, {"c": "false"})


def test_that_wire_values_are_checked_as_the_form_would() -> None:
    one = form(TIMES + INT, CLOCKS + TEXT, LATER)
    good = {"Start": "20261120-15:00:00", "End": "20261120-21:00:00", "P": "5"}
    assert one.wire_faults(good) == []
    assert one.wire_faults(good | {"End": "20261120-14:00:00"}) == ["End after start"]
    assert one.wire_faults(good | {"P": "500"}) == ["P = '500' is not allowed; allowed: at most 99"]
    assert one.wire_faults(good | {"Q": "1"}) == ["Q is no parameter of A"]


def test_that_a_constant_may_not_be_sent_as_anything_else() -> None:
    one = form('<Parameter name="P" xsi:type="Int_t" fixTag="9001" constValue="5"/>', "")
    assert (one.wire_faults({}), one.wire_faults({"P": "5"})) == ([], [])
    assert one.wire_faults({"P": "6"}) == ["P = '6' is not allowed; allowed: its constant value"]


@given(some.dictionaries(some.sampled_from(["c", "s", "e", "x"]), some.text(max_size=12), max_size=4))
def test_that_any_entries_are_judged_and_what_is_sent_passes_the_check_of_the_wire(entries: dict[str, str]) -> None:
    one = form(TIMES + INT, CLOCKS + TEXT, LATER)
    sheet = one.sheet(entries)
    assert bool(sheet.sent) <= (not sheet.faults)
    if not sheet.faults:
        assert one.wire_faults({part.name: part.value for part in sheet.sent}) == []


def test_that_the_day_is_the_markets_and_not_the_one_of_utc() -> None:
    late = NOON._replace(now=datetime(2026, 11, 21, 2, 0, tzinfo=UTC))
    one = Form(read(strategy(TIMES, CLOCKS)).strategies[0], late, {})
    assert sent(one, s="21:30:00") == {"Start": "20261121-02:30:00"}

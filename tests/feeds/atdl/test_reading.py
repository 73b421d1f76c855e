"""Files read whole, and every way a file can be wrong refused with its line, attribute, value and what is allowed."""

# ruff: noqa: E501  markup as a broker writes it, a line an element

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from app.engine.errors import DecodeError, FeedError
from app.feeds.atdl import Form, algos_of, read_algos
from app.feeds.atdl.model import Where
from tests.feeds.atdl.files import NOON, read, strategy, text_of

INT = '<Parameter name="P" xsi:type="Int_t" fixTag="9001"/>'
WHOLE = text_of(
    strategy(
        '<Parameter name="P" xsi:type="Char_t" fixTag="9001" use="required" mutableOnCxlRpl="false"><EnumPair enumID="e" '
        'wireValue="1"/><Description>What  it\nis</Description></Parameter>',
        '<lay:Control ID="c" xsi:type="lay:DropDownList_t" parameterRef="P" label="Pick" initValue="e">'
        '<lay:ListItem enumID="e" uiRep="E"/><flow:StateRule enabled="false"><val:Edit field="c" operator="NX"/>'
        "</flow:StateRule></lay:Control>",
        '<val:StrategyEdit errorMessage="no"><val:EditRef id="r"/></val:StrategyEdit>'
        '<val:Edit id="r" field="P" operator="EX"/>',
    )
)


def test_that_everything_a_file_says_is_kept() -> None:
    algos = algos_of(WHOLE, "broker.xml")
    one = algos.strategies[0]
    assert (algos.edition, algos.strategy_tag, one.title, one.wire, algos.change_on_replace) == (
        "1.1",
        847,
        "Algo A",
        "1",
        None,
    )
    parameter = one.parameters["P"]
    assert (parameter.kind, parameter.tag, parameter.required, parameter.mutable) == ("Char", 9001, True, False)
    assert (parameter.enums, parameter.about) == ({"e": "1"}, "What it is")
    control = one.controls()[0]
    assert (control.kind, control.initial, control.items[0].title, len(control.rules)) == ("DropDownList", "e", "E", 1)
    assert (one.rules[0].message, one.rules[0].edit.operator) == ("no", "EX")


def test_that_both_editions_are_read_and_others_refused() -> None:
    assert read(strategy(), edition="1-2").edition == "1.2"
    with pytest.raises(
        DecodeError, match=r"broker\.xml line 1: root = .* allowed: Strategies of .*FIXatdl-1-1.*FIXatdl-1-2"
    ):
        read(strategy(), edition="1-0")


def test_that_what_a_replace_may_change_is_the_files_word() -> None:
    more = 'strategyIdentifierTag="847" changeStrategyOnCxlRpl="true" versionIdentifierTag="7621" tag957Support="true"'
    algos = read(strategy(), more)
    assert (algos.change_on_replace, algos.version_tag, algos.group_957) == (True, 7621, True)


def test_that_places_a_strategy_is_for_are_kept() -> None:
    inside = (
        '<Regions><Region name="TheAmericas" inclusion="Include"><Country CountryCode="BR" inclusion="Exclude"/></Region>'
        '</Regions><Markets><Market MICCode="XNAS"/></Markets><SecurityTypes><SecurityType name="CS" inclusion="Exclude"/>'
        "</SecurityTypes>"
    )
    assert read(strategy(rules=inside)).strategies[0].places == (
        Where("region", "TheAmericas", True),
        Where("country", "BR", False, "TheAmericas"),
        Where("market", "XNAS", True),
        Where("security type", "CS", False),
    )


def test_that_what_is_not_understood_is_noted_and_the_rest_read() -> None:
    algos = read(strategy(INT, rules="<RepeatingGroup/><Strange/>"))
    assert [note.partition(": ")[2] for note in algos.notes] == [
        "<RepeatingGroup> of A is left out of the form",
        "<Strange> of A is not understood",
    ]
    assert "P" in algos.strategies[0].parameters


def control(text: str) -> str:
    """A strategy with one parameter and this control."""
    return strategy(INT, text)


def rule(text: str) -> str:
    """A strategy with one parameter and this rule."""
    return strategy(INT, rules=text)


@pytest.mark.parametrize(
    ("inside", "line", "words"),
    [
        ("", 1, "Strategy = 'none' is not allowed; allowed: at least one"),
        (strategy() + strategy(), 9, "name = 'A' is not allowed; allowed: a name of its own"),
        ('<Strategy name="A"/>', 2, "wireValue = '' is not allowed"),
        (strategy(INT + INT), 3, "name = 'P' is not allowed; allowed: a name of its own"),
        (
            strategy('<Parameter name="P" xsi:type="Odd_t"/>'),
            3,
            "xsi:type = 'Odd_t' is not allowed; allowed: one of Amt_t",
        ),
        (
            strategy('<Parameter name="P" xsi:type="Int_t" fixTag="0"/>'),
            3,
            "fixTag = '0' is not allowed; allowed: a FIX tag",
        ),
        (strategy('<Parameter name="P" xsi:type="Int_t" use="perhaps"/>'), 3, "use = 'perhaps' is not allowed"),
        (
            strategy('<Parameter name="P" xsi:type="Int_t" minValue="x"/>'),
            3,
            "minValue = 'x' is not allowed; allowed: a whole",
        ),
        (
            strategy('<Parameter name="P" xsi:type="Int_t" minValue="9" maxValue="1"/>'),
            3,
            "maxValue = '1' is not allowed",
        ),
        (strategy('<Parameter name="P" xsi:type="String_t" minLength="9" maxLength="1"/>'), 3, "maxLength = 1 is not"),
        (
            strategy('<Parameter name="P" xsi:type="Int_t" multiplyBy100="true"/>'),
            3,
            "multiplyBy100 = True is not allowed",
        ),
        (strategy('<Parameter name="P" xsi:type="UTCTimestamp_t" localMktTz="Mars"/>'), 3, "localMktTz = 'Mars'"),
        (
            strategy('<Parameter name="P" xsi:type="Char_t"><EnumPair enumID="e"/></Parameter>'),
            3,
            "wireValue = '' is not",
        ),
        (control('<lay:Control ID="c" xsi:type="lay:Knob_t"/>'), 5, "xsi:type = 'Knob_t' is not allowed"),
        (control('<lay:Control xsi:type="lay:Label_t"/>'), 5, "ID = '' is not allowed"),
        (control('<lay:Control ID="c" xsi:type="lay:Label_t"/>' * 2), 5, "ID = 'c' is not allowed"),
        (
            control('<lay:Control ID="c" xsi:type="lay:TextField_t" parameterRef="Q"/>'),
            5,
            "parameterRef = 'Q' is not allowed",
        ),
        (
            control('<lay:Control ID="c" xsi:type="lay:DropDownList_t" parameterRef="P"/>'),
            5,
            "ListItem = 'none' is not",
        ),
        (
            control(
                '<lay:Control ID="c" xsi:type="lay:DropDownList_t" parameterRef="P"><lay:ListItem enumID="x"/></lay:Control>'
            ),
            5,
            "enumID = 'x' is not allowed; allowed: an EnumPair of P: it has none",
        ),
        (
            rule('<val:StrategyEdit><val:Edit field="P" operator="EX"/></val:StrategyEdit>'),
            7,
            "errorMessage = '' is not",
        ),
        (rule('<val:StrategyEdit errorMessage="m"/>'), 7, "Edit = '0 of them' is not allowed"),
        (
            rule('<val:StrategyEdit errorMessage="m"><val:Edit field="Q" operator="EX"/></val:StrategyEdit>'),
            7,
            "field = 'Q' is not allowed; allowed: a parameter or control (P) or a FIX_ field",
        ),
        (
            rule('<val:StrategyEdit errorMessage="m"><val:Edit field="P" operator="IS"/></val:StrategyEdit>'),
            7,
            "operator = 'IS' is not allowed",
        ),
        (
            rule('<val:StrategyEdit errorMessage="m"><val:Edit field="P" operator="GT"/></val:StrategyEdit>'),
            7,
            "value = None is not allowed; allowed: value or field2, one of them, beside GT",
        ),
        (
            rule('<val:StrategyEdit errorMessage="m"><val:Edit logicOperator="NOT"/></val:StrategyEdit>'),
            7,
            "logicOperator = 'NOT' is not allowed; allowed: one condition inside",
        ),
        (
            rule('<val:StrategyEdit errorMessage="m"><val:EditRef id="r"/></val:StrategyEdit>'),
            7,
            "id = 'r' is not allowed; allowed: the id of an <Edit>",
        ),
        (
            rule(
                '<val:StrategyEdit errorMessage="m"><val:EditRef id="r"/></val:StrategyEdit>'
                '<val:Edit id="r" logicOperator="NOT"><val:EditRef id="r"/></val:Edit>'
            ),
            7,
            "id = 'r' is not allowed; allowed: a condition that leads back to itself is none",
        ),
    ],
)
def test_that_a_wrong_file_is_refused_with_its_line(inside: str, line: int, words: str) -> None:
    with pytest.raises(DecodeError) as told:
        read(inside)
    assert str(told.value).startswith(f"broker.xml line {line}: {words}")


def test_that_a_file_without_the_tag_that_names_a_strategy_is_refused() -> None:
    with pytest.raises(DecodeError, match="strategyIdentifierTag = None is not allowed"):
        read(strategy(), "")


def test_that_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(FeedError, match=r"nothing\.xml: No such file"):
        read_algos(tmp_path / "nothing.xml")


def test_that_a_file_cut_short_anywhere_is_refused() -> None:
    for end in range(len(WHOLE) - 1):
        with pytest.raises(DecodeError, match=r"broker\.xml line"):
            algos_of(WHOLE[:end], "broker.xml")


@given(some.integers(0, len(WHOLE) - 1), some.integers(0, 255))
def test_that_a_file_with_a_wrong_byte_is_read_or_refused_and_its_form_still_answers(at: int, byte: int) -> None:
    damaged = WHOLE[:at] + bytes([byte]) + WHOLE[at + 1 :]
    try:
        strategies = algos_of(damaged, "broker.xml").strategies
    except DecodeError:
        return
    for one in strategies:
        form = Form(one, NOON, {})
        assert set(form.sheet(form.first()).entries) == set(form.first())


def test_that_every_file_of_the_collection_is_read_and_its_forms_answer(shared_data: Path) -> None:
    files = sorted((shared_data / "fixatdl").glob("*.xml"))
    assert len(files) == 16
    for path in files:
        for one in read_algos(path).strategies:
            form = Form(one, NOON, {"FIX_Price": "50.25", "FIX_Side": "2"})
            sheet = form.sheet(form.first())
            needed = [name for name, told in one.parameters.items() if told.required and told.const is None]
            assert len(sheet.sent) >= (0 if sheet.faults else len(needed)), (path.name, one.name)
            assert all("\x01" not in sent.value for sent in sheet.sent)

"""Values of every type: what is typed, what FIX carries, and what is refused in words."""

from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from app.feeds.atdl.model import AlgoParameter
from app.feeds.atdl.values import (
    CODES_959,
    KINDS,
    NULL,
    UnreadableError,
    Value,
    ordered,
    plain,
    value_of,
    wire_of,
    zone_of,
)
from tests.feeds.atdl.files import NOON


def parameter(kind: str, **more: Any) -> AlgoParameter:
    return AlgoParameter(name="p", kind=kind, line=1, **more)


@pytest.mark.parametrize(
    ("kind", "text", "value", "wire"),
    [
        ("Int", "-7", Decimal(-7), "-7"),
        ("Qty", "1000.50", Decimal("1000.50"), "1000.5"),
        ("Price", ".5", Decimal(".5"), "0.5"),
        ("Boolean", "true", True, "Y"),
        ("Boolean", "N", False, "N"),
        ("Char", "x", "x", "x"),
        ("String", "two words", "two words", "two words"),
        ("MultipleCharValue", "a b", ("a", "b"), "a b"),
        ("MultipleStringValue", "aa b", ("aa", "b"), "aa b"),
        ("Currency", "USD", "USD", "USD"),
        ("Country", "US", "US", "US"),
        ("Language", "en", "en", "en"),
        ("MonthYear", "202612", "202612", "202612"),
        ("Tenor", "M3", "M3", "M3"),
        ("UTCTimestamp", "09:30", datetime(2026, 11, 20, 14, 30, tzinfo=UTC), "20261120-14:30:00"),
        ("UTCTimestamp", "20261120-14:30:00", datetime(2026, 11, 20, 14, 30, tzinfo=UTC), "20261120-14:30:00"),
        ("TZTimestamp", "09:30:05", datetime(2026, 11, 20, 14, 30, 5, tzinfo=UTC), "20261120-09:30:05-05"),
        ("UTCTimeOnly", "09:30:00", time(9, 30), "14:30:00"),
        ("LocalMktTime", "09:30:00", time(9, 30), "09:30:00"),
        ("TZTimeOnly", "09:30:00", time(9, 30), "09:30:00-05"),
        ("LocalMktDate", "2026-11-23", date(2026, 11, 23), "20261123"),
        ("UTCDateOnly", "20261123", date(2026, 11, 23), "20261123"),
    ],
)
def test_that_a_text_is_its_value_and_goes_out_as_fix_writes_it(kind: str, text: str, value: Value, wire: str) -> None:
    assert value_of(parameter(kind), text, NOON) == value
    assert wire_of(parameter(kind), value, NOON) == wire


@pytest.mark.parametrize(
    ("kind", "text", "allowed"),
    [
        ("Int", "1.0", "a whole number"),
        ("Int", "1_0", "a whole number"),
        ("Int", "+5", "a whole number"),
        ("Float", "1e5", "a number"),
        ("Float", "\u0661", "a number"),
        ("Float", ".", "a number"),
        ("Boolean", "maybe", "Y or N"),
        ("Char", "xy", "one character"),
        ("MultipleCharValue", "ab c", "single characters"),
        ("MultipleStringValue", "a  b", "one blank between"),
        ("MultipleStringValue", "a a", "each once"),
        ("UTCTimestamp", "24:00:00", "a time of day"),
        ("UTCTimestamp", "20261320-00:00:00", "YYYYMMDD-HH:MM:SS in UTC"),
        ("LocalMktTime", "9:30", "a time of day"),
        ("LocalMktDate", "20260230", "a day, YYYYMMDD"),
        ("Currency", "usd", "three letters"),
        ("MonthYear", "202613", "YYYYMM"),
        ("Tenor", "3M", "as M3"),
        ("String", "a\x01b", "without SOH"),
    ],
)
def test_that_what_is_no_value_is_refused_in_words(kind: str, text: str, allowed: str) -> None:
    with pytest.raises(UnreadableError, match=allowed):
        value_of(parameter(kind), text, NOON)


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize("text", ["", NULL])
def test_that_no_value_is_none_of_any_type_and_nothing_on_the_wire(kind: str, text: str) -> None:
    assert value_of(parameter(kind), text, NOON) is None
    assert wire_of(parameter(kind), None, NOON) == ""


def test_that_every_type_has_the_number_the_957_group_calls_it_by() -> None:
    assert set(CODES_959) == KINDS


def test_that_the_zone_of_a_parameter_comes_before_the_markets() -> None:
    tokyo = parameter("UTCTimestamp", zone="Asia/Tokyo")
    assert wire_of(tokyo, value_of(tokyo, "09:00:00", NOON), NOON) == "20261120-00:00:00"
    half = parameter("TZTimestamp", zone="Asia/Kolkata")
    assert wire_of(half, value_of(half, "09:00:00", NOON), NOON) == "20261120-09:00:00+05:30"
    utc = parameter("TZTimestamp", zone="UTC")
    assert wire_of(utc, value_of(utc, "09:00:00", NOON), NOON) == "20261120-09:00:00Z"


def test_that_an_unknown_zone_is_refused() -> None:
    with pytest.raises(UnreadableError, match="America/New_York"):
        zone_of("Mars/Olympus")


def test_that_a_percentage_goes_out_as_a_share_or_times_a_hundred() -> None:
    share = Decimal(".255")
    assert wire_of(parameter("Percentage"), share, NOON) == "0.255"
    assert wire_of(parameter("Percentage", times_100=True), share, NOON) == "25.5"


def test_that_precision_rounds_what_goes_out() -> None:
    assert wire_of(parameter("Price", precision=2), Decimal("1.005"), NOON) == "1"
    assert wire_of(parameter("Price", precision=2), Decimal("1.015"), NOON) == "1.02"


def test_that_a_boolean_has_the_brokers_own_words_and_may_be_turned_round() -> None:
    own = parameter("Boolean", true_wire="T", false_wire="F")
    assert [wire_of(own, flag, NOON) for flag in (True, False)] == ["T", "F"]
    round_ = parameter("Boolean", inverted=True)
    assert [wire_of(round_, flag, NOON) for flag in (True, False)] == ["N", "Y"]


@given(some.decimals(min_value=-(10**12), max_value=10**12, places=6))
def test_that_a_plain_number_is_the_same_number_without_exponent_or_empty_places(number: Decimal) -> None:
    text = plain(number)
    assert Decimal(text) == number
    assert "E" not in text
    assert not ("." in text and text.endswith(("0", ".")))


ANY = some.one_of(some.none(), some.booleans(), some.decimals(allow_nan=False), some.text(), some.dates(), some.times())


@given(ANY, ANY)
def test_that_order_turns_round_with_its_sides_and_is_none_between_types(left: Value, right: Value) -> None:
    there, back = ordered(left, right), ordered(right, left)
    assert (there is None) == (back is None)
    if there is not None and back is not None:
        assert type(left) is type(right)
        assert there == -back
        assert (there == 0) == (left == right)


@given(some.sampled_from(sorted(KINDS)), some.text(max_size=24))
def test_that_any_text_is_a_value_that_goes_out_without_soh_or_is_refused(kind: str, text: str) -> None:
    one = parameter(kind)
    try:
        said = wire_of(one, value_of(one, text, NOON), NOON)
    except UnreadableError as error:
        said = str(error)
    assert "\x01" not in said

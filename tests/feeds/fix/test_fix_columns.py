"""Columns out of tags: exact or refused."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.events import Instrument
from app.engine.universe import Universe
from app.feeds.decode import fix_columns as columns
from app.feeds.decode.fix_columns import FieldRefused
from app.feeds.decode.fix_fields import FixMessage
from app.feeds.decode.fix_frame import frame_one
from app.feeds.decode.fix_settings import SessionSettings
from tests.feeds.fix.wire import MILLISECOND, T0, Value, frame, utc

PLAIN = SessionSettings()


def having(*pairs: tuple[int, Value]) -> FixMessage:
    """A message with these fields."""
    message = frame_one(frame([(35, "D"), *pairs]))
    assert isinstance(message, FixMessage)
    return message


def test_that_quantities_are_in_units_of_the_instrument() -> None:
    assert columns.quantity(having((38, "0.125")), 38, -3) == 125
    assert columns.quantity(having((38, "1500")), 38, 2) == 15
    assert columns.quantity(having((38, "0")), 38, 0) == 0
    assert columns.quantity(having(), 38, 0) is None


@pytest.mark.parametrize("text", ["-1", "1.5", "NaN", "1e3", "abc", "99999999999999999999"])
def test_that_a_quantity_that_cannot_be_is_refused_with_field_and_value(text: str) -> None:
    with pytest.raises(FieldRefused, match=rf"OrderQty \(38\) = '{text}'"):
        columns.quantity(having((38, text)), 38, 0)


@pytest.mark.parametrize("text", ["NaN", "1e-2", "0.0000000001", "9999999999.5", "inf", "10,5"])
def test_that_a_price_that_does_not_fit_is_refused(text: str) -> None:
    with pytest.raises(FieldRefused, match=rf"Price \(44\) = '{text}'"):
        columns.price(having((44, text)), 44)


def test_that_prices_are_exact_and_may_be_negative() -> None:
    assert columns.price(having((44, "-37.630000001")), 44) == -37_630_000_001
    assert columns.price(having(), 44) is None


def test_that_a_time_that_is_none_is_refused() -> None:
    assert columns.moment(having((168, utc(T0))), 168) == T0
    assert columns.moment(having(), 168) is None
    with pytest.raises(FieldRefused, match=r"EffectiveTime \(168\) = '09:30'"):
        columns.moment(having((168, "09:30")), 168)


def test_that_transact_time_is_the_match_time_only_inside_the_clock_budget() -> None:
    budget = 100 * MILLISECOND
    for off in (0, -budget, budget):
        assert columns.match_time(having((60, utc(T0 + off))), T0, budget) == T0 + off
    for off in (budget + 1000, -budget - 1000):
        assert columns.match_time(having((60, utc(T0 + off))), T0, budget) is None
    assert columns.match_time(having((60, utc(T0, 0))), T0, budget) is None
    assert columns.match_time(having(), T0, budget) is None
    assert columns.match_time(having((60, "noon")), T0, budget) is None


@pytest.mark.parametrize(
    ("code", "side"), [("1", "BUY"), ("3", "BUY"), ("2", "SELL"), ("4", "SELL"), ("5", "SHORT"), ("6", "SHORT")]
)
def test_that_sides_are_worded(code: str, side: str) -> None:
    assert columns.side(having((54, code))) == side


@pytest.mark.parametrize("code", ["0", "7", "8", "B", "buy"])
def test_that_a_side_that_is_neither_is_refused(code: str) -> None:
    with pytest.raises(FieldRefused, match=r"Side \(54\)"):
        columns.side(having((54, code)))


def test_that_the_symbol_is_made_of_the_sessions_tags() -> None:
    assert columns.symbol(having((55, "BRK"), (65, "B")), PLAIN) == "BRK.B"
    assert columns.symbol(having((55, "TECH")), PLAIN) == "TECH"
    assert columns.symbol(having((55, "[N/A]"), (48, "US0378331005")), PLAIN) == "US0378331005"
    assert columns.symbol(having((48, "US0378331005")), PLAIN) == "US0378331005"
    assert columns.symbol(having(), PLAIN) is None
    assert columns.symbol(having((55, "ES"), (200, "202612")), SessionSettings(symbol=(55, 200))) == "ES.202612"


def test_that_venues_take_the_names_of_the_settings() -> None:
    named = SessionSettings(venues={"L": "XLON"})
    assert columns.venue(having((207, "L")), named, 100, 207) == "XLON"
    assert columns.venue(having((100, "XPAR"), (207, "L")), named, 100, 207) == "XPAR"
    assert columns.venue(having(), named, 100, 207) is None


def test_that_the_strategy_is_the_first_of_the_sessions_tags() -> None:
    custom = SessionSettings(strategy=(6401, 847), strategies={"1001": "VWAP"})
    assert columns.strategy(having((847, "1001")), custom) == "VWAP"
    assert columns.strategy(having((847, "1001"), (6401, "POV")), custom) == "POV"
    assert columns.strategy(having((6401, "POV")), PLAIN) is None


def test_that_parameters_are_json_with_sorted_keys() -> None:
    group = [(957, "2"), (958, "StartTime"), (959, "19"), (960, "09:30"), (958, "Rate"), (960, "10")]
    message = having((18, "M"), (99, "10.5"), (110, "100"), (6403, "aggressive"), *group)
    settings = SessionSettings(params={"Style": 6403})
    expected = '{"ExecInst":"M","MinQty":"100","Rate":"10","StartTime":"09:30","StopPx":"10.5","Style":"aggressive"}'
    assert columns.parameters(message, settings) == expected
    assert columns.parameters(having(), settings) is None
    assert columns.parameters(having((960, "orphan")), settings) is None


def test_that_a_stop_price_is_checked_like_a_price() -> None:
    with pytest.raises(FieldRefused, match=r"StopPx \(99\)"):
        columns.parameters(having((99, "1e5")), PLAIN)


def test_that_the_target_rate_is_a_fraction() -> None:
    assert columns.target_rate(having((849, "0.1"))) == 0.1
    assert columns.target_rate(having()) is None
    for text in ("10", "-0.1", "ten"):
        with pytest.raises(FieldRefused, match=r"ParticipationRate \(849\)"):
            columns.target_rate(having((849, text)))


def test_that_commission_is_read_per_unit_and_absolute_and_never_guessed() -> None:
    assert columns.commission(having((12, "1.25")), 100, 0) == 1_250_000_000
    assert columns.commission(having((12, "-0.5"), (13, "3")), 100, 0) == -500_000_000
    assert columns.commission(having((12, "0.002"), (13, "1")), 300, 0) == 600_000_000
    assert columns.commission(having((12, "0.002"), (13, "1")), 3, 2) == 600_000_000
    assert columns.commission(having((12, "5"), (13, "2")), 100, 0) is None
    assert columns.commission(having((13, "1")), 100, 0) is None
    with pytest.raises(FieldRefused, match=r"Commission \(12\)"):
        columns.commission(having((12, "9000000000"), (13, "1")), 100, 0)


@given(st.integers(-(10**12), 10**12), st.integers(1, 10**6), st.integers(1, 6))
def test_that_commission_per_unit_rounds_half_to_even(nanos: int, last: int, digits: int) -> None:
    text = f"{'-' if nanos < 0 else ''}{abs(nanos) // 10**9}.{abs(nanos) % 10**9:09d}"
    found = columns.commission(having((12, text), (13, "1")), last, -digits)
    assert found == round(Fraction(nanos * last, 10**digits))


def test_that_the_size_exponent_is_zero_where_nothing_is_known() -> None:
    universe = Universe()
    universe.describe(Instrument(instrument="BTC", size_exponent=-8))
    assert columns.size_exponent(universe, "BTC") == -8
    assert columns.size_exponent(universe, "TECH") == 0
    assert columns.size_exponent(universe, None) == 0

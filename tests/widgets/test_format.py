"""Figures as text: aligned, signed, and a dash, never a zero, where undefined."""

import math
from datetime import UTC

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.units import NULL
from app.widgets import format as text

MONEY = st.floats(-1e9, 1e9).map(lambda x: round(x, 6))


@pytest.mark.parametrize(
    ("value", "expected"), [(None, True), (math.nan, True), (NULL, True), (0, False), (0.0, False)]
)
def test_that_zero_is_a_figure_and_undefined_is_not(value: object, expected: bool) -> None:
    assert text.undefined(value) is expected


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (text.signed(2.5), "+2.50"),
        (text.signed(-2.5), f"{text.MINUS}2.50"),
        (text.signed(-0.001), "0.00"),
        (text.signed(0.0), "0.00"),
        (text.whole(-1234567.4), f"{text.MINUS}1,234,567"),
        (text.cents(1125.0), "+1,125.00"),
        (text.number(-0.4), "0"),
        (text.number(-4.0), f"{text.MINUS}4"),
        (text.quantity(100_000), "100,000"),
        (text.arrowed(2.49975), f"▲ {text.FIGURE_SPACE}+2.50"),
        (text.arrowed(-2.49975), f"▼ {text.FIGURE_SPACE}{text.MINUS}2.50"),
        (text.arrowed(-12.5), f"▼ {text.MINUS}12.50"),
        (text.arrowed(0.0), "0.00"),
        (text.price(100.035), "100.0350"),
        (text.price(0.00001234), "0.00001234"),
        (text.percent(0.1234), "12.3"),
    ],
)
def test_that_figures_read_as_a_trader_reads_them(shown: str, expected: str) -> None:
    assert shown == expected


def test_that_times_are_cut_to_their_digits_in_their_zone() -> None:
    ts = 1_700_000_000_123_456_789  # 22:13:20 UTC
    assert text.clock(ts) == "22:13:20.123"
    assert text.clock(ts, digits=0) == "22:13:20"
    assert text.clock(ts, digits=9) == "22:13:20.123456789"
    assert text.clock(ts, text.zone("America/New_York"), 0) == "17:13:20"
    assert text.date(ts) == "2023-11-14"
    assert text.zone("Nowhere/Nothing") is UTC
    assert text.zone(None) is UTC


@pytest.mark.parametrize(
    ("ns", "expected"),
    [(850_000_000, "850 ms"), (12_500_000_000, "12.5 s"), (185 * 10**9, "3 min 05 s"), (7_800 * 10**9, "2 h 10 min")],
)
def test_that_lengths_of_time_read_in_their_own_unit(ns: int, expected: str) -> None:
    assert text.duration(ns) == expected


@given(st.lists(MONEY, min_size=1, max_size=7), st.sampled_from([0, 2]))
def test_that_printed_parts_add_up_to_the_printed_total(parts: list[float], decimals: int) -> None:
    total = math.fsum(parts)
    shown = text.parts_to(total, parts, decimals)
    unit = 10**decimals
    assert sum(round(part * unit) for part in shown) == round(total * unit)
    assert all(abs(a - b) <= 1 / unit * (1 + 1e-6) for a, b in zip(shown, parts, strict=True))


@given(st.lists(MONEY, min_size=1, max_size=7), st.floats(1.0, 1e6))
def test_that_a_broken_identity_is_not_papered_over(parts: list[float], gap: float) -> None:
    shown = text.parts_to(math.fsum(parts) + gap, parts)
    assert all(abs(a - b) <= 0.005 * (1 + 1e-6) for a, b in zip(shown, parts, strict=True))

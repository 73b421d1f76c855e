"""The evidence light in words: one word, shape and tone each, E and intervals as they are printed."""

import math

import pytest

from app.widgets import format as text
from app.widgets.evidence_words import (
    LIGHTS,
    NOTHING,
    cell_words,
    e_words,
    includes_zero,
    interval,
    light_of,
    searched,
)
from app.widgets.theme import DARK, LIGHT

NAN = math.nan


def test_that_every_status_has_its_own_word_shape_and_sign() -> None:
    for part in ("word", "shape", "sign"):
        assert len({getattr(light, part) for light in LIGHTS.values()}) == len(LIGHTS)
    assert [light.word for light in LIGHTS.values()] == ["n/a", "CLEAR", "LEAN", "WATCH", "LEAK"]


def test_that_grey_never_looks_green() -> None:
    assert LIGHTS["GREY"].tone == "faint"
    assert LIGHTS["GREY"].tone != LIGHTS["CLEAR"].tone
    for theme in (DARK, LIGHT):
        assert theme.colour(LIGHTS["GREY"].tone) != theme.colour(LIGHTS["CLEAR"].tone)


def test_that_leaning_is_hollow() -> None:
    assert LIGHTS["LEAN"].shape == "hollow_diamond"
    assert LIGHTS["AMBER"].shape == "diamond"


@pytest.mark.parametrize(
    ("words", "status"),
    [("LEAK E 410 ★", "RED"), ("red", "RED"), ("too early ≥11", "GREY"), ("n/a", "GREY"), ("CLEAR ≥5.1", "CLEAR")],
)
def test_that_a_cell_finds_its_light_again(words: str, status: str) -> None:
    assert light_of(words) is LIGHTS[status]


def test_that_what_is_no_light_has_no_shape() -> None:
    assert light_of("not measured yet") is light_of("") is NOTHING
    assert NOTHING.shape == "none"


@pytest.mark.parametrize(
    ("status", "reason", "figures", "badge", "said"),
    [
        ("GREY", "too early: 5 scored children of 15", (NAN, NAN), False, "too early"),
        ("GREY", "too early: could see only >= 11.2 bps", (2.0, 11.2), False, "too early ≥11"),
        ("GREY", "cannot be measured: stale", (NAN, NAN), False, "n/a"),
        ("CLEAR", "no leak seen", (0.4, 5.12), False, "CLEAR ≥5.1"),
        ("CLEAR", "no leak seen", (0.4, NAN), True, "CLEAR ★"),
        ("LEAN", "leaning", (12.0, 5.0), False, "LEAN E 12"),
        ("AMBER", "E 28", (28.4, 5.0), False, "WATCH E 28"),
        ("RED", "E 410", (410.0, 5.0), True, "LEAK E 410 ★"),
        ("RED", "held", (NAN, NAN), False, "LEAK"),
    ],
)
def test_that_a_cell_says_e_or_how_small_a_leak_could_be_seen(
    status: str, reason: str, figures: tuple[float, float], badge: bool, said: str
) -> None:
    assert cell_words(status, reason, figures, badge=badge) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [(0.314, "0.31"), (4.24, "4.2"), (28.4, "28"), (4_100.0, "4,100"), (1e6, "1,000,000"), (1e57, ">1M")],
)
def test_that_e_has_as_many_digits_as_matter(value: float, said: str) -> None:
    assert e_words(value) == said


def test_that_an_interval_stands_behind_its_value() -> None:
    assert interval(3.14, 0.9, 5.6) == "3.1 [0.9, 5.6]"
    assert interval(3.14, NAN, 5.6) == "3.1"
    assert interval(NAN, 0.9, 5.6) == text.DASH


@pytest.mark.parametrize(
    ("low", "high", "wide"),
    [(0.9, 5.6, False), (-1.0, 2.0, True), (0.0, 2.0, True), (-3.0, -1.0, False), (NAN, 1.0, True)],
)
def test_that_an_interval_that_holds_0_or_is_not_known_says_nothing(low: float, high: float, wide: bool) -> None:
    assert includes_zero(low, high) is wide


def test_that_the_filter_finds_a_status_by_the_word_on_the_screen_and_by_the_boards() -> None:
    assert searched("RED") == "RED LEAK"
    assert searched("GREY") == "GREY n/a"
    assert searched("") == ""
    assert searched("OTHER") == "OTHER"

"""The light: evidence and size together, risen at once, left slowly, always with its reason."""

from typing import Any

import pytest

from app.engine.evidence import colour
from app.engine.evidence.colour import AMBER, CLEAR, GREY, LEAN, RED, Light, Limits, Look, plain, reason, step
from app.engine.units import SECOND

LIMITS = Limits()


def look(e: float, bps: float | None, **changes: Any) -> Look:
    fields: dict[str, Any] = {"ts": 0, "e": e, "projected": bps, "detectable": 5.0, "children": 82}
    return Look(**(fields | changes))


@pytest.mark.parametrize(
    ("seen", "shown"),
    [
        (look(100, 4.0), RED),
        (look(99.9, 4.0), AMBER),
        (look(100, 3.9), AMBER),
        (look(20, 2.0), AMBER),
        (look(20, 1.9), LEAN),
        (look(19.9, 9.0), LEAN),
        (look(9.9, 9.0), CLEAR),
        (look(1e6, None), LEAN),
        (look(1.0, 0.0, detectable=8.1), GREY),
        (look(1.0, 0.0, detectable=None), GREY),
        (look(1.0, 0.0, children=14), GREY),
        (look(100, 4.0, children=14, detectable=9.0), RED),
        (look(100, 4.0, void="halt"), GREY),
    ],
)
def test_that_the_colour_is_of_evidence_and_size(seen: Look, shown: str) -> None:
    assert plain(seen, LIMITS) == shown


def test_that_a_light_rises_at_once_and_counts_its_children() -> None:
    light = step(Light(), look(1.0, 0.0), LIMITS)
    assert light == Light(CLEAR, 0, 0)
    light = step(light, look(1.0, 0.0, ts=5), LIMITS)
    assert light == Light(CLEAR, 0, 1)
    light = step(light, look(25.0, 3.0, ts=6), LIMITS)
    assert light == Light(AMBER, 6, 0)
    assert step(light, look(200.0, 5.0, ts=7), LIMITS) == Light(RED, 7, 0)


def test_that_amber_is_left_only_below_ten_or_one_and_a_half_bps() -> None:
    light = Light(AMBER, 0, 5)
    later = 60 * SECOND
    assert step(light, look(19.0, 3.0, ts=later), LIMITS) == light._replace(children=6)
    assert step(light, look(19.0, 1.6, ts=later), LIMITS).colour == AMBER
    assert step(light, look(19.0, 1.4, ts=later), LIMITS).colour == LEAN
    assert step(light, look(9.0, 3.0, ts=later), LIMITS).colour == CLEAR
    assert step(Light(RED, 0, 5), look(25.0, 3.0, ts=later), LIMITS).colour == AMBER
    assert step(Light(RED, 0, 5), look(15.0, 3.0, ts=later), LIMITS).colour == RED


def test_that_an_alarm_lasts_ten_seconds_or_three_children() -> None:
    light = Light(AMBER, 0, 0)
    calm = look(1.0, 0.0, ts=9 * SECOND)
    for _ in range(2):
        light = step(light, calm, LIMITS)
        assert light.colour == AMBER
    assert step(light, calm, LIMITS).colour == CLEAR
    assert step(Light(AMBER, 0, 0), calm._replace(ts=10 * SECOND), LIMITS).colour == CLEAR
    assert step(Light(AMBER, 0, 0), calm._replace(void="halt"), LIMITS).colour == GREY


@pytest.mark.parametrize(
    ("shown", "seen", "words"),
    [
        (GREY, look(1, 0, void="halt"), "cannot be measured: halt"),
        (GREY, look(1, 0, children=3, detectable=26.14), "too early: 3 scored children of 15, could see only >= 26.1 bps"),  # noqa: E501
        (GREY, look(1, 0, children=0, detectable=None), "too early: 0 scored children of 15"),
        (GREY, look(1, 0, children=2, detectable=None, switched=True), "too early: 2 scored children of 15 since the switch"),  # noqa: E501
        (GREY, look(1, 0, detectable=11.0), "too early: could see only >= 11.0 bps, 82 scored children"),
        (CLEAR, look(0.5, 0.2), "no leak seen (could see >= 5.0 bps); E 0.5, 82 scored children, leak 0.2 bps projected"),  # noqa: E501
        (LEAN, look(12, 1.0), "leaning: E 12, 82 scored children, leak 1.0 bps projected"),
        (RED, look(1234, 5.0), "E 1.23e+03, 82 scored children, leak 5.0 bps projected"),
        (AMBER, look(15, 3.0), "held: E 15, 82 scored children, leak 3.0 bps projected"),
    ],
)  # fmt: skip
def test_that_every_colour_says_why(shown: str, seen: Look, words: str) -> None:
    assert reason(shown, seen, LIMITS) == words
    assert reason(shown, seen, LIMITS, ("a note",)) == words + "; a note"


def test_that_the_colours_stand_by_severity() -> None:
    assert colour.COLOURS == (GREY, CLEAR, LEAN, AMBER, RED)

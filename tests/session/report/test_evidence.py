"""The page's answer to "is it us, or is it noise?": light, epochs, E over time, switches, causes; no bare figure."""

import re
from typing import Any

import pytest

from app.session.report import sections
from app.session.report.evidence import evidence, light, noise, within
from app.session.report.page import page
from app.session.report.source import Source
from app.session.report.text import UNDEFINED
from tests.session.report.test_sections import EVIL, T0, blank, cells, run

RED: dict[str, Any] = {
    "status": "RED", "status_reason": "E 410, 78 scored children", "e_value": 410.0, "p_anytime": 0.0024,
    "leak_bps": 3.1, "leak_lo_bps": 0.9, "leak_hi_bps": 5.6, "leak_projected_bps": 4.4, "leak_ccy": 7_900.0,
    "min_detectable_bps": 5.12, "n_scored": 78, "n_void": 3, "in_fdr_set": True,
}  # fmt: skip


def line(second: int, epoch: int, e: float, status: str, child: str | None = "C1") -> dict[str, Any]:
    """A line of the evidence table."""
    return blank("evidence", ts_event=T0 + second * 10**9, parent_id="P1", child_id=child, epoch=epoch, e_value=e,
                 estimate=3.0, lo=1.0, hi=5.0, status=status)  # fmt: skip


def source(
    lines: list[dict[str, Any]] | None = None,
    switches: list[dict[str, Any]] | None = None,
    causes: list[dict[str, Any]] | None = None,
    **parent: Any,
) -> Source:
    """An order with evidence of which only this is known."""
    known = blank("parents", **({"parent_id": "P1"} | parent))
    return Source(known, [], [], run(), lines or [], switches or [], causes or [])


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("GREY", '<span class="light grey">○ n/a</span>'), ("CLEAR", '<span class="light green">● CLEAR</span>'),
        ("LEAN", '<span class="light lean">◇ LEAN</span>'), ("AMBER", '<span class="light amber">◆ WATCH</span>'),
        ("RED", '<span class="light red">■ LEAK</span>'),
    ],
)  # fmt: skip
def test_that_the_light_is_shape_word_and_colour_with_its_reason(status: str, said: str) -> None:
    assert light(status, "because") == f'{said} <span class="faint">because</span>'
    assert said in sections.heading(source(status=status, status_reason="because"))


def test_that_a_grey_light_is_never_green() -> None:
    assert "green" not in light("GREY", "too early")


def test_that_without_a_model_the_page_says_so() -> None:
    assert "no evidence model was in use" in evidence(source())
    assert "not measured yet" in light(None, None)


def test_that_figures_have_their_interval_and_their_unit() -> None:
    rows = {row[0]: row[1] for row in cells(evidence(source(**RED))) if len(row) == 2}
    assert rows["E, evidence for a leak"] == "410"
    assert rows["Leak to date, bps"] == "+3.1 [0.9, 5.6]"
    assert rows["At completion, bps"] == "+4.40"
    assert rows["Leak to date, money"] == "+7,900.00"
    assert rows["Could have seen"] == "≥ 5.1 bps"
    assert rows["Stands out among all orders"] == "★ yes"
    assert rows["Noise"] == "undefined"


def test_that_undefined_figures_are_said_to_be() -> None:
    rows = {row[0]: row[1] for row in cells(evidence(source(status="GREY"))) if len(row) == 2}
    assert {value for name, value in rows.items() if name != "Noise"} == {"undefined"}


@pytest.mark.parametrize(
    ("left", "band", "said"),
    [
        (50.0, 80.0, "within chance (+50.00, chance gives &#177;80)"),
        (-120.0, 80.0, "unexplained: news, PM alpha (-120.00, chance gives &#177;80)"),
        (None, 80.0, UNDEFINED), (5.0, None, UNDEFINED),
    ],
)  # fmt: skip
def test_that_noise_is_held_against_what_chance_gives(left: float | None, band: float | None, said: str) -> None:
    assert noise(blank("parents", drift_noise_ccy=left, noise_band_ccy=band)) == said


def test_that_an_interval_without_a_value_is_undefined() -> None:
    assert within(None, 1.0, 2.0) == UNDEFINED
    assert within(-1.25, -3.0, 1.0) == "-1.2 [-3.0, 1.0]"


def test_that_each_epoch_has_a_line_with_the_light_it_ended_with() -> None:
    lines = [
        line(0, 0, 5.0, "CLEAR"),
        line(10, 0, 410.0, "RED"),
        line(20, 1, 0.5, "GREY", None),
        line(30, 1, 0.6, "CLEAR"),
    ]
    shown = [row for row in cells(evidence(source(lines, **RED))) if len(row) == 5]
    assert shown == [
        ["1: 14:30:00 to 14:30:10", "2", "410", "+3.0 [1.0, 5.0]", "■ LEAK"],
        ["2: 14:30:20 to 14:30:30", "1", "0.60", "+3.0 [1.0, 5.0]", "● CLEAR"],
    ]


def test_that_an_epoch_without_a_scored_child_has_no_estimate() -> None:
    shown = [row for row in cells(evidence(source([line(0, 0, 0.5, "GREY", None)], **RED))) if len(row) == 5]
    assert shown == [["1: 14:30:00 to 14:30:00", "0", "0.50", "undefined", "○ n/a"]]


def test_that_e_is_drawn_over_time_against_20_and_100() -> None:
    text = evidence(source([line(n, 0, 2.0**n, "CLEAR") for n in range(12)], **RED))
    assert 'aria-label="E over time"' in text
    assert len(re.findall('<polyline class="drift"', text)) == 2
    assert "<svg" not in evidence(source([line(0, 0, 5.0, "CLEAR")], **RED))


def test_that_e_beyond_all_bounds_can_be_drawn() -> None:
    text = evidence(source([line(0, 0, 0.0, "CLEAR"), line(1, 0, 1e300, "RED")], **RED))
    assert "inf" not in text
    assert "nan" not in text


def test_that_a_switch_has_its_saving_with_an_interval_or_says_that_it_cannot_be_told_from_0() -> None:
    known = {"ts_event": T0, "from_group": "VWAP", "to_group": "PASSIVE", "before_bps": 9.0, "after_bps": 1.0}
    switches = [
        known | {"saving_bps": 8.0, "saving_lo_bps": 3.0, "saving_hi_bps": 12.0, "verdict": "saved", "reason": ""},
        known | {"saving_bps": None, "saving_lo_bps": None, "saving_hi_bps": None,
                 "verdict": "not distinguishable from 0", "reason": "5 scored children"},
    ]  # fmt: skip
    shown = [row for row in cells(evidence(source(switches=switches, **RED))) if len(row) == 5]
    assert shown[0] == ["14:30:00 VWAP → PASSIVE", "+9.0", "+1.0", "+8.0 [3.0, 12.0]", "saved "]
    assert shown[1][3:] == ["undefined", "not distinguishable from 0 5 scored children"]


def test_that_causes_that_stand_out_come_first_and_wear_the_badge() -> None:
    cause = {"n_parents": 3, "n_children": 240, "leak_bps": 2.0, "leak_lo_bps": 0.5, "leak_hi_bps": 4.0}
    causes = [
        cause | {"dimension": "venue", "cell": "ARCX", "e_value": 900.0, "in_fdr_set": False},
        cause | {"dimension": "venue", "cell": "XNAS", "e_value": 40.0, "in_fdr_set": True},
    ]
    shown = [row for row in cells(evidence(source(causes=causes, **RED))) if len(row) == 5]
    assert shown == [
        ["venue XNAS ★", "3", "240", "40", "+2.0 [0.5, 4.0]"],
        ["venue ARCX", "3", "240", "900", "+2.0 [0.5, 4.0]"],
    ]


def test_that_nothing_of_a_run_becomes_markup() -> None:
    lines = [line(0, 0, 5.0, EVIL), line(1, 0, 6.0, EVIL)]
    text = page(source(lines, **RED | {"status_reason": EVIL, "status": EVIL}))
    assert "<script>" not in text.replace("<style>", "")
    assert "<img" not in text

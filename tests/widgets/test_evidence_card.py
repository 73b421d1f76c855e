"""The evidence on the chosen order in words: exact lines, intervals, what is grey, epochs, what limits it."""

import math
from datetime import UTC
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from app.board import blank
from app.engine.units import NULL, SECOND
from app.widgets.evidence_card import NO_MODEL, NO_RECORD, epochs_of, evidence_lines
from app.widgets.format import DASH, MINUS
from app.widgets.sheet import Line
from tests.widgets.arena import Arena

SWITCH = 1_700_151_600 * SECOND  # 16:20:00 UTC, 11:20 in New York
QUIET_ONLY = "against quiet moments only: cannot separate leak from timing skill"
TEXTS = Arena()


def parent(status: str = "AMBER", reason: str = f"E 28, 78 scored children; {QUIET_ONLY}", **figures: Any) -> np.void:
    """A row of the parents section with evidence."""
    rows = blank("parents")
    words = {"status": status, "status_reason": reason, "currency": "USD"}
    for name, word in words.items():
        rows[name] = TEXTS.intern(word)
    known: dict[str, Any] = {
        "e_value": 28.4, "n_scored": 78, "n_void": 3, "min_detectable_bps": 5.12, "leak_bps": 2.2, "leak_lo_bps": 0.6,
        "leak_hi_bps": 4.0, "in_fdr_set": 0,
    }  # fmt: skip
    for name, value in (known | figures).items():
        rows[name] = value
    row: np.void = rows[0]
    return row


def beside(**figures: Any) -> np.void:
    """A row of the section evidence with one epoch."""
    rows = blank("evidence")
    known: dict[str, Any] = {
        "epochs": 1, "recent_children": 40, "recent": 4.1, "recent_low": 1.2, "recent_high": 7.0, "projected": 3.1,
        "projected_low": 0.9, "projected_high": 5.6, "projected_ccy": 15_200.0, "at_risk_ccy": 7_900.0,
        "direct": 2.4, "direct_low": -9.1, "direct_high": 13.9, "top": TEXTS.intern("others trade on our side"),
    }  # fmt: skip
    for name, value in (known | figures).items():
        rows[name] = value
    row: np.void = rows[0]
    return row


def switched(before: str = "RED", after: str = "CLEAR", children: int = 20) -> np.void:
    """Two epochs, the second from 11:20 on."""
    row = beside(epochs=2)
    row["began"][:2] = NULL, SWITCH
    row["children"][:2] = 78, children
    row["e"][:2] = 410.0, 0.4
    row["leak"][:2] = 4.4, 0.2
    row["detectable"][:2] = 5.1, 6.0 if children else math.nan
    row["light"][:2] = TEXTS.intern(before), TEXTS.intern(after)
    return row


def said(lines: list[Line]) -> list[tuple[str, str]]:
    """Name and words of every line."""
    return [(line[0].text, line[1].text) for line in lines]


def lines_of(row: np.void, evidence: np.void | None = None, record: str = "") -> list[Line]:
    """The lines in New York's time."""
    return evidence_lines(row, evidence, TEXTS, ZoneInfo("America/New_York"), record)


def test_that_every_line_says_what_a_trader_asks() -> None:
    assert said(lines_of(parent(), beside())) == [
        ("Evidence", "◆ WATCH  E 28   n 78 (+3 void)   sees ≥ 5.1 bps"),
        ("Leak", "3.1 [0.9, 5.6] bps projected   2.2 [0.6, 4.0] to date"),
        ("of late", "4.1 [1.2, 7.0] bps over the last 40 children"),
        ("Money", "7,900 USD at risk   15,200 USD projected"),
        ("Fits best", "others trade on our side"),
        ("Cost line", f"2.4 [{MINUS}9.1, 13.9] bps measured directly"),
        ("", QUIET_ONLY),
        ("A/A", NO_RECORD),
    ]


def test_that_without_a_model_one_line_says_what_to_do() -> None:
    assert said(lines_of(parent(status="", reason=""))) == [("Evidence", f"○ {NO_MODEL}")]


def test_that_grey_says_why_and_shows_no_size() -> None:
    row = parent(status="GREY", reason="too early: could see only >= 11.0 bps, 17 scored children; limited evidence")
    assert said(lines_of(row)) == [
        ("Evidence", "○ n/a  too early: could see only >= 11.0 bps, 17 scored children"),
        ("", "limited evidence"),
        ("A/A", NO_RECORD),
    ]
    assert lines_of(row)[0][1].tone == "faint"


def test_that_clear_says_no_leak_seen_and_how_small_a_one_could_have_been() -> None:
    row = parent(status="CLEAR", reason="no leak seen", e_value=0.4, n_void=0)
    head = lines_of(row, beside())[0][1]
    assert head.text == "● CLEAR  E 0.40   n 78   no leak seen, sees ≥ 5.1 bps"
    assert head.tone == "good"


def test_that_what_explains_the_children_is_said_only_where_the_evidence_is_for_a_leak() -> None:
    assert "Fits best" not in dict(said(lines_of(parent(e_value=0.4), beside())))
    assert "Fits best" not in dict(said(lines_of(parent(), beside(top=0))))


def test_that_the_badge_is_shown_and_explained() -> None:
    head = lines_of(parent(in_fdr_set=1), beside())[0][1]
    assert head.text.endswith("★")
    assert "false discoveries at 10 %" in head.tip


def test_that_a_size_whose_interval_holds_0_is_grey_and_the_cost_line_always() -> None:
    sure = {line[0].text: line[1].tone for line in lines_of(parent(), beside())}
    wide = {line[0].text: line[1].tone for line in lines_of(parent(leak_lo_bps=0.0), beside())}
    assert (sure["Leak"], sure["Money"], sure["Cost line"]) == ("ink", "ink", "faint")
    assert (wide["Leak"], wide["Money"]) == ("faint", "faint")


def test_that_noise_is_held_against_chance() -> None:
    row = parent(drift_noise_ccy=-120.0, noise_band_ccy=80.0)
    assert ("Noise", f"unexplained: news, PM alpha   ({MINUS}120 USD, chance gives ±80)") in said(
        lines_of(row, beside())
    )
    row = parent(drift_noise_ccy=50.0, noise_band_ccy=80.0)
    assert ("Noise", "within chance   (+50 USD, chance gives ±80)") in said(lines_of(row, beside()))


def test_that_both_epochs_are_said_with_the_time_of_the_switch() -> None:
    words = dict(said(lines_of(parent(status="CLEAR", reason="no leak seen"), switched())))
    assert words["to 11:20"] == "■ LEAK, E 410, leak 4.4 bps; since: ● CLEAR so far, sees ≥ 6.0 bps"
    assert evidence_lines(parent(), switched(), TEXTS, UTC)[-3][0].text == "to 16:20"


def with_saving(verdict: str, low: float, high: float, reason: str = "") -> np.void:
    """Two epochs, and what the switch between them saved."""
    row = switched()
    row["verdict"], row["verdict_reason"] = TEXTS.intern(verdict), TEXTS.intern(reason)
    row["saving"], row["saving_low"], row["saving_high"] = (low + high) / 2, low, high
    return row


def test_that_a_saving_is_said_with_its_interval_or_that_it_cannot_be_told_from_0() -> None:
    sure = {line[0].text: line[1] for line in lines_of(parent(), with_saving("saved", 1.0, 7.0))}
    wide = {line[0].text: line[1] for line in lines_of(parent(), with_saving("not distinguishable from 0", -1.0, 3.0))}
    none = {
        line[0].text: line[1] for line in lines_of(parent(), with_saving("not known", math.nan, math.nan, "no fit"))
    }
    assert (sure["Switch"].text, sure["Switch"].tone) == ("saved   4.0 [1.0, 7.0] bps", "ink")
    assert wide["Switch"].text == f"not distinguishable from 0   1.0 [{MINUS}1.0, 3.0] bps"
    assert wide["Switch"].tone == none["Switch"].tone == "faint"
    assert none["Switch"].text == "not known: no fit"
    assert "Switch" not in dict(said(lines_of(parent(), switched())))


def test_that_an_epoch_without_a_scored_child_says_so() -> None:
    words = dict(said(lines_of(parent(status="GREY", reason="too early"), switched("AMBER", "GREY", 0))))
    assert words["to 11:20"] == "◆ WATCH, E 410, leak 4.4 bps; since: ○ n/a so far, no scored child"


def test_that_what_stood_before_a_switch_is_not_said_twice() -> None:
    reason = f"no leak seen; {QUIET_ONLY}; before the switch: E 410"
    names = [words for _, words in said(lines_of(parent(status="CLEAR", reason=reason), switched()))]
    assert QUIET_ONLY in names
    assert not [words for words in names if words.startswith("before the switch")]


def test_that_undefined_money_and_e_are_dashes() -> None:
    row = beside(at_risk_ccy=math.nan)
    assert ("Money", f"{DASH} USD at risk   15,200 USD projected") in said(lines_of(parent(), row))
    assert "Money" not in dict(said(lines_of(parent(), beside(projected_ccy=math.nan))))
    assert "Cost line" not in dict(said(lines_of(parent(), beside(direct=math.nan))))
    assert f"E {DASH}   n {DASH}" in lines_of(parent(e_value=math.nan, n_scored=NULL, n_void=NULL), beside())[0][1].text


def test_that_the_record_of_the_a_a_run_stands_last() -> None:
    assert lines_of(parent(), beside(), "A/A 2026-11-20: 1.9%")[-1][1].text == "A/A 2026-11-20: 1.9%"


def test_that_a_line_that_may_be_cut_is_whole_under_the_mouse() -> None:
    for line in lines_of(parent(), switched()):
        assert line[1].text in line[1].tip or line[0].text == "Evidence"


def test_that_epochs_are_read_oldest_first_and_no_more_than_the_board_has() -> None:
    found = epochs_of(switched(), TEXTS)
    assert [(epoch.status, epoch.began, epoch.children) for epoch in found] == [
        ("RED", NULL, 78),
        ("CLEAR", SWITCH, 20),
    ]
    many = switched()
    many["epochs"] = 9
    assert len(epochs_of(many, TEXTS)) == 4

"""The pre-flight: everything that would be sent is on the screen, and nothing that stands in the way is left out."""

from dataclasses import replace
from datetime import UTC
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytestqt.qtbot import QtBot

from app.widgets import format as text
from app.widgets import theme as themes
from app.widgets.preflight import (
    ENOUGH,
    PreflightView,
    effect_words,
    forecast_lines,
    guard_lines,
    tag_lines,
    warnings,
)
from app.widgets.switch_port import Effect, Forecast, Guard, Preflight, TagChange, Verdict, Wish
from tests.widgets.fakes import GUARDS, T0, TAGS

WORDS = st.text("abc 123", min_size=1, max_size=6)
VALUE = st.none() | st.sampled_from(["", "a", "b"])
CHANGES = st.lists(st.builds(TagChange, st.integers(1, 9999), WORDS, VALUE, VALUE), max_size=8).map(tuple)
GUARD = st.builds(Guard, WORDS, st.sampled_from(get_args(Verdict)), WORDS)
SHARE = st.none() | st.just(ENOUGH) | st.floats(0, 1)
FOUND = Preflight(
    "t1", Wish("switch", "P1", "A1", 0, 7), "replace", TAGS, GUARDS,
    Forecast("VWAP", T0, 12_000.0, 2_000.0, 31_000.0, 18.4, 0.25, 0.97),
    Forecast("DARK", T0 + 3_600 * 10**9, 40_000.0, None, None, None, None, 0.93, "no history"),
    Effect(None, None, None, "not identifiable"),
)  # fmt: skip


def cells(forecast: Forecast) -> dict[str, tuple[str, str]]:
    """What a forecast reads, with its tip, by title."""
    return {line[0].text: (line[2].text, line[2].tip) for line in forecast_lines(Forecast("X"), forecast, UTC)}


# -- tags ----------------------------------------------------------------------------------------------------------


@given(CHANGES)
def test_that_what_changes_is_shown_and_marked_whether_the_rest_is_shown_or_not(changes: tuple[TagChange, ...]) -> None:
    whole, short = tag_lines(changes, everything=True), tag_lines(changes, everything=False)
    assert [int(line[0].text) for line in whole[1:]] == [change.tag for change in changes]
    assert [line for line in whole[1:] if line[3].bold] == short[1:]
    assert [int(line[0].text) for line in short[1:]] == [c.tag for c in changes if c.before != c.after]
    assert whole[0] == short[0], "the titles"


@pytest.mark.parametrize(
    ("before", "after", "said", "tips"),
    [
        (None, "5", ("", "5"), ("absent", "5")),
        ("5", None, ("5", "(dropped)"), ("5", "absent")),
        ("5", "6", ("5", "6"), ("5", "6")),
        ("", None, ("", "(dropped)"), ("absent", "absent")),
    ],
)
def test_that_a_tag_that_comes_or_goes_is_told_from_one_that_is_empty(
    before: str | None, after: str | None, said: tuple[str, str], tips: tuple[str, str]
) -> None:
    (_, line) = tag_lines((TagChange(38, "OrderQty", before, after),), everything=False)
    assert (line[2].text, line[3].text) == said
    assert (line[2].tip, line[3].tip) == tips


# -- guards, warnings ----------------------------------------------------------------------------------------------


@given(st.lists(GUARD, max_size=8))
def test_that_every_guard_is_said_the_worst_first_and_in_its_order_among_its_like(guards: list[Guard]) -> None:
    lines = guard_lines(tuple(guards))
    said = [(line[0].text.split()[1].lower(), line[1].text, line[2].text) for line in lines]
    expected = [
        (verdict, g.name, g.words) for verdict in ("fail", "warn", "pass") for g in guards if g.verdict == verdict
    ]
    assert said == expected
    assert len({line[0].text for line in lines}) == len({g.verdict for g in guards}), "never by colour alone"


@given(st.lists(GUARD, max_size=6), SHARE)
def test_that_a_warning_is_said_for_each_guard_that_failed_and_for_an_unlikely_end(
    guards: list[Guard], p: float | None
) -> None:
    found = replace(FOUND, guards=tuple(guards), then=Forecast("DARK", p_complete=p))
    failed = [f"{g.name}: {g.words}" for g in guards if g.verdict == "fail"]
    said = warnings(found)
    assert said[: len(failed)] == failed
    assert [words.split()[0] for words in said[len(failed) :]] == (["DARK"] if p is not None and p < ENOUGH else [])
    assert found.allowed is (not failed)


def test_that_todays_algo_is_not_warned_of() -> None:
    assert warnings(replace(FOUND, now=Forecast("VWAP", p_complete=0.1))) == []


# -- forecasts, effect ---------------------------------------------------------------------------------------------


def test_that_what_is_not_known_is_a_dash_with_its_reason_and_never_zero() -> None:
    found = cells(Forecast("DARK", why="no volume curve"))
    assert found.pop("")[0] == "DARK"
    assert len(found) == 5
    assert set(found.values()) == {(text.DASH, "no volume curve")}


def test_that_zero_is_a_forecast_and_no_dash() -> None:
    found = cells(Forecast("DARK", None, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0))
    assert {title: found[title] for title in list(found)[2:]} == {
        "Unfilled at the close": ("0 [0, 0]", ""),
        "Timing risk": ("0.0 bps", ""),
        "Participation needed": ("0.0 %", ""),
        "P(complete)": ("0.0 %", ""),
    }


@pytest.mark.parametrize(("low", "high"), [(None, None), (1.0, None), (None, 9.0)])
def test_that_an_interval_has_two_ends_or_is_none(low: float | None, high: float | None) -> None:
    assert cells(Forecast("X", unfilled=1_200.0, unfilled_low=low, unfilled_high=high))["Unfilled at the close"] == (
        "1,200", ""
    )  # fmt: skip
    bps = Effect(2.0, low, high, "over 400 days")
    assert effect_words(bps) == "Expected effect: over 400 days", "a figure without its interval is not said"


@given(SHARE)
def test_that_an_unlikely_end_is_marked_in_either_column_and_nothing_else_is(p: float | None) -> None:
    poor, sure = Forecast("X", p_complete=p), Forecast("Y", p_complete=1.0)
    for now, then, place in ((poor, sure, 1), (sure, poor, 2)):
        marked = {
            (number, at)
            for number, line in enumerate(forecast_lines(now, then, UTC))
            for at, cell in enumerate(line)
            if cell.tone == "amber"
        }
        assert marked == ({(5, place)} if p is not None and p < ENOUGH else set())


def test_that_an_effect_without_words_says_at_least_that_there_is_none() -> None:
    assert effect_words(Effect(None, 1.0, 2.0, "")) == "Expected effect: not identifiable"
    assert effect_words(Effect(-2.0, -3.0, 0.0, "")) == (
        f"Expected effect: {text.MINUS}2.00 bps [{text.MINUS}3.00, 0.00]"
    )


# -- the view ------------------------------------------------------------------------------------------------------


@pytest.fixture
def view(qtbot: QtBot) -> PreflightView:
    made = PreflightView(themes.DARK)
    qtbot.addWidget(made)
    made.show_preflight(FOUND)
    return made


def test_that_nothing_is_shown_before_there_is_a_preflight_and_after_it(qtbot: QtBot) -> None:
    made = PreflightView(themes.DARK)
    qtbot.addWidget(made)
    seen = [made.isHidden()]
    for found in (FOUND, None):
        made.show_preflight(found)
        made.set_zone(text.zone("America/New_York"))
        seen.append(made.isHidden())
    assert seen == [True, False, True]


def test_that_all_tags_are_shown_until_only_the_changes_are_asked_for(view: PreflightView) -> None:
    changed = sum(tag.before != tag.after for tag in TAGS)
    assert view.every.text() == f"all tags ({len(TAGS)}, {len(TAGS) - changed} unchanged)"
    assert len(view.tags.lines) == len(TAGS) + 1
    view.every.setChecked(False)
    assert len(view.tags.lines) == changed + 1
    view.show_preflight(replace(FOUND, tags=TAGS[:1]))
    assert len(view.tags.lines) == 1, "the wish stays, and so does the line of titles"
    view.every.setChecked(True)
    assert len(view.tags.lines) == 2


def test_that_times_follow_the_zone(view: PreflightView) -> None:
    utc = view.forecasts.lines[1]
    view.set_zone(text.zone("America/New_York"))
    there = view.forecasts.lines[1]
    assert [cell.text for cell in there[1:]] == [
        text.clock(at, text.zone("America/New_York"), 0) for at in (T0, T0 + 3_600 * 10**9)
    ]
    assert utc[1].text != there[1].text
    assert view.forecasts.lines[2:] == tuple(forecast_lines(FOUND.now, FOUND.then, UTC))[2:]


def test_that_a_warning_is_seen_only_where_there_is_one(view: PreflightView) -> None:
    assert view.warning.isHidden()
    view.show_preflight(replace(FOUND, guards=(*GUARDS, Guard("Kill switch", "fail", "on since 10:02"))))
    assert not view.warning.isHidden()
    assert view.warning.text() == "Kill switch: on since 10:02"
    view.show_preflight(FOUND)
    assert view.warning.isHidden()


def test_that_everything_greys_and_changes_its_colours_together(view: PreflightView) -> None:
    sheets = (view.forecasts, view.guards, view.tags)
    view.fade(True)
    assert all(sheet.faded for sheet in sheets)
    view.dress(themes.LIGHT)
    assert all(sheet.theme is themes.LIGHT for sheet in sheets)
    assert themes.LIGHT.amber in view.warning.styleSheet()
    view.fade(False)
    assert not any(sheet.faded for sheet in sheets)

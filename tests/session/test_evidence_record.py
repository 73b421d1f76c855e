"""The A/A record on the screen: what it says, of which model, and what is wrong with it."""

from pathlib import Path
from typing import Any

import pytest

from app.session.evidence_aa.record import AaRecord, Rate, write_aa
from app.session.evidence_record import NAME, record_words
from app.settings import Settings, load_settings

SAID = (
    "A/A false alarms 1.9% at 50 children (≤ 2.6%), 5.0% at 1,500 children (≤ 14.9%); "
    "at E ≥ 20, 2026-11-20, 20 simulated days"
)


def rate(children: int, share: float | None, upper: float | None, kind: str = "posted") -> Rate:
    """A rate of so many children."""
    return Rate(kind=kind, children=children, parents=1_600, alarms=31, rate=share, se=0.01, upper=upper)


RATES = [rate(1_500, 0.05, 0.149), rate(50, 0.0194, 0.0265)]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings that name a model in a folder; the file itself is not asked for."""
    return load_settings(None, {"SCORECARD_EVIDENCE_MODEL": str(tmp_path / "ours.model")})


def write(folder: Path, rates: list[Rate] | None = None) -> None:
    """A record beside the model."""
    known: dict[str, Any] = {"source": "20 simulated days", "date": "2026-11-20", "model_hash": "abc"}
    rates = RATES if rates is None else rates
    write_aa(folder / NAME, AaRecord(**known, model_name="ours", channel="both", rates=rates, mean_e=[]))


def test_that_the_record_beside_the_model_is_said_with_its_bounds(settings: Settings, tmp_path: Path) -> None:
    write(tmp_path)
    assert record_words(settings, "abc") == SAID


def test_that_a_record_of_another_model_says_so(settings: Settings, tmp_path: Path) -> None:
    write(tmp_path)
    assert record_words(settings, "other") == SAID.replace("A/A ", "A/A of ANOTHER model than the one in use: ")


def test_that_several_kinds_of_orders_stand_by_themselves_the_clean_one_first(
    settings: Settings, tmp_path: Path
) -> None:
    rates = [rate(50, 0.03, 0.05, "prints"), rate(100, 0.02, 0.03, "times"), rate(50, 0.01, 0.02, "times")]
    write(tmp_path, [*rates, rate(50, None, None, "odd")])
    assert record_words(settings, "abc").startswith(
        "A/A false alarms 1.0% at 50 children (≤ 2.0%), 2.0% at 100 children (≤ 3.0%); "
        "others' trades told as ours, which follow one another: 3.0% at 50 children (≤ 5.0%); at E"
    )


def test_that_a_kind_without_a_name_is_said_by_its_word(settings: Settings, tmp_path: Path) -> None:
    write(tmp_path, [rate(50, 0.01, None), rate(50, 0.02, None, "taking")])
    assert record_words(settings, "abc").startswith("A/A false alarms posted: 1.0% at 50 children; taking: 2.0% at 50")


def test_that_a_bound_that_is_not_known_is_not_said(settings: Settings, tmp_path: Path) -> None:
    write(tmp_path, [rate(50, 0.01, None)])
    assert record_words(settings, "abc").startswith("A/A false alarms 1.0% at 50 children;")


def test_that_without_a_model_or_a_record_nothing_is_said(settings: Settings, tmp_path: Path) -> None:
    assert record_words(settings, "abc") == ""
    write(tmp_path)
    assert record_words(settings, None) == ""
    assert record_words(load_settings(None, {"SCORECARD_EVIDENCE_MODEL": ""}), "abc") == ""


@pytest.mark.parametrize("rates", [[], [rate(50, None, None)]])
def test_that_a_record_without_rates_names_none(settings: Settings, tmp_path: Path, rates: list[Rate]) -> None:
    write(tmp_path, rates)
    assert record_words(settings, "abc").startswith("A/A false alarms none;")


@pytest.mark.parametrize("data", [b"", b"{", b'{"version": 1}'])
def test_that_a_damaged_record_is_said_in_words(settings: Settings, tmp_path: Path, data: bytes) -> None:
    (tmp_path / NAME).write_bytes(data)
    assert record_words(settings, "abc").startswith("A/A record cannot be read: ")

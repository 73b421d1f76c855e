"""The A/A record on the screen: what it says, of which model, and what is wrong with it."""

from pathlib import Path

import msgspec
import pytest

from app.session.evidence_record import NAME, record_words
from app.settings import Settings, load_settings

RECORD = {
    "version": 1, "source": "20 simulated days", "date": "2026-11-20", "model_hash": "abc", "threshold": 20.0,
    "rates": [
        {"children": 50, "parents": 1600, "alarms": 31, "rate": 0.0194, "se": 0.0034, "upper": 0.0265},
        {"children": 1500, "parents": 40, "alarms": 2, "rate": 0.05, "se": 0.03, "upper": 0.149},
    ],
    "mean_e": [{"class": "passive", "volatility": 0, "children": 123456, "mean": 0.998, "se": 0.002}],
}  # fmt: skip
SAID = (
    "A/A 2026-11-20, 20 simulated days: false alarms at E ≥ 20: 1.9% at 50 children (≤ 2.6%), "
    "5.0% at 1,500 children (≤ 14.9%)"
)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings that name a model in a folder; the file itself is not asked for."""
    return load_settings(None, {"SCORECARD_EVIDENCE_MODEL": str(tmp_path / "ours.model")})


def write(folder: Path, **changes: object) -> None:
    (folder / NAME).write_bytes(msgspec.json.encode(RECORD | changes))


def test_that_the_record_beside_the_model_is_said_with_its_bounds(settings: Settings, tmp_path: Path) -> None:
    write(tmp_path)
    assert record_words(settings, "abc") == SAID


def test_that_a_record_of_another_model_says_so(settings: Settings, tmp_path: Path) -> None:
    write(tmp_path)
    assert record_words(settings, "other") == SAID.replace("A/A", "A/A of ANOTHER model than the one in use")


def test_that_without_a_model_or_a_record_nothing_is_said(settings: Settings, tmp_path: Path) -> None:
    assert record_words(settings, "abc") == ""
    write(tmp_path)
    assert record_words(settings, None) == ""


def test_that_a_record_without_rates_names_none(settings: Settings, tmp_path: Path) -> None:
    write(tmp_path, rates=[])
    assert record_words(settings, "abc").endswith("false alarms at E ≥ 20: none")


@pytest.mark.parametrize("data", [b"", b"{", b'{"version": 1}'])
def test_that_a_damaged_record_is_said_in_words(settings: Settings, tmp_path: Path, data: bytes) -> None:
    (tmp_path / NAME).write_bytes(data)
    assert record_words(settings, "abc").startswith(f"A/A record {NAME} cannot be read: ")

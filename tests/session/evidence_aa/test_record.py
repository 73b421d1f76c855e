"""The record of an A/A run: written whole, read back, refused in words."""

from pathlib import Path

import msgspec
import pytest

from app.engine.errors import FeedError
from app.session.evidence_aa.record import AaRecord, MeanE, Rate, read_aa, write_aa

RECORD = AaRecord(
    source="20 simulated days", date="2026-11-20", model_hash="ab" * 32, model_name="made", channel="all",
    rates=[Rate(kind="times", children=50, parents=100, alarms=2, rate=0.02, se=0.015, upper=0.06)],
    mean_e=[MeanE(kind="times", class_="passive", volatility=1, children=5_000, mean=0.99, se=None)],
)  # fmt: skip


def test_that_a_record_comes_back_as_it_was(tmp_path: Path) -> None:
    write_aa(tmp_path / "aa.json", RECORD)
    assert read_aa(tmp_path / "aa.json") == RECORD
    told = msgspec.json.decode((tmp_path / "aa.json").read_bytes())
    assert told["mean_e"][0]["class"] == "passive"
    assert told["threshold"] == 20.0


def test_that_another_file_is_refused_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "aa.json").write_text("{}", "utf-8")
    with pytest.raises(FeedError, match=r"aa\.json"):
        read_aa(tmp_path / "aa.json")
    with pytest.raises(FeedError, match=r"none\.json"):
        read_aa(tmp_path / "none.json")
    write_aa(tmp_path / "aa.json", msgspec.structs.replace(RECORD, version=9))
    with pytest.raises(FeedError, match="version"):
        read_aa(tmp_path / "aa.json")


def test_that_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(FeedError, match="cannot be written"):
        write_aa(tmp_path / "nowhere" / "aa.json", RECORD)

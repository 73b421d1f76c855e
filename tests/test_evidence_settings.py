"""The evidence model named in the settings: read once, refused in words, its hash on what it touched."""

from pathlib import Path

import msgspec
import pytest

from app.engine.errors import SettingsError
from app.engine.evidence.model import load_model
from app.settings import SHIPPED_MODEL, EvidenceModel, load_settings
from tests.engine.evidence.made import model


@pytest.mark.usefixtures("as_shipped")
def test_that_the_shipped_model_is_in_use_where_nobody_says_otherwise() -> None:
    settings = load_settings()
    assert settings.evidence.model == "default"
    assert settings.engine(book=False).model_hash == load_model(SHIPPED_MODEL.read_bytes()).hash


def test_that_without_a_model_there_is_none() -> None:
    settings = load_settings(None, {"SCORECARD_EVIDENCE_MODEL": ""})
    assert settings.evidence.model == ""
    assert settings.engine(book=False).evidence is None


def test_that_the_engine_is_told_the_model_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "ours.model"
    path.write_bytes(model().save())
    values = msgspec.structs.replace(load_settings(None, {}), evidence=EvidenceModel(model=str(path)))
    told = values.engine(book=False).evidence
    assert told is not None
    assert told.hash == model().hash


def test_that_a_file_that_is_no_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"settings: evidence\.model = .* is not allowed; allowed: a file that can"):
        EvidenceModel(model=str(tmp_path / "gone.model")).read()
    (tmp_path / "bad.model").write_bytes(b"nothing of the kind")
    with pytest.raises(SettingsError, match=r"bad\.model: its bytes are damaged"):
        EvidenceModel(model=str(tmp_path / "bad.model")).read()

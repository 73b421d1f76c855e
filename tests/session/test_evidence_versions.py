"""Versions of a model in a folder: numbered, listed, one in use; settings find the shipped one, a file or a folder."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli import entry
from app.cli.words import app
from app.engine.errors import FeedError, SettingsError
from app.engine.evidence.model import Model, load_model
from app.engine.evidence.rows import WORLDS
from app.session.evidence.neutral import neutral_model
from app.session.evidence.versions import use, versions, write_version
from app.settings import RESOURCES, SHIPPED_MODEL, Settings, load_settings

RUN = CliRunner()


def another() -> Model:
    return neutral_model().changed("other", null=0.6)


def settings(tmp_path: Path, model: str) -> Settings:
    file = tmp_path / "mine.toml"
    file.write_text(f"[evidence]\nmodel = '{model}'\n", "utf-8")
    return load_settings(file, {})


def test_that_versions_of_a_folder_are_numbered_and_the_last_one_is_in_use(tmp_path: Path) -> None:
    folder = tmp_path / "models"
    write_version(folder, neutral_model(), {"worlds": {"base_0": {}}, "parents": 8})
    second = write_version(folder, another(), {})
    assert second.name == "v0002.model"
    found = versions(folder)
    assert [(version.name, version.active) for version in found] == [("v0001", False), ("v0002", True)]
    assert [version.hash for version in found] == [neutral_model().hash, another().hash]
    assert found[0].card["parents"] == 8


def test_that_a_version_can_be_rolled_back_and_settings_follow(tmp_path: Path) -> None:
    folder = tmp_path / "models"
    for model in (neutral_model(), another()):
        write_version(folder, model, {})
    assert settings(tmp_path, str(folder)).engine(book=False).model_hash == another().hash
    assert use(folder, "v0001").active
    assert settings(tmp_path, str(folder)).engine(book=False).model_hash == neutral_model().hash


def test_that_a_version_that_is_none_or_damaged_is_not_used(tmp_path: Path) -> None:
    folder = tmp_path / "models"
    write_version(folder, neutral_model(), {})
    (folder / "v0007.model").write_bytes(b"damaged")
    assert "damaged" in versions(folder)[1].problem
    with pytest.raises(SettingsError, match="damaged"):
        use(folder, "v0007")
    with pytest.raises(SettingsError, match="one of v0001, v0007"):
        use(folder, "v0003")
    assert versions(folder)[0].active
    assert write_version(folder, another(), {}).name == "v0008.model"


def test_that_a_file_of_its_own_is_written_with_its_card_beside(tmp_path: Path) -> None:
    file = write_version(tmp_path / "deep" / "ours.model", another(), {"parents": 3})
    assert load_model(file.read_bytes()).hash == another().hash
    assert b'"parents": 3' in file.with_suffix(".json").read_bytes()
    assert settings(tmp_path, str(file)).engine(book=False).model_hash == another().hash


def test_that_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file", "utf-8")
    with pytest.raises(FeedError, match="cannot be written"):
        write_version(tmp_path / "taken", another(), {})


def test_that_the_shipped_model_is_whole_and_named_default(tmp_path: Path) -> None:
    model = load_model(SHIPPED_MODEL.read_bytes())
    assert settings(tmp_path, "default").engine(book=False).model_hash == model.hash
    assert len(model.tables.weights) == WORLDS
    assert (model.tables.pool_sizes > 0).any()
    assert model.tables.upper[-1] > model.tables.estimates[-1] * 0.5
    assert [version.name for version in versions(SHIPPED_MODEL.parent)] == ["default"]
    assert versions(SHIPPED_MODEL.parent)[0].card["hash"] == model.hash


def test_that_a_folder_without_a_version_in_use_and_a_file_that_is_not_there_are_told(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(SettingsError, match="a folder with a version in use"):
        settings(tmp_path, str(tmp_path / "empty")).engine(book=False)
    with pytest.raises(SettingsError, match="a file that can be read"):
        settings(tmp_path, str(tmp_path / "absent.model")).engine(book=False)
    with pytest.raises(SettingsError, match="a folder with models"):
        versions(tmp_path / "absent")


def test_that_the_commands_list_and_use_versions(tmp_path: Path) -> None:
    assert entry.COMMANDS
    folder = tmp_path / "models"
    for model in (neutral_model(), another()):
        write_version(folder, model, {"worlds": {"base_0": {}}, "parents": 8})
    listed = RUN.invoke(app, ["evidence", "models", "--folder", str(folder)])
    assert listed.exit_code == 0
    assert f"* v0002            {another().hash[:12]} 1 worlds, 8 parents each" in listed.output
    used = RUN.invoke(app, ["evidence", "use", "v0001", "--folder", str(folder)])
    assert used.exit_code == 0
    assert "v0001" in used.output
    assert [version.active for version in versions(folder)] == [True, False]
    assert RUN.invoke(app, ["evidence", "models"]).output.startswith("  default")
    assert (RESOURCES / "evidence").is_dir()

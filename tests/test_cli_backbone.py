"""Publishing and following from the command line: wrong words are said to be wrong before a broker is asked."""

from pathlib import Path

import pytest

from app.cli.opening import roles_of
from app.session.runtime_folder import Session
from tests.command import scorecard


def test_that_only_a_known_place_can_be_published_to(capsys: pytest.CaptureFixture[str]) -> None:
    assert scorecard("publish", "tech", "--to", "rabbit") == 2
    assert "--to: place = 'rabbit' is not allowed" in capsys.readouterr().err


def test_that_only_a_known_place_can_be_demonstrated_from(capsys: pytest.CaptureFixture[str]) -> None:
    assert scorecard("demo", "--headless", "--from", "rabbit") == 2
    assert "--from: place = 'rabbit' is not allowed" in capsys.readouterr().err


def test_that_settings_without_a_topic_of_blocks_cannot_be_published_to(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = tmp_path / "mine.toml"
    settings.write_text('[sources.a]\nkind = "kafka"\ncodec = "itch5"\n')
    assert scorecard("publish", "tech", "--settings", settings) == 2
    assert "a table [sources.NAME] with kind" in capsys.readouterr().err


def test_that_a_live_session_needs_a_source(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = tmp_path / "mine.toml"
    settings.write_text("")
    assert scorecard("demo", "--headless", "--from", "kafka", "--settings", settings) == 2
    assert "at least one table [sources.NAME]" in capsys.readouterr().err


def test_that_a_session_that_follows_results_is_its_writer_alone() -> None:
    assert roles_of(Session(results="broker:1/topic", desk=False)) == ("engine",)
    assert roles_of(Session(live=True, desk=False)) == ("engine", "lookback")
    assert Session(results="broker:1/topic").title == "topic"
    assert Session(live=True).title == "live"

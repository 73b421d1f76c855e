"""Settings of FIX order flow: what is taken, and how a mistake is named."""

import tomllib
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest

from app.engine.errors import SettingsError
from app.feeds.decode.fix_fields import DATA_FIELDS
from app.feeds.decode.fix_settings import PARENT_RULES, FixSettings, LinkRule, SessionSettings, fix_settings


def test_that_an_empty_table_gives_the_defaults() -> None:
    found = fix_settings({}, "user.toml")
    assert found == FixSettings()
    assert (found.checksum, found.body_length, found.stamp) == ("quarantine", "quarantine", "prefix")
    assert found.zone() is UTC
    assert found.frame_rules().data_fields == DATA_FIELDS
    assert SessionSettings().parent == PARENT_RULES
    assert SessionSettings().level == "child"


def test_that_the_shipped_example_is_valid(repository: Path) -> None:
    files = sorted((repository / "resources" / "fix").glob("*.toml"))
    assert files
    for file in files:
        table = tomllib.loads(file.read_text("utf-8"))
        assert fix_settings(table["fix"], str(file)).session


def test_that_a_whole_table_is_read() -> None:
    found = fix_settings(
        {
            "timezone": "America/New_York", "checksum": "count", "data_fields": {"9001": 9002},
            "session": {"EMS": {"sender": "A", "parent": [{"tag": 20013}, {"tag": 11, "pattern": "^(?P<id>[^-]+)-"}]}},
        },
        "user.toml",
    )  # fmt: skip
    assert found.session["EMS"].parent == (LinkRule(tag=20013), LinkRule(tag=11, pattern="^(?P<id>[^-]+)-"))
    assert found.frame_rules().data_fields[9001] == 9002
    assert found.frame_rules().checksum == "count"


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"checksum": "ignore"}, "user.toml: fix.checksum = 'ignore'"),
        ({"clock_budget_ms": -1}, "fix.clock_budget_ms = -1"),
        ({"timezone": "Mars/Phobos"}, "fix.timezone = 'Mars/Phobos' is not allowed; allowed: a time zone name"),
        ({"timezone": "../etc"}, "fix.timezone = '../etc'"),
        ({"colour": 1}, "colour"),
        ({"data_fields": {"abc": 9002}}, "fix.data_fields = 'abc'"),
        ({"data_fields": {"9001": 0}}, "fix.data_fields"),
        ({"session": {"S": {"level": "grandchild"}}}, "fix.session"),
        ({"session": {"S": {"levle": "child"}}}, "levle"),
        ({"session": {"S": {"parent": [{"tag": "x"}]}}}, "fix.session"),
        ({"session": {"S": {"parent": [{"tag": 11, "pattern": "("}]}}}, "fix.session.S.parent = '('"),
        ({"session": {"S": {"parent": [{"tag": 11, "pattern": "a"}]}}}, "exactly one named group"),
        ({"session": {"S": {"algo_order": [{"tag": 11, "pattern": "(?P<a>.)(?P<b>.)"}]}}}, "fix.session.S.algo_order"),
        ({"session": {"S": {"levels": [{"tag": 847, "level": "algo", "pattern": "["}]}}}, "fix.session.S.levels = '['"),
        ({"session": {"S": {"columns": {"colour": 5001}}}}, "fix.session.S.columns = 'colour'"),
        ({"session": {"S": {"liquidity_values": {"1": "Z"}}}}, "fix.session"),
        ({"session": 3}, "fix.session = 3"),
    ],
)
def test_that_a_mistake_names_file_key_and_value(table: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        fix_settings(table, "user.toml")
    assert str(caught.value).startswith("user.toml: fix")
    assert said in str(caught.value)


def test_that_a_level_pattern_needs_no_named_group() -> None:
    table = {"session": {"S": {"levels": [{"tag": 11, "pattern": "^ALGO", "level": "algo"}]}}}
    assert fix_settings(table, "user.toml").session["S"].levels[0].level == "algo"

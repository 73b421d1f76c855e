"""Tokens: shown once, kept as hashes, ended in time or at once; commands over them."""

import stat
import time
from pathlib import Path

import pytest

from app.api.tokens import DAY_NS, PREFIX, TokenFile
from app.engine.errors import FeedError, SettingsError
from tests.command import scorecard

NOW = 1_767_623_400_000_000_000


@pytest.fixture
def tokens(tmp_path: Path) -> TokenFile:
    """An empty file."""
    return TokenFile(tmp_path / "deep" / "tokens.json")


def test_that_the_text_is_never_in_the_file_and_the_file_is_private(tokens: TokenFile) -> None:
    token, text = tokens.add("alice", ["act", "read"], 30, NOW, "desk 7")
    kept = tokens.path.read_text()
    assert text.removeprefix(f"{PREFIX}_{token.id}_") not in kept
    assert len(text) > len(f"{PREFIX}_{token.id}_") + 40
    assert token.sha256 in kept
    assert stat.S_IMODE(tokens.path.stat().st_mode) == 0o600
    assert token.scopes == ("read", "act")


def test_that_only_the_whole_text_matches(tokens: TokenFile) -> None:
    token, text = tokens.add("alice", ["read"], 30, NOW)
    assert tokens.matching(text) == token
    for wrong in ("", text[:-1], text + "a", text.upper(), text.replace(token.id, "00000000"), text[:-1] + "!"):
        assert tokens.matching(wrong) is None


def test_that_a_token_ends_in_time_and_at_once(tokens: TokenFile) -> None:
    token, _ = tokens.add("alice", ["read"], 1, NOW)
    assert token.fault(NOW + DAY_NS - 1) == ""
    assert token.fault(NOW + DAY_NS) == "token has expired"
    ended = tokens.revoke(token.id, NOW + 5)
    assert ended.fault(NOW + 5) == "token is revoked"
    assert tokens.revoke(token.id, NOW + 9) == ended


def test_that_another_process_sees_what_was_changed(tokens: TokenFile) -> None:
    token, text = tokens.add("alice", ["read"], 1, NOW)
    other = TokenFile(tokens.path)
    other.revoke(token.id, NOW)
    tokens.refresh()
    known = tokens.matching(text)
    assert known is not None
    assert known.revoked_ns == NOW
    other.add("bob", ["read"], 1, NOW)
    tokens.add("carol", ["read"], 1, NOW)
    assert [kept.user for kept in TokenFile(tokens.path)] == ["alice", "bob", "carol"]


@pytest.mark.parametrize(
    ("user", "scopes", "days", "said"),
    [
        ("", ["read"], 1.0, "user"), ("a b", ["read"], 1.0, "user"), ("alice", ["write"], 1.0, "write"),
        ("alice", [], 1.0, "scope"), ("alice", ["read"], 0.0, "days"), ("alice", ["read"], 1e9, "days"),
    ],
)  # fmt: skip
def test_that_a_wrong_wish_is_refused_and_nothing_is_made(
    tokens: TokenFile, user: str, scopes: list[str], days: float, said: str
) -> None:
    with pytest.raises(SettingsError, match=said):
        tokens.add(user, scopes, days, NOW)
    assert not tokens.path.exists()


def test_that_an_unknown_token_is_not_revoked_and_a_damaged_file_lets_nobody_in(tokens: TokenFile) -> None:
    with pytest.raises(SettingsError, match="none: no tokens"):
        tokens.revoke("0badc0de", NOW)
    tokens.add("alice", ["read"], 1, NOW)
    tokens.path.write_text("{")
    with pytest.raises(FeedError, match="cannot be read"):
        TokenFile(tokens.path)


def test_that_the_commands_make_list_and_revoke(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "people.toml").write_text('[users.alice]\nscopes = ["read"]\n')
    monkeypatch.setenv("SCORECARD_API_TOKENS", str(tmp_path / "tokens.json"))
    monkeypatch.setenv("SCORECARD_PEOPLE_FILE", str(tmp_path / "people.toml"))
    assert scorecard("api", "token", "list") == 0
    assert capsys.readouterr().out == "no tokens\n"
    assert scorecard("api", "token", "add", "alice", "--days", "2", "--note", "desk 7") == 0
    made = capsys.readouterr()
    text = made.out.strip()
    kept = TokenFile(tmp_path / "tokens.json").matching(text)
    assert kept is not None
    assert kept.expires_ns > time.time_ns() + DAY_NS
    assert scorecard("api", "token", "add", "mallory") == 2
    assert "people.toml" in capsys.readouterr().err
    assert scorecard("api", "token", "revoke", kept.id) == 0
    capsys.readouterr()
    assert scorecard("api", "token", "list") == 0
    listed = capsys.readouterr().out
    assert "revoked" in listed
    assert "desk 7" in listed
    assert text not in listed


def test_that_where_says_whether_an_api_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert scorecard("api", "where", "--runtime", tmp_path) == 1
    assert "[api] listen" in capsys.readouterr().out
    (tmp_path / "api").mkdir()
    (tmp_path / "api" / "url").write_text("https://desk:8443")
    assert scorecard("api", "where", "--runtime", tmp_path) == 0
    assert capsys.readouterr().out == "https://desk:8443\n"

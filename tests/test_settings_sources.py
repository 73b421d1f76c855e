"""Settings of live sources: each kind has its keys, a wrong one is named, a secret is never shown."""

import importlib
import logging
from pathlib import Path

import msgspec
import pytest

from app import settings_sources
from app.engine.errors import SettingsError
from app.settings import load_settings
from app.settings_sources import (
    MASK,
    ArchiveSource,
    FileSource,
    KafkaSource,
    KdbSource,
    Secret,
    checked_sources,
    revealed,
)

WORD = "correct-horse"


def loaded(tmp_path: Path, text: str) -> dict[str, settings_sources.Source]:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    return load_settings(path, {}).sources


def refusal(tmp_path: Path, text: str) -> str:
    with pytest.raises(SettingsError) as refused:
        loaded(tmp_path, text)
    return str(refused.value)


def test_that_every_kind_of_source_is_read_with_its_own_keys(tmp_path: Path) -> None:
    found = loaded(
        tmp_path,
        """
        [sources.market_data_exchange_a]
        kind = "kafka"
        codec = "itch5"
        venue = "XNAS"
        start = "2026-03-02T14:30:00"
        [sources.internal_order_flow]
        kind = "file"
        role = "orders"
        path = "orders.log"
        [sources.quotes]
        kind = "kdb"
        table = "quote"
        password = "env:KDB_PASSWORD"
        [sources.yesterday]
        kind = "archive"
        role = "both"
        path = "s3://bucket/archive"
        """,
    )
    a, b, c, d = found.values()
    assert isinstance(a, KafkaSource)
    assert (a.codec, a.venue, a.role) == ("itch5", "XNAS", "market")
    assert isinstance(b, FileSource)
    assert (b.codec, b.role) == ("fix", "orders")
    assert isinstance(c, KdbSource)
    assert c.table == "quote"
    assert isinstance(d, ArchiveSource)
    assert d.path.startswith("s3")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[sources.a]\nkind = "rabbit"', "sources.a.kind = 'rabbit' is not allowed; allowed: kafka, kdb"),
        ('[sources.a]\nkind = "kafka"\ntable = "x"', "sources.a.table = 'x' is not allowed; allowed: one of role"),
        ('[sources.a]\nkind = "kafka"\nidle_ms = -1', "sources.a.idle_ms = -1 is not allowed"),
        ('[sources.a]\nkind = "kafka"\ncodec = "avro"', "sources.a.codec = 'avro' is not allowed"),
        ('[sources.a]\nkind = "kafka"\nstart = "tomorrow"', "sources.a.start = 'tomorrow' is not allowed"),
        ('[sources.a]\nkind = "file"', "sources.a"),
        ('[sources]\na = 3', "sources.a = 3 is not allowed; allowed: a table [sources.a]"),
        ('[sources."a b"]\nkind = "kafka"', "sources = 'a b' is not allowed"),
        ('[kafka]\nsecurity = "sasl_ssl"\nuser = "me"', "kafka.password = '' is not allowed"),
        ('[kafka]\nmechanism = "GSSAPI"', "kafka.mechanism = 'GSSAPI' is not allowed; allowed: PLAIN or SCRAM"),
    ],
)  # fmt: skip
def test_that_a_wrong_key_is_named_with_what_is_allowed(tmp_path: Path, text: str, said: str) -> None:
    complaint = refusal(tmp_path, text)
    assert said in complaint
    assert str(tmp_path / "mine.toml") in complaint


@pytest.mark.parametrize(
    "text",
    [
        f'[kafka]\nsecurity = "sasl_ssl"\nuser = "me"\npassword = "{WORD}"',
        f'[sources.a]\nkind = "kdb"\npassword = "{WORD}"',
    ],
)
def test_that_a_secret_written_into_the_file_is_refused_without_being_repeated(tmp_path: Path, text: str) -> None:
    complaint = refusal(tmp_path, text)
    assert "env:VARIABLE" in complaint
    assert WORD not in complaint


def test_that_a_secret_comes_from_the_environment_and_is_shown_to_nobody(caplog: pytest.LogCaptureFixture) -> None:
    secret = revealed("env:BROKER_PASSWORD", "kafka.password", {"BROKER_PASSWORD": WORD})
    assert secret.reveal() == WORD
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("test").info("with %s and %r", secret, secret)
    shown = [repr(secret), str(secret), f"{secret:>20}", f"{[secret]}", caplog.text]
    assert all(WORD not in text and MASK in text for text in shown)
    with pytest.raises(TypeError):
        msgspec.json.encode(secret)
    assert secret == Secret(WORD)
    assert secret != Secret("other")
    assert secret
    assert not Secret("")


def test_that_a_secret_that_is_not_there_is_asked_for_by_its_reference() -> None:
    with pytest.raises(SettingsError, match=r"kafka.password: the environment variable BROKER_PASSWORD is not set"):
        revealed("env:BROKER_PASSWORD", "kafka.password", {})


def test_that_the_keyring_is_asked_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    class Keyring:
        @staticmethod
        def get_password(service: str, user: str) -> str | None:
            return WORD if (service, user) == ("kafka", "desk") else None

    monkeypatch.setattr(importlib, "import_module", lambda _name: Keyring)
    assert revealed("keyring:kafka/desk", "kafka.password").reveal() == WORD
    with pytest.raises(SettingsError, match="has no secret of other for kafka"):
        revealed("keyring:kafka/other", "kafka.password")

    def absent(_name: str) -> None:
        raise ImportError

    monkeypatch.setattr(importlib, "import_module", absent)
    with pytest.raises(SettingsError, match="pip install keyring"):
        revealed("keyring:kafka/desk", "kafka.password")


def test_that_the_clock_budget_of_a_source_reaches_the_engine_under_its_name(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        '[sources.a]\nkind = "kafka"\nclock_budget_ns = 500\n'
        '[sources.b]\nkind = "kafka"\nsource = "XNAS"\nclock_budget_ns = 700\n[clock.budget_ns]\na = 100\n'
    )
    config = load_settings(path, {}).engine(book=False)
    assert (config.budget_of("a"), config.budget_of("XNAS")) == (100, 700)


def test_that_an_absent_name_of_sources_is_a_table() -> None:
    assert checked_sources({}, "mine.toml") == {}

"""Logins and certificates against a broker that insists on them; nothing secret is ever shown."""

import logging
from collections.abc import Callable
from pathlib import Path

import pytest

from app.engine.errors import FeedError, ScorecardError, SettingsError
from app.feeds.kafka.wiring import client, described
from app.session.live_headless import run_live
from app.session.simulation import SimulationRequest
from scripts.kafka import USERS, Broker
from tests.feeds.kafka.wire import Sent, lived, loaded, packed, send, small_day, topic_name
from tests.parts.kafka import write_settings

pytestmark = pytest.mark.slow
Write = Callable[..., Path]
USER, WORD = next(iter(USERS.items()))


@pytest.fixture
def write(secure_broker: Broker, tmp_path: Path) -> Write:
    """Writes a settings file: tables [kafka] and sources."""

    def made(*, kafka: dict[str, str] | None = None, **sources: dict[str, str]) -> Path:
        keys = {"brokers": secure_broker.address, **(kafka or {})}
        return write_settings(tmp_path / "live.toml", keys, sources)

    return made


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_day(tmp_path_factory.mktemp("day") / "session", rows=2_000)


@pytest.fixture
def topic(day: Path, secure_broker: Broker, tmp_path: Path) -> str:
    """A topic with a small day in it."""
    name = topic_name()
    plain = loaded(
        write_settings(tmp_path / "plain.toml", {"brokers": secure_broker.address}, {name: {"role": "both"}})
    )
    messages: list[Sent] = packed(day, plain)
    send(plain, name, messages)
    return name


def secured(broker: Broker, security: str, mechanism: str = "PLAIN", ca: str = "broker.pem") -> dict[str, str]:
    """The [kafka] table of a listener."""
    keys = {"brokers": broker.at(security.upper()), "security": security, "ca": str(broker.home / ca)}
    if security.startswith("sasl"):
        keys |= {"mechanism": mechanism, "user": USER, "password": "env:BROKER_WORD"}
    return keys


@pytest.mark.parametrize(
    "line",
    [("ssl", "PLAIN"), ("sasl_plaintext", "PLAIN"), ("sasl_ssl", "PLAIN"), ("sasl_ssl", "SCRAM-SHA-256")],
)
def test_that_a_day_comes_through_every_kind_of_line(
    secure_broker: Broker, topic: str, write: Write, monkeypatch: pytest.MonkeyPatch, line: tuple[str, str]
) -> None:
    monkeypatch.setenv("BROKER_WORD", WORD)
    source = {topic: {"role": "both", "start": "earliest"}}
    settings = write(kafka=secured(secure_broker, *line), **source)
    assert lived(settings).report.rows_in > 1_900


def refused(settings: Path) -> str:
    """What is said of a line that cannot be."""
    with pytest.raises(ScorecardError) as error:
        run_live(SimulationRequest(settings=str(settings)))
    assert isinstance(error.value, FeedError | SettingsError)
    return str(error.value)


def test_that_a_broker_signed_by_somebody_else_is_refused_in_words(
    secure_broker: Broker, topic: str, write: Write
) -> None:
    kafka = secured(secure_broker, "ssl", ca="stranger.pem")
    said = refused(write(kafka=kafka, **{topic: {"role": "both"}}))
    assert "no trust in the broker" in said
    assert "stranger.pem" in said
    assert "nothing was sent" in said


def test_that_a_wrong_password_is_refused_and_not_repeated(
    secure_broker: Broker,
    topic: str,
    write: Write,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("BROKER_WORD", "open-sesame")
    with caplog.at_level(logging.DEBUG):
        said = refused(write(kafka=secured(secure_broker, "sasl_ssl"), **{topic: {"role": "both"}}))
    assert f"the login of user '{USER}' was refused" in said
    shown = capfd.readouterr()
    assert "open-sesame" not in said + caplog.text + shown.out + shown.err


def test_that_a_password_nobody_has_set_is_asked_for(secure_broker: Broker, write: Write) -> None:
    settings = write(kafka=secured(secure_broker, "sasl_ssl"), t={"role": "both"})
    assert "kafka.password: the environment variable BROKER_WORD is not set" in refused(settings)


def test_that_a_topic_that_is_not_there_is_named(write: Write) -> None:
    said = refused(write(**{"no-such-topic": {"role": "both"}}))
    assert "topic no-such-topic" in said
    assert "Unknown topic" in said


def test_that_a_line_is_described_without_its_secret(secure_broker: Broker, write: Write) -> None:
    kafka = loaded(write(kafka=secured(secure_broker, "sasl_ssl", "SCRAM-SHA-256"), t={"role": "both"})).kafka
    assert described(kafka) == f"Kafka {secure_broker.at('SASL_SSL')} (sasl_ssl, SCRAM-SHA-256)"
    assert WORD not in repr(kafka)


def test_that_a_token_is_read_from_its_place_whenever_it_is_needed(write: Write) -> None:
    keys = {"security": "sasl_plaintext", "mechanism": "OAUTHBEARER", "token": "env:TOKEN"}
    kafka = loaded(write(kafka=keys, t={"role": "both"})).kafka
    producer = client(kafka, "Producer", {}, {"TOKEN": "abc"})
    assert producer.poll(0.1) >= 0
    with pytest.raises(SettingsError, match="environment variable TOKEN is not set"):
        client(kafka, "Producer", {}, {})

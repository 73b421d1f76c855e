"""What the client library is told of a line, and what people are told when it fails: never a secret."""

from types import SimpleNamespace
from typing import Any

import pytest

from app.engine.errors import FeedError, SettingsError
from app.feeds.kafka import wiring
from app.feeds.kafka.wiring import client, described, library, refusal
from app.settings import load_settings
from app.settings_sources import Kafka

WORD = "correct-horse"
ENVIRONMENT = {"WORD": WORD, "TOKEN": "token-of-today", "KEY_WORD": "key-word"}


def kafka(**keys: str) -> Kafka:
    """The [kafka] table with some keys set by the environment, as settings give it."""
    return load_settings(None, {f"SCORECARD_KAFKA_{name.upper()}": f'"{value}"' for name, value in keys.items()}).kafka


class Told:
    """A library that keeps what its clients are made with."""

    class KafkaException(Exception):  # noqa: N818 - the library's own name
        """What it raises."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.options: dict[str, Any] = {}
        self.failure = failure

    def Consumer(self, options: dict[str, Any], **_more: Any) -> str:
        """Made."""
        self.options = options
        if self.failure is not None:
            raise self.failure
        return "made"


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    """In place of the client library."""
    found = Told()
    monkeypatch.setattr(wiring, "library", lambda *_name: found)
    return found


def test_that_a_plain_line_is_told_nothing_of_logins_and_certificates(told: Told) -> None:
    keys = kafka(brokers="a:1,b:2", user="ann", password="env:NOT_SET", ca="ca.pem")
    assert client(keys, "Consumer", {"group.id": "g"}, {}) == "made"
    assert told.options["bootstrap.servers"] == "a:1,b:2"
    assert told.options["group.id"] == "g"
    assert told.options["security.protocol"] == "PLAINTEXT"
    assert not [name for name in told.options if name.startswith(("sasl.", "ssl."))]


def test_that_only_files_the_settings_name_are_told(told: Told) -> None:
    client(kafka(security="ssl", ca="ca.pem"), "Consumer", {}, ENVIRONMENT)
    assert {name: value for name, value in told.options.items() if name.startswith("ssl.")} == {
        "ssl.ca.location": "ca.pem"
    }
    keys = kafka(security="ssl", certificate="me.pem", key="me.key", key_password="env:KEY_WORD")
    client(keys, "Consumer", {}, ENVIRONMENT)
    assert told.options["ssl.certificate.location"] == "me.pem"
    assert told.options["ssl.key.location"] == "me.key"
    assert told.options["ssl.key.password"] == ENVIRONMENT["KEY_WORD"]


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"])
@pytest.mark.parametrize("security", ["sasl_plaintext", "sasl_ssl"])
def test_that_a_login_is_told_its_mechanism_user_and_secret(told: Told, security: str, mechanism: str) -> None:
    keys = kafka(security=security, mechanism=mechanism, user="ann", password="env:WORD")
    client(keys, "Consumer", {}, ENVIRONMENT)
    assert told.options["security.protocol"] == security.upper()
    assert told.options["sasl.mechanisms"] == mechanism
    assert (told.options["sasl.username"], told.options["sasl.password"]) == ("ann", WORD)


def test_that_a_token_is_asked_for_anew_and_one_of_a_server_is_left_to_the_library(told: Told) -> None:
    environment = dict(ENVIRONMENT)
    keys = kafka(security="sasl_ssl", mechanism="OAUTHBEARER", token="env:TOKEN")
    client(keys, "Consumer", {}, environment)
    assert told.options["oauth_cb"]("")[0] == ENVIRONMENT["TOKEN"]
    environment["TOKEN"] = "token-of-tomorrow"
    assert told.options["oauth_cb"]("")[0] == "token-of-tomorrow"
    served = kafka(
        security="sasl_ssl", mechanism="OAUTHBEARER", token_url="https://tokens", user="ann", password="env:WORD"
    )
    client(served, "Consumer", {}, environment)
    assert told.options["sasl.oauthbearer.method"] == "oidc"
    assert told.options["sasl.oauthbearer.client.secret"] == WORD
    assert "oauth_cb" not in told.options


def test_that_what_the_caller_asks_for_comes_last(told: Told) -> None:
    client(kafka(), "Consumer", {"client.id": "mine"}, {})
    assert told.options["client.id"] == "mine"


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        (
            {"security": "sasl_ssl", "user": "ann", "password": "env:NONE"},
            "kafka.password: the environment",
        ),
        ({"security": "ssl", "key_password": "env:NONE"}, "kafka.key_password: the environment"),
        ({"security": "sasl_ssl", "mechanism": "OAUTHBEARER", "token": "env:NONE"}, "kafka.token: the environment"),
    ],
)
def test_that_a_secret_that_is_not_there_is_said_before_anything_is_tried(
    told: Told, keys: dict[str, str], said: str
) -> None:
    with pytest.raises(SettingsError, match=said):
        client(kafka(**keys), "Consumer", {}, {})
    assert told.options == {}


@pytest.mark.parametrize("failure", [ValueError("no such key"), TypeError("no such key"), None])
def test_that_settings_the_library_refuses_are_said_without_a_secret(told: Told, failure: Exception | None) -> None:
    told.failure = failure or Told.KafkaException(SimpleNamespace(str=lambda: "no such key"))
    keys = kafka(security="sasl_ssl", user="ann", password="env:WORD", brokers="a:1")
    with pytest.raises(SettingsError) as refused:
        client(keys, "Consumer", {}, ENVIRONMENT)
    assert str(refused.value) == "Kafka a:1 (sasl_ssl, PLAIN): the settings are refused: no such key"
    assert refused.value.__cause__ is None  # a traceback that goes on would show the options
    assert refused.value.__suppress_context__


def test_that_the_real_library_refuses_a_key_it_does_not_know_in_words() -> None:
    with pytest.raises(SettingsError, match=r"Kafka a:1: the settings are refused: .*no\.such\.key"):
        client(kafka(brokers="a:1"), "Producer", {"no.such.key": 1}, {})


def test_that_a_library_that_is_not_installed_is_named() -> None:
    with pytest.raises(FeedError, match=r"its client is not installed: pip install 'leakage-scorecard\[kafka\]'"):
        library("none_of_this_name")


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({}, "Kafka a:1"),
        ({"security": "ssl"}, "Kafka a:1 (ssl)"),
        ({"security": "sasl_ssl", "mechanism": "SCRAM-SHA-512", "user": "ann", "password": "env:WORD"},
         "Kafka a:1 (sasl_ssl, SCRAM-SHA-512)"),
    ],
)  # fmt: skip
def test_that_a_line_is_described_by_what_anybody_may_know(keys: dict[str, str], said: str) -> None:
    assert described(kafka(brokers="a:1", **keys)) == said


def fault(name: str, words: str = "words") -> Any:
    """An error of the library."""
    return SimpleNamespace(name=lambda: name, str=lambda: words)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("_SSL", "it is not signed by the certificates in ca.pem, nothing was sent (words)"),
        ("_AUTHENTICATION", "the login of user 'ann' was refused: words"),
        ("SASL_AUTHENTICATION_FAILED", "the login of user 'ann' was refused: words"),
        ("TOPIC_AUTHORIZATION_FAILED", "user 'ann' may not do this: words"),
        ("GROUP_AUTHORIZATION_FAILED", "user 'ann' may not do this: words"),
        ("CLUSTER_AUTHORIZATION_FAILED", "user 'ann' may not do this: words"),
    ],
)
def test_that_what_another_try_will_not_mend_ends_the_run_in_words(name: str, said: str) -> None:
    keys = kafka(brokers="a:1", security="sasl_ssl", user="ann", password="env:WORD", ca="ca.pem")
    found = refusal(keys, fault(name))
    assert isinstance(found, FeedError)
    assert str(found).startswith("Kafka a:1 (sasl_ssl, PLAIN): ")
    assert said in str(found)


def test_that_the_systems_certificates_are_named_where_none_are_given() -> None:
    assert "not signed by the system's certificates" in str(refusal(kafka(security="ssl"), fault("_SSL")))


@pytest.mark.parametrize("name", ["_TRANSPORT", "_ALL_BROKERS_DOWN", "_TIMED_OUT", "LEADER_NOT_AVAILABLE", "", "ssl"])
def test_that_what_may_pass_is_no_refusal(name: str) -> None:
    assert refusal(kafka(), fault(name)) is None

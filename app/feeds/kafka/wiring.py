"""How the brokers are reached: the client's configuration out of the settings, secrets put in at the last moment."""

import importlib
import logging
from collections.abc import Mapping
from typing import Any, Final

from app.engine.errors import FeedError, SettingsError
from app.settings_sources import Kafka, revealed

_LONGEST_PAUSE_MS: Final = 2_000  # between two tries to reach a broker
_LOG: Final = logging.getLogger("scorecard.kafka")
_REFUSALS: Final = frozenset({"_SSL", "_AUTHENTICATION", "SASL_AUTHENTICATION_FAILED", "TOPIC_AUTHORIZATION_FAILED",
                              "GROUP_AUTHORIZATION_FAILED", "CLUSTER_AUTHORIZATION_FAILED"})  # fmt: skip


def library(name: str = "confluent_kafka") -> Any:
    """The client library. Raises FeedError where it is not installed."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise FeedError("Kafka: its client is not installed: pip install 'leakage-scorecard[kafka]'") from error


def described(kafka: Kafka) -> str:
    """The brokers for people: addresses and how they are spoken to, no secret."""
    how = "" if kafka.security == "plaintext" else f" ({kafka.security}{_mechanism(kafka)})"
    return f"Kafka {kafka.brokers}{how}"


def _mechanism(kafka: Kafka) -> str:
    return f", {kafka.mechanism}" if kafka.security.startswith("sasl") else ""


def client(kafka: Kafka, kind: str, more: Mapping[str, Any], environment: Mapping[str, str] | None = None) -> Any:
    """A `Consumer`, `Producer` or AdminClient. Raises FeedError, SettingsError in words without a secret."""
    refused: type[Exception] = library().KafkaException
    module = library("confluent_kafka.admin") if kind == "AdminClient" else library()
    try:
        return getattr(module, kind)(_options(kafka, environment) | dict(more), logger=_LOG)
    except (refused, ValueError, TypeError) as error:
        raise SettingsError(f"{described(kafka)}: the settings are refused: {_words(error)}") from None


def _options(kafka: Kafka, environment: Mapping[str, str] | None) -> dict[str, Any]:
    options: dict[str, Any] = {
        "bootstrap.servers": kafka.brokers,
        "client.id": "leakage-scorecard",
        "security.protocol": kafka.security.upper(),
        "reconnect.backoff.ms": 50,
        "reconnect.backoff.max.ms": _LONGEST_PAUSE_MS,
        "log_level": 3,
        "socket.nagle.disable": True,
    }
    if "ssl" in kafka.security:
        files = {
            "ssl.ca.location": kafka.ca,
            "ssl.certificate.location": kafka.certificate,
            "ssl.key.location": kafka.key,
        }
        options |= {name: value for name, value in files.items() if value}
        password = revealed(kafka.key_password, "kafka.key_password", environment)
        if password:
            options["ssl.key.password"] = password.reveal()
    if kafka.security.startswith("sasl"):
        options |= _login(kafka, environment)
    return options


def _login(kafka: Kafka, environment: Mapping[str, str] | None) -> dict[str, Any]:
    options: dict[str, Any] = {"sasl.mechanisms": kafka.mechanism}
    if kafka.mechanism != "OAUTHBEARER":
        password = revealed(kafka.password, "kafka.password", environment)
        return options | {"sasl.username": kafka.user, "sasl.password": password.reveal()}
    if kafka.token_url:
        password = revealed(kafka.password, "kafka.password", environment)
        return options | {
            "sasl.oauthbearer.method": "oidc",
            "sasl.oauthbearer.token.endpoint.url": kafka.token_url,
            "sasl.oauthbearer.client.id": kafka.user,
            "sasl.oauthbearer.client.secret": password.reveal(),
        }
    revealed(kafka.token, "kafka.token", environment)  # one that is not there is said now, not after a wait
    return options | {"oauth_cb": _TokenOnDemand(kafka, environment)}


class _TokenOnDemand:
    """Reads the token anew whenever the client asks: one that is renewed in its place is found."""

    def __init__(self, kafka: Kafka, environment: Mapping[str, str] | None) -> None:
        self._kafka = kafka
        self._environment = environment

    def __call__(self, _config: str) -> tuple[str, float]:
        import time  # noqa: PLC0415 - its lifetime is a matter of the wall

        token = revealed(self._kafka.token, "kafka.token", self._environment)
        return token.reveal(), time.time() + 300.0


def refusal(kafka: Kafka, error: Any) -> FeedError | None:
    """Why trying again would not help; None for an error that may pass."""
    name, words = str(error.name()), str(error.str())
    if name not in _REFUSALS:
        return None
    if name == "_SSL":
        ca = f"the certificates in {kafka.ca}" if kafka.ca else "the system's certificates"
        return FeedError(
            f"{described(kafka)}: no trust in the broker: it is not signed by {ca}, nothing was sent ({words})"
        )
    if "AUTHORIZATION" in name:
        return FeedError(f"{described(kafka)}: user {kafka.user!r} may not do this: {words}")
    return FeedError(f"{described(kafka)}: the login of user {kafka.user!r} was refused: {words}")


def _words(error: BaseException) -> str:
    cause = error.args[0] if error.args else error
    return str(cause.str()) if hasattr(cause, "str") else str(cause)

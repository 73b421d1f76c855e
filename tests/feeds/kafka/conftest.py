"""Tests of Kafka on a real broker."""

from tests.parts.kafka import broker, own_broker, secure_broker, settings_file

__all__ = ["broker", "own_broker", "secure_broker", "settings_file"]

"""Kafka, both ways: topics in as lanes of a live run, sessions and results out. Needs the extra `kafka`."""

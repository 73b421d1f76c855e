"""Settings of sources at their limits: starts that no calendar has, ports, names, secrets; each refusal in words."""

import copy
import tomllib
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.errors import SettingsError
from app.feeds.kafka.places import utc_ns
from app.settings import DEFAULTS, PREFIX, load_settings
from app.settings_sources import (
    KINDS,
    MASK,
    START_WORDS,
    KafkaSource,
    KdbSource,
    Secret,
    Source,
    checked_kafka,
    checked_kdb,
    checked_sources,
    revealed,
)

WORD = "correct-horse"


def source(**keys: Any) -> Source:
    """One source of the settings."""
    return checked_sources({"a": {"kind": "kafka", **keys}}, "mine.toml")["a"]


def refusal(table: dict[str, Any]) -> str:
    with pytest.raises(SettingsError) as refused:
        checked_sources(table, "mine.toml")
    return str(refused.value)


@pytest.mark.parametrize(
    "start",
    ["now", "earliest", "committed", "offset:0", "offset:18446744073709551616", "2026-03-02", "2024-02-29",
     "2026-03-02 14:30", "2026-03-02T14:30:00Z", "2026-03-02T23:59:59.999999999Z"],
)  # fmt: skip
def test_that_a_start_of_the_list_is_taken(start: str) -> None:
    assert source(start=start).start == start


@pytest.mark.parametrize(
    "start",
    ["", "Now", "tomorrow", "offset:", "offset:-1", "offset:1.5", "2026-3-2", "2026-03-02T14", "14:30",
     "2026-13-45", "2026-02-30", "2025-02-29T10:00", "2026-03-02T25:00", "2026-03-02T14:60:00", "2026-00-10",
     "2026-03-02T14:30:00+01:00", "2026-03-02T14:30:00.1234567891", "0000-01-01"],
)  # fmt: skip
def test_that_a_start_that_is_no_place_and_no_time_is_refused(start: str) -> None:
    said = refusal({"a": {"kind": "kafka", "start": start}})
    assert said == f"mine.toml: sources.a.start = {start!r} is not allowed; allowed: {START_WORDS}"


@given(st.integers(0, 99), st.integers(0, 99))
def test_that_a_day_is_taken_exactly_where_the_calendar_has_it(month: int, day: int) -> None:
    text = f"2026-{month:02d}-{day:02d}"
    known = {(date(2026, 1, 1) + timedelta(days=number)).isoformat() for number in range(365)}
    try:
        taken = source(start=text).start
    except SettingsError:
        taken = ""
    assert (taken == text) == (text in known)


@given(st.from_regex(r"20[0-9]{2}-[01][0-9]-[0-3][0-9]([T ][0-2][0-9]:[0-6][0-9](:[0-6][0-9](\.[0-9]{1,9})?)?Z?)?\Z"))
def test_that_every_time_that_is_taken_can_be_read_when_it_is_needed(text: str) -> None:
    try:
        taken = source(start=text).start
    except SettingsError:
        with pytest.raises(ValueError):  # noqa: PT011 - it would have been found when the run began
            utc_ns(text.removesuffix("Z"))
    else:
        assert utc_ns(taken) > 0


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_that_a_source_written_down_is_the_same_source(kind: str) -> None:
    table = {"kind": kind, "path": "p"} if "path" in KINDS[kind].__struct_fields__ else {"kind": kind}
    (found,) = checked_sources({"a": table}, "mine.toml").values()
    assert msgspec.to_builtins(found) == table  # what was left out is left out
    assert checked_sources({"a": msgspec.to_builtins(found)}, "mine.toml") == {"a": found}


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"kind": "kdb", "port": 0}, "sources.a.port = 0 is not allowed"),
        ({"kind": "kdb", "port": 65_536}, "sources.a.port = 65536 is not allowed"),
        ({"kind": "kdb", "port": "5010"}, "sources.a.port = '5010' is not allowed"),
        ({"kind": "kafka", "message_max": 999}, "sources.a.message_max = 999 is not allowed"),
        ({"kind": "kafka", "reorder": 100_001}, "sources.a.reorder = 100001 is not allowed"),
        ({"kind": "kafka", "partitions": [0, "1"]}, "sources.a.partitions = [0, '1'] is not allowed"),
        ({"kind": "kafka", "idle_ms": 86_400_001}, "sources.a.idle_ms = 86400001 is not allowed"),
        ({"kind": "kafka", "clock_budget_ns": -1}, "sources.a.clock_budget_ns = -1 is not allowed"),
        ({"kind": "kafka", "role": "quotes"}, "sources.a.role = 'quotes' is not allowed"),
        ({"kind": "kafka", "path": "x"}, "sources.a.path = 'x' is not allowed; allowed: one of role, source"),
        ({"kind": "kdb", "columns": {"price": 3}}, "sources.a.columns = {'price': 3} is not allowed"),
        ({"kind": ["kafka"]}, "sources.a.kind = ['kafka'] is not allowed"),
        ({}, "sources.a.kind = None is not allowed; allowed: kafka, kdb, file, archive"),
        ([], "sources.a = [] is not allowed; allowed: a table [sources.a]"),
    ],
)
def test_that_a_key_beyond_its_limit_is_named_with_its_value(table: object, said: str) -> None:
    complaint = refusal({"a": table})
    assert complaint.startswith(f"mine.toml: {said}")
    assert "\n" not in complaint


@pytest.mark.parametrize("port", [1, 65_535])
def test_that_a_key_at_its_limit_is_taken(port: int) -> None:
    found = source(kind="kdb", port=port)
    assert isinstance(found, KdbSource)
    assert found.port == port


@pytest.mark.parametrize("name", ["a", "XNAS.itch", "a-b_c.9", "9" * 100])
def test_that_a_source_may_be_named_as_topics_are(name: str) -> None:
    assert isinstance(checked_sources({name: {"kind": "kafka"}}, "f")[name], KafkaSource)


@pytest.mark.parametrize("name", ["", ".a", "-a", "a b", "a/b", "ä", "9" * 101, "a\n"])
def test_that_a_name_that_is_no_name_of_a_topic_is_refused(name: str) -> None:
    assert f"sources = {name!r} is not allowed" in refusal({name: {"kind": "kafka"}})


def test_that_the_first_wrong_source_does_not_hide_behind_a_good_one() -> None:
    assert "sources.b.kind = 'rabbit'" in refusal({"a": {"kind": "kafka"}, "b": {"kind": "rabbit"}})


REFERENCES = ["env:A", "env:_a9", "keyring:kafka/desk", "keyring:a b/c/d"]
NO_REFERENCES = [WORD, "env:", "env:9A", f"env:A {WORD}", "keyring:kafka", "keyring:/desk", "ENV:A", f"file:{WORD}"]


@pytest.mark.parametrize("reference", REFERENCES)
def test_that_a_reference_is_taken_wherever_a_secret_is_named(reference: str) -> None:
    defaults = load_settings(None, {})
    checked_kafka(msgspec.structs.replace(defaults.kafka, password=reference, key_password=reference), "f")
    checked_kdb(msgspec.structs.replace(defaults.kdb, password=reference), "f")
    found = source(kind="kdb", password=reference)
    assert isinstance(found, KdbSource)
    assert found.password == reference


@pytest.mark.parametrize("text", NO_REFERENCES)
def test_that_what_may_be_a_secret_is_refused_and_never_repeated(text: str) -> None:
    defaults = load_settings(None, {})
    said = [refusal({"a": {"kind": "kdb", "password": text}})]
    for name in ("password", "token", "key_password"):
        with pytest.raises(SettingsError) as refused:
            checked_kafka(msgspec.structs.replace(defaults.kafka, **{name: text}), "f")
        said.append(str(refused.value))
    with pytest.raises(SettingsError) as refused:
        checked_kdb(msgspec.structs.replace(defaults.kdb, password=text), "f")
    said.append(str(refused.value))
    assert all(MASK in words and WORD not in words and "env:VARIABLE" in words for words in said)


@pytest.mark.parametrize(
    ("keys", "missing"),
    [
        ({"mechanism": "PLAIN"}, "user"),
        ({"mechanism": "PLAIN", "user": "ann"}, "password"),
        ({"mechanism": "SCRAM-SHA-512", "password": "env:A"}, "user"),
        ({"mechanism": "OAUTHBEARER"}, "token"),
        ({"mechanism": "OAUTHBEARER", "token_url": "https://tokens", "user": "ann"}, "password"),
    ],
)
def test_that_what_a_login_lacks_is_named(keys: dict[str, str], missing: str) -> None:
    kafka = msgspec.structs.replace(load_settings(None, {}).kafka, security="sasl_ssl", **keys)
    with pytest.raises(SettingsError, match=rf"f: kafka.{missing} = '' is not allowed; allowed: set where security"):
        checked_kafka(kafka, "f")
    checked_kafka(msgspec.structs.replace(kafka, security="ssl"), "f")  # no login, nothing is needed


@given(st.text(min_size=1))
def test_that_a_secret_is_shown_by_nothing_but_its_reveal(word: str) -> None:
    secret = Secret(word)
    assert secret.reveal() == word
    assert {str(secret), repr(secret), f"{secret}"} == {MASK}
    assert (copy.copy(secret).reveal(), copy.deepcopy(secret).reveal()) == (MASK, MASK)
    assert hash(secret) == hash(Secret("another"))  # equal hashes tell nobody anything
    assert secret != word


def test_that_an_empty_reference_is_no_secret_and_an_empty_variable_is_an_empty_one() -> None:
    assert not revealed("", "k")
    assert not revealed("env:A", "k", {"A": ""})


def leaves(table: dict[str, Any], at: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], Any]]:
    """Every single value of a table with its path."""
    found = []
    for key, value in table.items():
        inner = leaves(value, (*at, key)) if isinstance(value, dict) else [((*at, key), value)]
        found += inner
    return found


SHIPPED = leaves(tomllib.loads(DEFAULTS.read_text("utf-8")))


@pytest.mark.parametrize(("path", "value"), SHIPPED, ids=[".".join(path) for path, _ in SHIPPED])
def test_that_every_shipped_value_may_be_said_by_the_environment(path: tuple[str, ...], value: object) -> None:
    name = PREFIX + "_".join(path).upper()
    text = msgspec.json.encode(value).decode()  # plain values are written alike in both
    assert load_settings(None, {name: text}) == load_settings(None, {})


def test_that_a_file_and_the_environment_name_the_one_that_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("[ring]\nrows = 5\n[kafka]\nsnapshot_ms = 5\n")
    with pytest.raises(SettingsError, match=r"mine\.toml: kafka\.snapshot_ms = 5 "):
        load_settings(path, {"SCORECARD_RING_ROWS": "6"})
    with pytest.raises(SettingsError, match=r"environment SCORECARD_RING_ROWS: ring\.rows = 0 "):
        load_settings(path, {"SCORECARD_RING_ROWS": "0", "SCORECARD_KAFKA_SNAPSHOT_MS": "50"})

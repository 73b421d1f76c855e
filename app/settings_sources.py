"""Settings of live sources: where rows come from, what they mean, who may read them; secrets are named, never written.

`[sources.NAME]` says for each source its kind (which part of the firm's plumbing), its role (what its rows are), its
codec (how bytes become rows) and its place (topic, table or path). A kind has its own keys; all of them share those
of Source. A secret is a reference: `env:NAME` reads an environment variable, `keyring:SERVICE/USER` the keyring.
"""

import calendar
import importlib
import os
import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, TypeAlias

import msgspec

from app.engine.errors import SettingsError, complaint

Role: TypeAlias = Literal["market", "orders", "both"]
Codec: TypeAlias = Literal["blocks", "itch5", "moldudp64", "fix", "dbn", "json_l2", "columns"]
Milliseconds: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=86_400_000)]
Budget: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=2**62)]
Bytes: TypeAlias = Annotated[int, msgspec.Meta(ge=1_000, le=1_000_000_000)]
Port: TypeAlias = Annotated[int, msgspec.Meta(ge=1, le=65_535)]

START: Final = re.compile(r"now|earliest|committed|offset:\d+|\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?Z?)?")
START_WORDS: Final = "now, earliest, committed, offset:NUMBER, or a time in UTC like 2026-03-02T14:30:00"
_WHOLE_SECONDS: Final = len("2026-03-02T14:30:00")
REFERENCE: Final = re.compile(r"(env:[A-Za-z_][A-Za-z0-9_]*|keyring:[^/]+/.+)")
REFERENCE_WORDS: Final = "env:VARIABLE or keyring:SERVICE/USER; the secret itself never stands in a settings file"
MASK: Final = "********"
SOURCE_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


class Secret:
    """A value nobody sees by accident: `reveal` gives it, every other way of looking at it gives a mask."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value, for the one call that needs it."""
        return self._value

    def __bool__(self) -> bool:
        return bool(self._value)

    def __repr__(self) -> str:
        return MASK

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format(MASK, spec)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(MASK)

    def __reduce__(self) -> tuple[type["Secret"], tuple[str]]:
        return Secret, (MASK,)


class SourceKeys(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What every source has. `source`: logical name of its rows ("" = as the rows say, else the table's name).

    `idle_ms`: at the end of its stream with nothing for so long, it holds nobody back; 0 = it always does.
    """

    role: Role = "market"
    source: str = ""
    venue: str = ""
    clock_budget_ns: Budget = 0
    start: str = "committed"
    idle_ms: Milliseconds = 5


class KafkaSource(SourceKeys, frozen=True, kw_only=True, tag_field="kind", tag="kafka"):
    """A Kafka topic: `topic` "" = the table's name; `group` "" = that of [kafka]."""

    codec: Codec = "blocks"
    topic: str = ""
    group: str = ""
    partitions: tuple[int, ...] = ()  # () = all of them
    message_max: Bytes = 16_000_000  # a longer message is set aside
    reorder: Annotated[int, msgspec.Meta(ge=0, le=100_000)] = 64  # messages held back for one that is missing
    missing_ms: Milliseconds = 500  # and how long nothing may come at the end of the partition before it is given up


class KdbSource(SourceKeys, frozen=True, kw_only=True, tag_field="kind", tag="kdb"):
    """A table of a kdb+ tickerplant; `columns`: our column -> theirs, where the names differ.

    `codec`: columns, or fix where a column holds raw FIX messages.
    """

    codec: Codec = "columns"
    host: str = "127.0.0.1"
    port: Port = 5010
    table: str = ""
    symbols: tuple[str, ...] = ()  # () = all of them
    columns: dict[str, str] = {}
    log: str = ""  # the tickerplant's log, as this machine sees it; "" = the missed part is asked for by query
    query: str = ""
    reference: str = ""  # a table of instruments and rates beside it; "" = [live] names a folder, or nothing is known
    user: str = ""
    password: str = ""
    tls: bool = False
    ca: str = ""


class FileSource(SourceKeys, frozen=True, kw_only=True, tag_field="kind", tag="file"):
    """A file that is being written (a FIX log), read on as it grows; `session`: the table of [fix] it follows."""

    codec: Codec = "fix"
    path: str
    session: str = ""


class ArchiveSource(SourceKeys, frozen=True, kw_only=True, tag_field="kind", tag="archive"):
    """The archive: a folder or an s3:// address; `date` "" = its newest day."""

    path: str
    date: str = ""


Source: TypeAlias = KafkaSource | KdbSource | FileSource | ArchiveSource
KINDS: Final[Mapping[str, type[SourceKeys]]] = {
    "kafka": KafkaSource, "kdb": KdbSource, "file": FileSource, "archive": ArchiveSource,
}  # fmt: skip


class Live(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What all live sources share: reference data from a session folder ("" = only what the sources bring)."""

    reference: str
    queue_rows: Annotated[int, msgspec.Meta(ge=1_000, le=2**31 - 1)]


class Kafka(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the brokers are reached; secrets are references, see `revealed`."""

    brokers: str
    group: str
    members: Literal["alone", "shared"]
    security: Literal["plaintext", "ssl", "sasl_plaintext", "sasl_ssl"]
    mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"]
    user: str
    password: str
    token: str
    token_url: str
    ca: str
    certificate: str
    key: str
    key_password: str
    results: str
    snapshot_ms: Annotated[int, msgspec.Meta(ge=10, le=3_600_000)]


class Kdb(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The real-time store: a kdb+ process that takes scorecards, leakage and fills, and is asked for their history."""

    store: bool
    host: str
    port: Port
    user: str
    password: str
    tls: bool
    ca: str
    snapshot_ms: Annotated[int, msgspec.Meta(ge=10, le=3_600_000)]


def checked_kdb(kdb: Kdb, where: str) -> None:
    """The password of `[kdb]` is a reference. Raises SettingsError."""
    if kdb.password and not REFERENCE.fullmatch(kdb.password):
        raise SettingsError(complaint(where, "kdb.password", MASK, REFERENCE_WORDS))


def checked_sources(table: Mapping[str, Any], where: str) -> dict[str, Source]:
    """The `[sources]` table, name by name. Raises SettingsError naming file, key, value and what is allowed."""
    found: dict[str, Source] = {}
    for name, given in table.items():
        key = f"sources.{name}"
        if not SOURCE_NAME.fullmatch(name):
            raise SettingsError(complaint(where, "sources", name, "letters, digits, dots, dashes and underscores"))
        if not isinstance(given, Mapping):
            raise SettingsError(complaint(where, key, given, f"a table [{key}] with kind, role and codec"))
        kind = given.get("kind")
        if not isinstance(kind, str) or kind not in KINDS:
            raise SettingsError(complaint(where, f"{key}.kind", kind, ", ".join(KINDS)))
        unknown = sorted(set(given) - {"kind", *KINDS[kind].__struct_fields__})
        if unknown:
            allowed = ", ".join(KINDS[kind].__struct_fields__)
            raise SettingsError(complaint(where, f"{key}.{unknown[0]}", given[unknown[0]], f"one of {allowed}"))
        found[name] = _checked(key, given, where)
    return found


def _checked(key: str, given: Mapping[str, Any], where: str) -> Source:
    try:
        source: Source = msgspec.convert(dict(given), Source)
    except msgspec.ValidationError as error:
        what, _, path = str(error).partition(" - at `$")
        field = path.strip("`.").partition("[")[0]
        full = f"{key}.{field}" if field else key
        raise SettingsError(complaint(where, full, given.get(field) if field else dict(given), what)) from error
    if not _begins(source.start):
        raise SettingsError(complaint(where, f"{key}.start", source.start, START_WORDS))
    for name in ("password",):
        reference = getattr(source, name, "")
        if reference and not REFERENCE.fullmatch(reference):
            raise SettingsError(complaint(where, f"{key}.{name}", MASK, REFERENCE_WORDS))
    return source


def _begins(start: str) -> bool:
    """True for a word of START_WORDS, or a time that the calendar and the clock have."""
    if not START.fullmatch(start):
        return False
    if not start[:1].isdigit():
        return True
    year, month, day, *clock = map(int, re.findall(r"\d+", start[:_WHOLE_SECONDS]))
    if year < 1 or not 1 <= month <= 12 or not 1 <= day <= calendar.monthrange(year, month)[1]:
        return False
    return all(number < limit for number, limit in zip(clock, (24, 60, 60), strict=False))


def checked_kafka(kafka: Kafka, where: str) -> None:
    """Secrets of `[kafka]` are references, and what a mechanism needs is there. Raises SettingsError."""
    for name in ("password", "token", "key_password"):
        reference = getattr(kafka, name)
        if reference and not REFERENCE.fullmatch(reference):
            raise SettingsError(complaint(where, f"kafka.{name}", MASK, REFERENCE_WORDS))
    if not kafka.security.startswith("sasl"):
        return
    needed = ("token",) if kafka.mechanism == "OAUTHBEARER" and not kafka.token_url else ("user", "password")
    for name in needed:
        if not getattr(kafka, name):
            allowed = f"set where security = {kafka.security!r} and mechanism = {kafka.mechanism!r}"
            raise SettingsError(complaint(where, f"kafka.{name}", "", allowed))


def revealed(reference: str, key: str, environment: Mapping[str, str] | None = None) -> Secret:
    """The secret a reference names; "" gives an empty one. Raises SettingsError when it is not there.

    The sentence names the settings key and the reference, never the value.
    """
    if not reference:
        return Secret("")
    place, _, name = reference.partition(":")
    if place == "env":
        value = (os.environ if environment is None else environment).get(name)
        if value is None:
            raise SettingsError(f"{key}: the environment variable {name} is not set")
        return Secret(value)
    return _from_keyring(name, key)


def _from_keyring(name: str, key: str) -> Secret:
    service, _, user = name.partition("/")
    try:
        keyring: Any = importlib.import_module("keyring")
    except ImportError as error:
        raise SettingsError(f"{key}: no keyring here: pip install keyring, or use env:VARIABLE") from error
    value = keyring.get_password(service, user)
    if value is None:
        raise SettingsError(f"{key}: the keyring has no secret of {user} for {service}")
    return Secret(value)

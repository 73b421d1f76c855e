"""Settings: shipped defaults, the user's file, the environment; merged and validated once, then frozen."""

import hashlib
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal, TypeAlias, get_args, get_type_hints

import msgspec

from app.engine.config import EngineConfig
from app.engine.config import EvidenceModel as Model
from app.engine.errors import SettingsError, complaint
from app.engine.switch.guard import Limits
from app.engine.units import HORIZON_NAMES, SECOND
from app.settings_api import Api, People, checked_api
from app.settings_ems import Ems, checked_ems
from app.settings_sources import Kafka, Kdb, Live, Source, checked_kafka, checked_kdb, checked_sources

RESOURCES: Final = Path(__file__).resolve().parent.parent / "resources"
DEFAULTS: Final = RESOURCES / "default.toml"
BPS_PRESET: Final = RESOURCES / "presets" / "bps.toml"
SHIPPED_MODEL: Final = RESOURCES / "evidence" / "default.model"  # [evidence] model = "default"
MODEL_SUFFIX: Final = ".model"
ACTIVE_MODEL: Final = "active"  # the file of a folder of models that names the version in use
PREFIX: Final = "SCORECARD_"
_NOT_SETTINGS: Final = {"SCORECARD_KERNEL_CACHE", "SCORECARD_SHARED_DATA"}  # where things lie on this machine

_Table: TypeAlias = dict[str, Any]
LevelMode: TypeAlias = Literal["z", "bps"]
CostModel: TypeAlias = Literal["almgren", "square_root", "istar"]
Positive: TypeAlias = Annotated[float, msgspec.Meta(gt=0, le=1e6)]
Count: TypeAlias = Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]
Nanoseconds: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=2**62)]


class _Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One table of the settings file; every key must be there after the merge, none may be unknown."""


class ZLight(_Section, frozen=True):
    """Level light by |cost_z|: thresholds in timing risks."""

    amber: Positive
    red: Positive


class BpsLight(_Section, frozen=True):
    """Level light by slippage in bps; a level is left at `leave` of its threshold after `dwell_s` seconds."""

    quiet: Positive
    amber: Positive
    red: Positive
    leave: Annotated[float, msgspec.Meta(gt=0, le=1)]
    dwell_s: Annotated[float, msgspec.Meta(ge=0, le=1e6)]


class Level(_Section, frozen=True):
    """Which measure turns the level light, and where."""

    mode: LevelMode
    z: ZLight
    bps: BpsLight


class Ring(_Section, frozen=True):
    """Touch history kept per instrument: seconds of event time and rows, whichever ends first."""

    seconds: Positive
    rows: Count


class Clock(_Section, frozen=True):
    """Clock error budget in ns, per source name; 0 where a source is not named."""

    budget_ns: dict[str, Nanoseconds]


class Cost(_Section, frozen=True):
    """The expected-cost model."""

    model: CostModel


class Itch(_Section, frozen=True):
    """What ITCH messages do not say: the MIC of their venue."""

    venue: Annotated[str, msgspec.Meta(pattern="^[A-Z0-9]{4}$")]


class Health(_Section, frozen=True):
    """Clock health: files with what ptp4l, phc2sys or chronyd say, by source name ("*" = every source)."""

    files: dict[str, str]
    margin: Annotated[float, msgspec.Meta(ge=1, le=1_000)]


class Archive(_Section, frozen=True):
    """Where what was applied is kept for good: a folder or s3://BUCKET/PREFIX, "" = nowhere; how it is written.

    `group`: one writer at a time writes for it. `patience_s`: how long a store may be unavailable; 0 = for ever.
    """

    path: str
    group: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    chunk_rows: Annotated[int, msgspec.Meta(ge=1_000, le=1 << 22)]
    level: Annotated[int, msgspec.Meta(ge=1, le=19)]
    flush_s: Positive
    patience_s: Annotated[float, msgspec.Meta(ge=0, le=1e6)]


class Replay(_Section, frozen=True):
    """How rows are handed to the engine."""

    block: Count


class Playback(_Section, frozen=True):
    """How the desk plays a recording: event seconds per second, ms between two publications."""

    speed: Positive
    frame_ms: Annotated[int, msgspec.Meta(ge=5, le=1000)]


class RulesFile(_Section, frozen=True):
    """The desk's rules: a TOML file of [rules.NAME] tables, "" = none."""

    file: str


class EvidenceModel(_Section, frozen=True):
    """The model behind evidence figures: "default" = the shipped one, a file, or a folder of versions; "" = none."""

    model: str

    def file(self) -> Path | None:
        """The model's file, of a folder that of its version in use. Raises SettingsError where a folder has none."""
        if not self.model:
            return None
        if self.model == "default":
            return SHIPPED_MODEL
        path = Path(self.model).expanduser()
        if not path.is_dir():
            return path
        try:
            version = (path / ACTIVE_MODEL).read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            allowed = "a folder with a version in use: `scorecard evidence use`"
            raise SettingsError(complaint("settings", "evidence.model", self.model, allowed)) from error
        return path / f"{version}{MODEL_SUFFIX}"

    def read(self) -> Model | None:
        """The model of the file. Raises SettingsError where it cannot be read or is none."""
        path = self.file()
        if path is None:
            return None
        from app.engine.evidence.model import load_model  # noqa: PLC0415 - numpy, only where a model is named

        try:
            data = path.read_bytes()
        except OSError as error:
            allowed = f"a file that can be read ({error.strerror})"
            raise SettingsError(complaint("settings", "evidence.model", self.model, allowed)) from error
        return load_model(data, path.name)


class Settings(_Section, frozen=True):
    """All settings of one run."""

    horizons: tuple[str, ...]
    level: Level
    ring: Ring
    clock: Clock
    cost: Cost
    itch: Itch
    health: Health
    replay: Replay
    archive: Archive
    limits: Limits
    playback: Playback
    fix: dict[str, Any]
    live: Live
    kafka: Kafka
    kdb: Kdb
    ems: Ems
    api: Api
    people: People
    rules: RulesFile
    evidence: EvidenceModel
    sources: dict[str, Source]

    def hash(self) -> str:
        """SHA-256 of the values in a fixed order, wherever each came from."""
        return hashlib.sha256(msgspec.json.encode(self, order="deterministic")).hexdigest()

    def engine(self, *, book: bool) -> EngineConfig:
        """What of it the engine is told; `book` asks for the touch after every completed venue event."""
        bps = self.level.bps
        budgets = {s.source or name: s.clock_budget_ns for name, s in self.sources.items() if s.clock_budget_ns}
        return EngineConfig(
            level_mode=self.level.mode,
            level_amber=self.level.z.amber,
            level_red=self.level.z.red,
            bps_quiet=bps.quiet,
            bps_amber=bps.amber,
            bps_red=bps.red,
            leave_at=bps.leave,
            dwell_ns=round(bps.dwell_s * SECOND),
            cost_model=self.cost.model,
            clock_budget_ns=budgets | self.clock.budget_ns,
            ring_ns=round(self.ring.seconds * SECOND),
            ring_rows=self.ring.rows,
            book=book,
            evidence=self.evidence.read(),
        )


def load_settings(user: Path | None = None, environment: Mapping[str, str] | None = None) -> Settings:
    """Defaults, then the user's file, then SCORECARD_* of the environment; raises SettingsError."""
    merged = _read(DEFAULTS)
    origin: dict[str, str] = {}
    known = _variables(merged)
    if user is not None:
        _merge(merged, _read(user), (), str(user), origin)
    for name, value in sorted((os.environ if environment is None else environment).items()):
        if name.startswith(PREFIX) and name not in _NOT_SETTINGS:
            _override(merged, name, value, known, origin)
    return _validated(merged, origin, str(user or DEFAULTS))


def _read(path: Path) -> _Table:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise SettingsError(f"{path}: the settings file cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path}: offset {error.start}: the settings file is not UTF-8 text") from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path}: the settings file is not TOML: {error}") from error


def _merge(into: _Table, add: _Table, at: tuple[str, ...], source: str, origin: dict[str, str]) -> None:
    for key, value in add.items():
        path = (*at, key)
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            _merge(into[key], value, path, source, origin)
        else:
            into[key] = value
            origin[".".join(path)] = source


def _variables(defaults: _Table, at: tuple[str, ...] = ()) -> dict[str, tuple[str, ...]]:
    """Environment names of all single values, e.g. SCORECARD_RING_ROWS -> (ring, rows)."""
    found: dict[str, tuple[str, ...]] = {}
    for key, value in defaults.items():
        path = (*at, key)
        if isinstance(value, dict):
            found |= _variables(value, path)
        else:
            found[PREFIX + "_".join(path).upper()] = path
    return found


def _override(merged: _Table, name: str, text: str, known: dict[str, tuple[str, ...]], origin: dict[str, str]) -> None:
    path = known.get(name)
    if path is None:
        raise SettingsError(complaint("environment", name, text, ", ".join(sorted(known))))
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = text  # bare words are text
    table = merged
    for key in path[:-1]:
        table = table[key] if isinstance(table.get(key), dict) else {}
    table[path[-1]] = value
    origin[".".join(path)] = f"environment {name}"


_AT: Final = re.compile(r"^(?P<what>.*?)(?: - at `\$\.?(?P<path>[^`]*)`)?$")
_UNKNOWN: Final = re.compile(r"^Object contains unknown field `(?P<key>.*)`$")
_INDEX: Final = re.compile(r"(\[[^\]]*\])+$")  # of a list element or a free key: the list or table is shown whole
_CHOICES: Final = {
    "level.mode": get_args(LevelMode), "cost.model": get_args(CostModel),
    **{f"kafka.{name}": get_args(get_type_hints(Kafka)[name]) for name in ("members", "security", "mechanism")},
    **{f"ems.{name}": get_args(get_type_hints(Ems)[name]) for name in ("version", "reset")},
}  # fmt: skip
_MISSING: Final = re.compile(r"^Object missing required field `(?P<key>.*)`$")


def _validated(merged: _Table, origin: dict[str, str], fallback: str) -> Settings:
    table = merged.get("sources")
    if isinstance(table, dict):
        checked_sources(table, _where(origin, "sources", fallback))
    try:
        settings = msgspec.convert(merged, Settings)
    except msgspec.ValidationError as error:
        raise SettingsError(_sentence(merged, origin, fallback, str(error))) from error

    def insist(key: str, holds: bool, allowed: str) -> None:
        if not holds:
            raise SettingsError(complaint(_where(origin, key, fallback), key, _value(merged, key), allowed))

    light, bps = settings.level.z, settings.level.bps
    insist("horizons", settings.horizons == HORIZON_NAMES, f"{list(HORIZON_NAMES)}: the tables' columns")
    insist("level.z.red", light.red > light.amber, f"more than level.z.amber = {light.amber}")
    insist("level.bps.amber", bps.amber > bps.quiet, f"more than level.bps.quiet = {bps.quiet}")
    checked_kafka(settings.kafka, _where(origin, "kafka", fallback))
    checked_kdb(settings.kdb, _where(origin, "kdb", fallback))
    checked_ems(settings.ems, _where(origin, "ems", fallback))
    checked_api(settings.api, _where(origin, "api", fallback))
    insist("level.bps.red", bps.red > bps.amber, f"more than level.bps.amber = {bps.amber}")
    for name in ("qty", "notional", "adv_pct"):
        warn, hard = (getattr(settings.limits, f"{kind}_{name}") for kind in ("warn", "hard"))
        insist(f"limits.hard_{name}", hard >= warn, f"at least limits.warn_{name} = {warn:g}")
    return settings


def _sentence(merged: _Table, origin: dict[str, str], fallback: str, message: str) -> str:
    """A validation error as one sentence naming file, key, value and what is allowed."""
    match = _AT.match(message)
    what, path = (match["what"], match["path"] or "") if match else (message, "")
    path = _INDEX.sub("", path)
    allowed = what.replace("`object`", "a table")
    if path in _CHOICES:
        allowed = " or ".join(_CHOICES[path])
    for pattern, rule in ((_UNKNOWN, "one of {}"), (_MISSING, "a table with {}")):
        inner = pattern.match(what)
        if inner:
            table = _value(_read(DEFAULTS), path) if path else _read(DEFAULTS)
            allowed = rule.format(", ".join(table) if isinstance(table, dict) else "")
            path = f"{path}.{inner['key']}".lstrip(".")
    return complaint(_where(origin, path, fallback), path, _value(merged, path), allowed)


def _where(origin: dict[str, str], key: str, fallback: str) -> str:
    """Where a key was set: its own origin, that of a table around it, or of a key inside it."""
    for known, source in origin.items():
        if known == key or key.startswith(known + ".") or known.startswith(key + "."):
            return source
    return fallback


def _value(table: _Table, path: str) -> object:
    found: object = table
    for key in path.split("."):
        found = found.get(key) if isinstance(found, dict) else None
    return found

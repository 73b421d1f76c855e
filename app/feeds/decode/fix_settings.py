"""Settings of FIX order flow: how logs are read, and per session what its orders are and how they are linked.

They come from the `[fix]` table of the settings file; docs/guide/order-flow.md explains every key.
"""

import re
from collections.abc import Mapping
from datetime import UTC, tzinfo
from typing import Annotated, Any, Final, Literal, TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from app.engine.errors import SettingsError, complaint
from app.feeds.decode.fix_fields import DATA_FIELDS
from app.feeds.decode.fix_marks import FrameRules, Severity

Level: TypeAlias = Literal["child", "algo", "parent"]
Tag: TypeAlias = Annotated[int, msgspec.Meta(ge=1, le=999_999_999)]
# Text columns of an order row a session may fill from tags of its own.
COLUMNS: Final = ("account", "trader", "broker", "desk", "book", "pm", "basket_id", "link_id", "algo", "currency")


LIQUIDITY: Final[dict[str, Literal["A", "R", "X", "D"]]] = {"1": "A", "2": "R", "4": "X"}  # LastLiquidityInd (851)


class _Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One table of the settings; unknown keys are refused."""


class LinkRule(_Table, frozen=True):
    """Where the parent's id stands: a tag, or the one named group of a pattern in it.

    `by = "order_id"`: the value is the OrderID (37) of an order of another session, which is looked up.
    """

    tag: Tag
    pattern: str | None = None
    by: Literal["id", "order_id"] = "id"


class LevelRule(_Table, frozen=True):
    """An order that carries the tag (and whose value matches the pattern) is of this level."""

    tag: Tag
    level: Level
    pattern: str | None = None


PARENT_RULES: Final = (
    LinkRule(tag=526),
    LinkRule(tag=583),
    LinkRule(tag=66),
    LinkRule(tag=198, by="order_id"),
)


class SessionSettings(_Table, frozen=True):
    """One FIX session: who sends orders to whom, what they are, how they are linked."""

    sender: str = "*"  # CompID of the side that sends the orders
    target: str = "*"
    level: Level = "child"
    levels: tuple[LevelRule, ...] = ()  # the first that holds overrides `level`
    parent: tuple[LinkRule, ...] = PARENT_RULES
    algo_order: tuple[LinkRule, ...] = ()
    fills: Literal["facts", "reconcile"] = "facts"  # reconcile: the same fills come from another session
    strategy: tuple[Tag, ...] = (847,)
    strategies: dict[str, str] = {}  # wire value -> name
    params: dict[str, Tag] = {}  # name -> tag, beside the 957 group
    columns: dict[str, Tag] = {}
    symbol: tuple[Tag, ...] = (55, 65)  # joined by a dot
    venues: dict[str, str] = {}  # wire value -> MIC
    liquidity: Tag = 851
    liquidity_values: dict[str, Literal["A", "R", "X", "D"]] = msgspec.field(default_factory=lambda: dict(LIQUIDITY))
    commission: Literal["fill", "none"] = "fill"


class FixSettings(_Table, frozen=True):
    """How FIX logs are read."""

    timezone: str = "UTC"  # of prefix stamps that name none
    stamp: Literal["prefix", "sending"] = "prefix"
    checksum: Severity = "quarantine"
    body_length: Severity = "quarantine"
    max_body: Annotated[int, msgspec.Meta(ge=1, le=1 << 30)] = 1_048_576
    clock_budget_ms: Annotated[float, msgspec.Meta(ge=0, le=1e9)] = 1_000.0
    data_fields: dict[str, Tag] = {}  # length tag -> data tag, beside the standard ones
    keep_raw: bool = True
    decoder: Literal["fast", "reference"] = "fast"  # the same rows: the second is there to check the first
    session: dict[str, SessionSettings] = {}

    def zone(self) -> tzinfo:
        """Time zone of prefix stamps."""
        return UTC if self.timezone == "UTC" else ZoneInfo(self.timezone)

    def frame_rules(self) -> FrameRules:
        """What a frame must fulfil."""
        own = {int(length): data for length, data in self.data_fields.items()}
        return FrameRules(self.checksum, self.body_length, self.max_body, DATA_FIELDS | own)


def fix_settings(table: Mapping[str, Any], where: str) -> FixSettings:
    """Settings from a `[fix]` table; raises SettingsError naming file, key, value and what is allowed."""
    try:
        settings = msgspec.convert(dict(table), FixSettings)
    except msgspec.ValidationError as error:
        what, _, path = str(error).partition(" - at `$")
        key = f"fix{path.rstrip('`')}"
        raise SettingsError(complaint(where, key, _value(table, path.rstrip("`")), what)) from error
    _check_whole(settings, where)
    for name, session in settings.session.items():
        _check_session(session, where, f"fix.session.{name}")
    return settings


def _check_whole(settings: FixSettings, where: str) -> None:
    try:
        settings.zone()
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        allowed = "a time zone name such as UTC or America/New_York"
        raise SettingsError(complaint(where, "fix.timezone", settings.timezone, allowed)) from error
    for length in settings.data_fields:
        if not re.fullmatch(r"[1-9][0-9]{0,8}", length):
            raise SettingsError(complaint(where, "fix.data_fields", length, "tag numbers"))


def _check_session(session: SessionSettings, where: str, key: str) -> None:
    for name in session.columns:
        if name not in COLUMNS:
            raise SettingsError(complaint(where, f"{key}.columns", name, ", ".join(COLUMNS)))
    rules = [("parent", rule.pattern, True) for rule in session.parent]
    rules += [("algo_order", rule.pattern, True) for rule in session.algo_order]
    rules += [("levels", rule.pattern, False) for rule in session.levels]
    for field, pattern, named in rules:
        if pattern is None:
            continue
        try:
            groups = len(re.compile(pattern).groupindex)
        except (re.error, OverflowError) as error:
            raise SettingsError(complaint(where, f"{key}.{field}", pattern, f"a pattern; {error}")) from error
        if named and groups != 1:
            raise SettingsError(complaint(where, f"{key}.{field}", pattern, "exactly one named group: (?P<id>...)"))


def _value(table: Mapping[str, Any], path: str) -> object:
    """The value a validation path such as `.session[...].level` points at, as near as it can be followed."""
    found: object = table
    for key in re.findall(r"\.(\w+)", path):
        if not isinstance(found, Mapping) or key not in found:
            break
        found = found[key]
    return found

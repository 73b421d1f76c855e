"""A broker as its settings say: a TOML profile, and beside it the FIXatdl file he gave his clients.

fixatdl = "broker.xml"            # beside the profile; its strategies, parameters, bounds and rules hold
zone = "America/New_York"         # of times of day in it
only = ["VWAP", "TWAP"]           # strategies taken from it; all of those for 35=D when not said
"""

import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from app.engine.errors import SettingsError, complaint
from app.engine.switch.guard import Check
from app.engine.switch.profile import Parameter, Profile, Strategy, profile_of
from app.engine.units import SECOND
from app.feeds.atdl import Algos, AlgoStrategy, Form, Moment, read_algos
from app.feeds.atdl.fixed import order_fields
from app.feeds.atdl.model import AlgoParameter
from app.feeds.atdl.values import NUMBERS, SETS, WHOLE, UnreadableError, plain, zone_of

DEFAULT_ZONE: Final = "UTC"
CHECK: Final = "broker's rules"


class Broker(NamedTuple):
    """One broker; `algos` None without a FIXatdl file."""

    profile: Profile
    algos: Algos | None = None
    zone: str = DEFAULT_ZONE

    def strategy(self, name: str) -> AlgoStrategy | None:
        """What the FIXatdl file says of a strategy of the profile."""
        return None if self.algos is None else self.algos.strategy(name)

    def form(self, name: str, tags: Mapping[int, str], now_ns: int) -> Form | None:
        """The form of a strategy for an order with these tags."""
        strategy = self.strategy(name)
        return None if strategy is None else Form(strategy, moment_of(now_ns, self.zone), order_fields(tags))

    def check(self, name: str, params: Mapping[str, str], tags: Mapping[int, str], now_ns: int) -> Check | None:
        """The guard's line on the file's bounds and rules; None when there is no file."""
        form = self.form(name, tags, now_ns)
        if form is None:
            return None
        faults = form.wire_faults(params)
        words = "; ".join(faults) if faults else f"{form.strategy.title}: as {self._path()} has them"
        return Check(CHECK, "fail" if faults else "pass", words)

    def _path(self) -> str:
        return "" if self.algos is None else self.algos.path


def moment_of(now_ns: int, zone: str) -> Moment:
    """The market's day and the time now."""
    now = datetime.fromtimestamp(now_ns // SECOND, UTC)
    return Moment(now.astimezone(zone_of(zone)).date(), zone, now)


def read_broker(path: Path) -> Broker:
    """A profile and its FIXatdl file. Raises SettingsError, FeedError or DecodeError naming file, place and reason."""
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise SettingsError(f"{path.name}: the profile cannot be read: {error.strerror or error}") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(complaint(path.name, "profile", str(error), "a TOML file in UTF-8")) from error
    file, zone, only = table.pop("fixatdl", None), table.pop("zone", DEFAULT_ZONE), table.pop("only", None)
    _insist_zone(zone, path.name)
    if file is None:
        if only is not None:
            raise SettingsError(complaint(path.name, "only", only, "beside fixatdl alone"))
        return Broker(profile_of(table, path.name), None, zone)
    if not isinstance(file, str) or not file:
        raise SettingsError(complaint(path.name, "fixatdl", file, "the name of a file beside this one"))
    algos = read_algos(path.parent / file)
    return Broker(_profile(table, algos, only, path.name), algos, zone)


def strategy_of(told: AlgoStrategy) -> Strategy:
    """A strategy of the file as one of the profile: constants as defaults, bounds as FIX carries them."""
    return Strategy(
        wire=told.wire,
        title=told.title,
        parameters={name: parameter_of(parameter) for name, parameter in told.parameters.items()},
    )


def parameter_of(told: AlgoParameter) -> Parameter:
    """A parameter of the file as one of the profile."""
    low = high = None
    if told.kind in NUMBERS:
        times = 100 if told.times_100 else 1
        low, high = (None if text is None else float(Decimal(text) * times) for text in (told.low, told.high))
    choices: dict[str, str] = {}
    kind = "int" if told.kind in WHOLE else "float" if told.kind in NUMBERS else "text"
    if told.kind == "Boolean":
        kind, choices = "choice", {told.true_wire: "yes", told.false_wire: "no"}
    elif told.enums and told.kind not in SETS:
        kind, choices = "choice", {wire: enum for enum, wire in told.enums.items()}
    default = "" if told.const is None else _constant(told)
    return msgspec.convert(
        {
            "tag": told.tag, "kind": kind, "title": told.name, "about": told.about, "low": low, "high": high,
            "choices": choices, "default": default, "required": told.required, "mutable": told.mutable,
        },
        Parameter,
    )  # fmt: skip


def _constant(told: AlgoParameter) -> str:
    """A constant as FIX carries it; a time of day hangs on the day and stays with the form."""
    text = told.enums.get(told.const or "", told.const or "")
    if told.kind in NUMBERS:
        return plain(Decimal(text) * (100 if told.times_100 else 1))
    return "" if ":" in text else text


def _profile(table: dict[str, Any], algos: Algos, only: object, where: str) -> Profile:
    if "strategies" in table:
        allowed = "none: they are those of fixatdl"
        raise SettingsError(complaint(where, "strategies", list(table["strategies"]), allowed))
    taken = [strategy for strategy in algos.strategies if strategy.message in {"", "D"}]
    if only is not None:
        names = [strategy.name for strategy in algos.strategies]
        if not isinstance(only, list) or not only or any(name not in names for name in only):
            raise SettingsError(complaint(where, "only", only, "some of " + ", ".join(names)))
        taken = [strategy for strategy in algos.strategies if strategy.name in only]
    table.setdefault("strategy_tag", algos.strategy_tag)
    table.setdefault("mode", "replace" if algos.change_on_replace else "cancel_new")
    table["strategies"] = {strategy.name: msgspec.to_builtins(strategy_of(strategy)) for strategy in taken}
    return profile_of(table, where)


def _insist_zone(zone: object, where: str) -> None:
    try:
        zone_of(str(zone))
    except UnreadableError as error:
        raise SettingsError(complaint(where, "zone", zone, str(error))) from error

"""Rules of a desk: their file, who armed them, what they saw and did. Off at the start of every day, dry until armed.

[rules.leak]
when = 'level == "RED" for 30 s'         until = 'level == "GREEN"'      where = 'side == "SELL"'
then = "switch"     strategy = "PASSIVE"  params = { MaxPct = "10" }     desk = "US cash"
cool_down_s = 600   order_day = 3         day = 20                       minute = 5
"""

import hashlib
import os
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import msgspec

from app.control.rule_state import RuleState
from app.engine.errors import SettingsError, complaint
from app.engine.rules.columns import VOCABULARY
from app.engine.rules.reading import condition_of
from app.engine.rules.truth import Row
from app.engine.rules.watch import Bounds, Firing, Rule, Watch
from app.engine.switch.profile import Profile, parameters_fault

Seconds = Annotated[float, msgspec.Meta(ge=0, le=86_400)]
Times = Annotated[int, msgspec.Meta(ge=1, le=1_000)]
MOST_RULES: Final = 50


class RuleTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One rule as its file has it."""

    when: str
    until: str = ""
    where: str = ""
    then: Literal["switch", "pause", "alert"] = "alert"
    strategy: str = ""
    params: dict[str, str] = {}
    desk: str = ""  # orders of this desk alone
    cool_down_s: Seconds = 600.0
    order_day: Times = 3
    day: Times = 20
    minute: Times = 5
    about: str = ""


class Arms(msgspec.Struct):
    """Who armed a rule: the first proposes, a second person arms; of which wording, on which day."""

    proposed: str = ""
    armed: str = ""
    hash: str = ""
    day: str = ""


class Kept(msgspec.Struct):
    """What a control process leaves behind for the next: arms and counts by rule, and the day they are of."""

    day: str = ""
    arms: dict[str, Arms] = {}
    watches: dict[str, bytes] = {}


def read_rules(path: Path, profile: Profile) -> dict[str, RuleTable]:
    """Rules of a file, every condition and parameter checked. Raises SettingsError naming rule, key and place."""
    try:
        found = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise SettingsError(f"{path.name}: {error.strerror or error}") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{path.name}: {error}") from error
    return rules_of(found, path.name, profile)


def rules_of(found: Mapping[str, Any], where: str, profile: Profile) -> dict[str, RuleTable]:
    """Rules of a table `rules`, checked as `read_rules` does."""
    for key in found:
        if key != "rules":
            raise SettingsError(complaint(where, "table", key, "rules"))
    tables = found.get("rules", {})
    if not isinstance(tables, dict) or len(tables) > MOST_RULES:
        raise SettingsError(complaint(where, "rules", len(tables), f"at most {MOST_RULES} tables [rules.NAME]"))
    rules = {}
    for name, table in tables.items():
        try:
            rules[name] = msgspec.convert(table, RuleTable)
        except msgspec.ValidationError as error:
            what, _, at = str(error).partition(" - at `$.")
            raise SettingsError(complaint(where, f"rules.{name}.{at.rstrip('`')}".rstrip("."), "", what)) from error
        rule_of(name, rules[name], where)
        _insist_target(rules[name], f"{where} rules.{name}", profile)
    return rules


def rule_of(name: str, table: RuleTable, where: str = "rules") -> Rule:
    """A rule with its conditions read."""
    place = f"{where} rules.{name}"
    return Rule(
        name=name,
        when=condition_of(table.when, VOCABULARY, f"{place}.when"),
        until=condition_of(table.until, VOCABULARY, f"{place}.until") if table.until else None,
        where=condition_of(table.where, VOCABULARY, f"{place}.where") if table.where else None,
        bounds=Bounds(cool_down_s=table.cool_down_s, order_day=table.order_day, day=table.day, minute=table.minute),
    )


def hash_of(table: RuleTable) -> str:
    """Of everything the rule says: other words are another rule, and have to be armed anew."""
    return hashlib.sha256(msgspec.json.encode(table)).hexdigest()


class RuleBook:
    """The rules of a session over its parents; kept on disk so that a restart neither forgets nor repeats."""

    def __init__(self, rules: Mapping[str, RuleTable], path: Path | None, day: str) -> None:
        self.tables = dict(rules)
        self._path = path
        self._kept = self._found(day)
        self._watches = {name: Watch(rule_of(name, table)) for name, table in rules.items()}
        for name, watch in self._watches.items():
            if name in self._kept.watches:
                watch.load(self._kept.watches[name])
            arms = self._kept.arms.get(name, Arms())
            watch.armed = bool(arms.armed) and arms.hash == hash_of(rules[name]) and arms.day == day

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column any rule looks at, and those its own checks need."""
        found = {"desk": None, "state": None, "status": None, "visibility": None}
        for watch in self._watches.values():
            for part in (watch.rule.when, watch.rule.until, watch.rule.where):
                found |= dict.fromkeys(part.columns if part is not None else ())
        return tuple(found)

    def look(self, now: int, rows: Iterable[tuple[str, Row]]) -> list[Firing]:
        """What fires on live parents at an event time (ns). Kept on disk before anybody acts on it."""
        live = [(parent, row) for parent, row in rows if row.get("state") in {"live", "paused"}]
        fired = []
        for name, watch in self._watches.items():
            desk = self.tables[name].desk
            fired += watch.step(now, [pair for pair in live if not desk or pair[1].get("desk") == desk])
        if fired:
            self.keep()
        return fired

    def interrupt(self) -> None:
        """The board cannot be believed."""
        for watch in self._watches.values():
            watch.interrupt()

    def arm(self, name: str, user: str) -> str:
        """The first person proposes, a second one arms: what it is now, in words. Raises SettingsError."""
        table = self._table(name)
        arms = self._kept.arms.setdefault(name, Arms())
        if arms.hash != hash_of(table) or arms.day != self._kept.day:
            arms = self._kept.arms[name] = Arms(hash=hash_of(table), day=self._kept.day)
        if arms.armed:
            return f"{name} is armed already, by {arms.proposed} and {arms.armed}"
        if not arms.proposed:
            arms.proposed = user
            self.keep()
            return f"{name} is proposed by {user}: a second person must arm it"
        if arms.proposed == user:
            raise SettingsError(complaint(f"rule {name}", "user", user, f"another person than {user}, who proposed it"))
        arms.armed = user
        self._watches[name].armed = True
        self.keep()
        return f"{name} is armed by {arms.proposed} and {user}, until the end of {self._kept.day}"

    def disarm(self, name: str, user: str) -> str:
        """Anybody may: what it is now, in words. Raises SettingsError."""
        self._table(name)
        self._kept.arms.pop(name, None)
        self._watches[name].armed = False
        self.keep()
        return f"{name} is off: disarmed by {user}"

    def turn(self, day: str) -> None:
        """Another day: everything off, everything counted anew."""
        if day != self._kept.day:
            self._kept = Kept(day=day)
            self._watches = {name: Watch(rule_of(name, table)) for name, table in self.tables.items()}
            self.keep()

    def armer(self, name: str) -> str:
        """Who armed a rule last: it acts with his entitlements. "" while nobody did."""
        arms = self._kept.arms.get(name)
        return "" if arms is None or not self._watches[name].armed else arms.armed

    def states(self) -> list[RuleState]:
        """Every rule as a person sees it."""
        return [self._state(name, watch) for name, watch in self._watches.items()]

    def keep(self) -> None:
        """On disk, for good."""
        self._kept.watches = {name: watch.save() for name, watch in self._watches.items()}
        if self._path is None:
            return
        beside = self._path.with_suffix(".new")
        with beside.open("wb") as file:
            file.write(msgspec.json.encode(self._kept))
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self._path)

    def _state(self, name: str, watch: Watch) -> RuleState:
        table, arms = self.tables[name], self._kept.arms.get(name, Arms())
        then = f"{table.then} {table.strategy}".strip()
        if watch.armed:
            words = f"armed by {arms.proposed} and {arms.armed}"
        elif arms.proposed and arms.hash == hash_of(table):
            words = f"proposed by {arms.proposed}: a second person must arm it"
        else:
            words = "dry run: says what it would do, does nothing"
        return RuleState(
            name=name, when=table.when, then=then, about=table.about, armed=watch.armed, words=words,
            fired=watch.fired(), held=watch.holding(),
        )  # fmt: skip

    def _table(self, name: str) -> RuleTable:
        if name not in self.tables:
            raise SettingsError(complaint("rules", "rule", name, "one of " + (", ".join(self.tables) or "none")))
        return self.tables[name]

    def _found(self, day: str) -> Kept:
        """What an earlier process of the same day left; a file that cannot be read arms nothing."""
        if self._path is None or not self._path.exists():
            return Kept(day=day)
        try:
            kept = msgspec.json.decode(self._path.read_bytes(), type=Kept)
        except (OSError, msgspec.DecodeError):
            return Kept(day=day)
        return kept if kept.day == day else Kept(day=day)


def _insist_target(table: RuleTable, where: str, profile: Profile) -> None:
    if table.then == "pause" and profile.pause is None:
        raise SettingsError(
            complaint(where, "then", table.then, f"switch or alert: profile {profile.name} has no pause")
        )
    if table.then != "switch":
        if table.strategy or table.params:
            raise SettingsError(
                complaint(where, "strategy", table.strategy or table.params, "none beside " + table.then)
            )
        return
    if table.strategy not in profile.strategies:
        raise SettingsError(complaint(where, "strategy", table.strategy, "one of " + ", ".join(profile.strategies)))
    wrong = parameters_fault(profile.strategies[table.strategy], table.params)
    if wrong:
        raise SettingsError(complaint(where, "params", table.params, wrong))

"""A desk's rules: their file, two people to arm one, off every morning, and nothing forgotten over a restart."""

from pathlib import Path
from typing import Any

import pytest

from app.control.rules import RuleBook, RuleTable, hash_of, read_rules, rules_of
from app.engine.errors import SettingsError
from app.engine.rules.truth import Row
from app.engine.units import SECOND
from tests.control.made import PROFILE

DAY = "2026-01-05"
RED: Row = {"level": "RED", "state": "live", "desk": "US", "cost_z": 5.0}
GREEN: Row = {**RED, "level": "GREEN"}
TABLE = RuleTable(when='level == "RED"', then="switch", strategy="PASSIVE", cool_down_s=0)


def book(path: Path | None = None, day: str = DAY, **tables: RuleTable) -> RuleBook:
    return RuleBook(tables or {"leak": TABLE}, path, day)


def armed(path: Path | None = None, leak: RuleTable = TABLE) -> RuleBook:
    made = book(path, leak=leak)
    for name in made.tables:
        made.arm(name, "ann")
        made.arm(name, "bob")
    return made


def verdicts(made: RuleBook, *rows: tuple[str, Row], at: int = 0) -> list[tuple[str, str]]:
    return [(one.parent_id, one.verdict) for one in made.look(at * SECOND, rows)]


def test_that_a_rule_is_dry_until_two_people_armed_it() -> None:
    made = book()
    assert verdicts(made, ("P", RED)) == [("P", "dry")]
    assert made.arm("leak", "ann") == "leak is proposed by ann: a second person must arm it"
    assert verdicts(made, ("Q", RED)) == [("Q", "dry")]
    with pytest.raises(SettingsError, match="another person than ann, who proposed it"):
        made.arm("leak", "ann")
    assert made.arm("leak", "bob") == f"leak is armed by ann and bob, until the end of {DAY}"
    assert verdicts(made, ("R", RED)) == [("R", "act")]
    assert made.armer("leak") == "bob"
    assert made.arm("leak", "eve") == "leak is armed already, by ann and bob"


def test_that_anybody_may_disarm() -> None:
    made = armed()
    assert made.disarm("leak", "eve") == "leak is off: disarmed by eve"
    assert (verdicts(made, ("P", RED)), made.armer("leak")) == ([("P", "dry")], "")


def test_that_every_morning_all_rules_are_off_and_count_anew() -> None:
    made = armed()
    assert verdicts(made, ("P", RED)) == [("P", "act")]
    made.turn("2026-01-06")
    assert [(state.armed, state.fired) for state in made.states()] == [(False, 0)]
    made.turn("2026-01-06")
    assert verdicts(made, ("P", RED)) == [("P", "dry")]


def test_that_a_restart_forgets_neither_arms_nor_what_has_fired(tmp_path: Path) -> None:
    first = armed(tmp_path / "rules.json")
    assert verdicts(first, ("P", RED)) == [("P", "act")]
    again = book(tmp_path / "rules.json")
    assert verdicts(again, ("P", RED), at=1) == []
    assert verdicts(again, ("Q", RED), at=2) == [("Q", "act")]
    assert again.states()[0].fired == 2


def test_that_a_rule_of_other_words_has_to_be_armed_anew(tmp_path: Path) -> None:
    armed(tmp_path / "rules.json")
    other = RuleTable(when='level == "RED"', then="switch", strategy="POV", params={"TargetPct": "10"})
    assert hash_of(other) != hash_of(TABLE)
    made = book(tmp_path / "rules.json", leak=other)
    assert not made.states()[0].armed
    assert made.arm("leak", "ann") == "leak is proposed by ann: a second person must arm it"


def test_that_yesterdays_arms_are_gone_and_a_damaged_file_arms_nothing(tmp_path: Path) -> None:
    path = tmp_path / "rules.json"
    armed(path)
    assert not book(path, "2026-01-06").states()[0].armed
    path.write_bytes(b"{not json")
    assert not book(path).states()[0].armed


def test_that_only_live_orders_of_the_desk_are_looked_at() -> None:
    made = armed(leak=RuleTable(when='level == "RED"', then="switch", strategy="PASSIVE", desk="EU"))
    assert verdicts(made, ("P", RED), ("Q", {**RED, "desk": "EU"})) == [("Q", "act")]
    assert verdicts(armed(), ("P", {**RED, "state": "done"}), ("Q", {**RED, "state": None})) == []
    assert verdicts(armed(), ("P", {**RED, "state": "paused"})) == [("P", "act")]


def test_that_a_board_that_cannot_be_believed_breaks_what_held() -> None:
    made = armed(leak=RuleTable(when='level == "RED" for 10 s', then="switch", strategy="PASSIVE"))
    assert verdicts(made, ("P", RED)) == []
    assert made.states()[0].held == 1
    made.interrupt()
    assert (verdicts(made, ("P", RED), at=10), verdicts(made, ("P", RED), at=20)) == ([], [("P", "act")])


def test_that_states_say_how_a_rule_stands() -> None:
    made = book()
    assert made.states()[0].words == "dry run: says what it would do, does nothing"
    made.arm("leak", "ann")
    assert made.states()[0].words == "proposed by ann: a second person must arm it"
    made.arm("leak", "bob")
    state = made.states()[0]
    assert (state.words, state.then, state.when) == ("armed by ann and bob", "switch PASSIVE", 'level == "RED"')


def test_that_the_columns_needed_are_those_of_every_condition() -> None:
    table = RuleTable(when="cost_z > 3", until="is_bps < 1", where='side == "SELL"')
    assert set(book(leak=table).columns) == {"cost_z", "is_bps", "side", "desk", "state", "status", "visibility"}


def test_that_an_unknown_rule_is_named() -> None:
    with pytest.raises(SettingsError, match="rule = 'lek' is not allowed; allowed: one of leak"):
        book().arm("lek", "ann")
    with pytest.raises(SettingsError, match="rule = 'lek' is not allowed; allowed: one of leak"):
        book().disarm("lek", "ann")


FILE = """
[rules.leak]
when = 'status == "RED" and leak_projected_bps >= 4 for 30 s'
then = "switch"
strategy = "PASSIVE"
params = { MaxPct = "10" }
about = "as the desk agreed"
"""


def test_that_a_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "rules.toml").write_text(FILE, "utf-8")
    rules = read_rules(tmp_path / "rules.toml", PROFILE)
    assert rules["leak"].params == {"MaxPct": "10"}
    assert RuleBook(rules, None, DAY).states()[0].about == "as the desk agreed"


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"then": "kill"}, "rules.leak.then"),
        ({"odd": 1}, "rules.leak"),
        ({"day": 0}, "rules.leak.day"),
        ({"when": "level = 1"}, "r.toml rules.leak.when at character 7"),
        ({"until": "levle"}, "r.toml rules.leak.until at character 1"),
        ({"where": "1"}, "r.toml rules.leak.where at character 2"),
        ({"strategy": "NONE"}, "strategy = 'NONE' is not allowed; allowed: one of VWAP"),
        ({"params": {"MaxPct": "900"}}, "params = "),
        ({"then": "alert"}, "allowed: none beside alert"),
    ],
)
def test_that_a_wrong_rule_is_refused_by_name_and_key(changed: dict[str, Any], words: str) -> None:
    good = {"when": 'level == "RED"', "then": "switch", "strategy": "PASSIVE"}
    with pytest.raises(SettingsError) as told:
        rules_of({"rules": {"leak": good | changed}}, "r.toml", PROFILE)
    assert words in str(told.value)


def test_that_a_pause_needs_a_broker_who_has_one() -> None:
    import msgspec

    found = {"rules": {"p": {"when": "in_fdr_set", "then": "pause"}}}
    assert rules_of(found, "r.toml", PROFILE)["p"].then == "pause"
    with pytest.raises(SettingsError, match="has no pause"):
        rules_of(found, "r.toml", msgspec.structs.replace(PROFILE, pause=None))


def test_that_a_file_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"none\.toml: No such file"):
        read_rules(tmp_path / "none.toml", PROFILE)
    (tmp_path / "bad.toml").write_text("[", "utf-8")
    with pytest.raises(SettingsError, match=r"bad\.toml"):
        read_rules(tmp_path / "bad.toml", PROFILE)
    with pytest.raises(SettingsError, match="table = 'rule' is not allowed; allowed: rules"):
        rules_of({"rule": {}}, "r.toml", PROFILE)
    with pytest.raises(SettingsError, match="at most 50"):
        rules_of({"rules": {str(k): {"when": "in_fdr_set"} for k in range(51)}}, "r.toml", PROFILE)

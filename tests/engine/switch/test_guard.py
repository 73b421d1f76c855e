"""The guard: every check passes, warns and fails for its own reason, and says it."""

from typing import Any

import msgspec
import pytest

from app.engine.switch.facts import Target
from app.engine.switch.guard import CHECKS, Check, Limits, Market, Sight, Wish, failures, judge, passed
from app.engine.switch.states import State
from app.engine.units import SECOND
from tests.engine.switch.made import PASSIVE, T0, TAGS, Bench, bench_in

GOOD = Market(age_ns=SECOND, quality="good", mid=50.0, adv=20_000.0, close_ns=T0 + 3_600 * SECOND)


def sight(bench: Bench | None = None, **changes: Any) -> Sight:
    """A sight in which every check passes."""
    bench = bench or Bench()
    wish = Wish(action="switch", order_id="O1", version=bench.order.version, target=PASSIVE)
    values: dict[str, Any] = {
        "now": T0 + SECOND, "wish": wish, "order": bench.order, "profile": bench.profile, "limits": Limits(),
        "market": GOOD, "online": True, "user": "ann", "confirmed": True,
    }  # fmt: skip
    return Sight(**(values | changes))


def wished(seen: Sight, **changes: Any) -> Sight:
    """The same with another wish."""
    return msgspec.structs.replace(seen, wish=msgspec.structs.replace(seen.wish, **changes))


def market(**changes: Any) -> Market:
    """The good market, changed."""
    return msgspec.structs.replace(GOOD, **changes)


def check(seen: Sight, name: str) -> Check:
    """One check by name."""
    return next(found for found in judge(seen) if found.name == name)


def test_that_a_good_switch_passes_every_check() -> None:
    found = judge(sight())
    assert [(c.name, c.verdict) for c in found] == [(c.name, "pass") for c in found]
    assert len(found) == len(CHECKS) == 19
    assert passed(found)
    assert failures(found) == ""


def test_that_an_unknown_order_is_one_failure() -> None:
    assert [c.name for c in judge(sight(order=None))] == ["order"]


def with_order(**changes: Any) -> Bench:
    """A bench whose order was changed."""
    bench = Bench()
    for name, value in changes.items():
        setattr(bench.order, name, value)
    return bench


@pytest.mark.parametrize(
    ("name", "seen", "words"),
    [
        ("session", sight(online=False), "not logged on"),
        ("working", sight(bench_in(State.R1)), "order is R1"),
        ("leaves", sight(with_order(cum=1000, held=1000)), "nothing left"),
        ("pending", sight(with_order(foreign=True)), "somebody else"),
        ("pending", sight(with_order(killing="kill")), "cancel is under way"),
        ("version", wished(sight(), version=99), "look again"),
        ("reports", sight(with_order(report_ns=0)), "no execution report"),
        ("reports", sight(with_order(cum=400)), "differ"),
        ("market", sight(market=Market(fault="engine is dead")), "engine is dead"),
        ("market", sight(market=market(age_ns=None)), "never seen"),
        ("market", sight(market=market(age_ns=6 * SECOND)), "6.0 s old"),
        ("trading", sight(market=market(quality="halt")), "halt"),
        ("trading", sight(market=market(close_ns=T0 + 60 * SECOND)), "cut-off"),
        ("target", wished(sight(), target=Target(strategy="POV")), "not in profile"),
        ("target", wished(sight(), target=Target()), "no strategy"),
        ("target", wished(sight(), target=Target(strategy="PASSIVE", params={"MinClip": "0"})), "MinClip"),
        ("target", wished(sight(), target=Target(strategy="VWAP", params={"MaxPct": "30"})), "same strategy"),
        ("target", wished(sight(), action="resume"), "not paused"),
        ("target", wished(sight(with_order(paused=True)), action="pause"), "paused already"),
        ("target", wished(sight(Bench("replace", pause=None)), action="pause"), "cancel instead"),
        ("short sale", sight(with_order(tags=tuple((t, "5" if t == 54 else v) for t, v in TAGS))), "locate"),
        ("quantity", sight(limits=Limits(hard_qty=699)), "at most 699"),
        ("notional", sight(limits=Limits(hard_notional=34_999)), "35,000, at most 34,999"),
        ("% of ADV", sight(market=market(adv=600.0)), "117 %, at most 100 %"),
        ("collar", sight(with_order(tags=(*TAGS, (44, "60")))), "2000 bps"),
        ("collar", sight(with_order(tags=(*TAGS, (44, "x")))), "no price"),
        ("throttle", sight(by_user=[T0] * 10), "requests of ann"),
        ("throttle", sight(by_firm=[T0] * 30), "of the firm"),
        ("throttle", sight(with_order(switches=[T0 - 5000 * SECOND] * 3)), "3 switches"),
        ("throttle", sight(with_order(switches=[T0 - 300 * SECOND])), "301 s ago"),
        ("entitlement", sight(limits=Limits(users=("bob",))), "ann may not"),
        ("entitlement", sight(barred="ann may not act on desk swaps"), "desk swaps"),
        ("kill switch", sight(killed="all"), "on (all)"),
        ("group", sight(market=market(group="BASKET")), "whole group"),
        ("group", sight(market=market(group="BASKET", members=("P1", "P2"))), "linked (BASKET): P1, P2: show and"),
        ("group", sight(market=market(care=True)), "care"),
    ],
)
def test_that_what_must_not_be_fails_in_words(name: str, seen: Sight, words: str) -> None:
    found = check(seen, name)
    assert found.verdict == "fail"
    assert words in found.words
    assert not passed(judge(seen))
    assert f"{name}: " in failures(judge(seen))


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("reports", sight(now=T0 + 400 * SECOND)),
        ("quantity", sight(limits=Limits(warn_qty=699))),
        ("notional", sight(market=market(mid=None))),
        ("% of ADV", sight(market=market(adv=None))),
        ("% of ADV", sight(market=market(adv=2000.0))),
        ("collar", sight(with_order(tags=(*TAGS, (44, "60"))), market=market(mid=None))),
        ("confirm", sight(confirmed=False)),
        ("group", wished(sight(market=market(group="B", members=("P1", "P2")), confirmed=False), whole_group=True)),
    ],
)
def test_that_what_is_doubtful_warns(name: str, seen: Sight) -> None:
    assert check(seen, name).verdict == "warn"


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("collar", sight(with_order(tags=(*TAGS, (44, "50.5"))))),
        ("trading", sight(market=market(close_ns=None))),
        ("target", wished(sight(), action="pause")),
        ("target", wished(sight(with_order(paused=True)), action="resume")),
        ("throttle", wished(sight(with_order(switches=[T0])), action="pause")),
        ("throttle", sight(with_order(switches=[T0 - 900 * SECOND]))),
        ("throttle", sight(by_user=[T0 - 120 * SECOND] * 20)),
        ("entitlement", sight(limits=Limits(users=("ann",)))),
        ("group", wished(sight(market=market(group="BASKET")), whole_group=True)),
        ("short sale", wished(sight(), target=Target(strategy="POV"))),
        ("short sale", wished(sight(Bench("replace", pause=None)), action="pause")),
    ],
)
def test_that_what_may_be_passes(name: str, seen: Sight) -> None:
    assert check(seen, name).verdict == "pass"


def test_that_a_re_entry_is_judged_by_rules_of_its_own() -> None:
    bench = bench_in(State.C3)
    again = wished(sight(bench), action="reenter", version=0)
    assert failures(judge(again)) == ""
    late = msgspec.structs.replace(again, now=T0 + 61 * SECOND)
    assert "confirmed 61 s ago" in check(late, "confirm").words
    assert check(wished(sight(), action="reenter"), "working").verdict == "fail"
    naked = bench_in(State.C3)
    naked.judge(passed=False)
    assert check(wished(sight(naked), action="reenter", version=0), "version").verdict == "fail"
    assert failures(judge(wished(sight(naked), action="reenter"))) == ""
    foreign = wished(sight(with_order(foreign=True)), action="reenter")
    assert check(foreign, "pending").verdict == "fail"

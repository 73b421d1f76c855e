"""The switch inside a run: pause and switch at their times, whatever the steps; cancel-new; every refusal in words."""

from pathlib import Path

import msgspec
import pytest

from app.control.audit import verify
from app.control.inline import REACTION_NS, Act
from app.engine.switch.facts import Target
from app.engine.switch.states import State
from app.engine.units import MILLISECOND, SECOND
from app.feeds.simulator.ems import Reaction, Script
from tests.control.made import MINUTE, PROFILE, T0, MadeDesk, MadeFeed, inline, run

AT = T0 + 30 * SECOND
PASSIVE = Target(strategy="PASSIVE", params={"MinClip": "200"})
CANCEL_NEW = msgspec.structs.replace(PROFILE, mode="cancel_new")


def states(switch: object, parent: str = "TECH") -> list[str]:
    """Where every order of a parent stands."""
    session = switch.control.session  # type: ignore[attr-defined]
    return [order.state.value for order in session.every() if order.parent_id == parent]


def test_that_a_planned_switch_reaches_the_algo() -> None:
    feed, switch = MadeFeed(MadeDesk(), 60), inline()
    switch.plan(Act(AT, "TECH", "switch", PASSIVE))
    run(feed, switch)
    assert feed.desk.commands == [("replace", "TECH-A1", "PASSIVE", "1000")]
    assert [at for at, _ in feed.messages] == [AT]
    assert switch.outcomes[0].done
    order = switch.control.session.orders["TECH-A1"]
    assert (order.state, order.words) == (State.R5, "switched")
    assert order.cum == order.held == 600


def test_that_pause_and_switch_work_one_after_the_other() -> None:
    feed, switch = MadeFeed(MadeDesk(), 120), inline()
    switch.plan(Act(AT, "TECH", "pause"))
    switch.plan(Act(AT + 20 * SECOND, "TECH", "resume"))
    switch.plan(Act(AT + 30 * SECOND, "TECH", "switch", PASSIVE))
    run(feed, switch)
    assert [command[0] for command in feed.desk.commands] == ["pause", "resume", "replace"]
    assert all(outcome.done for outcome in switch.outcomes)
    order = switch.control.session.orders["TECH-A1"]
    assert not order.paused
    assert 980 <= order.cum <= 1000


def test_that_a_switch_planned_after_a_pause_waits_for_its_answer_whatever_the_steps() -> None:
    seen = []
    for strides in ((MINUTE,), (7 * MILLISECOND, 130 * MILLISECOND), (SECOND, 20 * SECOND)):
        feed, switch = MadeFeed(MadeDesk(), 90), inline()
        switch.plan(Act(AT, "TECH", "pause"), Act(AT, "TECH", "switch", PASSIVE))
        run(feed, switch, strides)
        assert [command[0] for command in feed.desk.commands] == ["pause", "replace"]
        order = switch.control.session.orders["TECH-A1"]
        assert (order.state, order.words, order.paused, order.tag(6408)) == (State.R5, "switched", False, "N")
        seen.append(([at for at, _ in feed.messages], [step.words for step in switch.steps]))
    assert seen[0][0] == [AT, AT + 180 * MILLISECOND + REACTION_NS]
    assert seen[0] == seen[1] == seen[2]


def test_that_a_pause_that_is_refused_or_cannot_be_sent_does_not_stop_the_switch_after_it() -> None:
    script = Script(replace=(Reaction(answer="refuse", text="no pause here"), Reaction()))
    feed, switch = MadeFeed(MadeDesk(script=script), 90), inline()
    switch.plan(Act(AT, "TECH", "pause"), Act(AT, "TECH", "switch", PASSIVE))
    run(feed, switch)
    assert feed.desk.commands == [("replace", "TECH-A1", "PASSIVE", "1000")]
    assert [outcome.done for outcome in switch.outcomes] == [True, True]
    without = msgspec.structs.replace(PROFILE, pause=None)
    feed, switch = MadeFeed(MadeDesk(profile=without), 90), inline(profile=without)
    switch.plan(Act(AT, "TECH", "pause"), Act(AT, "TECH", "switch", PASSIVE))
    run(feed, switch)
    assert [outcome.done for outcome in switch.outcomes] == [False, True]
    assert "has no pause" in switch.outcomes[0].words
    assert [at for at, _ in feed.messages] == [AT]


def test_that_a_switch_after_a_pause_nobody_answered_is_decided_by_its_own_guard() -> None:
    feed, switch = MadeFeed(MadeDesk(script=Script(replace=(Reaction(answer="silence"),))), 90), inline()
    switch.plan(Act(AT, "TECH", "pause"), Act(AT, "TECH", "switch", PASSIVE))
    run(feed, switch)
    assert [outcome.done for outcome in switch.outcomes] == [True, False]
    assert "working" in switch.outcomes[1].words


@pytest.mark.parametrize("profile", [PROFILE, CANCEL_NEW], ids=["replace", "cancel-new"])
def test_that_steps_of_any_length_give_the_same_messages(profile: object) -> None:
    seen = []
    for strides in ((MINUTE,), (7 * MILLISECOND, 130 * MILLISECOND), (SECOND, 20 * SECOND)):
        feed = MadeFeed(MadeDesk(profile=profile), 60)  # type: ignore[arg-type]
        switch = inline(profile=profile)  # type: ignore[arg-type]
        switch.plan(Act(AT + 123_456_789, "TECH", "switch", PASSIVE))
        run(feed, switch, strides)
        seen.append((feed.messages, feed.desk.commands, [step.words for step in switch.steps]))
    assert len(seen[0][0]) == (1 if profile is PROFILE else 2)
    assert seen[0] == seen[1] == seen[2]


def test_that_cancel_new_enters_exactly_what_was_left() -> None:
    feed, switch = MadeFeed(MadeDesk(profile=CANCEL_NEW), 90), inline(profile=CANCEL_NEW)
    switch.plan(Act(AT, "TECH", "switch", PASSIVE))
    run(feed, switch)
    left = 1000 - 300
    assert feed.desk.commands == [("cancel", "TECH-A1"), ("new", "TECH-A2", "PASSIVE", str(left))]
    assert states(switch) == ["C5", "C0"]
    old, new = switch.control.session.every()
    assert old.cum + new.cum == 900  # one clip a second, and not one share lost
    assert old.cum + new.qty == 1000


def test_that_a_refusal_is_told_and_nothing_is_retried() -> None:
    script = Script(replace=(Reaction(answer="refuse", text="strategy change not permitted"),))
    feed, switch = MadeFeed(MadeDesk(script=script), 90), inline()
    switch.plan(Act(AT, "TECH", "switch", PASSIVE))
    run(feed, switch)
    order = switch.control.session.orders["TECH-A1"]
    assert order.state is State.R7
    assert "strategy change not permitted" in order.words
    assert len(feed.messages) == 1
    assert feed.desk.commands == []


def test_that_silence_ends_in_unknown_and_a_status_settles_it() -> None:
    feed, switch = MadeFeed(MadeDesk(script=Script(replace=(Reaction(answer="silence"),))), 90), inline()
    switch.plan(Act(AT, "TECH", "switch", PASSIVE))
    run(feed, switch)
    assert [message[message.index(b"35=") + 3 : message.index(b"35=") + 4] for _, message in feed.messages] == [
        b"G",
        b"H",
    ]
    assert feed.messages[1][0] == AT + 5 * SECOND + REACTION_NS
    assert states(switch) == ["R7"]
    assert any("UNKNOWN" in step.words for step in switch.steps)


def test_that_a_second_switch_within_ten_minutes_is_refused_by_the_guard() -> None:
    feed, switch = MadeFeed(MadeDesk(clip=1), 120), inline()
    switch.plan(Act(AT, "TECH", "switch", PASSIVE))
    switch.plan(Act(AT + MINUTE, "TECH", "switch", Target(strategy="POV", params={"TargetPct": "10"})))
    run(feed, switch)
    assert [outcome.done for outcome in switch.outcomes] == [True, False]
    assert "throttle" in switch.outcomes[1].words
    assert len(feed.messages) == 1


def test_that_an_act_on_an_unknown_parent_says_so() -> None:
    feed, switch = MadeFeed(MadeDesk(), 60), inline()
    switch.plan(Act(AT, "NONE", "switch", PASSIVE))
    switch.plan(Act(AT, "TECH", "cancel"))
    run(feed, switch)
    assert "no algo order of NONE" in switch.outcomes[0].words
    assert states(switch) == ["K5"]
    assert feed.desk.commands == [("cancel", "TECH-A1")]


def test_that_the_audit_of_a_run_verifies(tmp_path: Path) -> None:
    feed, switch = MadeFeed(MadeDesk(), 60), inline(tmp_path / "control")
    switch.plan(Act(AT, "TECH", "pause"), Act(AT, "TECH", "switch", PASSIVE))
    run(feed, switch)
    switch.close()
    told = (tmp_path / "control" / "audit.log").read_text()
    assert told.count('"kind":"G"') == 2
    lines, problems = verify(tmp_path / "control" / "audit.log")
    assert lines > 60
    assert problems == []

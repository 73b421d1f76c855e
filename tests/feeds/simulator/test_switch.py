"""The switch inside a simulated day: what the EMS commands is what the algo does, told on every level."""

from collections import Counter

from app.engine.events import OrderRow
from app.engine.units import MILLISECOND, SECOND
from app.feeds.decode.fix_frame import frame_one
from app.feeds.decode.fix_wire import Header, built
from app.feeds.simulator import Simulation, World
from app.feeds.simulator.ems_script import Reaction, Script
from app.feeds.simulator.ems_wire import application_tags
from app.feeds.simulator.paired import Switch, messages_of, switch_message
from tests.feeds.simulator.small import PAUSED, SWITCH, day_of, small_world

WORLD = small_world()
AT = WORLD.ns(SWITCH.at)
CALM = small_world("tech_quiet")


def kinds(orders: list[OrderRow]) -> list[str]:
    """Kinds of the facts that name no child."""
    return [row.kind for row in orders if not row.child_id]


def said(replies: list[tuple[int, bytes]], after: int) -> list[tuple[str, str | None]]:
    """Message type and ExecType of the EMS's answers to the sender after a time, fills apart."""
    found = []
    for at, raw in replies:
        message = frame_one(raw)
        assert not isinstance(message, str)
        if at >= after and message.text(150) != "F":
            found.append((message.kind, message.text(150)))
    return found


def told(world: World, *messages: tuple[int, bytes]) -> tuple[Simulation, list[OrderRow], list[tuple[int, bytes]]]:
    """A day that was sent messages."""
    day = Simulation(world)
    for at, message in messages:
        day.receive(message, at)
    done = day.advance(day.end_ns)
    return day, done.orders, done.replies


def cancel_message(at: int) -> bytes:
    """A 35=F of the algo order."""
    fields = [(11, "TECH-1-K1"), (41, "TECH-1-A1.1"), (37, "TECH-1-A1"), (55, "TECH"), (54, "2"), (38, "20000")]
    return built(Header("SCORECARD", "EMS", 1, at), "F", fields)


def pause_message(at: int, number: int, before: str, tag: str) -> bytes:
    """A 35=G that pauses (Y) or resumes (N)."""
    fields = [
        (11, f"TECH-1-P{number}"), (41, before), (37, "TECH-1-A1"), (526, "TECH-1"), (1, "FUND-7"), (55, "TECH"),
        (54, "2"), (38, "20000"), (40, "1"), (59, "0"), (21, "1"), (847, "VWAP"), (6408, tag),
    ]  # fmt: skip
    return built(Header("SCORECARD", "EMS", number, at), "G", fields)


def test_that_a_switch_is_answered_pending_first_and_then_worked() -> None:
    _, orders, replies = told(CALM, (CALM.ns(SWITCH.at), switch_message(CALM, SWITCH)))
    assert said(replies, CALM.ns(SWITCH.at)) == [("8", "E"), ("8", "5")]
    assert kinds(orders).count("algo_switched") == 1
    row = next(row for row in orders if row.kind == "algo_switched")
    assert row.algo == "PASSIVE"
    assert row.ts_event == CALM.ns(SWITCH.at) + 180 * MILLISECOND
    assert row.raw is not None
    assert b"\x01150=5\x01" in row.raw


def test_that_the_children_of_the_old_way_are_withdrawn_and_the_new_ones_hide() -> None:
    _, orders, _ = told(CALM, (CALM.ns(SWITCH.at), switch_message(CALM, SWITCH)))
    later = CALM.ns(SWITCH.at) + 10 * SECOND
    until = CALM.ns("09:46:30")
    new = [row for row in orders if row.kind == "child_new" and later < row.ts_event < until]
    assert len(new) > 10
    assert {row.order_type for row in new} == {"pegged"}
    working = Counter[str]()
    for row in orders:
        if row.ts_event < later and row.kind == "child_new" and row.order_type == "limit":
            working[(row.child_id or "").split(".")[0]] = 1
        if row.kind in {"child_cancelled", "child_expired"} or row.kind == "fill":
            working[(row.child_id or "").split(".")[0]] = 0
    assert sum(working.values()) == 0


def test_that_a_refused_switch_changes_nothing() -> None:
    world = small_world("tech_quiet", ems=Script(replace=(Reaction(answer="refuse", text="not today"),)))
    _, orders, replies = told(world, (world.ns(SWITCH.at), switch_message(world, SWITCH)))
    _, untouched, _ = told(world)
    assert ("9", None) in said(replies, world.ns(SWITCH.at))
    assert "algo_switched" not in kinds(orders)
    assert [row.ts_event for row in orders if row.kind == "fill"] == [
        row.ts_event for row in untouched if row.kind == "fill"
    ]


def test_that_an_unknown_strategy_is_refused_in_words() -> None:
    message = switch_message(CALM, Switch(at=SWITCH.at, strategy="MAGIC"))
    _, orders, replies = told(CALM, (CALM.ns(SWITCH.at), message))
    refusals = [frame_one(raw) for _, raw in replies if b"\x0135=9\x01" in raw]
    assert len(refusals) == 1
    assert not isinstance(refusals[0], str)
    assert "MAGIC" in (refusals[0].text(58) or "")
    assert "algo_switched" not in kinds(orders)


def test_that_a_wrong_parameter_is_refused() -> None:
    message = switch_message(CALM, Switch(at=SWITCH.at, params={"MinClip": "many"}))
    _, orders, replies = told(CALM, (CALM.ns(SWITCH.at), message))
    assert ("9", None) in said(replies, CALM.ns(SWITCH.at))
    assert "algo_switched" not in kinds(orders)


def test_that_a_pause_before_a_switch_is_accepted_and_ends_with_it() -> None:
    _, orders, replies = told(CALM, *messages_of(CALM, PAUSED))
    at = CALM.ns(PAUSED.at)
    assert said(replies, at) == [("8", "E"), ("8", "5"), ("8", "E"), ("8", "5")]
    algo = [row for row in orders if row.kind.startswith("algo_")]
    assert [(row.kind, row.ts_event - at) for row in algo[1:4]] == [
        ("algo_paused", 180 * MILLISECOND),
        ("algo_resumed", 410 * MILLISECOND),
        ("algo_switched", 410 * MILLISECOND),
    ]
    assert algo[3].algo == "PASSIVE"
    sent = [row.ts_event for row in orders if row.kind == "child_new"]
    assert not [ts for ts in sent if at + 180 * MILLISECOND < ts < at + 410 * MILLISECOND]
    assert [ts for ts in sent if ts > at + SECOND]


def test_that_a_switch_that_keeps_the_pause_works_no_children() -> None:
    (at, pause), (later, switch) = messages_of(CALM, PAUSED)
    held = frame_one(switch)
    assert not isinstance(held, str)
    assert held.text(6408) == "N"
    fields = [(tag, "Y" if tag == 6408 else value) for tag, value in application_tags(held)]
    still = built(Header("SCORECARD", "EMS", 2, later), "G", [(11, "TECH-1-S2"), (41, "TECH-1-S1"), *fields])
    _, orders, replies = told(CALM, (at, pause), (later, still))
    assert said(replies, at)[:4] == [("8", "E"), ("8", "5"), ("8", "E"), ("8", "5")]
    assert [row.kind for row in orders if row.kind.startswith("algo_")][1:5] == [
        "algo_paused", "algo_resumed", "algo_switched", "algo_paused",
    ]  # fmt: skip
    assert not [row for row in orders if row.kind == "child_new" and at + SECOND < row.ts_event]


def test_that_a_pause_stops_the_order_and_a_resume_goes_on() -> None:
    stop, go = CALM.ns("09:38:00"), CALM.ns("09:41:00")
    first, second = pause_message(stop, 1, "TECH-1-A1.1", "Y"), pause_message(go, 2, "TECH-1-P1", "N")
    _, orders, _ = told(CALM, (stop, first), (go, second))
    assert [kind for kind in kinds(orders) if kind in {"algo_paused", "algo_resumed"}] == [
        "algo_paused",
        "algo_resumed",
    ]
    still = [row for row in orders if row.kind == "child_new" and stop + SECOND < row.ts_event < go]
    assert still == []
    fills = [row for row in orders if row.kind == "fill" and stop + 3 * SECOND < row.ts_event < go]
    assert fills == []
    assert [row for row in orders if row.kind == "fill" and row.ts_event > go]


def test_that_a_cancelled_order_stops_and_a_new_one_works_what_is_left() -> None:
    at = CALM.ns(SWITCH.at)
    day = Simulation(CALM)
    day.receive(cancel_message(at), at)
    first = day.advance(at + 2 * SECOND)
    done = sum(row.qty or 0 for row in first.orders if row.kind == "fill")
    later = at + 3 * SECOND
    fields = [
        (11, "TECH-1-N1"), (526, "TECH-1"), (1, "FUND-7"), (55, "TECH"), (54, "2"), (38, str(20_000 - done)), (40, "1"),
        (59, "0"), (21, "1"), (847, "PASSIVE"),
    ]  # fmt: skip
    day.receive(built(Header("SCORECARD", "EMS", 2, later), "D", fields), later)
    rest = day.advance(day.end_ns)
    orders = first.orders + rest.orders
    assert [row.kind for row in orders if row.kind.startswith("algo")] == [
        "algo_new",
        "algo_done",
        "algo_new",
        "algo_done",
    ]
    names = [row.algo_order_id for row in orders if row.kind == "algo_new"]
    assert len(set(names)) == 2
    assert {row.algo_order_id for row in rest.orders if row.kind == "child_new"} == {names[1]}
    assert sum(row.qty or 0 for row in orders if row.kind == "fill") == 20_000


def test_that_a_cancelled_order_with_nothing_after_it_is_left_unfilled() -> None:
    at = CALM.ns(SWITCH.at)
    day, orders, replies = told(CALM, (at, cancel_message(at)))
    filled = sum(row.qty or 0 for row in orders if row.kind == "fill")
    assert 0 < filled < 20_000
    assert ("8", "4") in said(replies, at)
    assert not [row for row in orders if row.kind == "fill" and row.ts_event > at + 5 * SECOND]
    truth = day.truth()["TECH-1"]
    assert truth.total == truth.leak + truth.own_impact + truth.noise + truth.opportunity


def test_that_fills_go_on_while_the_answer_is_pending() -> None:
    world = small_world(ems=Script(replace=(Reaction(answer_ms=60_000),)))
    _, _, orders = day_of(world, SWITCH)
    row = next(row for row in orders if row.kind == "algo_switched")
    assert row.ts_event == AT + 60 * SECOND
    assert [fill for fill in orders if fill.kind == "fill" and AT < fill.ts_event < row.ts_event]


def test_that_noise_on_the_line_changes_nothing() -> None:
    _, orders, replies = told(CALM, (CALM.ns(SWITCH.at), b"8=FIX.4.4 garbled"))
    _, untouched, others = told(CALM)
    assert orders == untouched
    assert replies == others

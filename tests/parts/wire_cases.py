"""Scenarios over the wire as a table: what the broker does, what is asked, where it must end."""

from dataclasses import dataclass, field
from typing import Final

from app.engine.switch.facts import Target
from tests.parts.desk import PASSIVE, QTY, TAGS, Desk
from tests.parts.fix import Script
from tests.parts.wire_rules import insist
from tests.patience import eventually

GROUPED: Final = Target(strategy="GROUPED")


@dataclass(frozen=True, kw_only=True)
class Case:
    """One scenario. `on`: answers to come, by type; `before`, `after`: what happens to the order by itself.

    `act`: what is asked. `state` and `words` (a part of them): where it ends. `sent`: types of our messages.
    """

    name: str
    mode: str = "replace"
    on: tuple[str, ...] = ()
    before: str = ""
    act: str = "switch"
    meanwhile: tuple[str, ...] = ()  # states to wait for, "do WORDS" or "release", in their order
    state: str
    words: str = ""
    sent: str = "G"
    cum: int | None = None
    qty: int | None = None
    alarm: str | None = None
    over: int = 0
    unseen: int = 0
    tags: str = ""
    target: Target = field(default_factory=lambda: PASSIVE)


REPLACE: Final = (
    Case(name="accepted with a pending before", state="R5", words="switched", alarm=""),
    Case(name="accepted without a pending", on=("G accept",), state="R5", words="switched"),
    Case(name="pending said twice", on=("G pending pending accept",), state="R5", words="switched"),
    Case(name="the echo names no algo", on=("G pending echo=none accept",), state="R5", words="algo not confirmed",
         alarm="amber"),
    Case(name="the echo names another algo", on=("G pending echo=7 accept",), state="R5",
         words="but the broker says 7", alarm="red"),
    Case(name="the quantity is clamped", on=("G pending clamp=800 accept",), state="R5",
         words="quantity 800 instead of 1000", qty=800, alarm="amber"),
    Case(name="refused with 102=0", on=("G pending refuse=0,too_late",), state="R7", words="too late"),
    Case(name="refused with 102=1 and known again", on=("G unknown",), state="R7", words="reconciled"),
    Case(name="refused with 102=1 and silence", on=("G unknown", "H silence"), state="R8", words="does not know",
         alarm="red"),
    Case(name="refused with 102=3", on=("G refuse=3,already_pending",), state="R7", words="busy"),
    Case(name="refused with 102=6", on=("G refuse=6,duplicate",), state="R7", words="duplicate"),
    Case(name="refused with 102=99", on=("G refuse=99,not_on_Fridays",), state="R7", words="not on Fridays"),
    Case(name="refused without 102", on=("G refuse=,cancel_and_re-enter",), state="R7", words="cancel and re-enter"),
    Case(name="refused without 102 and without a text", on=("G refuse=",), state="R7", words="no reason given"),
    Case(name="rejected by a report", on=("G reject=unknown_algo",), state="R7", words="unknown algo"),
    Case(name="business reject that names the ClOrdID", on=("G j=not_supported",), state="R7", words="not supported"),
    Case(name="business reject that names only the number", on=("G j-bare=not_supported",), state="R7",
         words="not supported"),
    Case(name="session reject", on=("G s3=value_is_incorrect",), state="R7", words="value is incorrect"),
    Case(name="fill while pending", on=("G pending fill=100 accept",), state="R5", cum=100),
    Case(name="three fills while pending", on=("G pending fill=100 fill=50 fill=1 accept",), state="R5", cum=151),
    Case(name="full fill while pending, then refused", on=("G pending fill refuse=0,too_late",), state="R6",
         words="filled before switch", cum=QTY),
    Case(name="full fill while pending, then silence", on=("G pending fill",), state="R6", words="filled before switch",
         cum=QTY),
    Case(name="cancelled by the broker while pending", on=("G pending cancel",), state="R9", words="not by us",
         alarm="red"),
    Case(name="expired while pending", on=("G pending expire",), state="R9", words="expired"),
    Case(name="done for the day while pending", on=("G pending done",), state="R9", words="done for the day"),
    Case(name="silence, then a status", on=("G silence",), state="R7", words="not accepted by its status"),
    Case(name="silence to the status too", on=("G silence", "H silence"), state="R4", words="UNKNOWN", alarm="red"),
    Case(name="accepted long after the deadline", on=("G hold accept", "H silence"), meanwhile=("R4", "release"),
         state="R5", words="switched"),
    Case(name="refused long after the deadline", on=("G hold refuse=0,late", "H silence"),
         meanwhile=("R4", "release"), state="R7", words="late"),
    Case(name="a report twice", on=("G pending fill=100 again again accept",), state="R5", cum=100),
    Case(name="accepted before pending", on=("G accept pending",), meanwhile=("R5", "do fill=100"), state="R5",
         words="switched", cum=100),
    Case(name="unknown tags in a fill", on=("G pending tag=7601:abc tag=20999:x tag=1724:5 fill=100 accept",),
         state="R5", cum=100),
    Case(name="unknown enums in a fill", on=("G pending tag=851:Z tag=29:Q tag=528:? fill=100 no-tags accept",),
         state="R5", cum=100),
    Case(name="an empty tag in a fill", on=("G pending tag=7602: fill=100 no-tags accept",), state="R5", cum=100),
    Case(name="a group of the standard in a fill", state="R5", cum=100, on=(
        "G pending tag=453:2 tag=448:A tag=447:D tag=452:1 tag=448:B tag=447:D tag=452:7 fill=100 no-tags accept",)),
    Case(name="a group nobody knows in a fill", state="R5", cum=100, on=(
        "G pending tag=9001:2 tag=9002:a tag=9002:b fill=100 no-tags accept",)),
    Case(name="a pending of somebody else", before="foreign=E", act="", state="R0", words="somebody else", sent=""),
    Case(name="restated to less", before="restate=900", state="R5", qty=900),
    Case(name="a status nobody asked for", before="status", state="R5"),
    Case(name="a bust after a fill", before="fill=100 fill=50 bust", state="R5", cum=100),
    Case(name="a bust after the switch", before="fill=100", meanwhile=("R5", "do bust"), state="R5", cum=0),
    Case(name="a bust after a full fill", before="fill bust", act="", state="R0", words="undone", sent="", cum=0),
    Case(name="a fill on the id before the last", meanwhile=("R5", "do fill-first=100"), state="R5", cum=100),
    Case(name="cancelled by the broker after the switch", meanwhile=("R5", "do cancel"), state="R9", alarm="red"),
    Case(name="a group of parameters", state="R5", words="switched", target=GROUPED),
    Case(name="a short sale keeps its mark and locate", state="R5", words="switched", tags="54=5|114=N|5700=LOC"),
    Case(name="paused", act="pause", state="R5", words="paused"),
    Case(name="a pause refused", act="pause", on=("G refuse=99,no_pause",), state="R7", words="no pause"),
    Case(name="paused and resumed", act="pause resume", state="R5", words="resumed", sent="GG"),
    Case(name="paused and switched", act="pause switch", state="R5", words="switched", sent="GG"),
    Case(name="switched twice", act="switch back", state="R5", words="switched", sent="GG"),
)  # fmt: skip
CANCEL: Final = (
    Case(name="cancelled", act="cancel", state="K5", words="1000 shares not working", sent="F"),
    Case(name="cancelled with a fill on the way", act="cancel", on=("F pending fill=100 accept",), state="K5", sent="F",
         words="900 shares not working", cum=100),
    Case(name="cancel too late", act="cancel", on=("F pending fill refuse=0,too_late",), state="R6", sent="F", cum=QTY),
    Case(name="cancel refused", act="cancel", on=("F refuse=99,no",), state="K7", sent="F", alarm="red"),
    Case(name="cancel of an unknown order", act="cancel", on=("F unknown", "H silence"), state="R8", sent="F"),
    Case(name="cancel and silence, then a status", act="cancel", on=("F silence",), state="K7", sent="F"),
    Case(name="cancel and silence to everything", act="cancel", on=("F silence", "H silence"), state="K4", sent="F"),
    Case(name="kill waits for an answer", act="switch kill", on=("G hold accept",), meanwhile=("release",),
         state="K5", sent="GF"),
    Case(name="kill does not wait for ever", act="switch kill", on=("G silence",), state="K5", sent="GF"),
    Case(name="kill refused", act="kill", on=("F refuse=99,no",), state="K7", sent="F", alarm="red"),
    Case(name="kill twice", act="kill kill", on=("F hold accept",), meanwhile=("release",), state="K5", sent="F"),
)  # fmt: skip
CANCEL_NEW: Final = tuple(
    Case(mode="cancel_new", **values)
    for values in (
        {"name": "cancelled and entered anew", "state": "C5", "words": "1000 work", "sent": "FD"},
        {"name": "no pending before the cancel", "on": ("F accept",), "state": "C5", "sent": "FD"},
        {"name": "a fill while the cancel is pending", "on": ("F pending fill=100 accept",), "state": "C5",
         "words": "900 work", "sent": "FD", "cum": 100},
        {"name": "filled before the cancel", "on": ("F pending fill refuse=0,too_late",), "state": "R6", "sent": "F",
         "cum": QTY},
        {"name": "cancel refused with 102=0", "on": ("F refuse=0,no",), "state": "R7", "sent": "F"},
        {"name": "cancel refused with 102=3", "on": ("F refuse=3,busy",), "state": "R7", "sent": "F", "words": "busy"},
        {"name": "cancel refused without 102", "on": ("F refuse=,no",), "state": "R7", "sent": "F"},
        {"name": "cancel rejected", "on": ("F j=no",), "state": "R7", "sent": "F"},
        {"name": "cancel and silence", "on": ("F silence",), "state": "R7", "sent": "F", "words": "not accepted"},
        {"name": "cancel and silence to everything", "on": ("F silence", "H silence"), "state": "CU", "sent": "F"},
        {"name": "cancelled long after the deadline", "on": ("F hold accept", "H silence"),
         "meanwhile": ("CU", "release"), "state": "C5", "sent": "FD"},
        {"name": "cancelled, but not by us", "on": ("F pending cancel",), "state": "R9", "sent": "F", "alarm": "red"},
        {"name": "expired while the cancel is pending", "on": ("F pending expire",), "state": "R9", "sent": "F"},
        {"name": "shares done that nobody was told of", "on": ("F secret=50 accept",), "state": "C3W", "sent": "F",
         "words": "CumQty 50, fills held 0", "alarm": "red"},
        {"name": "new order refused", "on": ("D reject=not_today",), "state": "C6", "sent": "FD",
         "words": "1000 shares not working", "alarm": "red"},
        {"name": "new order rejected", "on": ("D j=not_today",), "state": "C6", "sent": "FD", "alarm": "red"},
        {"name": "new order refused, then tried again", "on": ("D reject=no", "D new"), "act": "switch",
         "meanwhile": ("C6", "again"), "state": "C5", "sent": "FDD"},
        {"name": "new order refused, then back to the old algo", "on": ("D reject=no", "D new"),
         "meanwhile": ("C6", "back"), "state": "C5", "sent": "FDD"},
        {"name": "new order and silence", "on": ("D silence", "H silence"), "state": "C7", "sent": "FD",
         "words": "UNKNOWN", "alarm": "red"},
        {"name": "new order and silence, then a status that does not know it", "on": ("D silence",), "state": "C6",
         "sent": "FD"},
        {"name": "new order answered long after the deadline", "on": ("D hold new", "H silence"),
         "meanwhile": ("C7", "release"), "state": "C5", "sent": "FD"},
        {"name": "a late fill after the new order", "meanwhile": ("C5", "do fill-dead=50"), "state": "C5", "sent": "FD",
         "words": "over-allocated by 50", "alarm": "red", "over": 50, "cum": 50},
        {"name": "a late bust after the new order", "before": "fill=100", "meanwhile": ("C5", "do bust"), "state": "C5",
         "sent": "FD", "words": "100 shares not working", "alarm": "amber", "cum": 0},
        {"name": "a kill while the cancel is under way", "on": ("F hold accept",), "act": "switch kill",
         "meanwhile": ("release",), "state": "K5", "sent": "F"},
        {"name": "a short sale is entered anew with its locate", "state": "C5", "sent": "FD",
         "tags": "54=5|114=N|5700=LOC"},
    )
)  # fmt: skip
CASES: Final = (*REPLACE, *CANCEL, *CANCEL_NEW)


def play(case: Case, desk: Desk, script: Script, number: int) -> None:
    """One scenario on an order of its own, and everything that must hold after it."""
    parent, order_id = f"P{number}", f"O{number}"
    tags = TAGS.format(parent=parent)
    if case.tags:
        own = {part.partition("=")[0] for part in case.tags.split("|")}
        tags = "|".join([part for part in tags.split("|") if part.partition("=")[0] not in own] + [case.tags])
    for words in case.on:
        kind, _, rest = words.partition(" ")
        script.on(kind, rest)
    before = len(script.received())
    script.order(order_id, f"A{number}", QTY, tags)
    desk.working(order_id)
    if case.before:
        script.do(order_id, case.before)
        _settled(desk, script, order_id, parent)
    for act in case.act.split():
        _act(act, case, desk, order_id)
    for step in case.meanwhile:
        if step == "release":  # of what has arrived
            eventually(lambda: len(script.received()) > before)
        _step(step, case, desk, script, order_id)
    found = desk.until(
        lambda order: (
            order.state == case.state
            and case.words in order.words
            and (case.cum is None or order.cum == case.cum)
            and (case.qty is None or order.qty == case.qty)
        ),
        order_id,
    )
    assert case.alarm is None or found.alarm == case.alarm, found
    sent = script.received()[before:]
    assert "".join(message[35] for message in sent) == case.sent
    for message in sent:
        _complete(message, tags)
    insist(desk, script, parent, over=case.over, unseen=case.unseen)
    if desk.client.states().kills:
        desk.client.release(f"order:{order_id}")


def _act(act: str, case: Case, desk: Desk, order_id: str) -> None:
    client = desk.client
    match act:
        case "switch":
            desk.switch(case.target, order_id)
        case "back":
            desk.until(lambda order: order.words == "switched", order_id)
            desk.switch(Target(strategy="VWAP"), order_id)
        case "pause":
            client.confirm(client.pause(order_id, desk.working(order_id).version).token)
            desk.reached("R5", "R7", order_id=order_id)
        case "resume":
            client.confirm(client.resume(order_id, desk.working(order_id).version).token)
        case "cancel":
            client.cancel(order_id)
        case _:
            client.kill(f"order:{order_id}")


def _step(step: str, case: Case, desk: Desk, script: Script, order_id: str) -> None:
    verb, _, words = step.partition(" ")
    match verb:
        case "do":
            script.do(order_id, words)
        case "release":
            script.release()
        case "again":
            desk.reenter(case.target, order_id)
        case "back":
            desk.reenter(Target(strategy="VWAP"), order_id)
        case _:
            desk.reached(verb, order_id=order_id)


def _settled(desk: Desk, script: Script, order_id: str, parent: str) -> None:
    """What happened before is known."""
    held = script.orders(parent)[0]
    desk.until(lambda order: (order.qty, order.cum) == (held.qty, held.cum), order_id)


def _complete(message: dict[int, str], tags: str) -> None:
    """Every tag of the accepted order is in what changes or renews it, but for what the switch changes."""
    if message[35] not in {"G", "D"}:
        return
    for part in tags.split("|"):
        tag, _, value = part.partition("=")
        if int(tag) not in {847, 6404, 6406, 6408}:
            assert message.get(int(tag)) == value, (tag, message)

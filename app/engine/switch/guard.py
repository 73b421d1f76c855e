"""The guard: everything that must hold at the moment of sending, each check with its name, state and words.

Pure: what is known is handed in as a Sight. A cancel or a kill asks nobody.
"""

from collections.abc import Callable, Sequence
from typing import Annotated, Final, Literal

import msgspec

from app.engine.switch import message
from app.engine.switch.facts import Tags, Target
from app.engine.switch.machine import why_not
from app.engine.switch.order import Order
from app.engine.switch.profile import Profile, parameters_fault
from app.engine.switch.states import READY, State
from app.engine.units import BPS, SECOND

Verdict = Literal["pass", "warn", "fail"]
Action = Literal["switch", "pause", "resume", "reenter"]
Positive = Annotated[float, msgspec.Meta(gt=0)]
Count = Annotated[int, msgspec.Meta(ge=1)]

DAY_NS: Final = 86_400 * SECOND
MINUTE_NS: Final = 60 * SECOND


class Check(msgspec.Struct, frozen=True):
    """One check: its name, how it stands, and why in words."""

    name: str
    verdict: Verdict
    words: str


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Limits of a desk: `warn` shows, `hard` refuses. Shares, money of the order's currency, per cent, seconds."""

    warn_qty: Positive = 1_000_000
    hard_qty: Positive = 5_000_000
    warn_notional: Positive = 50e6
    hard_notional: Positive = 250e6
    warn_adv_pct: Positive = 25.0
    hard_adv_pct: Positive = 100.0
    collar_bps: Positive = 500.0  # a limit further from the mid than this is a mistake
    report_s: Positive = 300.0  # an order silent for longer warns
    market_s: Positive = 5.0
    per_order_day: Count = 3
    order_gap_s: Positive = 600.0
    per_user_minute: Count = 10
    per_firm_minute: Count = 30
    intent_s: Positive = 60.0  # a confirmed switch is acted on no later than this
    cut_off_s: Positive = 120.0  # nothing is switched this near to the close
    users: tuple[str, ...] = ()  # who may act; empty: everyone on this machine


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked: the version and board generation are those of the asker's screen."""

    action: Action
    order_id: str
    version: int = 0
    generation: int = 0
    target: Target = Target()
    mode: Literal["replace", "cancel_new", ""] = ""
    whole_group: bool = False  # the linked orders were shown and confirmed too


class Market(msgspec.Struct, frozen=True, kw_only=True):
    """What the board says about the order's instrument and parent; None where undefined."""

    fault: str = ""  # why the board cannot be believed: no board, engine dead, standing still
    age_ns: int | None = None
    quality: str = ""
    mid: float | None = None
    adv: float | None = None
    close_ns: int | None = None
    group: str = ""  # link or basket the parent belongs to
    members: tuple[str, ...] = ()  # every order of that group, this one among them
    care: bool = False
    generation: int = 0


class Sight(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the guard looks at."""

    now: int
    wish: Wish
    order: Order | None
    profile: Profile
    limits: Limits
    market: Market
    online: bool
    user: str
    killed: str = ""
    barred: str = ""  # why the user may not act on this order
    confirmed: bool = False
    by_user: Sequence[int] = ()  # times of requests of this user, of the whole firm
    by_firm: Sequence[int] = ()


def judge(sight: Sight) -> list[Check]:
    """Every check, in the order they are shown."""
    if sight.order is None:
        return [Check("order", "fail", f"no order {sight.wish.order_id} in this session")]
    return [check(sight, sight.order) for check in CHECKS]


def passed(checks: Sequence[Check]) -> bool:
    """True when no check failed."""
    return all(check.verdict != "fail" for check in checks)


def failures(checks: Sequence[Check]) -> str:
    """Every failed check in words."""
    return "; ".join(f"{check.name}: {check.words}" for check in checks if check.verdict == "fail")


def _check(name: str, fault: str, good: str) -> Check:
    return Check(name, "fail", fault) if fault else Check(name, "pass", good)


def _session(sight: Sight, _: Order) -> Check:
    return _check("session", "" if sight.online else "not logged on, or resend not finished", "logged on")


def _working(sight: Sight, order: Order) -> Check:
    again = sight.wish.action == "reenter"
    right = order.state in {State.C3, State.C6} if again else order.state in READY
    return _check("working", "" if right else f"order is {order.state.value}: {order.words}", "order is working")


def _leaves(_: Sight, order: Order) -> Check:
    return _check("leaves", "" if order.leaves else "nothing left", f"{order.leaves} left")


def _pending(sight: Sight, order: Order) -> Check:
    fault = "" if sight.wish.action == "reenter" or order.state not in READY else why_not(order)
    if order.foreign:
        fault = "a request of somebody else is pending"
    return _check("pending", fault, "no request pending")


def _version(sight: Sight, order: Order) -> Check:
    same = order.state is State.C3 or sight.wish.version == order.version  # C3: nobody looks, the guard is asked again
    fault = f"order changed since it was shown ({sight.wish.version} to {order.version}): look again"
    return _check("version", "" if same else fault, "as shown")


def _reports(sight: Sight, order: Order) -> Check:
    age = (sight.now - order.report_ns) / SECOND
    if not order.report_ns:
        return Check("reports", "fail", "no execution report yet")
    if order.cum != order.held:
        return Check("reports", "fail", f"CumQty {order.cum} and fills held {order.held} differ")
    if age > sight.limits.report_s:
        return Check("reports", "warn", f"last execution report {age:.0f} s ago")
    return Check("reports", "pass", f"last execution report {age:.1f} s ago")


def _market(sight: Sight, _: Order) -> Check:
    market = sight.market
    if market.fault:
        return Check("market", "fail", market.fault)
    if market.age_ns is None or market.age_ns > sight.limits.market_s * SECOND:
        shown = "never seen" if market.age_ns is None else f"{market.age_ns / SECOND:.1f} s old"
        return Check("market", "fail", f"market data {shown}; at most {sight.limits.market_s:g} s")
    return Check("market", "pass", f"market data {market.age_ns / SECOND:.1f} s old")


def _trading(sight: Sight, _: Order) -> Check:
    market = sight.market
    if market.quality in {"halt", "auction", "closed"}:
        return Check("trading", "fail", f"instrument is in {market.quality}")
    if market.close_ns is not None and sight.now > market.close_ns - sight.limits.cut_off_s * SECOND:
        return Check("trading", "fail", f"after the cut-off, {sight.limits.cut_off_s:g} s before the close")
    return Check("trading", "pass", "continuous trading")


def _target(sight: Sight, order: Order) -> Check:
    wish, profile = sight.wish, sight.profile
    if wish.action in {"pause", "resume"}:
        if profile.pause is None:
            return Check("target", "fail", f"profile {profile.name} has no pause: cancel instead")
        wrong = "order is paused already" if order.paused else ""
        wrong = ("" if order.paused else "order is not paused") if wish.action == "resume" else wrong
        return _check("target", wrong, wish.action)
    strategy = profile.strategies.get(wish.target.strategy)
    if strategy is None:
        return Check("target", "fail", f"{wish.target.strategy or 'no strategy'} is not in profile {profile.name}")
    fault = parameters_fault(strategy, wish.target.params)
    if fault:
        return Check("target", "fail", fault)
    if wish.action == "switch" and set(message.target_tags(order, wish.target, profile)) == set(order.tags):
        return Check("target", "fail", "same strategy and parameters as today")
    return Check("target", "pass", f"{profile.strategy(order.tag(profile.strategy_tag))} to {wish.target.strategy}")


def after_tags(sight: Sight, order: Order) -> Tags:
    """The order's tags as the wish would leave them; as they are where it cannot be fulfilled."""
    wish, profile = sight.wish, sight.profile
    if wish.action in {"pause", "resume"}:
        possible = profile.pause is not None
        return message.paused_tags(order, profile, on=wish.action == "pause") if possible else order.tags
    known = wish.target.strategy in profile.strategies
    return message.target_tags(order, wish.target, profile) if known else order.tags


def _short_sale(sight: Sight, order: Order) -> Check:
    fault = message.short_sale_fault(order.tags, after_tags(sight, order), sight.profile)
    return _check("short sale", fault, "mark and locate survive")


def _graded(name: str, value: float | None, limits: tuple[float, float], unit: str) -> Check:
    warn, hard = limits
    if value is None:
        return Check(name, "warn", "undefined: not checked")
    words = f"{value:,.0f}{unit}"
    if value > hard:
        return Check(name, "fail", f"{words}, at most {hard:,.0f}{unit}")
    return Check(name, "warn" if value > warn else "pass", words)


def _qty(sight: Sight, order: Order) -> Check:
    return _graded("quantity", order.leaves, (sight.limits.warn_qty, sight.limits.hard_qty), "")


def _notional(sight: Sight, order: Order) -> Check:
    mid = sight.market.mid
    money = None if mid is None else mid * order.leaves
    return _graded("notional", money, (sight.limits.warn_notional, sight.limits.hard_notional), "")


def _adv(sight: Sight, order: Order) -> Check:
    adv = sight.market.adv
    share = 100 * order.leaves / adv if adv else None
    return _graded("% of ADV", share, (sight.limits.warn_adv_pct, sight.limits.hard_adv_pct), " %")


def _collar(sight: Sight, order: Order) -> Check:
    text, mid = order.tag(44), sight.market.mid
    if text is None:
        return Check("collar", "pass", "no limit price")
    if not mid:
        return Check("collar", "warn", "mid undefined: not checked")
    try:
        limit = float(text)
    except ValueError:
        return Check("collar", "fail", f"limit {text!r} is no price")
    away = abs(limit / mid - 1) * BPS
    fault = f"limit {limit} is {away:.0f} bps from the mid; at most {sight.limits.collar_bps:g}"
    return _check("collar", fault if away > sight.limits.collar_bps else "", f"limit {away:.0f} bps from the mid")


def _throttle(sight: Sight, order: Order) -> Check:
    limits, now = sight.limits, sight.now
    if _within(sight.by_user, now, MINUTE_NS) >= limits.per_user_minute:
        return Check("throttle", "fail", f"{limits.per_user_minute} requests of {sight.user} within a minute")
    if _within(sight.by_firm, now, MINUTE_NS) >= limits.per_firm_minute:
        return Check("throttle", "fail", f"{limits.per_firm_minute} requests of the firm within a minute")
    if sight.wish.action != "switch":
        return Check("throttle", "pass", "not a switch")
    today = _within(order.switches, now, DAY_NS)
    if today >= limits.per_order_day:
        return Check("throttle", "fail", f"{today} switches of this order today; at most {limits.per_order_day}")
    gap = (now - order.switches[-1]) / SECOND if order.switches else limits.order_gap_s
    fault = f"last switch {gap:.0f} s ago; {limits.order_gap_s:g} s must lie between two"
    return _check("throttle", fault if gap < limits.order_gap_s else "", f"{today} switches today")


def _within(times: Sequence[int], now: int, span: int) -> int:
    return len([time for time in times if now - span < time <= now])


def _entitled(sight: Sight, _: Order) -> Check:
    allowed = not sight.limits.users or sight.user in sight.limits.users
    return _check("entitlement", sight.barred if allowed else f"{sight.user} may not act", sight.user)


def _kill(sight: Sight, _: Order) -> Check:
    return _check("kill switch", f"on ({sight.killed})" if sight.killed else "", "off")


def _group(sight: Sight, _: Order) -> Check:
    market = sight.market
    if market.care:
        return Check("group", "fail", "care or manual order: its trader decides")
    if not market.group:
        return Check("group", "pass", "not linked")
    linked = f"linked ({market.group}): {', '.join(market.members) or 'its orders are not known'}"
    if not sight.wish.whole_group:
        return Check("group", "fail", f"{linked}: show and confirm the whole group")
    asks = "" if sight.confirmed else "; the confirm says that all of them were seen"
    return Check("group", "pass" if sight.confirmed else "warn", f"{linked}{asks}")


def _confirmed(sight: Sight, order: Order) -> Check:
    if sight.wish.action == "reenter" and order.state is State.C3:
        age = (sight.now - order.asked_ns) / SECOND
        late = age > sight.limits.intent_s
        return _check("confirm", f"confirmed {age:.0f} s ago: confirm again" if late else "", "confirmed")
    return Check("confirm", "pass" if sight.confirmed else "warn", "confirmed" if sight.confirmed else "not yet")


CHECKS: Final[tuple[Callable[[Sight, Order], Check], ...]] = (
    _session, _working, _leaves, _pending, _version, _reports, _market, _trading, _target, _short_sale, _qty,
    _notional, _adv, _collar, _throttle, _entitled, _kill, _group, _confirmed,
)  # fmt: skip

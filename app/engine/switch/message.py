"""The messages of a switch, built from a copy of every application tag of the last accepted order, and their diff.

What changes is listed by the profile: the strategy, its parameters, the pause. Everything else, custom tags included,
goes out as it was accepted. Source: FIX 4.4 volume 4 (35=D, F, G, H).
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from app.engine.errors import EngineError
from app.engine.switch.facts import Tags, Target
from app.engine.switch.order import Order
from app.engine.switch.profile import Profile
from app.engine.switch.stamp import utc_text

SHORT_SALES: Final = frozenset({"5", "6"})
_CANCEL_KEEPS: Final = frozenset({1, 22, 48, 54, 55, 207})
TAG_NAMES: Final = {
    1: "Account", 11: "ClOrdID", 15: "Currency", 18: "ExecInst", 21: "HandlInst", 37: "OrderID", 38: "OrderQty",
    40: "OrdType", 41: "OrigClOrdID", 44: "Price", 47: "Rule80A", 54: "Side", 55: "Symbol", 59: "TimeInForce",
    60: "TransactTime", 99: "StopPx", 100: "ExDestination", 110: "MinQty", 111: "MaxFloor", 114: "LocateReqd",
    126: "ExpireTime", 168: "EffectiveTime", 207: "SecurityExchange", 432: "ExpireDate", 526: "SecondaryClOrdID",
    528: "OrderCapacity", 583: "ClOrdLinkID", 847: "TargetStrategy", 849: "ParticipationRate",
    957: "NoStrategyParameters", 958: "StrategyParameterName", 959: "StrategyParameterType",
    960: "StrategyParameterValue", 1138: "DisplayQty", 5700: "LocateBroker",
}  # fmt: skip


class TagChange(NamedTuple):
    """One tag: what the last accepted order has, what the message will have; None = absent."""

    tag: int
    name: str
    before: str | None
    after: str | None


def target_tags(order: Order, target: Target, profile: Profile) -> Tags:
    """The order's tags with the target's strategy and parameters, a pause taken off; every other tag as accepted.

    Raises EngineError for a strategy the profile does not have: the guard refuses it before.
    """
    strategy = profile.strategies.get(target.strategy)
    if strategy is None:
        raise EngineError(f"strategy {target.strategy!r} is not in profile {profile.name}")
    dropped = profile.parameter_tags() | {profile.strategy_tag}
    kept = [_unpaused(pair, profile) for pair in order.tags if pair[0] not in dropped]
    own: list[tuple[int, str]] = []
    group: list[tuple[int, str]] = []
    for name, parameter in strategy.parameters.items():
        value = target.params.get(name) or parameter.default
        if not value:
            continue
        if parameter.tag is None:
            group += [(958, name), (959, "14"), (960, value)]
        else:
            own.append((parameter.tag, value))
    count = [(957, str(len(group) // 3))] if group else []
    return (*kept, (profile.strategy_tag, strategy.wire), *own, *count, *group)


def _unpaused(pair: tuple[int, str], profile: Profile) -> tuple[int, str]:
    """A tag of a switch: the pause, where the order has one, is off, so that the new algo works at once."""
    return (pair[0], profile.pause.off) if profile.pause is not None and pair[0] == profile.pause.tag else pair


def paused_tags(order: Order, profile: Profile, *, on: bool) -> Tags:
    """The order's tags with the pause set or taken off. Raises EngineError where the profile has none."""
    if profile.pause is None:
        raise EngineError(f"profile {profile.name} has no pause")
    kept = [pair for pair in order.tags if pair[0] != profile.pause.tag]
    return (*kept, (profile.pause.tag, profile.pause.on if on else profile.pause.off))


def with_qty(tags: Tags, qty: int) -> Tags:
    """Tags with another OrderQty, in its place."""
    if all(tag != 38 for tag, _ in tags):
        return (*tags, (38, str(qty)))
    return tuple((tag, str(qty) if tag == 38 else value) for tag, value in tags)


def replace_fields(order: Order, cl_ord_id: str, tags: Tags, now: int) -> Tags:
    """Fields of a 35=G."""
    head = ((11, cl_ord_id), (41, order.accepted), (37, order.order_id))
    return (*head, *tags, (60, utc_text(now)))


def cancel_fields(order: Order, cl_ord_id: str, orig: str, now: int) -> Tags:
    """Fields of a 35=F on one ClOrdID of the order."""
    kept = tuple(pair for pair in order.tags if pair[0] in _CANCEL_KEEPS)
    head = ((11, cl_ord_id), (41, orig), (37, order.order_id))
    return (*head, *kept, (38, str(order.qty)), (60, utc_text(now)))


def new_fields(cl_ord_id: str, tags: Tags, now: int) -> Tags:
    """Fields of a 35=D."""
    return ((11, cl_ord_id), *tags, (60, utc_text(now)))


def mass_cancel_fields(scope: str, cl_ord_id: str, now: int) -> Tags:
    """Fields of a 35=q for a kill's scope: everything, or one instrument."""
    _, _, name = scope.partition(":")
    what = ((530, "1"), (55, name)) if name else ((530, "7"),)
    return ((11, cl_ord_id), *what, (60, utc_text(now)))


def status_fields(order: Order, cl_ord_id: str, order_id: str) -> Tags:
    """Fields of a 35=H; without OrderID when the broker has not named the order yet."""
    kept = tuple(pair for pair in order.tags if pair[0] in {54, 55})
    return ((11, cl_ord_id), *(((37, order_id),) if order_id else ()), *kept)


def difference(before: Tags, after: Tags) -> list[TagChange]:
    """Every tag of both, changed or not, in the order of the message; repeated groups entry by entry."""
    left, right = _numbered(before), _numbered(after)
    keys = [*right, *(key for key in left if key not in right)]
    return [TagChange(key[0], TAG_NAMES.get(key[0], ""), left.get(key), right.get(key)) for key in keys]


def _numbered(tags: Tags) -> Mapping[tuple[int, int], str]:
    """Tags by number and occurrence."""
    found: dict[tuple[int, int], str] = {}
    for tag, value in tags:
        index = 0
        while (tag, index) in found:
            index += 1
        found[tag, index] = value
    return found


def short_sale_fault(before: Tags, after: Tags, profile: Profile) -> str:
    """Why a message must not go out: the short-sale mark or the locate would not survive; empty when they do."""
    had, has = dict(before), dict(after)
    if had.get(54) != has.get(54):
        return f"side (54) would change from {had.get(54)} to {has.get(54)}"
    if had.get(54) not in SHORT_SALES:
        return ""
    locates = [tag for tag in profile.locate_tags if tag in had]
    if had[54] == "5" and not locates:
        tags = ", ".join(str(tag) for tag in profile.locate_tags)
        return f"short sale without a locate on the accepted order (none of {tags})"
    lost = [tag for tag in locates if has.get(tag) != had[tag]]
    return f"locate (tag {lost[0]}) would be lost" if lost else ""

"""Answers to what a desk, an API or a rule asks: menus, pre-flights, one confirm, cancel, kill."""

import secrets
from dataclasses import dataclass, field
from typing import Any, Final, Literal, NamedTuple

import msgspec

from app.control.asks import (
    Ask,
    AskArm,
    AskCancel,
    AskConfirm,
    AskKill,
    AskMenu,
    AskPreflight,
    AskReconcile,
    AskRecord,
    AskRelease,
    AskRules,
    AskStates,
    Done,
    ExpectedEffect,
    Forecast,
    Menu,
    OrderState,
    ParameterField,
    Preflight,
    Question,
    Refused,
    Reply,
    Rules,
    ShownTag,
    States,
    TargetOffer,
)
from app.control.core import Control
from app.control.outlook import of_target
from app.control.rules import RuleBook
from app.engine.errors import SettingsError
from app.engine.switch import message
from app.engine.switch.facts import (
    CancelAsked,
    Fact,
    KillAsked,
    KillReleased,
    ReenterAsked,
    StatusAsked,
    SwitchAsked,
    Tags,
)
from app.engine.switch.guard import Check, Wish, failures, passed
from app.engine.switch.order import Order
from app.engine.switch.profile import Strategy
from app.engine.switch.session import SCOPES, in_scope
from app.engine.switch.states import AWAITING, OFFLINE, OVER, READY, State
from app.engine.units import SECOND
from app.feeds.atdl.fixed import order_fields

TOKEN_S: Final = 120
RECORDED: Final = ("api", "pack")
_NO_RULES: Final = "no rules: [rules] file of the settings names none"
_UNKNOWN: Final = "no such order in this session"


class _Shown(NamedTuple):
    """A pre-flight that may be confirmed: the wish, for whom, when it was shown (wall ns), with which linked orders."""

    wish: Wish
    user: str
    at_ns: int
    members: tuple[str, ...] = ()


@dataclass(slots=True)
class Answering:
    """Turns questions into facts; `user` is who the operating system says he is."""

    control: Control
    book: RuleBook = field(default_factory=lambda: RuleBook({}, None, ""))
    _shown: dict[str, _Shown] = field(default_factory=dict)

    def answer(self, question: Question, user: str, wall_ns: int) -> Reply:
        """One question; of somebody else than `user` where it says so."""
        user = question.user or user
        match question:
            case AskPreflight():
                return self._preflight(question.wish, user, wall_ns)
            case AskConfirm():
                return self._confirm(question, user, wall_ns)
            case AskCancel() | AskReconcile():
                kind = CancelAsked if isinstance(question, AskCancel) else StatusAsked
                return self._act(question.order_id, kind(order_id=question.order_id), user, question)
            case AskKill():
                return self._kill(question.scope, user, question)
            case AskRelease():
                return self._release(question.scope, user, question)
            case AskArm():
                return self._arm(question, user)
            case _:
                return self._told(question)

    # -- looking -----------------------------------------------------------------------------------------------------

    def _told(self, question: AskStates | AskMenu | AskRecord | AskRules) -> Reply:
        """What changes nothing."""
        match question:
            case AskStates():
                return self._states()
            case AskMenu():
                return self._menu(question.parent_id)
            case AskRecord():
                return self._record(question)
            case AskRules():
                return Rules(rules=self.book.states(), words="" if self.book.tables else _NO_RULES)

    def _states(self) -> States:
        session = self.control.session
        orders = [state_of(self.control, order) for order in session.every()]
        return States(orders=orders, kills=list(session.kills), online=session.online, now_ns=self.control.now)

    def _menu(self, parent_id: str) -> Menu | Refused:
        order = order_of_parent(self.control, parent_id)
        if order is None:
            return Refused(words=f"no algo order of {parent_id} in this session")
        profile, broker = self.control.profile, self.control.broker
        today = profile.strategy(order.tag(profile.strategy_tag)) or ""
        params = parameters_of(order, profile.strategies.get(today))
        offers = [
            TargetOffer(
                strategy=name, title=strategy.title or name, mode=profile.mode, today=name == today,
                fields=_fields(strategy, params if name == today else {}),
                form=None if broker is None else broker.strategy(name),
            )
            for name, strategy in profile.strategies.items()
        ]  # fmt: skip
        no_pause = "" if profile.pause is not None else f"profile {profile.name} has no pause: cancel instead"
        return Menu(
            order=state_of(self.control, order), params=params, targets=offers, no_pause=no_pause,
            zone="UTC" if broker is None else broker.zone, now_ns=self.control.now,
            fields=order_fields(dict(order.tags)),
        )  # fmt: skip

    def _preflight(self, wish: Wish, user: str, wall_ns: int) -> Preflight | Refused:
        control = self.control
        order = control.session.orders.get(wish.order_id)
        if order is None:
            return Refused(words=_UNKNOWN)
        members = control.source.market(order, control.now).members
        if members:
            wish = msgspec.structs.replace(wish, whole_group=True)  # the guard names every order of the group
        kind, tags = self._message(wish, order)
        checks = control.judge(wish, user, confirmed=False)
        token = secrets.token_hex(16)
        self._shown = {t: s for t, s in self._shown.items() if wall_ns - s.at_ns < TOKEN_S * SECOND}
        self._shown[token] = _Shown(wish, user, wall_ns, members)
        strategy = control.profile.strategy(order.tag(control.profile.strategy_tag)) or ""
        return Preflight(
            token=token, wish=wish, order=state_of(control, order), mode=wish.mode or control.profile.mode,
            message=kind, tags=tags, checks=checks, now=self._forecast(order, strategy),
            then=self._then(wish, order, strategy), effect=ExpectedEffect(),
        )  # fmt: skip

    def _message(self, wish: Wish, order: Order) -> tuple[Literal["G", "F", "D"], list[ShownTag]]:
        """What would be sent, tag by tag, beside the last accepted order. A cancel-new shows the new order."""
        profile = self.control.profile
        tags: Tags = order.tags
        replaces = wish.action != "reenter" and (wish.mode or profile.mode) == "replace"
        if wish.action in {"pause", "resume"} and profile.pause is not None:
            tags = message.paused_tags(order, profile, on=wish.action == "pause")
            replaces = True
        elif wish.target.strategy in profile.strategies:
            tags = message.target_tags(order, wish.target, profile)
        qty = order.leaves if profile.replace_qty == "remaining" or not replaces else order.qty
        before = ((11, order.accepted), *order.tags)
        after = ((11, "(new)"), *(((41, order.accepted),) if replaces else ()), *message.with_qty(tags, qty))
        shown = [
            ShownTag(tag=c.tag, name=c.name, before=c.before, after=c.after) for c in message.difference(before, after)
        ]
        return "G" if replaces else "D" if wish.action == "reenter" else "F", shown

    def _forecast(self, order: Order, strategy: str) -> Forecast:
        return msgspec.structs.replace(self.control.source.forecast(order), algo=strategy)

    def _then(self, wish: Wish, order: Order, strategy: str) -> Forecast:
        """What the order is expected to do once the wish is fulfilled, as far as parameters and market say."""
        if wish.action == "pause":
            return Forecast(algo=strategy, why="paused: nothing is done until it is resumed")
        name = wish.target.strategy or strategy
        target = self.control.profile.strategies.get(name)
        known = {} if target is None else target.parameters
        params = {parameter: known[parameter].default for parameter in known} | wish.target.params
        if not wish.target.strategy:
            params |= parameters_of(order, target)
        return of_target(name, params, order.leaves, self.control.source.ahead(order))

    # -- acting ------------------------------------------------------------------------------------------------------

    def _confirm(self, question: AskConfirm, user: str, wall_ns: int) -> Reply:
        shown = self._shown.pop(question.token, None)
        if shown is None or wall_ns - shown.at_ns >= TOKEN_S * SECOND:
            self._audit("confirm", user, question, {"refused": "pre-flight unknown, used or too old"})
            return Refused(words="this pre-flight is unknown, was used or is too old: look again")
        if shown.user != user:
            self._audit("confirm", user, question, {"refused": f"pre-flight of {shown.user}"})
            return Refused(words=f"this pre-flight was shown to {shown.user}")
        order = self.control.session.orders.get(shown.wish.order_id)
        if order is not None and self.control.source.market(order, self.control.now).members != shown.members:
            self._audit("confirm", user, question, {"refused": "other orders are linked now"})
            return Refused(words="other orders are linked with it than were shown: look again")
        return self.act(shown.wish, user, question)

    def act(self, wish: Wish, user: str, asked: Ask) -> Done | Refused:
        """A confirmed wish: the whole guard at this moment, then the message."""
        control = self.control
        checks = control.judge(wish, user, confirmed=True)
        words = failures(checks)
        self._audit("confirm", user, asked, {"wish": wish, "checks": checks, "refused": words})
        if not passed(checks):
            control.settled()
            return Refused(words=words)
        control.requests.setdefault(user, []).append(control.now)
        return self._take(wish.order_id, fact_of_wish(wish))

    def _act(self, order_id: str, fact: Fact, user: str, asked: Ask) -> Done | Refused:
        if order_id not in self.control.session.orders:
            return Refused(words=_UNKNOWN)
        self._audit("ask", user, asked, {"fact": fact})
        return self._take(order_id, fact)

    def _take(self, order_id: str, fact: Fact) -> Done | Refused:
        declined = self.control.take(fact)
        order = self.control.session.orders[order_id]
        return Refused(words=declined) if declined else Done(words=f"{order.state.value}: {order.words}")

    def _kill(self, scope: str, user: str, asked: Ask) -> Done | Refused:
        profile = self.control.profile
        if scope == "mine" and profile.owner_tag is None:
            why = f"profile {profile.name} has no owner_tag: nobody knows whose an order is"
            return Refused(words=f"kill mine: {why}; kill all, a parent, an order or an instrument")
        scope = f"user:{user}" if scope == "mine" else scope
        what, _, name = scope.partition(":")
        if what not in SCOPES or (what != "all") != bool(name):
            allowed = "all, mine, parent:ID, order:ID, instrument:NAME, user:LOGIN"
            return Refused(words=f"scope = {scope!r} is not allowed; allowed: {allowed}")
        scope = scope if name else what  # "all:" is all, and is released as that
        self._audit("kill", user, asked, {"scope": scope})
        self.control.take(KillAsked(scope=scope))
        every = self.control.session.every()
        open_orders = [order for order in every if in_scope(order, scope) and order.state not in OVER]
        return Done(words=f"kill {scope}: {len(open_orders)} orders not yet confirmed cancelled")

    def _arm(self, asked: AskArm, user: str) -> Done | Refused:
        try:
            words = self.book.arm(asked.rule, user) if asked.on else self.book.disarm(asked.rule, user)
        except SettingsError as error:
            self._audit("arm", user, asked, {"rule": asked.rule, "on": asked.on, "refused": str(error)})
            return Refused(words=str(error))
        self._audit("arm", user, asked, {"rule": asked.rule, "on": asked.on, "words": words})
        self.control.settled()
        return Done(words=words)

    def _release(self, scope: str, user: str, asked: Ask) -> Done | Refused:
        kills = self.control.session.kills
        scope = f"user:{user}" if scope == "mine" else scope
        if scope not in kills:
            return Refused(words=f"scope = {scope!r} is not killed; killed: {', '.join(kills) or 'none'}")
        self._audit("release", user, asked, {"scope": scope})
        self.control.take(KillReleased(scope=scope))
        return Done(words=f"released: {scope}")

    def _audit(self, what: str, user: str, asked: Ask, entry: dict[str, Any]) -> None:
        known = {"user": user, "by": asked.by, "screen": asked.screen, "now_ns": self.control.now}
        known |= {"via": asked.via, "request": asked.request} if asked.via else {}
        self.control.audit.write(what, known | entry)

    def _record(self, asked: AskRecord) -> Done | Refused:
        if asked.what not in RECORDED:  # a line of ours is never written for others
            return Refused(words=f"what = {asked.what!r} is not allowed; allowed: {', '.join(RECORDED)}")
        for entry in asked.entries:  # under a key of their own: nothing of theirs takes the place of ours
            self.control.audit.write(asked.what, {"via": asked.via, "now_ns": self.control.now, "entry": entry})
        self.control.settled()
        return Done(words=f"{len(asked.entries)} written")


def fact_of_wish(wish: Wish) -> Fact:
    """The fact a confirmed wish is."""
    if wish.action == "reenter":
        return ReenterAsked(order_id=wish.order_id, target=wish.target)
    return SwitchAsked(order_id=wish.order_id, target=wish.target, purpose=wish.action, mode=wish.mode)


def order_of_parent(control: Control, parent_id: str) -> Order | None:
    """A parent's algo order: the newest that is not over, else the newest."""
    orders = [order for order in control.session.every() if order.parent_id == parent_id]
    live = [order for order in orders if order.state not in OVER]
    return next(reversed(live or orders), None)


def state_of(control: Control, order: Order) -> OrderState:
    """An order as it is told to others."""
    profile = control.profile
    unknown = order.state in OFFLINE | {State.R4, State.CU, State.C7, State.K4, State.C3, State.C3W}
    return OrderState(
        order_id=order.order_id, parent_id=order.parent_id, instrument=order.tag(55) or "",
        algo=profile.strategy(order.tag(profile.strategy_tag)) or "", state=order.state.value, words=order.words,
        alarm=order.alarm, version=order.version, qty=order.qty, cum=order.cum, leaves=order.leaves,
        paused=order.paused, pending=order.state in AWAITING or (unknown and order.state not in READY),
        killed=control.session.killed(order),
    )  # fmt: skip


def parameters_of(order: Order, strategy: Strategy | None) -> dict[str, str]:
    """Today's parameters by name."""
    if strategy is None:
        return {}
    found = {n: value for n, p in strategy.parameters.items() if p.tag and (value := order.tag(p.tag)) is not None}
    name = ""
    for tag, value in order.tags:
        if tag == 958:
            name = value
        elif tag == 960 and name in strategy.parameters:
            found[name] = value
    return found


def _fields(strategy: Strategy, params: dict[str, str]) -> list[ParameterField]:
    return [
        ParameterField(
            name=name, title=p.title or name, kind=p.kind, value=params.get(name, p.default), choices=p.choices,
            low=p.low, high=p.high, required=p.required, about=p.about,
        )
        for name, p in strategy.parameters.items()
    ]  # fmt: skip


__all__ = ["Answering", "Check", "fact_of_wish", "order_of_parent", "parameters_of", "state_of"]

"""What may be asked of the control process, and its answers: plain structs over the local line."""

from typing import Literal

import msgspec

from app.control.rule_state import RuleState
from app.engine.switch.facts import Alarm
from app.engine.switch.guard import Check, Wish
from app.feeds.atdl.model import AlgoStrategy


class Screen(msgspec.Struct, frozen=True, kw_only=True):
    """What the asker had before his eyes: generation of the board and a hash of what was painted."""

    generation: int = 0
    hash: str = ""


class Ask(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A question."""

    screen: Screen = Screen()
    by: str = "manual"  # or the id of a rule
    user: str = ""  # for whom it is asked; "" = for him whose desk it is
    via: str = ""  # where he has asked: "" = at a desk
    request: str = ""  # his own name for it


class AskMenu(Ask, frozen=True):
    """What can be done with a parent's algo order."""

    parent_id: str


class AskPreflight(Ask, frozen=True):
    """Check a wish and show what would be sent; nothing is."""

    wish: Wish


class AskConfirm(Ask, frozen=True):
    """Send what a pre-flight showed, if everything still holds."""

    token: str


class AskCancel(Ask, frozen=True):
    """Cancel one order; no guard."""

    order_id: str


class AskKill(Ask, frozen=True):
    """Cancel everything in a scope and block what is new."""

    scope: str


class AskRelease(Ask, frozen=True):
    """Let new requests out again."""

    scope: str


class AskReconcile(Ask, frozen=True):
    """Ask the broker what he holds of an order."""

    order_id: str


class AskStates(Ask, frozen=True):
    """Every order and where it stands."""


class AskRecord(Ask, frozen=True):
    """Write into the audit what was asked elsewhere and refused or done there; nothing else is done."""

    what: str
    entries: list[dict[str, str]]


class AskRules(Ask, frozen=True):
    """Every rule and how it stands."""


class AskArm(Ask, frozen=True):
    """Arm a rule (the first person proposes, a second one arms) or disarm it."""

    rule: str
    on: bool = True


Question = (
    AskRules | AskArm | AskMenu | AskPreflight | AskConfirm | AskCancel | AskKill | AskRelease | AskReconcile
    | AskStates | AskRecord
)  # fmt: skip


class ParameterField(msgspec.Struct, frozen=True, kw_only=True):
    """One parameter of a strategy as a form shows it; `value` is today's where the strategy is today's."""

    name: str
    title: str
    kind: str
    value: str
    choices: dict[str, str]
    low: float | None
    high: float | None
    required: bool
    about: str


class TargetOffer(msgspec.Struct, frozen=True, kw_only=True):
    """A strategy the profile offers; `mode` says how the switch would be made."""

    strategy: str
    title: str
    mode: str
    today: bool
    fields: list[ParameterField]
    form: AlgoStrategy | None = None  # the broker's own, of his FIXatdl file


class OrderState(msgspec.Struct, frozen=True, kw_only=True):
    """One order and where it stands."""

    order_id: str
    parent_id: str
    instrument: str
    algo: str
    state: str
    words: str
    alarm: Alarm
    version: int
    qty: int
    cum: int
    leaves: int
    paused: bool
    pending: bool
    killed: str


class Menu(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """What can be done with an order; `no_pause` says why it cannot be paused."""

    order: OrderState
    params: dict[str, str]
    targets: list[TargetOffer]
    no_pause: str
    zone: str = "UTC"  # of times of day in the broker's forms
    now_ns: int = 0
    fields: dict[str, str] = {}  # the order's own, under the names rules of the forms use: FIX_Price ...


class ShownTag(msgspec.Struct, frozen=True, kw_only=True):
    """One tag: what the last accepted order has, what the message will have; None = absent."""

    tag: int
    name: str
    before: str | None
    after: str | None


class Forecast(msgspec.Struct, frozen=True, kw_only=True):
    """What an algo is expected to do, intervals of 90 %; None where undefined, `why` says why or on what it rests."""

    algo: str
    finish_ns: int | None = None
    unfilled: float | None = None
    unfilled_low: float | None = None
    unfilled_high: float | None = None
    risk_bps: float | None = None
    participation: float | None = None  # needed from now on
    p_complete: float | None = None
    p_low: float | None = None
    p_high: float | None = None
    why: str = ""


class ExpectedEffect(msgspec.Struct, frozen=True, kw_only=True):
    """Expected change of cost in bps (+ saves) with its interval; None with the reason where not identifiable."""

    bps: float | None = None
    low: float | None = None
    high: float | None = None
    words: str = "not identifiable: no switch of this kind has been measured"


class Preflight(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Everything shown before the one confirm; `token` is good once, for this user, for a short time."""

    token: str
    wish: Wish
    order: OrderState
    mode: str
    message: Literal["G", "F", "D"]
    tags: list[ShownTag]
    checks: list[Check]
    now: Forecast
    then: Forecast
    effect: ExpectedEffect


class Done(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """It was done, or is under way: the states tell."""

    words: str


class Refused(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """It was not done, and why."""

    words: str


class States(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Every order, the scopes killed, and whether the session is logged on."""

    orders: list[OrderState]
    kills: list[str]
    online: bool
    now_ns: int


class Rules(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Every rule; `words` why there is none."""

    rules: list[RuleState]
    words: str = ""


Reply = Rules | Menu | Preflight | Done | Refused | States

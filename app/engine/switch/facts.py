"""What happens to an algo order, in the past tense, and what is to be done about it, in the imperative."""

from typing import Literal, TypeAlias

import msgspec

Tags: TypeAlias = tuple[tuple[int, str], ...]
Purpose: TypeAlias = Literal["switch", "pause", "resume", "cancel", "kill"]
Alarm: TypeAlias = Literal["", "amber", "red"]
Kind: TypeAlias = Literal["G", "F", "D", "H", "q"]


class _Fact(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag=True):
    """Something that happened; complete, never mutated."""


class Report(_Fact, frozen=True):
    """A 35=8. Quantities whole; None where the tag is absent. `tags`: every application tag, in order."""

    exec_type: str
    status: str = ""
    cl_ord_id: str = ""
    orig_cl_ord_id: str = ""
    order_id: str = ""
    exec_id: str = ""
    ref_exec_id: str = ""
    qty: int | None = None
    cum: int | None = None
    leaves: int | None = None
    last_qty: int | None = None
    text: str = ""
    tags: Tags = ()


class CancelRefused(_Fact, frozen=True):
    """A 35=9."""

    cl_ord_id: str
    orig_cl_ord_id: str = ""
    order_id: str = ""
    status: str = ""
    reason: str = ""  # 102
    text: str = ""


class MassCancelAnswered(_Fact, frozen=True):
    """A 35=r: whether a 35=q was taken. The orders tell of their ends themselves."""

    cl_ord_id: str
    accepted: bool
    text: str = ""


class Rejected(_Fact, frozen=True):
    """A 35=3 or 35=j on a message of ours."""

    cl_ord_id: str
    kind: str = ""  # MsgType of our message
    text: str = ""


class NotSent(_Fact, frozen=True):
    """A message never left: the session refused it."""

    cl_ord_id: str
    kind: str = ""
    text: str = ""


class Ticked(_Fact, frozen=True):
    """Time went by."""


class Disconnected(_Fact, frozen=True):
    """The session is lost."""


class LoggedOn(_Fact, frozen=True):
    """The session is back and everything missed has been resent."""


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """Where an order is to go: a strategy by name and its parameters."""

    strategy: str = ""
    params: dict[str, str] = {}


class SwitchAsked(_Fact, frozen=True):
    """A switch, pause or resume whose guard has passed."""

    order_id: str
    target: Target
    purpose: Literal["switch", "pause", "resume"] = "switch"
    mode: Literal["replace", "cancel_new", ""] = ""  # "": the profile's


class CancelAsked(_Fact, frozen=True):
    """Cancel, or kill: cancel whatever else is under way."""

    order_id: str
    kill: bool = False


class ReenterAsked(_Fact, frozen=True):
    """What to do with shares that stopped working: to this target (retry, another one, the old one)."""

    order_id: str
    target: Target


class StatusAsked(_Fact, frozen=True):
    """Reconcile: ask the broker what he holds."""

    order_id: str


class GuardJudged(_Fact, frozen=True):
    """The answer to CheckGuard, for as many shares as were asked about."""

    order_id: str
    passed: bool
    qty: int
    words: str = ""


class KillAsked(_Fact, frozen=True):
    """Cancel everything in a scope and let nothing new go out.

    Scopes: `all`, `parent:ID`, `order:ID`, `instrument:NAME`, `user:LOGIN`.
    """

    scope: str


class KillReleased(_Fact, frozen=True):
    """Requests in this scope may go out again."""

    scope: str


Fact: TypeAlias = (
    Report | CancelRefused | MassCancelAnswered | Rejected | NotSent | Ticked | Disconnected | LoggedOn
    | SwitchAsked | CancelAsked | ReenterAsked | StatusAsked | GuardJudged
    | KillAsked | KillReleased
)  # fmt: skip


class SendFix(msgspec.Struct, frozen=True, kw_only=True):
    """Send this message: application fields in order, header and trailer are the session's."""

    kind: Kind
    cl_ord_id: str
    order_id: str
    purpose: Purpose | Literal["status"]
    fields: Tags


class CheckGuard(msgspec.Struct, frozen=True, kw_only=True):
    """Judge the whole guard again for the re-entry of `qty` shares and answer with GuardJudged."""

    order_id: str
    target: Target
    qty: int


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """Show a change of state."""

    order_id: str
    before: str
    after: str
    words: str
    alarm: Alarm = ""


class Noted(msgspec.Struct, frozen=True, kw_only=True):
    """Show a remark that changes no state."""

    order_id: str
    words: str
    alarm: Alarm = ""


class Declined(msgspec.Struct, frozen=True, kw_only=True):
    """Tell who asked that it cannot be done."""

    order_id: str
    words: str


Effect: TypeAlias = SendFix | CheckGuard | Moved | Noted | Declined

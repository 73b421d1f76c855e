"""What the desk's ports are in a running session: the lookback worker and the control process behind plain structs."""

import getpass
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from app.board import BoardReader, VisibleReader
from app.control import asks
from app.control.brokers import moment_of
from app.control.client import ControlClient, ControlError
from app.desk_atdl import AtdlPaper
from app.desk_sight import ControlSight
from app.engine.errors import FeedError
from app.engine.switch.facts import Target as WishedTarget
from app.engine.switch.guard import Wish as ControlWish
from app.entitlements import Entitlements
from app.feeds.atdl import Form
from app.session.lookback import LookbackClient
from app.session.runtime_folder import RuntimeFolder
from app.settings import load_settings
from app.widgets.lookback_port import DEPTH, Level, LookbackError
from app.widgets.switch_port import (
    Effect,
    Field,
    Forecast,
    Guard,
    Killed,
    Kind,
    Live,
    Menu,
    Preflight,
    SwitchError,
    TagChange,
    Target,
    Wish,
)

NEW_AFTER: Final = "|cancel_new"  # a target by cancelling first and entering anew; offered once a replace was refused
_KINDS: Final[dict[str, Kind]] = {k: k for k in ("int", "float", "text", "choice", "bool", "time")}
_UNASKED: Final = "a cancel asks no guard: it always goes out"
T = TypeVar("T")


def opener_of(runtime: Path | None) -> Callable[[Path], BoardReader]:
    """How the desk of a session opens a board: for the rows of its user, where the settings have people."""
    session = None if runtime is None else RuntimeFolder(runtime).session()
    people = load_settings(Path(session.settings) if session is not None and session.settings else None).people
    if session is None or not people.file:
        return BoardReader
    user = people.login or getpass.getuser()
    grants = Entitlements(Path(people.file)).of(user)
    return BoardReader if grants.everything else lambda folder: VisibleReader(folder, grants.sees)


class TapePort:
    """The lookback worker of a session."""

    def __init__(self, runtime: Path) -> None:
        self._client = LookbackClient(runtime)

    def ladder(self, instrument: str, ts_ns: int, venue: str | None = None, depth: int = DEPTH) -> list[Level]:
        """Levels of both sides as of an event time."""
        return [Level(*level) for level in _past(lambda: self._client.ladder(instrument, ts_ns, venue, depth))]

    def raw(self, source: str, seq: int) -> bytes | None:
        """A row as it came."""
        return _past(lambda: self._client.raw(source, seq))

    def desk_as_of(self, ts_ns: int) -> Path:
        """Folder of a private board as of an event time."""
        return _past(lambda: self._client.desk_as_of(ts_ns))

    def close(self) -> None:
        """Hang up."""
        self._client.close()


class ControlPort:
    """The control process of a session. The kill switch has a line of its own: it waits for no other question."""

    def __init__(self, runtime: Path) -> None:
        self._client, self._killer = ControlClient(runtime), ControlClient(runtime)
        self._sight = ControlSight(runtime / "control")
        self._shown: dict[str, Preflight] = {}

    def menu(self, parent_id: str) -> Menu:
        """What can be done with a parent's algo order."""
        found = _asked(lambda: self._client.menu(parent_id))
        order = found.order
        offers = [_target(offer, found) for offer in found.targets if not offer.today]
        if order.state == "R7":
            offers += [o._replace(strategy=o.strategy + NEW_AFTER, title=f"{o.title}: cancel, then enter anew",
                                  mode="cancel_new") for o in offers]  # fmt: skip
        params = tuple(found.params.items())
        return Menu(
            parent_id, order.order_id, order.version, order.algo, params, tuple(offers), order.paused, found.no_pause
        )

    def preflight(self, wish: Wish) -> Preflight:
        """Check a wish; nothing is sent."""
        if wish.action == "cancel":
            shown = self._cancel(wish)
        else:
            shown = _preflight(wish, _asked(lambda: self._client.preflight(self._wished(wish))))
        self._shown = {shown.token: shown}
        return shown

    def confirm(self, token: str) -> None:
        """Send what was shown last; anything older is refused here already."""
        shown = self._shown.pop(token, None)
        if shown is None:
            raise SwitchError("this pre-flight is no longer on the screen: look again")
        seen = hashlib.sha256(msgspec.json.encode(shown)).hexdigest()
        self._client.screen = asks.Screen(generation=shown.wish.generation, hash=seen)
        if shown.wish.action == "cancel":
            _asked(lambda: self._client.cancel(shown.wish.order_id))
        else:
            _asked(lambda: self._client.confirm(token))

    def reconcile(self, order_id: str) -> str:
        """Ask the broker what he holds of an order."""
        return _asked(lambda: self._client.reconcile(order_id))

    def kill(self, scope: str) -> None:
        """Cancel everything in a scope and block what is new."""
        _asked(lambda: self._killer.kill(scope))

    def release(self) -> None:
        """Let new requests out again, in every scope."""
        for scope in self._sight.scopes():
            _asked(lambda scope=scope: self._killer.release(scope))  # type: ignore[misc]

    def live(self, parent_id: str) -> Live | None:
        """The newest request on a parent."""
        return self._sight.live(parent_id)

    def killed(self) -> tuple[Killed, ...]:
        """Orders of the last kill."""
        return self._sight.killed()

    def blocked(self) -> str:
        """Scopes that are killed."""
        scopes = self._sight.scopes()
        return f"killed: {', '.join(scopes)}" if scopes else ""

    def close(self) -> None:
        """Hang up."""
        self._client.close()
        self._killer.close()

    def _wished(self, wish: Wish) -> ControlWish:
        strategy, _, mode = wish.strategy.partition("|")
        naked = wish.action == "switch" and self._sight.state(wish.order_id) == "C6"
        return ControlWish(
            action="reenter" if naked else "switch" if wish.action == "cancel" else wish.action,
            order_id=wish.order_id,
            version=wish.version,
            generation=wish.generation,
            target=WishedTarget(strategy=strategy, params=dict(wish.params)),
            mode="cancel_new" if mode else "",
        )

    def _cancel(self, wish: Wish) -> Preflight:
        tags = (TagChange(35, "MsgType", None, "F"), TagChange(41, "OrigClOrdID", None, "(last accepted)"))
        none = Forecast("", why="the order ends")
        effect = Effect(None, None, None, "none: what is left is not traded")
        guards = (Guard("Guard", "pass", _UNASKED),)
        return Preflight(f"cancel:{wish.order_id}:{wish.version}", wish, "cancel", tags, guards, none, none, effect)


def _past(ask: Callable[[], T]) -> T:
    try:
        return ask()
    except FeedError as error:
        raise LookbackError(str(error)) from error


def _asked(ask: Callable[[], T]) -> T:
    try:
        return ask()
    except ControlError as error:
        raise SwitchError(str(error)) from error


def _target(offer: asks.TargetOffer, found: asks.Menu) -> Target:
    fields = tuple(
        Field(f.name, f.title, _KINDS.get(f.kind, "text"), f.value, tuple(f.choices.items()), f.low, f.high,
              f.required, f.about)
        for f in offer.fields
    )  # fmt: skip
    return Target(offer.strategy, offer.title, fields, offer.mode, paper=_paper(offer, found))


def _paper(offer: asks.TargetOffer, found: asks.Menu) -> AtdlPaper | None:
    """The broker's own form for an order; a strategy without a layout has none."""
    if offer.form is None or not offer.form.panels:
        return None
    form = Form(offer.form, moment_of(found.now_ns, found.zone), found.fields)
    return AtdlPaper(form, {one.name: one.value for one in offer.fields if one.value})


def _preflight(wish: Wish, found: asks.Preflight) -> Preflight:
    effect = found.effect
    return Preflight(
        found.token, wish, found.mode,
        tuple(TagChange(tag.tag, tag.name, tag.before, tag.after) for tag in found.tags),
        tuple(Guard(check.name, check.verdict, check.words) for check in found.checks),
        _forecast(found.now), _forecast(found.then), Effect(effect.bps, effect.low, effect.high, effect.words),
    )  # fmt: skip


def _forecast(found: asks.Forecast) -> Forecast:
    return Forecast(
        found.algo, found.finish_ns, found.unfilled, found.unfilled_low, found.unfilled_high, found.risk_bps,
        found.participation, found.p_complete, found.why or "not measured yet",
    )  # fmt: skip

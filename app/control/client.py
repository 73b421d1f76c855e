"""How a desk, an API or a rule reaches the control process."""

from pathlib import Path
from typing import Final, TypeVar

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
    AskRelease,
    AskRules,
    AskStates,
    Done,
    Menu,
    Preflight,
    Refused,
    Reply,
    Rules,
    Screen,
    States,
)
from app.engine.errors import FeedError
from app.engine.switch.facts import Target
from app.engine.switch.guard import Wish
from app.runtime.channel import Line

TIMEOUT_S: Final = 5.0
Told = TypeVar("Told", Rules, Menu, Preflight, Done, States)
_REPLY: Final = msgspec.json.Decoder(Reply)


class ControlError(FeedError):
    """The control process did not answer, or said no; the text says why."""


class ControlClient:
    """Asks the control process of a runtime folder; every call raises ControlError with the reason when it fails."""

    def __init__(self, runtime: Path, timeout_s: float = TIMEOUT_S) -> None:
        self._line = Line(runtime / "sockets" / "control.json", timeout_s)
        self.screen = Screen()  # what is painted now: sent along with every question

    def close(self) -> None:
        """Hang up."""
        self._line.close()

    def menu(self, parent_id: str) -> Menu:
        """What can be done with a parent's algo order."""
        return self._expect(AskMenu(parent_id=parent_id, screen=self.screen), Menu)

    def preflight(self, wish: Wish) -> Preflight:
        """Every tag, every check; nothing is sent."""
        return self._expect(AskPreflight(wish=wish, screen=self.screen), Preflight)

    def confirm(self, token: str) -> str:
        """Send what a pre-flight showed: what the state is then, in words."""
        return self._expect(AskConfirm(token=token, screen=self.screen), Done).words

    def pause(self, order_id: str, version: int) -> Preflight:
        """The pre-flight of a pause."""
        return self.preflight(Wish(action="pause", order_id=order_id, version=version))

    def resume(self, order_id: str, version: int) -> Preflight:
        """The pre-flight of a resume."""
        return self.preflight(Wish(action="resume", order_id=order_id, version=version))

    def switch(self, order_id: str, version: int, target: Target) -> Preflight:
        """The pre-flight of a switch."""
        return self.preflight(Wish(action="switch", order_id=order_id, version=version, target=target))

    def cancel(self, order_id: str) -> str:
        """Cancel one order at once."""
        return self._expect(AskCancel(order_id=order_id, screen=self.screen), Done).words

    def kill(self, scope: str = "all") -> str:
        """Cancel everything in a scope (all, parent:ID, order:ID, instrument:NAME) and block what is new."""
        return self._expect(AskKill(scope=scope, screen=self.screen), Done).words

    def release(self, scope: str = "all") -> str:
        """Let new requests out again."""
        return self._expect(AskRelease(scope=scope, screen=self.screen), Done).words

    def reconcile(self, order_id: str) -> str:
        """Ask the broker what he holds of an order."""
        return self._expect(AskReconcile(order_id=order_id, screen=self.screen), Done).words

    def rules(self) -> Rules:
        """Every rule and how it stands."""
        return self._expect(AskRules(screen=self.screen), Rules)

    def arm(self, rule: str, *, on: bool = True) -> str:
        """Propose or arm a rule, or disarm it: what it is now, in words."""
        return self._expect(AskArm(rule=rule, on=on, screen=self.screen), Done).words

    def states(self) -> States:
        """Every order and where it stands."""
        return self._expect(AskStates(screen=self.screen), States)

    def _expect(self, question: Ask, wanted: type[Told]) -> Told:
        try:
            reply = _REPLY.decode(self._line.ask(msgspec.json.encode(question)))
        except FeedError as error:
            raise ControlError(str(error)) from error
        except msgspec.DecodeError as error:
            raise ControlError(f"control: an answer that is none: {error}") from error
        if isinstance(reply, wanted):
            return reply
        raise ControlError(reply.words if isinstance(reply, Refused) else f"control: unexpected {type(reply).__name__}")

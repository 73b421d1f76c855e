"""The control process as the API needs it: every act is asked there, under its guard; here nothing is decided."""

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from app.engine.errors import FeedError
from app.engine.switch.guard import Wish


class PortError(FeedError):
    """The control process cannot be reached, or did not answer in time: what was asked may or may not have happened."""


class PortRefused(FeedError):  # noqa: N818 - it said no
    """The control process said no; the text says why."""


class Asker(NamedTuple):
    """For whom it is asked, and his own name for the request."""

    user: str
    request: str = ""


class OrderPlace(NamedTuple):
    """An algo order and the parent it works for."""

    order_id: str
    parent_id: str


class ControlPort(Protocol):
    """Blocking calls, made in threads. All raise PortError or PortRefused; answers are structs that msgspec encodes."""

    def kinds(self) -> Mapping[str, type]:
        """Types of the answers by name, for the description of the API."""

    def menu(self, parent_id: str, asker: Asker) -> tuple[object, OrderPlace]:
        """What can be done with a parent's algo order, and which order that is."""

    def preflight(self, wish: Wish, asker: Asker) -> object:
        """Every tag and every check of a wish; nothing is sent."""

    def confirm(self, token: str, generation: int, asker: Asker) -> str:
        """Send what a pre-flight showed, from a screen of this generation."""

    def cancel(self, order_id: str, asker: Asker) -> str:
        """Cancel one order."""

    def reconcile(self, order_id: str, asker: Asker) -> str:
        """Ask the broker what he holds of an order."""

    def kill(self, scope: str, asker: Asker) -> str:
        """Cancel everything in a scope and block what is new."""

    def release(self, scope: str, asker: Asker) -> str:
        """Let new requests out again."""

    def orders(self, asker: Asker) -> tuple[list[tuple[OrderPlace, object]], dict[str, object]]:
        """Every order with where it stands, and what the session says of itself."""

    def rules(self, asker: Asker) -> object:
        """Every rule and how it stands."""

    def arm(self, rule: str, asker: Asker, *, on: bool) -> str:
        """Arm a rule (one person proposes, another arms), or disarm it."""

    def record(self, entries: list[dict[str, str]]) -> None:
        """Write into the audit what was asked of the API and what became of it."""

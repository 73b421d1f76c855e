"""The API's process: `app.api` on the board of a runtime folder, with the control process behind its door.

<runtime>/api/url          where it listens         <runtime>/api/views.jsonl   who looked at what
<runtime>/api/once.jsonl   acts of the last day     <runtime>/api/unrecorded.jsonl   refusals the audit has not yet
"""

import asyncio
import gc
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from app.api.port import Asker, OrderPlace, PortError, PortRefused
from app.control import asks
from app.engine.errors import FeedError, ScorecardError
from app.engine.switch.guard import Wish
from app.entitlements import Entitlements
from app.runtime.channel import Line, write_private
from app.session.runtime_folder import RuntimeFolder, default_folder
from app.session.supervisor import REFUSED
from app.settings import Settings, load_settings
from app.settings_sources import revealed

if TYPE_CHECKING:
    from app.api.service import Service

VIA: Final = "api"
TIMEOUT_S: Final = 5.0
MISSING: Final = "the API is not installed: pip install 'leakage-scorecard[api]'"
_REPLY: Final = msgspec.json.Decoder(asks.Reply)


class ControlLines:
    """The control process of a runtime folder, asked over a few lines; the kill has one of its own."""

    LINES: Final = 4

    def __init__(self, runtime: Path) -> None:
        file = runtime / "sockets" / "control.json"
        self._lines = [Line(file, TIMEOUT_S) for _ in range(self.LINES)]
        self._killer, self._recorder = Line(file, TIMEOUT_S), Line(file, TIMEOUT_S)
        self._next = 0

    def kinds(self) -> Mapping[str, type]:
        """As ControlPort."""
        return {kind.__name__: kind for kind in (asks.Menu, asks.Preflight, asks.OrderState)}

    def menu(self, parent_id: str, asker: Asker) -> tuple[object, OrderPlace]:
        """As ControlPort."""
        found = self._asked(asks.AskMenu(parent_id=parent_id), asker)
        if not isinstance(found, asks.Menu):
            raise PortError("control: an answer that is none")
        return found, OrderPlace(found.order.order_id, found.order.parent_id)

    def preflight(self, wish: Wish, asker: Asker) -> object:
        """As ControlPort."""
        return self._asked(asks.AskPreflight(wish=wish), asker)

    def confirm(self, token: str, generation: int, asker: Asker) -> str:
        """As ControlPort."""
        screen = asks.Screen(generation=generation)
        return self._done(asks.AskConfirm(token=token, screen=screen), asker)

    def cancel(self, order_id: str, asker: Asker) -> str:
        """As ControlPort."""
        return self._done(asks.AskCancel(order_id=order_id), asker)

    def reconcile(self, order_id: str, asker: Asker) -> str:
        """As ControlPort."""
        return self._done(asks.AskReconcile(order_id=order_id), asker)

    def kill(self, scope: str, asker: Asker) -> str:
        """As ControlPort."""
        return self._done(asks.AskKill(scope=scope), asker, self._killer)

    def release(self, scope: str, asker: Asker) -> str:
        """As ControlPort."""
        return self._done(asks.AskRelease(scope=scope), asker)

    def orders(self, asker: Asker) -> tuple[list[tuple[OrderPlace, object]], dict[str, object]]:
        """As ControlPort."""
        found = self._asked(asks.AskStates(), asker)
        if not isinstance(found, asks.States):
            raise PortError("control: an answer that is none")
        places = [(OrderPlace(order.order_id, order.parent_id), order) for order in found.orders]
        return list(places), {"kills": found.kills, "online": found.online, "now_ns": found.now_ns}

    def rules(self, asker: Asker) -> object:
        """As ControlPort."""
        return self._asked(asks.AskRules(), asker)

    def arm(self, rule: str, asker: Asker, *, on: bool) -> str:
        """As ControlPort."""
        return self._done(asks.AskArm(rule=rule, on=on), asker)

    def record(self, entries: list[dict[str, str]]) -> None:
        """As ControlPort."""
        self._done(asks.AskRecord(what=VIA, entries=entries), Asker(""), self._recorder)

    def close(self) -> None:
        """Hang up."""
        for line in (*self._lines, self._killer, self._recorder):
            line.close()

    def _done(self, question: asks.Ask, asker: Asker, line: Line | None = None) -> str:
        found = self._asked(question, asker, line)
        if not isinstance(found, asks.Done):
            raise PortError("control: an answer that is none")
        return found.words

    def _asked(self, question: asks.Ask, asker: Asker, line: Line | None = None) -> asks.Reply:
        question = msgspec.structs.replace(question, user=asker.user, via=VIA, request=asker.request)
        if line is None:
            self._next += 1
            line = self._lines[self._next % self.LINES]
        try:
            found: asks.Reply = _REPLY.decode(line.ask(msgspec.json.encode(question)))
        except (FeedError, msgspec.DecodeError) as error:
            raise PortError(str(error)) from error
        if isinstance(found, asks.Refused):
            raise PortRefused(found.words)
        return found


def tokens_file(settings: Settings) -> Path:
    """Where the hashed tokens are kept: as the settings say, else beside the sessions."""
    return Path(settings.api.tokens) if settings.api.tokens else default_folder().parent / "api-tokens.json"


def url_file(runtime: Path) -> Path:
    """Says where the API of a runtime folder listens."""
    return runtime / "api" / "url"


def service_of(folder: Path, settings: Settings) -> "Service":
    """The API of a runtime folder. Raises SettingsError; also where the extra is not installed."""
    try:
        from app.api.service import Service, admitted  # noqa: PLC0415 - an extra that may be missing
    except ModuleNotFoundError as error:
        raise FeedError(f"{MISSING} ({error.name} is missing)") from error
    people = Entitlements(Path(settings.people.file) if settings.people.file else None)
    door = admitted(tokens_file(settings), people)
    return Service(settings.api, (folder / "board", folder / "api"), ControlLines(folder), door)


async def _serve(folder: Path, settings: Settings, password: str) -> None:
    service = service_of(folder, settings)
    gc.collect()
    gc.freeze()  # what was loaded stays: no pause to look through it again
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, service.stop)
    try:
        await service.run(password, lambda url: write_private(url_file(folder), url.encode()))
    finally:
        url_file(folder).unlink(missing_ok=True)


def main(words: list[str]) -> int:
    """Serve the API of a runtime folder until SIGTERM; a second word is the user's settings file."""
    folder = RuntimeFolder(Path(words[0]))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the supervisor decides
    try:
        settings = load_settings(Path(words[1]) if len(words) > 1 else None)
        from app.api.server import loop_factory  # noqa: PLC0415

        secret = settings.api.key_password
        password = revealed(secret, "api.key_password").reveal() if secret else ""
        with asyncio.Runner(loop_factory=loop_factory(settings.api)) as runner:
            runner.run(_serve(folder.path, settings, password))
    except ModuleNotFoundError as error:
        return _refused(folder, f"{MISSING} ({error.name} is missing)")
    except ScorecardError as error:  # a file somebody has to look at: said in words, to the supervisor and the log
        return _refused(folder, str(error))
    return 0


def _refused(folder: RuntimeFolder, words: str) -> int:
    folder.words("api", words)
    sys.stderr.write(f"{words}\n")
    return REFUSED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

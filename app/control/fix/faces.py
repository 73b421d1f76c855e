"""The ears as classes of the library: it calls methods of its own names, and nothing may be raised into it."""

from typing import Any

from app.control.fix.ears import Ears
from app.control.link import Warned


def application(fix: Any, ears: Ears) -> Any:
    """The library's face of the ears."""

    class Application(fix.Application):  # type: ignore[misc]
        def onCreate(self, _session: Any) -> None:  # noqa: N802
            pass

        def onLogon(self, _session: Any) -> None:  # noqa: N802
            ears.on_logon()

        def onLogout(self, _session: Any) -> None:  # noqa: N802
            ears.on_logout()

        def toAdmin(self, message: Any, _session: Any) -> None:  # noqa: N802
            try:
                if _kind(message, fix) == "A":
                    for tag, value in ears.login():
                        message.setField(fix.StringField(tag, value))
            except Exception as error:  # noqa: BLE001 - as _caught
                ears.hear(Warned(f"FIX session: the logon could not be completed: {type(error).__name__}", b""))

        def toApp(self, message: Any, _session: Any) -> None:  # noqa: N802
            try:
                again = message.getHeader().isSetField(43)
                goes = ears.may_go(_kind(message, fix), again=again)
            except Exception:  # noqa: BLE001 - in doubt nothing is sent
                goes = False
            if not goes:
                raise fix.DoNotSend

        def fromAdmin(self, message: Any, _session: Any) -> None:  # noqa: N802
            try:
                ears.from_admin(_seq(message, fix), _kind(message, fix), message.toString())
            except Exception as error:  # noqa: BLE001 - as _caught
                ears.hear(Warned(f"FIX session: {error}", b""))

        def fromApp(self, message: Any, _session: Any) -> None:  # noqa: N802
            try:
                ears.from_app(_seq(message, fix), message.toString())
            except Exception as error:  # noqa: BLE001 - as _caught
                ears.hear(Warned(f"FIX session: {error}", b""))

    return Application()


def _kind(message: Any, fix: Any) -> str:
    field = fix.StringField(35)
    message.getHeader().getField(field)
    return str(field.getString())


def _seq(message: Any, fix: Any) -> int:
    field = fix.StringField(34)
    message.getHeader().getField(field)
    return int(field.getString())


def log_factory(fix: Any, ears: Ears) -> Any:
    """The library's face of the texts."""

    class Log(fix.Log):  # type: ignore[misc]
        def clear(self) -> None:
            pass

        def backup(self) -> None:
            pass

        def onIncoming(self, text: str) -> None:  # noqa: N802
            ears.incoming(text)

        def onOutgoing(self, text: str) -> None:  # noqa: N802
            ears.outgoing(text)

        def onEvent(self, text: str) -> None:  # noqa: N802
            ears.event(text)

    class LogFactory(fix.LogFactory):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self._kept: list[Any] = []  # the library holds no reference of its own

        def create(self, *__session: Any) -> Any:
            log = Log()
            self._kept.append(log)
            log.this.disown()  # handed over as its owner, the library's lock on owners never opens
            return log

        def destroy(self, log: Any) -> None:
            pass

    return LogFactory()

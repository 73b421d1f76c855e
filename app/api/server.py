"""The server: uvicorn with time limits on everything a client may be slow at, TLS, and whose certificate a peer has."""

import asyncio
import socket
import ssl
from collections.abc import Callable
from typing import Any, Final

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from app.api.gate import App
from app.engine.errors import SettingsError, complaint
from app.settings_api import Api

KEEP_ALIVE_S: Final = 30
PING_S: Final = 10.0
CLOSE_S: Final = 3
HEADER_BYTES: Final = 16_384
FRAME_BYTES: Final = 4_096  # a stream's client has nothing to say
BACKLOG: Final = 512

Peers = dict[tuple[str, int], str]


class Loop(asyncio.SelectorEventLoop):
    """An event loop whose TLS handshakes are cut off in time."""

    handshake_s: float = 5.0

    async def create_server(self, *words: Any, **named: Any) -> asyncio.Server:
        """As the loop's, with a time limit on handshakes."""
        if named.get("ssl") is not None:
            named["ssl_handshake_timeout"] = self.handshake_s
            named["ssl_shutdown_timeout"] = self.handshake_s
        return await super().create_server(*words, **named)


def protocol(api: Api, peers: Peers) -> type[H11Protocol]:
    """The HTTP protocol with a time limit on headers and a number of connections; it notes peers' certificates."""

    class Patient(H11Protocol):
        _late: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            if len(self.connections) > api.connections:
                transport.abort()
                return
            name = common_name(transport.get_extra_info("peercert"))
            if name and self.client is not None:
                peers[self.client] = name
            self._late = self.loop.call_later(api.header_s, transport.abort)

        def connection_lost(self, exc: Exception | None) -> None:
            super().connection_lost(exc)
            self._in_time()
            if self.client is not None:
                peers.pop(self.client, None)

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            if self.conn.their_state is not h11.IDLE:
                self._in_time()  # the headers are there; the body has its own limit
            elif self._late is None and not self.transport.is_closing():
                self._late = self.loop.call_later(api.header_s, self.transport.abort)

        def _in_time(self) -> None:
            if self._late is not None:
                self._late.cancel()
                self._late = None

    return Patient


def common_name(certificate: dict[str, Any] | None) -> str:
    """Common name of a peer's certificate as `ssl` gives it, "" where there is none."""
    for part in (certificate or {}).get("subject", ()):
        for key, value in part:
            if key == "commonName":
                return str(value)
    return ""


def context_of(api: Api, password: str) -> ssl.SSLContext | None:
    """TLS as the settings say; None without. Raises SettingsError where a file is none of PEM."""
    if not api.certificate:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(api.certificate, api.key, password or (lambda: ""))
    except (OSError, ssl.SSLError) as error:
        shown = f"{api.certificate}, {api.key} ({error})"
        raise SettingsError(complaint("[api]", "certificate, key", shown, "a chain and its key in PEM")) from error
    if api.clients:
        try:
            context.load_verify_locations(api.clients)
        except (OSError, ssl.SSLError) as error:
            allowed = "certificates in PEM"
            raise SettingsError(complaint("[api]", "clients", f"{api.clients} ({error})", allowed)) from error
        context.verify_mode = ssl.CERT_OPTIONAL  # who has none may have a token
    return context


class Server(uvicorn.Server):
    """Serves an application until `should_exit`; signals are its process's business."""

    def __init__(self, app: App, api: Api, context: ssl.SSLContext | None, peers: Peers) -> None:
        place = api.place
        if place is None:
            raise SettingsError("api.listen is empty: there is nothing to serve")
        config = uvicorn.Config(
            app, host=place.host, port=place.port, http=protocol(api, peers), ws="websockets-sansio", loop="none",
            lifespan="off", interface="asgi3", log_config=None, access_log=False, server_header=False,
            proxy_headers=False, backlog=BACKLOG, timeout_keep_alive=KEEP_ALIVE_S, timeout_graceful_shutdown=CLOSE_S,
            h11_max_incomplete_event_size=HEADER_BYTES, ws_max_size=FRAME_BYTES, ws_ping_interval=PING_S,
            ws_ping_timeout=PING_S, ws_per_message_deflate=False,
        )  # fmt: skip
        config.load()
        config.ssl = context
        self._listen = api.listen
        self.listening = asyncio.Event()
        super().__init__(config)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn's; then it listens."""
        await super().startup(sockets)
        self.listening.set()

    async def serve_quietly(self) -> None:
        """Serve, leaving signals to the process. Raises SettingsError where the address cannot be had."""
        try:
            await self._serve()
        except SystemExit:  # uvicorn's way of saying that it could not listen
            allowed = "an address of this machine whose port is free"
            raise SettingsError(complaint("[api]", "listen", self._listen, allowed)) from None

    def port(self) -> int:
        """The port it listens at, once it has started."""
        return int(self.servers[0].sockets[0].getsockname()[1])


def loop_factory(api: Api) -> Callable[[], asyncio.AbstractEventLoop]:
    """Makes the event loop of the process."""

    def made() -> asyncio.AbstractEventLoop:
        loop = Loop()
        loop.handshake_s = api.header_s
        return loop

    return made


def url_of(api: Api, port: int) -> str:
    """Where clients find it."""
    place = api.place
    host = "127.0.0.1" if place is None else place.host
    shown = f"[{host}]" if ":" in host else host
    return f"{'https' if api.certificate else 'http'}://{shown}:{port}"

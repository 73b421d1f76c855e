"""The server: uvicorn with time limits on everything a client may be slow at, TLS, and whose certificate a peer has."""

import asyncio
import socket
import ssl
from collections.abc import Callable
from typing import Any, Final, cast

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.protocol import State

from app.api.gate import App
from app.api.socket_route import TELL
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


class Joined:
    """A transport that sends what is written within one turn of the loop at once: one record, one system call."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._waiting: list[bytes] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Send this, with what else comes before the loop goes on."""
        if not self._waiting:
            self._loop.call_soon(self.flush)
        self._waiting.append(data)

    def flush(self) -> None:
        """Send what waits."""
        if self._waiting:
            data, self._waiting = b"".join(self._waiting), []
            self._transport.write(data)

    def close(self) -> None:
        """Send what waits, then close."""
        self.flush()
        self._transport.close()


def protocol(api: Api, peers: Peers) -> type[HttpToolsProtocol]:
    """The HTTP protocol with a time limit on headers and a number of connections; it notes peers' certificates."""

    class Patient(HttpToolsProtocol):
        _late: asyncio.TimerHandle | None = None
        _heads = 0  # requests whose headers are there
        _head_bytes = 0  # since the last of them
        _in_body = False

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(Joined(transport, self.loop))  # type: ignore[arg-type]
            if len(self.connections) > api.connections:
                transport.abort()
                return
            name = common_name(transport.get_extra_info("peercert"))
            if self.client is not None:
                peers.pop(self.client, None)  # whoever had this address and port before
                if name:
                    peers[self.client] = name
            self._late = self.loop.call_later(api.header_s, transport.abort)

        def connection_lost(self, exc: Exception | None) -> None:
            super().connection_lost(exc)
            self._in_time()
            if self.client is not None:
                peers.pop(self.client, None)

        def data_received(self, data: bytes) -> None:
            before = self._heads
            self._head_bytes += len(data)
            super().data_received(data)
            if self._heads != before:
                self._in_time()  # the headers are there; the body has its own limit
            elif self._in_body:
                self._head_bytes = 0
            elif self._head_bytes > HEADER_BYTES and not self.transport.is_closing():
                self.send_400_response(f"The headers are too long: at most {HEADER_BYTES} bytes.")
            elif self._late is None and not self.transport.is_closing():
                self._late = self.loop.call_later(api.header_s, self.transport.abort)

        def on_headers_complete(self) -> None:
            super().on_headers_complete()
            self._heads, self._head_bytes, self._in_body = self._heads + 1, 0, True

        def on_message_complete(self) -> None:
            self._in_body = False
            super().on_message_complete()

        def _in_time(self) -> None:
            if self._late is not None:
                self._late.cancel()
                self._late = None

    return Patient


class Telling(WebSocketsSansIOProtocol):
    """A WebSocket that also takes a whole text as bytes, where nothing holds it up: streams send the same to many."""

    async def run_asgi(self) -> None:
        """As uvicorn's."""
        cast("dict[str, Any]", self.scope)[TELL] = self.tell
        await super().run_asgi()

    def tell(self, text: bytes) -> bool:
        """Send a text; False, and nothing sent, where it has to go the ordinary way: to wait, or to hear of an end."""
        if not (self.handshake_complete and self.writable.is_set()) or self.initial_response is not None:
            return False
        if self.disconnected or self.close_sent or self.transport.is_closing() or self.conn.state is not State.OPEN:
            return False
        self.transport.write(framed(text))
        return True


def framed(text: bytes) -> bytes:
    """A text as one unmasked WebSocket frame (RFC 6455, 5.2)."""
    n = len(text)
    if n < 126:
        return bytes((0x81, n)) + text
    return (b"\x81\x7e" + n.to_bytes(2, "big") if n < 1 << 16 else b"\x81\x7f" + n.to_bytes(8, "big")) + text


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
            app, host=place.host, port=place.port, http=protocol(api, peers), ws=Telling, loop="none",
            lifespan="off", interface="asgi3", log_config=None, access_log=False, server_header=False,
            proxy_headers=False, backlog=BACKLOG, timeout_keep_alive=KEEP_ALIVE_S, timeout_graceful_shutdown=CLOSE_S,
            ws_max_size=FRAME_BYTES, ws_ping_interval=PING_S,
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

"""A connection to kdb+: login, TLS, whole messages in and out. Who may log in is said with secrets nobody prints."""

import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from app.engine.errors import FeedError
from app.feeds.kdb.wire import Frames
from app.settings_sources import Kdb, KdbSource, Secret, revealed

TIMEOUT_S: Final = 5.0
_CAPABILITY: Final = b"\x03\x00"  # compression, timestamps, and the end of the login
_CHUNK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Place:
    """Where kdb+ listens and who asks."""

    host: str
    port: int
    user: str = ""
    password: Secret = field(default_factory=lambda: Secret(""))
    tls: bool = False
    ca: str = ""

    def __str__(self) -> str:
        return f"kdb+ {self.host}:{self.port}"


def place_of(source: KdbSource, password: Secret) -> Place:
    """The place that settings name."""
    return Place(source.host, source.port, source.user, password, source.tls, source.ca)


def store_of(kdb: Kdb) -> Place:
    """The place of the real-time store. Raises SettingsError when its password is not there."""
    return Place(kdb.host, kdb.port, kdb.user, revealed(kdb.password, "kdb.password"), kdb.tls, kdb.ca)


class Connection:
    """One socket to kdb+. Raises FeedError, in words, on whatever keeps it from being there."""

    def __init__(self, place: Place, timeout_s: float = TIMEOUT_S) -> None:
        self._place = place
        self._frames = Frames(str(place))
        try:
            plain = socket.create_connection((place.host, place.port), timeout=timeout_s)
        except OSError as error:
            raise FeedError(f"{place}: cannot be reached: {error.strerror or error}") from error
        try:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._socket = _secured(plain, place) if place.tls else plain
            self._login()
        except BaseException:
            plain.close()
            raise
        self._socket.settimeout(None)

    def send(self, message: bytes) -> None:
        """Hand over a whole message. Raises FeedError when the connection is gone."""
        try:
            self._socket.sendall(message)
        except OSError as error:
            raise FeedError(f"{self._place}: connection lost while writing: {error.strerror or error}") from error

    def receive(self) -> list[bytes]:
        """Messages that have come, at least one chunk waited for. Raises FeedError, DecodeError when it is over."""
        try:
            data = self._socket.recv(_CHUNK)
        except OSError as error:
            raise FeedError(f"{self._place}: connection lost: {error.strerror or error}") from error
        if not data:
            raise FeedError(f"{self._place}: closed the connection")
        return self._frames.feed(data)

    def close(self) -> None:
        """End it; a thread that waits in `receive` is woken."""
        with suppress(OSError):  # it was gone already
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _login(self) -> None:
        words = f"{self._place.user}:{self._place.password.reveal()}".encode()
        try:
            self._socket.sendall(words + _CAPABILITY)
            answer = self._socket.recv(1)
        except OSError as error:
            raise FeedError(f"{self._place}: no answer to the login: {error.strerror or error}") from error
        if len(answer) != 1:
            raise FeedError(f"{self._place}: refused the login of user {self._place.user!r}")


def _secured(plain: socket.socket, place: Place) -> socket.socket:
    try:
        context = ssl.create_default_context(cafile=place.ca or None)
        return context.wrap_socket(plain, server_hostname=place.host)
    except FileNotFoundError as error:
        raise FeedError(f"{place}: certificates {place.ca!r} are not there") from error
    except ssl.SSLCertVerificationError as error:
        raise FeedError(
            f"{place}: its certificate is not signed by {place.ca or 'this system'}: {error.verify_message}"
        ) from error
    except (ssl.SSLError, OSError) as error:
        raise FeedError(f"{place}: no TLS there: {error}") from error

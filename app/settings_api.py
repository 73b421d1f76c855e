"""Settings of the EMS API and of who may see and do what: `[api]` and `[people]`."""

import ipaddress
import re
from pathlib import Path
from typing import Annotated, Final, NamedTuple, TypeAlias

import msgspec

from app.engine.errors import SettingsError, complaint
from app.settings_sources import REFERENCE, REFERENCE_WORDS

_LISTEN: Final = re.compile(r"(?:\[(?P<six>[0-9a-fA-F:]+)\]|(?P<host>[A-Za-z0-9._-]+)):(?P<port>\d{1,5})")
_LISTEN_WORDS: Final = 'HOST:PORT such as "127.0.0.1:8443", "[::1]:8443"; port 0 = any free one; "" = no API'
_PLAIN: Final = "a loopback address, or a certificate and its key: tokens never travel in the clear"

Rate: TypeAlias = Annotated[float, msgspec.Meta(gt=0, le=1e6)]
Seconds: TypeAlias = Annotated[float, msgspec.Meta(gt=0, le=3600)]
Count: TypeAlias = Annotated[int, msgspec.Meta(ge=1, le=100_000)]


class Api(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the API listens, with which certificate, and what it lets one caller do."""

    listen: str
    certificate: str
    key: str
    key_password: str
    clients: str
    tokens: str
    rate: Rate
    burst: Count
    acts_minute: Rate
    body_bytes: Annotated[int, msgspec.Meta(ge=1_000, le=10_000_000)]
    header_s: Seconds
    request_s: Seconds
    connections: Count
    streams: Count
    look_ms: Annotated[int, msgspec.Meta(ge=1, le=1_000)]

    @property
    def place(self) -> "Place | None":
        """Where it listens; None where it does not."""
        return place_of(self.listen)


class People(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The file of who may see and do what, "" = everybody everything; whose desk it is, "" = the system's login."""

    file: str
    login: Annotated[str, msgspec.Meta(max_length=64)]


class Place(NamedTuple):
    """An address to listen at."""

    host: str
    port: int

    @property
    def loopback(self) -> bool:
        """True when only this machine can reach it."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


def place_of(listen: str) -> Place | None:
    """HOST:PORT; None where it is none."""
    found = _LISTEN.fullmatch(listen)
    if found is None or int(found["port"]) > 65_535:
        return None
    return Place(found["six"] or found["host"], int(found["port"]))


def checked_api(api: Api, where: str) -> None:
    """Raises SettingsError where keys do not go together, naming file, key, value and what is allowed."""

    def insist(key: str, holds: bool, allowed: str) -> None:
        if not holds:
            raise SettingsError(complaint(where, f"api.{key}", getattr(api, key), allowed))

    place = api.place
    insist("listen", not api.listen or place is not None, _LISTEN_WORDS)
    insist("key", bool(api.key) == bool(api.certificate), "a file beside api.certificate, and none without it")
    insist("listen", place is None or place.loopback or bool(api.certificate), _PLAIN)
    insist("clients", not api.clients or bool(api.certificate), "a file only where api.certificate is one")
    insist("key_password", not api.key_password or bool(REFERENCE.fullmatch(api.key_password)), REFERENCE_WORDS)
    for key in ("certificate", "key", "clients") if place is not None else ():
        name = getattr(api, key)
        insist(key, not name or Path(name).is_file(), "a PEM file that can be read")

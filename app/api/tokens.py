"""Bearer tokens: made here, shown once, kept as hashes; each has a user, scopes, an end, and can be revoked.

A token is `lsk_ID_SECRET`. Its secret has 256 random bits, so one SHA-256 of it is as good at rest as a slow hash.
"""

import fcntl
import hashlib
import hmac
import os
import re
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec

from app.engine.errors import FeedError, SettingsError, complaint
from app.engine.units import SECOND
from app.entitlements import SCOPES, Scope
from app.runtime.channel import write_private

PREFIX: Final = "lsk"
DAY_NS: Final = 86_400 * SECOND
_TOKEN: Final = re.compile(rf"{PREFIX}_([0-9a-f]{{8}})_([A-Za-z0-9_-]{{43}})")
_USER: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of a token; times are wall ns, `revoked_ns` None while it stands."""

    id: str
    user: str
    sha256: str
    scopes: tuple[Scope, ...]
    made_ns: int
    expires_ns: int
    revoked_ns: int | None = None
    note: str = ""

    def fault(self, now_ns: int) -> str:
        """Why it is not good now; "" when it is."""
        if self.revoked_ns is not None and self.revoked_ns <= now_ns:
            return "token is revoked"
        return "token has expired" if self.expires_ns <= now_ns else ""


class _Kept(msgspec.Struct, frozen=True):
    tokens: list[Token]


class TokenFile:
    """The tokens of a file, read again when it changes, so that a revocation holds at once."""

    def __init__(self, path: Path) -> None:
        """Raises FeedError when there is a file and it is none of tokens."""
        self.path = path
        self._stamp = (0, 0)
        self._known: dict[str, Token] = {}
        self.refresh()

    def refresh(self) -> None:
        """Look whether the file has changed. Raises FeedError when it cannot be read any more."""
        stamp = self._stamped()
        if stamp != self._stamp:
            self._known = {token.id: token for token in self._read()}
            self._stamp = stamp

    def __iter__(self) -> Iterator[Token]:
        return iter(self._known.values())

    def named(self, token_id: str) -> Token | None:
        """The token with an id."""
        return self._known.get(token_id)

    def matching(self, text: str) -> Token | None:
        """The token of a text as it was shown once; None for any other text. It may have expired."""
        parts = _TOKEN.fullmatch(text)
        if parts is None:
            return None
        known = self._known.get(parts[1])
        digest = _digest(parts[2])
        # compared even where there is none: the time taken tells nothing about which ids exist
        same = hmac.compare_digest(digest, known.sha256 if known is not None else _digest(""))
        return known if known is not None and same else None

    def add(self, user: str, scopes: Sequence[str], days: float, now_ns: int, note: str = "") -> tuple[Token, str]:
        """Make a token: what is kept of it, and its text, which nobody will see again. Raises SettingsError."""
        if not _USER.fullmatch(user):
            raise SettingsError(complaint("api token", "user", user, "letters, digits and . _ @ -, at most 64"))
        wrong = [scope for scope in scopes if scope not in SCOPES]
        if wrong or not scopes:
            raise SettingsError(complaint("api token", "scope", ", ".join(wrong), ", ".join(SCOPES)))
        if not 0 < days <= 3660:
            raise SettingsError(complaint("api token", "days", days, "more than 0, at most 3660"))
        token_id, secret = secrets.token_hex(4), secrets.token_urlsafe(32)
        chosen = tuple(scope for scope in SCOPES if scope in scopes)
        end = now_ns + round(days * DAY_NS)
        token = Token(
            id=token_id, user=user, sha256=_digest(secret), scopes=chosen, made_ns=now_ns, expires_ns=end, note=note
        )  # fmt: skip
        with self._writing():
            self._write([*self, token])
        return token, f"{PREFIX}_{token_id}_{secret}"

    def revoke(self, token_id: str, now_ns: int) -> Token:
        """End a token for good; one that is revoked already stays as it is. Raises SettingsError."""
        with self._writing():
            known = self._known.get(token_id)
            if known is None:
                raise SettingsError(complaint("api token", "id", token_id, ", ".join(self._known) or "none: no tokens"))
            if known.revoked_ns is not None:
                return known
            ended = msgspec.structs.replace(known, revoked_ns=now_ns)
            self._write([ended if token.id == token_id else token for token in self])
            return ended

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """One writer at a time, who knows what the one before has written."""
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(self.path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            self.refresh()
            yield
            self.refresh()
        finally:
            os.close(descriptor)

    def _write(self, tokens: list[Token]) -> None:
        write_private(self.path, msgspec.json.format(msgspec.json.encode(_Kept(tokens)), indent=1))

    def _stamped(self) -> tuple[int, int]:
        try:
            known = os.stat(self.path)  # noqa: PTH116 - called often
        except OSError:
            return 0, 0
        return known.st_mtime_ns, known.st_ino

    def _read(self) -> list[Token]:
        try:
            return msgspec.json.decode(self.path.read_bytes(), type=_Kept).tokens
        except FileNotFoundError:
            return []
        except (OSError, msgspec.DecodeError) as error:
            raise FeedError(f"{self.path}: the tokens cannot be read: {error}") from error


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()

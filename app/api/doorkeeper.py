"""Who is asking: a bearer token or a client certificate, looked at for every request; changed files count at once."""

import time
from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

from app.api.problems import Problem
from app.api.tokens import TokenFile
from app.engine.errors import FeedError
from app.entitlements import Entitlements, Grants

_LOOK_S: Final = 0.2
_BEARER: Final = b"bearer "


class Caller(NamedTuple):
    """Who asks, by what (a token's id, or "certificate"), and what he may see and do."""

    user: str
    by: str
    grants: Grants


class Doorkeeper:
    """Knows the tokens and the people. `wall` gives wall ns."""

    def __init__(self, tokens: TokenFile, people: Entitlements, wall: Callable[[], int] = time.time_ns) -> None:
        self._tokens = tokens
        self._people = people
        self._wall = wall
        self._looked = 0.0
        self.fault = ""  # why the file of tokens cannot be believed: nobody is let in by one then

    def caller(self, headers: Iterable[tuple[bytes, bytes]], certificate: str = "") -> Caller:
        """Who sent these headers, from a peer with this certificate's common name. Raises Problem 401."""
        self.refresh()
        given = [value for name, value in headers if name == b"authorization"]
        if given:
            return self._bearer(given)
        if certificate:
            user = self._people.of_certificate(certificate) if self._people.path is not None else certificate
            if user:
                return Caller(user, "certificate", self._people.of(user))
            raise Problem(401, f"certificate {certificate!r} is nobody's")
        raise Problem(401, "who are you? send `Authorization: Bearer TOKEN`, or a client certificate")

    def still(self, caller: Caller) -> Caller:
        """The caller as he is known now. Raises Problem 401 when his token has ended since."""
        self.refresh()
        if caller.by == "certificate":
            return caller._replace(grants=self._people.of(caller.user))
        token = self._tokens.named(caller.by)
        fault = "token is gone" if token is None else self.fault or token.fault(self._wall())
        if token is None or fault:
            raise Problem(401, fault)
        return caller._replace(grants=self._people.of(caller.user).narrowed(frozenset(token.scopes)))

    def refresh(self, *, at_once: bool = False) -> None:
        """Look at the files again, a few times a second at most."""
        now = time.monotonic()
        if now - self._looked < _LOOK_S and not at_once:
            return
        self._looked = now
        self._people.refresh()
        try:
            self._tokens.refresh()
            self.fault = ""
        except FeedError as error:
            self.fault = str(error)

    def _bearer(self, given: list[bytes]) -> Caller:
        text = given[0]
        if len(given) > 1 or text[: len(_BEARER)].lower() != _BEARER:
            raise Problem(401, "one header `Authorization: Bearer TOKEN` is wanted")
        if self.fault:
            raise Problem(401, "the file of tokens cannot be read: nobody is let in by one")
        token = self._tokens.matching(text[len(_BEARER) :].decode("latin-1").strip())
        if token is None:
            raise Problem(401, "this token is not known")
        fault = token.fault(self._wall())
        if fault:
            raise Problem(401, fault)
        return Caller(token.user, token.id, self._people.of(token.user).narrowed(frozenset(token.scopes)))

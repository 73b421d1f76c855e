"""The API from Python: `with Client("https://host:8443", token) as scorecard: scorecard.parent("P1").value("is_bps")`.

Blocking calls over one kept connection, standard library alone; a stream needs the extra `api`. Every problem is an
ApiError with the status and the sentence of the answer. An act is given a key of its own and is never repeated by
itself: when its outcome is not known, look at `orders()`.
"""

import http.client
import json
import os
import ssl
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import quote, urlencode, urlsplit

from app.engine.errors import FeedError

TIMEOUT_S: Final = 10.0
_MISSING: Final = "streams need websockets: pip install 'leakage-scorecard[api]'"


class ApiError(FeedError):
    """The API said no, or did not answer; `status` 0 when there was no answer."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


class Parent(dict[str, Any]):
    """One parent as the API tells it; `value`, `interval` and `why` of its figures by name."""

    def value(self, name: str) -> Any:
        """A figure's value, None where it is undefined. Raises KeyError for a name that is none."""
        return self["figures"][name]["value"]

    def interval(self, name: str) -> tuple[float | None, float | None]:
        """A figure's 90 % interval; (None, None) where it has none."""
        figure = self["figures"][name]
        return figure.get("low"), figure.get("high")

    def why(self, name: str) -> str:
        """Why a figure is undefined, "" where it is defined."""
        return str(self["figures"][name].get("reason", ""))


class Client:
    """One caller. `ca`: the file of certificates that sign the server's; `certificate`: one's own and its key."""

    def __init__(  # nosec B107 - no token: a certificate
        self, url: str, token: str = "", *, ca: Path | None = None, certificate: tuple[Path, Path] | None = None
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ApiError(0, f"url = {url!r} is not allowed; allowed: https://HOST:PORT, http://HOST:PORT")
        self._url = url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._context: ssl.SSLContext | None = None
        if parts.scheme == "https":
            self._context = ssl.create_default_context(cafile=None if ca is None else str(ca))
            if certificate is not None:
                self._context.load_cert_chain(*certificate)
            self._line: http.client.HTTPConnection = http.client.HTTPSConnection(
                parts.hostname, parts.port or 443, timeout=TIMEOUT_S, context=self._context
            )
        else:
            self._line = http.client.HTTPConnection(parts.hostname, parts.port or 80, timeout=TIMEOUT_S)

    @classmethod
    def from_environment(cls) -> "Client":
        """As SCORECARD_API_URL, SCORECARD_API_TOKEN and, where set, SCORECARD_API_CA say."""
        ca = os.environ.get("SCORECARD_API_CA")
        url, token = os.environ.get("SCORECARD_API_URL", ""), os.environ.get("SCORECARD_API_TOKEN", "")
        return cls(url, token, ca=Path(ca) if ca else None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Hang up."""
        self._line.close()

    # -- reading -----------------------------------------------------------------------------------------------------

    def health(self) -> dict[str, Any]:
        """How board, control and audit are."""
        return self._get("/v1/health")

    def parents(self, **filters: str | int) -> Iterator[dict[str, Any]]:
        """Every parent one may see, page by page: state, instrument, desk, level, fields, limit."""
        after = ""
        while True:
            page = self._get("/v1/parents", {**filters, **({"after": after} if after else {})})
            yield from page["parents"]
            if page["next"] is None:
                return
            after = page["next"]

    def parent(self, parent_id: str, newest: int = 10) -> Parent:
        """One parent, every number of it, with so many of its newest fills and children."""
        return Parent(self._get(f"/v1/parents/{_safe(parent_id)}", {"newest": newest}))

    def fills(self, parent_id: str) -> Iterator[dict[str, Any]]:
        """Its fills, oldest first."""
        return self._members(parent_id, "fills")

    def children(self, parent_id: str) -> Iterator[dict[str, Any]]:
        """Its child orders, oldest first."""
        return self._members(parent_id, "children")

    def evidence(self, parent_id: str) -> dict[str, Any]:
        """What may be said of it."""
        found: dict[str, Any] = self._get(f"/v1/parents/{_safe(parent_id)}/evidence")["evidence"]
        return found

    def orders(self) -> dict[str, Any]:
        """One's algo orders and where they stand."""
        return self._get("/v1/orders")

    def menu(self, parent_id: str) -> dict[str, Any]:
        """What can be done with a parent's algo order; `order.version` goes into a pre-flight."""
        return self._get(f"/v1/parents/{_safe(parent_id)}/menu")

    def rules(self) -> dict[str, Any]:
        """Every rule and how it stands."""
        return self._get("/v1/rules")

    # -- acting ------------------------------------------------------------------------------------------------------

    def preflight(self, parent_id: str, action: str, version: int, **words: Any) -> dict[str, Any]:
        """Every tag and check of a wish (strategy, params, mode); nothing is sent."""
        return self._post("/v1/preflight", {"parent_id": parent_id, "action": action, "version": version, **words})

    def switch(self, token: str, *, key: str = "") -> str:
        """Confirm a pre-flight."""
        return self._act("/v1/switch", {"token": token}, key)

    def cancel(self, order_id: str, *, key: str = "") -> str:
        """Cancel one algo order."""
        return self._act("/v1/cancel", {"order_id": order_id}, key)

    def kill(self, scope: str, *, key: str = "") -> str:
        """Cancel everything in a scope: all, parent:ID, order:ID, instrument:NAME."""
        return self._act("/v1/kill", {"scope": scope}, key)

    def release(self, scope: str, *, key: str = "") -> str:
        """Let new requests out again."""
        return self._act("/v1/release", {"scope": scope}, key)

    # -- streaming ---------------------------------------------------------------------------------------------------

    def stream(self, since: str = "0:0", **filters: str) -> Iterator[dict[str, Any]]:
        """Frames of changes until one stops; `place(frame)` of the last one goes on from there."""
        try:
            from websockets.exceptions import WebSocketException  # noqa: PLC0415 - an extra that may be missing
            from websockets.sync.client import connect  # noqa: PLC0415
        except ModuleNotFoundError as error:
            raise ApiError(0, _MISSING) from error
        url = f"{self._url.replace('http', 'ws', 1)}/v1/stream?{urlencode({'since': since, **filters})}"
        try:
            with connect(url, additional_headers=self._headers, ssl=self._context, compression=None) as line:
                for frame in line:
                    yield json.loads(frame)
        except (OSError, WebSocketException) as error:
            raise ApiError(0, f"the stream ended: {error}") from error

    # -- parts -------------------------------------------------------------------------------------------------------

    def _members(self, parent_id: str, section: str) -> Iterator[dict[str, Any]]:
        after: int | None = 0
        while after is not None:
            page = self._get(f"/v1/parents/{_safe(parent_id)}/{section}", {"after": after, "limit": 1000})
            yield from page[section]
            after = page["next"]

    def _get(self, path: str, query: Mapping[str, Any] | None = None) -> dict[str, Any]:
        return self._asked("GET", f"{path}?{urlencode(query)}" if query else path, None, {})

    def _post(self, path: str, body: Mapping[str, Any], key: str = "") -> dict[str, Any]:
        headers = {"Content-Type": "application/json"} | ({"Idempotency-Key": key} if key else {})
        return self._asked("POST", path, json.dumps(body).encode(), headers)

    def _act(self, path: str, body: Mapping[str, Any], key: str) -> str:
        return str(self._post(path, body, key or uuid.uuid4().hex)["words"])

    def _asked(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> dict[str, Any]:
        try:
            self._line.request(method, path, body, {**self._headers, **headers})
            answer = self._line.getresponse()
            data = answer.read()
        except (OSError, http.client.HTTPException) as error:
            self._line.close()  # the next call connects anew
            raise ApiError(0, f"{self._url}: no answer: {str(error) or type(error).__name__}") from error
        try:
            found: dict[str, Any] = json.loads(data)
        except ValueError:
            raise ApiError(answer.status, f"{self._url}: an answer that is no JSON") from None
        if answer.status != 200:
            raise ApiError(answer.status, str(found.get("detail", answer.reason)))
        return found


def place(frame: Mapping[str, Any]) -> str:
    """Where a stream stands after a frame without `more`: what `since` takes."""
    return f"{frame['epoch']}:{frame['generation']}"


def _safe(parent_id: str) -> str:
    return quote(parent_id, safe="")

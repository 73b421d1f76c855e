"""What is refused and how it is said: one JSON object (RFC 9457), always with a sentence."""

from http import HTTPStatus
from typing import Final

import msgspec

JSON: Final = "application/json"
PROBLEM: Final = "application/problem+json"


class Problem(Exception):  # noqa: N818 - it is an answer, not a failure
    """An answer that is none of those asked for. `after_s`: when to try again."""

    def __init__(self, status: int, words: str, after_s: float = 0.0) -> None:
        super().__init__(words)
        self.status = status
        self.words = words
        self.after_s = after_s

    def body(self) -> bytes:
        """As it is sent."""
        return msgspec.json.encode(
            {"type": "about:blank", "title": title(self.status), "status": self.status, "detail": self.words}
        )

    def headers(self) -> list[tuple[bytes, bytes]]:
        """Headers that go with it."""
        found = [(b"content-type", PROBLEM.encode())]
        if self.after_s:
            found.append((b"retry-after", str(max(round(self.after_s + 0.5), 1)).encode()))
        if self.status == HTTPStatus.UNAUTHORIZED:
            found.append((b"www-authenticate", b'Bearer realm="scorecard"'))
        return found


def title(status: int) -> str:
    """The phrase of a status."""
    return HTTPStatus(status).phrase

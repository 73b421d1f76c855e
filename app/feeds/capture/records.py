"""What a capture gives: stamped messages, and who takes them."""

from typing import Literal, NamedTuple, Protocol, TypeAlias

Kind: TypeAlias = Literal["fix", "itch5"]


class Record(NamedTuple):
    """One message as it was on the wire: bytes, the capture's stamp (ns), logical source, number within it.

    The number is the feed's own where it has one, else counted from 1.
    """

    kind: Kind
    payload: bytes
    ts_ns: int
    source: str
    seq: int


class Publisher(Protocol):
    """Takes captured messages, in the order they were captured."""

    def publish(self, payload: bytes, ts_ns: int, source: str, seq: int) -> None:
        """One message. Raises FeedError when it cannot be handed on."""

    def close(self) -> None:
        """Nothing follows; returns when everything has been handed on. Raises FeedError."""

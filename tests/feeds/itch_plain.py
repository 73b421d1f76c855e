"""A second, plain decoder of TotalView-ITCH 5.0, written from the published layout: slow, one message at a time."""

import struct
from typing import Any, Final, NamedTuple

# Field names and struct codes of each message after its type, in the order of the published tables.
FIELDS: Final[dict[str, str]] = {
    "S": "event:s",
    "R": "stock:8s category:s financial:s lot:I lots_only:s classification:s subtype:2s authenticity:s threshold:s "
    "ipo:s tier:s etp:s leverage:I inverse:s",
    "H": "stock:8s state:s reserved:s reason:4s",
    "Y": "stock:8s action:s",
    "L": "mpid:4s stock:8s primary:s mode:s state:s",
    "V": "level1:Q level2:Q level3:Q",
    "W": "level:s",
    "K": "stock:8s release:I qualifier:s price:I",
    "J": "stock:8s reference:I upper:I lower:I extension:I",
    "h": "stock:8s market:s action:s",
    "A": "ref:Q side:s shares:I stock:8s price:I",
    "F": "ref:Q side:s shares:I stock:8s price:I mpid:4s",
    "E": "ref:Q shares:I match:Q",
    "C": "ref:Q shares:I match:Q printable:s price:I",
    "X": "ref:Q shares:I",
    "D": "ref:Q",
    "U": "ref:Q new:Q shares:I price:I",
    "P": "ref:Q side:s shares:I stock:8s price:I match:Q",
    "Q": "shares:Q stock:8s price:I match:Q kind:s",
    "B": "match:Q",
    "I": "paired:Q imbalance:Q direction:s stock:8s far:I near:I reference:I kind:s variation:s",
    "N": "stock:8s interest:s",
    "O": "stock:8s eligible:s least:I most:I near:I near_time:Q lower:I upper:I",
}
LAYOUT: Final = {
    kind: (
        struct.Struct(">HH6s" + "".join(field.split(":")[1] for field in text.split())),
        ["locate", "tracking", "time", *(field.split(":")[0] for field in text.split())],
    )
    for kind, text in FIELDS.items()
}
STATES: Final = {b"H": 2, b"P": 2, b"Q": 3, b"T": 1}


class Row(NamedTuple):
    """A market row in words."""

    rec: int
    ts: int
    stock: str
    action: str
    side: int
    price: int | None
    size: int | None
    order: int
    condition: int = 0
    status: int = 0
    last: bool = False


def fields_of(message: bytes) -> dict[str, Any]:
    """A message by the names of its fields."""
    layout, names = LAYOUT[chr(message[0])]
    return dict(zip(names, layout.unpack(message[1:]), strict=True))


class PlainDecoder:
    """Orders in a dictionary, prints in another."""

    def __init__(self, midnight_ns: int) -> None:
        self.midnight = midnight_ns
        self.stocks: dict[int, str] = {}
        self.orders: dict[int, list[int]] = {}  # side, price, shares
        self.prints: dict[int, tuple[str, int, int]] = {}
        self.number = -1

    def rows(self, message: bytes) -> list[Row]:
        """The rows of the next message."""
        self.number += 1
        kind, said = chr(message[0]), fields_of(message)
        if "stock" in said:
            self.stocks[said["locate"]] = said["stock"].decode().rstrip()
        made = [tuple(part) for part in self.told(kind, said)]
        ts = self.midnight + int.from_bytes(said["time"], "big")
        rows = [Row(self.number, ts, *part) for part in made]
        return [*rows[:-1], rows[-1]._replace(last=True)] if rows else []

    def told(self, kind: str, said: dict[str, Any]) -> list[tuple[Any, ...]]:
        """Stock, action, side, price, size, order, condition, status of each row."""
        stock = self.stocks.get(said["locate"], "")
        if kind in "AF":
            side = {b"B": 1, b"S": -1}[said["side"]]
            self.orders[said["ref"]] = [side, said["price"], said["shares"]]
            return [(stock, "A", side, said["price"], said["shares"], said["ref"])]
        if kind in "EC":
            side, price, _ = self.orders[said["ref"]]
            own = said["price"] if kind == "C" else price
            rows: list[tuple[Any, ...]] = []
            if kind == "E" or said["printable"] == b"Y":
                self.prints[said["match"]] = (stock, own, said["shares"])
                rows.append((stock, "T", -side, own, said["shares"], 0))
            self.less(said["ref"], said["shares"])
            return [
                *rows,
                (stock, "F", side, own, said["shares"], said["ref"]),
                (stock, "C", side, price, said["shares"], said["ref"]),
            ]
        if kind in "XD":
            side, price, shares = self.orders[said["ref"]]
            shares = said.get("shares", shares)
            self.less(said["ref"], shares)
            return [(stock, "C", side, price, shares, said["ref"])]
        if kind == "U":
            side, price, shares = self.orders.pop(said["ref"])
            self.orders[said["new"]] = [side, said["price"], said["shares"]]
            return [
                (stock, "C", side, price, shares, said["ref"]),
                (stock, "A", side, said["price"], said["shares"], said["new"]),
            ]
        if kind in "PQ" and said["shares"]:
            self.prints[said["match"]] = (stock, said["price"], said["shares"])
            return [(stock, "T", 0, said["price"], said["shares"], 0, int(kind == "Q"))]
        if kind == "B":
            return [(broken[0], "X", 0, broken[1], broken[2], 0) for broken in [self.prints.pop(said["match"])]]
        if kind == "H" or (kind == "h" and said["market"] == b"Q"):
            return [(stock, "S", 0, None, None, 0, 0, STATES[said["state" if kind == "H" else "action"]])]
        return []

    def less(self, ref: int, shares: int) -> None:
        """Take shares off an order."""
        self.orders[ref][2] -= shares
        if self.orders[ref][2] == 0:
            del self.orders[ref]

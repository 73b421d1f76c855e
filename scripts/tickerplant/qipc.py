"""Objects of the kdb+ wire, encoded and decoded with numpy alone, from the published description of the protocol.

Python to q: bytes = symbol, str = string, int = long, float, bool, None = (::), list, Table; arrays: i8 long, i4 int,
i2 short, f8 float, f4 real, M8[ns] timestamp, m8[ns] timespan, datetime64[D] atom = date, S = symbols.
"""

import struct
from typing import Any, Final, NamedTuple

import numpy as np

EPOCH: Final = 946_684_800 * 10**9
EPOCH_DAYS: Final = 10_957
NULL: Final = -(2**63)
Q_ERROR: Final = -128
_ATOMS: Final[dict[int, tuple[str, int]]] = {
    -1: ("<?", 1), -4: ("<B", 1), -5: ("<h", 2), -6: ("<i", 4), -7: ("<q", 8), -8: ("<f", 4), -9: ("<d", 8),
    -13: ("<i", 4), -15: ("<d", 8), -17: ("<i", 4), -18: ("<i", 4), -19: ("<i", 4),
}  # fmt: skip
_VECTORS: Final = {
    1: "?", 4: "u1", 5: "<i2", 6: "<i4", 7: "<i8", 8: "<f4", 9: "<f8", 13: "<i4", 14: "<i4", 15: "<f8", 17: "<i4",
    18: "<i4", 19: "<i4",
}  # fmt: skip
_NUMBERS: Final = {"i8": 7, "i4": 6, "i2": 5, "f8": 9, "f4": 8, "b1": 1, "u1": 4}


class Table(NamedTuple):
    """A table: names of columns and the columns."""

    names: list[str]
    columns: list[Any]


class QError(Exception):
    """An error as q answers with it."""


def encode(value: Any) -> bytes:
    """An object without its message header."""
    parts: list[bytes] = []
    _put(value, parts)
    return b"".join(parts)


def message(value: Any, kind: int = 0) -> bytes:
    """A whole message: 0 asynchronous, 1 a question, 2 an answer."""
    body = encode(value)
    return struct.pack("<BBBBI", 1, kind, 0, 0, len(body) + 8) + body


def error(text: str) -> bytes:
    """The answer to a question that failed."""
    body = b"\x80" + text.encode() + b"\0"
    return struct.pack("<BBBBI", 1, 2, 0, 0, len(body) + 8) + body


def _put(value: Any, out: list[bytes]) -> None:
    if value is None:
        out.append(b"\x65\0")
    elif isinstance(value, bool):
        out.append(b"\xff" + bytes([value]))
    elif isinstance(value, (int, np.integer)):
        out.append(struct.pack("<bq", -7, int(value)))
    elif isinstance(value, (float, np.floating)):
        out.append(struct.pack("<bd", -9, float(value)))
    elif isinstance(value, bytes):
        out.append(b"\xf5" + value + b"\0")
    elif isinstance(value, str):
        text = value.encode()
        out.append(struct.pack("<bBi", 10, 0, len(text)) + text)
    elif isinstance(value, np.datetime64):
        days = int(value.astype("datetime64[D]").astype(np.int64)) - EPOCH_DAYS
        out.append(struct.pack("<bi", -14, days))
    elif isinstance(value, Table):
        out.append(b"\x62\0\x63")
        _put(np.array([name.encode() for name in value.names], "S"), out)
        _list(value.columns, out)
    elif isinstance(value, np.ndarray):
        _vector(value, out)
    elif isinstance(value, (list, tuple)):
        _list(value, out)
    else:
        raise TypeError(type(value))


def _list(values: Any, out: list[bytes]) -> None:
    out.append(struct.pack("<bBi", 0, 0, len(values)))
    for value in values:
        _put(value, out)


def _vector(values: Any, out: list[bytes]) -> None:
    kind, count = values.dtype.kind, len(values)
    if kind == "O":
        _list(values.tolist(), out)
    elif kind == "S":
        out.append(struct.pack("<bBi", 11, 0, count) + (b"\0".join(values.tolist()) + b"\0" if count else b""))
    elif kind == "M":
        ns = values.astype("M8[ns]").view("i8")
        out.append(struct.pack("<bBi", 12, 0, count) + np.where(np.isnat(values), NULL, ns - EPOCH).tobytes())
    elif kind == "m":
        out.append(struct.pack("<bBi", 16, 0, count) + values.astype("m8[ns]").tobytes())
    else:
        out.append(struct.pack("<bBi", _NUMBERS[values.dtype.str[1:]], 0, count) + values.tobytes())


def decode(body: bytes) -> Any:
    """The object of a message's body. Raises QError for an error, ValueError for what is not understood."""
    try:
        return _get(body, 0)[0]
    except (struct.error, IndexError) as reason:
        raise ValueError(f"cut short: {reason}") from reason


def end_of(body: bytes, at: int) -> int:
    """Where the object that begins at `at` ends."""
    return _get(body, at)[1]


def _get(data: bytes, at: int) -> tuple[Any, int]:
    kind = data[at] if data[at] < 128 else data[at] - 256
    at += 1
    if kind < 0:
        return _atom(data, at, kind)
    if kind == 101:
        return None, at + 1
    if kind == 98:
        (names, columns), at = _get(data, at + 1)
        return Table([name.decode() for name in names.tolist()], columns), at
    if kind in (99, 127):
        keys, at = _get(data, at)
        values, at = _get(data, at)
        return (keys, values), at
    (count,) = struct.unpack_from("<i", data, at + 1)
    at += 5
    if kind == 0:
        found = []
        for _ in range(count):
            value, at = _get(data, at)
            found.append(value)
        return found, at
    return _items(data, at, kind, count)


def _atom(data: bytes, at: int, kind: int) -> tuple[Any, int]:
    if kind in (Q_ERROR, -11):
        end = data.index(0, at)
        if kind == Q_ERROR:
            raise QError(data[at:end].decode("latin1"))
        return data[at:end], end + 1
    if kind == -10:
        return data[at : at + 1].decode("latin1"), at + 1
    if kind == -12:
        return np.datetime64(struct.unpack_from("<q", data, at)[0] + EPOCH, "ns"), at + 8
    if kind == -14:
        return np.datetime64(struct.unpack_from("<i", data, at)[0] + EPOCH_DAYS, "D"), at + 4
    if kind == -16:
        return np.timedelta64(struct.unpack_from("<q", data, at)[0], "ns"), at + 8
    if kind not in _ATOMS:
        raise ValueError(f"type {kind}")
    form, width = _ATOMS[kind]
    return struct.unpack_from(form, data, at)[0], at + width


def _items(data: bytes, at: int, kind: int, count: int) -> tuple[Any, int]:
    if kind == 10:
        return data[at : at + count].decode("latin1"), at + count
    if kind == 11:
        end = at
        for _ in range(count):
            end = data.index(0, end) + 1
        return np.array(data[at:end].split(b"\0")[:-1], "S") if count else np.array([], "S1"), end
    if kind == 12:
        ticks = np.frombuffer(data, "<i8", count, at)
        return np.where(ticks == NULL, NULL, ticks + EPOCH).view("M8[ns]"), at + 8 * count
    if kind == 16:
        return np.frombuffer(data, "<i8", count, at).view("m8[ns]"), at + 8 * count
    if kind not in _VECTORS:
        raise ValueError(f"type {kind}")
    width = np.dtype(_VECTORS[kind])
    return np.frombuffer(data, width, count, at), at + count * width.itemsize


def compressed(plain: bytes) -> bytes:
    """A message as kdb+ sends a long one over a network; unchanged where that does not halve it."""
    size = len(plain)
    if size < 2_001:
        return plain
    out = bytearray(size // 2)
    out[:8] = plain[:8]
    out[2] = 1
    out[8:12] = struct.pack("<i", size)
    seen = [0] * 256
    flags = bit = pending = pending_hash = 0
    flag_at = write = 12
    read = 8
    while read < size:
        if bit == 0:
            if write > len(out) - 17:
                return plain
            bit = 1
            out[flag_at] = flags
            flag_at, write, flags = write, write + 1, 0
        close_to_end = read > size - 3
        key = 0 if close_to_end else plain[read] ^ plain[read + 1]
        match = 0 if close_to_end else seen[key]
        literal = close_to_end or match == 0 or plain[read] != plain[match]
        if pending > 0:
            seen[pending_hash] = pending
            pending = 0
        if literal:
            pending_hash, pending = key, read
            out[write] = plain[read]
            write, read = write + 1, read + 1
        else:
            seen[key] = read
            flags |= bit
            match, read = match + 2, read + 2
            begin, last = read, min(read + 255, size)
            while read < last and plain[match] == plain[read]:
                match, read = match + 1, read + 1
            out[write], out[write + 1] = key, read - begin
            write += 2
        bit = (bit * 2) & 0xFF
    out[flag_at] = flags
    out[4:8] = struct.pack("<i", write)
    return bytes(out[:write])


def expanded(packed: bytes) -> bytes:
    """A compressed message as it was."""
    (size,) = struct.unpack_from("<i", packed, 8)
    out = bytearray(size)
    out[:8] = packed[:8]
    out[2] = 0
    out[4:8] = struct.pack("<i", size)
    seen = [0] * 256
    write = hashed = 8
    read, bit, flags, run = 12, 0, 0, 0
    while write < size:
        if bit == 0:
            flags, read, bit = packed[read], read + 1, 1
        if flags & bit:
            begin = seen[packed[read]]
            run = packed[read + 1]
            read += 2
            for step in range(run + 2):
                out[write + step] = out[begin + step]
            write += 2
        else:
            out[write] = packed[read]
            write, read = write + 1, read + 1
        while hashed < write - 1:
            seen[out[hashed] ^ out[hashed + 1]] = hashed
            hashed += 1
        if flags & bit:
            write += run
            hashed = write
        bit = (bit * 2) & 0xFF
    return bytes(out)

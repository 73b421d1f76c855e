"""Ports for real parts: given out once, and none that the system hands to whoever connects somewhere.

A part that is killed and started again must find its port free. Ports of the system's own range are lent to any
connection of any other test in between, so ours lie below it, and a counter in a file gives each to one test only.
"""

import fcntl
import os
import socket
import tempfile
from pathlib import Path
from typing import Final

LENT: Final = Path("/proc/sys/net/ipv4/ip_local_port_range")  # what Linux gives to those who ask for any port
FIRST: Final = 10_240
_BELOW: Final = 32_768  # where that range begins unless somebody changed it


def free_ports(count: int = 1, *, folder: Path | None = None) -> int:
    """The first of some ports in a row that nobody listens on and no other test was given. Raises RuntimeError."""
    home = folder or Path(tempfile.gettempdir()) / f"leakage-scorecard-ports-{os.getuid()}"
    home.mkdir(mode=0o700, exist_ok=True)
    end = last()
    with (home / "next").open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        begin = int(file.read() or FIRST)
        found = _first_free(begin, end, count) or _first_free(FIRST, min(begin, end), count)
        if found is None:
            raise RuntimeError(f"no {count} free ports in a row between {FIRST} and {end}")
        file.truncate(0)
        file.write(str(found + count))
    return found


def last() -> int:
    """The end of the ports that are ours (not included)."""
    try:
        begin = int(LENT.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return _BELOW
    return begin if begin > 2 * FIRST else 65_536  # somebody lends nearly all of them: nothing to choose


def _first_free(begin: int, end: int, count: int) -> int | None:
    for first in range(begin, end - count + 1, count):
        if all(_free(port) for port in range(first, first + count)):
            return first
    return None


def _free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True

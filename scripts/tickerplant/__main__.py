"""`python -m scripts.tickerplant --port 5010 --log FILE`: the stand-in as a process, until Ctrl+C."""

import argparse
import sys
import threading
from pathlib import Path

from scripts.tickerplant.server import SCHEMA, Tickerplant, schema_of


def main() -> int:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=5010)
    parser.add_argument("--schema", type=Path, default=SCHEMA, help="q file with the tables")
    parser.add_argument("--log", type=Path, help="the day's log; without one the missed part is asked for by query")
    parser.add_argument("--user", default="")
    parser.add_argument("--password-env", default="", help="environment variable that holds the password")
    parser.add_argument("--tls", type=Path, nargs=2, metavar=("CERTIFICATE", "KEY"))
    given = parser.parse_args()
    with Tickerplant(schema_of(given.schema), given.log, given.port) as plant:
        if given.user:
            plant.admit(given.user, given.password_env)
        if given.tls:
            plant.secure(*given.tls)
        print(f"kdb+ stand-in on 127.0.0.1:{plant.port}", flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())

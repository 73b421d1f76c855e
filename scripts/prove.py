"""`make prove-a1`, `-a2`, `-b`, `-c`: the long lines of the acceptance, one table at the end.

A1, the exact core: tests marked `prove` (thousands of random parents, hundreds of interleavings, millions of rows),
the two hashes on every Python, coverage and the mutation run. A2, the living desk: processes killed at random instants.
B, the backbone: every feed against a second decoder, faults, rates. C, control: a scripted EMS over the wire.
"""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from scripts import engine_coverage, mutation, pythons  # noqa: E402
from scripts.stages import Stage, finish, run_tests, timed  # noqa: E402

PATIENT: Final = ("-o", "faulthandler_timeout=3600")
OTHERS: Final = tuple(word for proof in ("a2", "b", "c") for word in ("--ignore", f"tests/prove_{proof}"))
MUTANTS: Final = ("--per-function", "6", "--seed", "1")


def exact_core() -> list[Stage]:
    """A1."""
    return [
        timed("long tests", lambda: run_tests("prove-a1", "-m", "prove", *OTHERS, *PATIENT)),
        timed("same hashes on every Python", pythons.outcome),
        timed("engine coverage, JIT off", engine_coverage.outcome),
        timed("mutants", lambda: mutation.outcome(*MUTANTS)),
    ]


def living_desk() -> list[Stage]:
    """A2: processes that are killed, worlds of many seeds."""
    return [timed("long tests", lambda: run_tests("prove-a2", "tests/prove_a2", "-m", "prove", *PATIENT))]


def backbone() -> list[Stage]:
    """B: feeds, topics, captures and the archive at length."""
    return [timed("long tests", lambda: run_tests("prove-b", "tests/prove_b", "-m", "prove", *PATIENT))]


def control() -> list[Stage]:
    """C: the switch over a real FIX session, the API, the rules."""
    return [timed("long tests", lambda: run_tests("prove-c", "tests/prove_c", "-m", "prove", *PATIENT))]


PROOFS: Final[dict[str, Callable[[], list[Stage]]]] = {"a1": exact_core, "a2": living_desk, "b": backbone, "c": control}


def main() -> int:
    """Run one proof."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("proof", choices=sorted(PROOFS))
    return finish(PROOFS[parser.parse_args().proof]())


if __name__ == "__main__":
    sys.exit(main())

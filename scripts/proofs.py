"""What each proof consists of: a part is what one or several lines of the acceptance ask for at length.

docs/acceptance.md says which line is held by which part, and which by `make test`.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from scripts import engine_coverage, mutation, pythons
from scripts.stages import Outcome, command, run_tests

TESTS: Final = Path(__file__).resolve().parents[1] / "tests"
PATIENT: Final = ("-o", "faulthandler_timeout=3600")
MUTANTS: Final = ("--per-function", "6", "--seed", "1")


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a proof: its tests (`file.py` or `file.py::name` in tests/prove_X), or what else is done.

    `alone`: one test at a time, for what is timed and for tests that share a long set-up.
    """

    tests: tuple[str, ...] = ()
    alone: bool = False
    work: Callable[[], Outcome] | None = None

    def run(self, proof: str, name: str) -> Outcome:
        """Do it; a failure is printed as it happens."""
        if self.work is not None:
            return self.work()
        chosen = [f"tests/prove_{proof}/{test}" for test in self.tests]
        return run_tests(f"prove-{proof}-{name}", *chosen, "-m", "prove", *(("-n0",) if self.alone else ()), *PATIENT)


def _bench(name: str) -> Part:
    return Part(work=lambda: command(sys.executable, "-m", f"tests.bench.bench_{name}"))


def _word(path: Path) -> str:
    return path.stem.removeprefix("test_").removesuffix("_proof")


_INVARIANCE: Final = "test_invariance_proof.py::test_that_"
_MARKET: Final = "test_simulator_proof.py::test_that_"
_KAFKA: Final = "test_kafka_proof.py::test_that_"

PROOFS: Final[dict[str, dict[str, Part]]] = {
    "a1": {
        "interleavings": Part((f"{_INVARIANCE}200_interleavings_with_late_orders_give_one_output_hash",)),
        "oracle": Part((f"{_INVARIANCE}forty_generated_sessions_equal_the_oracle",)),
        "identity": Part((f"{_INVARIANCE}the_identity_of_20000_parents_through_the_engine_is_exact",)),
        "rate": Part((f"{_INVARIANCE}five_million_rows_are_replayed_at_a_million_a_second_on_one_core",), alone=True),
        "pythons": Part(work=pythons.outcome),
        "coverage": Part(work=engine_coverage.outcome),
        "mutants": Part(work=lambda: mutation.outcome(*MUTANTS)),
    },
    "a2": {
        "story": Part(
            (
                f"{_MARKET}the_shipped_day_tells_the_story",
                f"{_MARKET}without_the_switch_it_goes_on_leaking",
                f"{_MARKET}the_mirror_has_identical_costs_through_the_engine",
                f"{_MARKET}the_twin_without_benefit_says_so",
                f"{_MARKET}twins_without_a_leak_never_turn_amber",
            )
        ),
        "markets": Part((f"{_MARKET}at_least_18_of_20_other_markets_keep_the_shape",)),
        "saving": Part(
            (
                f"{_MARKET}the_mean_saving_over_400_noise_seeds_is_above_5_bps",
                f"{_MARKET}at_least_4_bps_of_leak_are_avoided",
                f"{_MARKET}timing_luck_is_luck",
                f"{_MARKET}orders_of_this_size_vary_as_the_screen_says",
            ),
            alone=True,
        ),
        "day": Part((f"{_MARKET}the_day_is_simulated_in_about_a_second",), alone=True),
        "kills": Part(("test_kill_proof.py",)),
        "kills-tech": Part(("test_kill_tech.py",)),
        "board": Part(("test_board_proof.py",), alone=True),
        "desk": _bench("desk"),
    },
    "b": {
        "day": Part(("test_day_proof.py",), alone=True),
        "faults": Part(("test_fault_proof.py",)),
        "kafka": Part(
            (
                f"{_KAFKA}engines_killed_at_random_instants_lose_and_double_nothing",
                f"{_KAFKA}brokers_killed_at_any_message_cost_nothing",
                f"{_KAFKA}partitions_moved_about_are_read_once",
                f"{_KAFKA}spoilt_messages_are_set_aside_and_the_rest_is_as_sent",
            )
        ),
        "kafka-rate": Part((f"{_KAFKA}packed_blocks_keep_up_with_the_bare_client",), alone=True),
        "latency": Part(("test_live_proof.py",), alone=True),
        "archive": Part(("test_archive_proof.py",)),
        "archive-rate": _bench("archive"),
        "fix": Part(("test_fix_proof.py",)),
        "fix-rate": _bench("fix"),
        "itch": Part(("test_itch_proof.py",), alone=True),
        "kdb": Part(("test_second_opinion.py",)),
    },
    # Each file is a part: sessions with a broker, one at a time.
    "c": {
        **{_word(path): Part((path.name,), alone=True) for path in sorted((TESTS / "prove_c").glob("test_*_proof.py"))},
        "latency": _bench("switch"),
    },
    # One evaluation of worlds on final seeds, kept in build/prove/evidence, is shared by the parts.
    "d": {
        **{
            _word(path).removesuffix("_proof"): Part((path.name,), alone=True)
            for path in sorted((TESTS / "prove_d").glob("test_*_proof.py"))
        },
        "rate": _bench("evidence"),
    },
}

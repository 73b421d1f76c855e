"""Does a test notice when the engine computes something else? Mutants of the arithmetic, JIT off.

Each mutant runs in a fork of a process that has pytest and numpy loaded but nothing of the engine, against the tests
of its own file that reach the changed line. Killed = a test failed. A mutant that survives, that no test reaches or
that runs out of time counts against the score.
"""

import argparse
import json
import os
import random
import resource
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from scripts.engine_map import ENGINE, own_tests, relative  # noqa: E402
from scripts.mutants import Mutant, function_names, mutants, sample  # noqa: E402
from scripts.stages import BUILD, Outcome, command  # noqa: E402

PACKAGES: Final = ("book", "orders", "enrich", "metrics")
REPORT: Final = BUILD / "mutation" / "report.json"
WANTED: Final = 0.80
WORKERS: Final = 2
MEMORY: Final = 6 << 30  # bytes of address space of a mutant
# A mutant may use this much of the processor, and TIMES times as much as the unchanged code: processor time, because
# time on the wall depends on who else is at work. One that waits instead is ended after WAITING times as long.
PATIENCE_S: Final = 3.0
TIMES: Final = 6.0
WAITING: Final = 10.0
ENVIRONMENT: Final = {
    "NUMBA_DISABLE_JIT": "1",
    "HYPOTHESIS_PROFILE": "mutation",
    "OPENBLAS_NUM_THREADS": "1",
    "COVERAGE_CORE": "ctrace",
}
KILLED: Final = "killed"
SURVIVED: Final = "survived"
TIMED_OUT: Final = "timeout"
UNREACHED: Final = "unreached"


@dataclass(slots=True)
class Target:
    """One engine file: its mutants, and for each line the tests that reach it with their seconds."""

    source: Path
    text: str
    chosen: list[Mutant]
    reaching: dict[int, list[str]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    fault: str = ""

    @property
    def module(self) -> str:
        """The dotted name the engine imports it by."""
        parts = self.source.relative_to(ROOT).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a mutant."""

    path: str
    mutant: Mutant
    result: str


@dataclass(slots=True)
class _Running:
    target: Target
    mutant: Mutant
    deadline: float


def targets(only: list[str], per_function: int, seed: int) -> list[Target]:
    """The files to mutate and the mutants chosen; per_function 0 = every mutant."""
    found = []
    for package in PACKAGES:
        flat = ENGINE / f"{package}.py"
        sources = [flat] if flat.exists() else sorted((ENGINE / package).rglob("*.py"))
        for source in sources:
            if only and not any(word in relative(source) for word in only):
                continue
            text = source.read_text(encoding="utf-8")
            every = mutants(text)
            found.append(Target(source, text, sample(every, per_function, seed) if per_function else every))
    return found


def thin_out(chosen: list[Target], functions: int, seed: int) -> None:
    """Keep the mutants of so many functions over all files, drawn by the seed."""
    names = sorted({(target.module, mutant.function) for target in chosen for mutant in target.chosen})
    kept = set(random.Random(seed).sample(names, min(functions, len(names))))
    for target in chosen:
        target.chosen = [mutant for mutant in target.chosen if (target.module, mutant.function) in kept]


def judge(chosen: list[Target]) -> list[Verdict]:
    """Run every chosen mutant, two at a time."""
    from scripts import mutation_child  # only in the process with the JIT off: it loads pytest and Numba

    mutation_child.survey(chosen, WORKERS)
    for target in chosen:
        if target.fault:
            print(f"{relative(target.source)}: {target.fault}", flush=True)
    waiting = _waiting(chosen)
    running: dict[int, _Running] = {}
    verdicts: list[Verdict] = []
    while True:
        while len(running) < WORKERS:
            following = next(waiting, None)
            if following is None:
                break
            target, mutant = following
            tests = target.reaching.get(mutant.line, [])
            if not tests or target.fault:
                verdicts.append(Verdict(relative(target.source), mutant, UNREACHED))
                continue
            allowed = PATIENCE_S + TIMES * sum(target.seconds[test] for test in tests)
            process = os.fork()
            if process == 0:
                mutation_child.run(target, mutant, tests, mutation_child.Limits(MEMORY, round(allowed)))
            running[process] = _Running(target, mutant, time.monotonic() + WAITING * allowed)
        if not running:
            return verdicts
        verdicts += _finished(running)


def _waiting(chosen: list[Target]) -> Iterator[tuple[Target, Mutant]]:
    for target in chosen:
        for mutant in target.chosen:
            yield target, mutant


def _finished(running: dict[int, _Running]) -> list[Verdict]:
    """Wait a moment; the verdicts of the forks that ended or ran out of time, which leave `running`."""
    verdicts = []
    for process, run in list(running.items()):
        ended, status = os.waitpid(process, os.WNOHANG)
        if not ended and time.monotonic() > run.deadline:
            os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)
            result = TIMED_OUT
        elif ended:
            result = _result(os.waitstatus_to_exitcode(status))
        else:
            continue
        del running[process]
        verdicts.append(Verdict(relative(run.target.source), run.mutant, result))
    if not verdicts:
        time.sleep(0.002)
    return verdicts


def _result(code: int) -> str:
    """What an exit code of pytest, or the signal that ended the fork, says."""
    if code == -signal.SIGXCPU:
        return TIMED_OUT
    return SURVIVED if code == 0 else KILLED


def summary(chosen: list[Target], verdicts: list[Verdict]) -> str:
    """One line per function, then the survivors by line, then the score."""
    counted: dict[tuple[str, str], Counter[str]] = {}
    for verdict in verdicts:
        counted.setdefault((verdict.path, verdict.mutant.function), Counter())[verdict.result] += 1
    lines = [f"{'mutants':>7} {'killed':>7} {'survived':>8} {'timeout':>7} {'unreached':>9}  function"]
    for (path, function), results in sorted(counted.items()):
        numbers = f"{results.total():>7} {results[KILLED]:>7} {results[SURVIVED]:>8} {results[TIMED_OUT]:>7}"
        lines.append(f"{numbers} {results[UNREACHED]:>9}  {path}:{function}")
    for verdict in verdicts:
        if verdict.result != KILLED:
            mutant = verdict.mutant
            lines.append(f"{verdict.result}: {verdict.path}:{mutant.line} {mutant.function}: {mutant.what}")
    lines += [f"no mutants: {name}" for name in without_mutants(chosen)]
    total = Counter(verdict.result for verdict in verdicts)
    words = ", ".join(f"{total[result]} {result}" for result in (KILLED, SURVIVED, TIMED_OUT, UNREACHED))
    lines.append(f"{len(verdicts)} mutants: {words}; score {score(verdicts):.1%}, wanted {WANTED:.0%}")
    return "\n".join(lines)


def score(verdicts: list[Verdict]) -> float:
    """Killed / all; 0 of nothing."""
    return sum(verdict.result == KILLED for verdict in verdicts) / len(verdicts) if verdicts else 0.0


def without_mutants(chosen: list[Target]) -> list[str]:
    """Functions that do something and for which no mutant exists: a hole in the operators."""
    found = []
    for target in chosen:
        having = {mutant.function for mutant in mutants(target.text)}
        names = function_names(target.text)
        found += [f"{relative(target.source)}:{name}" for name in names if name not in having]
    return found


def outcome(*arguments: str) -> Outcome:
    """A run in a process of its own as one check."""
    return command(sys.executable, __file__, *arguments)


def main() -> int:
    """Mutate, run, report; 1 below the wanted score, or when a function has no mutants or a file no sound tests."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--per-function", type=int, default=0, help="at most so many of each function (0 = all)")
    parser.add_argument("--functions", type=int, default=0, help="only so many functions, drawn by the seed (0 = all)")
    parser.add_argument("--seed", type=int, default=1, help="which ones are drawn")
    parser.add_argument("--only", nargs="*", default=[], help="files whose path holds one of these words")
    options = parser.parse_args()
    if any(os.environ.get(key) != value for key, value in ENVIRONMENT.items()):
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **ENVIRONMENT})  # noqa: S606
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    start = time.monotonic()
    chosen = targets(options.only, options.per_function, options.seed)
    if options.functions:
        thin_out(chosen, options.functions, options.seed)
    for target in chosen:
        if not own_tests(target.source):
            target.fault = "no test file of its own"
    verdicts = judge([target for target in chosen if target.chosen])
    print(summary(chosen, verdicts))
    print(f"{time.monotonic() - start:.0f} s")
    _write(verdicts)
    faults = [target.fault for target in chosen if target.chosen and target.fault]
    return 1 if faults or without_mutants(chosen) or score(verdicts) < WANTED else 0


def _write(verdicts: list[Verdict]) -> None:
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    rows = [
        {
            "file": v.path,
            "line": v.mutant.line,
            "function": v.mutant.function,
            "what": v.mutant.what,
            "result": v.result,
        }
        for v in verdicts
    ]
    REPORT.write_text(json.dumps({"score": score(verdicts), "mutants": rows}, indent=1), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())

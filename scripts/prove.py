"""`make prove-a1`, `-a2`, `-b`, `-c`, `-d`: the long lines of the acceptance, one table at the end.

A1, the exact core; A2, the living desk; B, the backbone; C, control; D, evidence: scripts/proofs.py names the parts. A
part that has passed is not run again while no source changes, so that a proof that was stopped goes on where it was;
`--again` runs it anew, and parts may be named: `scripts/prove.py a1 rate pythons`.
"""

import argparse
import hashlib
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from scripts.proofs import PROOFS, Part  # noqa: E402
from scripts.stages import BUILD, Outcome, Stage, finish, timed  # noqa: E402

SOURCES: Final = ("app", "requirements", "resources", "scripts", "tests")


def state(root: Path = ROOT) -> str:
    """A hash of every source a proof may hang on."""
    digest = hashlib.sha256(sys.version.encode())
    for folder in SOURCES:
        for path in sorted((root / folder).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


class Record:
    """What has passed, by part, and for which sources; on disk after each part."""

    def __init__(self, path: Path, sources: str) -> None:
        self._path, self._sources = path, sources
        self._parts: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}

    def find(self, name: str) -> Stage | None:
        """The part as it passed on these very sources; None = it has to be run."""
        found = self._parts.get(name)
        if found is None or found["sources"] != self._sources:
            return None
        return Stage(f"{name} (passed before)", Outcome(**found["outcome"]), found["seconds"])

    def keep(self, name: str, stage: Stage) -> None:
        """Note how a part ended: one that failed, skipped or ran nothing has to be run again."""
        self._parts.pop(name, None)
        if stage.outcome.passed and not stage.outcome.failed and not stage.outcome.skipped:
            self._parts[name] = {"sources": self._sources, "outcome": asdict(stage.outcome), "seconds": stage.seconds}
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.write_text(json.dumps(self._parts, indent=1), encoding="utf-8")


def prove(proof: str, parts: dict[str, Part], record: Record, *, again: bool = False) -> int:
    """Run what has not passed yet, print the table; 0 when every part has passed."""
    stages = []
    for name, part in parts.items():
        stage = None if again else record.find(name)
        if stage is None:
            stage = timed(name, lambda part=part, name=name: part.run(proof, name))  # type: ignore[misc]
            record.keep(name, stage)
        stages.append(stage)
    return finish(stages)


def main() -> int:
    """Run one proof, whole or in part."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("proof", choices=sorted(PROOFS))
    parser.add_argument("parts", nargs="*", help="only these parts")
    parser.add_argument("--again", action="store_true", help="also those that have passed")
    options = parser.parse_args()
    parts = PROOFS[options.proof]
    unknown = sorted(set(options.parts) - set(parts))
    if unknown:
        parser.error(f"no part {', '.join(unknown)} in {options.proof}; there are {', '.join(parts)}")
    chosen = {name: part for name, part in parts.items() if not options.parts or name in options.parts}
    record = Record(BUILD / "prove" / f"{options.proof}.json", state())
    return prove(options.proof, chosen, record, again=options.again)


if __name__ == "__main__":
    sys.exit(main())

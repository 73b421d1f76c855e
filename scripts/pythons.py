"""The same two hashes on every Python: each shipped session, and the real day where it is, replayed under each.

An environment per Python is made from its lock below build/pythons and kept while the lock stays as it is. Interpreters
are looked for on the PATH and among pyenv's; one that is not found is a failure, for then nothing has been shown.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from scripts.lock import PYTHONS, lock_file  # noqa: E402
from scripts.stages import BUILD, Outcome  # noqa: E402

HASHES: Final = ("input_hash", "run_hash", "output_hash")
SHARED: Final = Path(os.environ.get("SCORECARD_SHARED_DATA", ROOT.parent / "shared" / "data"))


def recordings() -> dict[str, list[str]]:
    """Name -> path and options of what is replayed."""
    shipped = sorted((ROOT / "resources" / "sessions").glob("*/market.parquet"))
    found = {path.parent.name: [str(path.parent)] for path in shipped}
    if (SHARED / "lobster").is_dir():
        found["lobster"] = [str(SHARED / "lobster"), "--format", "lobster"]
    return found


def interpreter(python: str) -> Path | None:
    """A working interpreter of a minor version such as 3.12."""
    named = shutil.which(f"python{python}")
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    candidates = [Path(named)] if named else []
    candidates += sorted(pyenv.glob(f"{python}.*/bin/python"), reverse=True)
    code = "import sys; print('{}.{}'.format(*sys.version_info))"
    for candidate in candidates:
        asked = subprocess.run([candidate, "-c", code], capture_output=True, text=True, check=False)
        if asked.stdout.strip() == python:
            return candidate
    return None


def environment(python: str, base: Path) -> Path:
    """The Python of an environment made from the lock; made anew when the lock or the interpreter changed."""
    folder = BUILD / "pythons" / python
    made, stamp = folder / "bin" / "python", folder / "lock.stamp"
    state = hashlib.sha256(lock_file(python).read_bytes() + str(base).encode()).hexdigest()
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != state:
        subprocess.run([base, "-m", "venv", "--clear", folder], check=True)
        pip: list[str | Path] = [
            made,
            "-m",
            "pip",
            "--disable-pip-version-check",
            "--quiet",
            "install",
            "--require-hashes",
            "-r",
        ]
        subprocess.run([*pip, lock_file(python)], check=True)
        stamp.write_text(state, encoding="utf-8")
    return made


def hashes(python: Path, arguments: list[str]) -> dict[str, str]:
    """What run.json says after a replay under a Python; a replay that fails says so instead."""
    out = BUILD / "pythons" / "out"
    shutil.rmtree(out, ignore_errors=True)
    words = [python, "-m", "app", "replay", *arguments, "--out", out]
    done = subprocess.run(list(map(str, words)), cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        return {"failed": done.stderr.strip().splitlines()[-1] if done.stderr.strip() else str(done.returncode)}
    told = json.loads((out / "run.json").read_text(encoding="utf-8"))
    return {name: str(told[name]) for name in HASHES}


def outcome() -> Outcome:
    """One check per recording: its hashes are the same under every Python; one failure per Python that is not there."""
    pythons: dict[str, Path] = {}
    missing = 0
    for python in PYTHONS:
        base = interpreter(python)
        if base is None:
            print(f"Python {python}: no interpreter found", flush=True)
            missing += 1
        else:
            pythons[python] = environment(python, base)
    passed = failed = 0
    for name, arguments in recordings().items():
        found = {python: hashes(path, arguments) for python, path in pythons.items()}
        same = len({json.dumps(told) for told in found.values()}) == 1 and not any(
            "failed" in t for t in found.values()
        )
        for python, told in found.items():
            print(f"{'same' if same else 'DIFFERENT'}  {name}  {python}  {told}", flush=True)
        passed, failed = passed + same, failed + (not same)
    return Outcome(passed, failed + missing)


def main() -> int:
    """Compare; 1 when a hash differs or an interpreter is missing."""
    found = outcome()
    print(f"{found.passed} recordings equal on {', '.join(PYTHONS)}; {found.failed} failures")
    return 1 if found.failed or not found.passed else 0


if __name__ == "__main__":
    sys.exit(main())

"""Write requirements/py311.txt, py312.txt and py313.txt: exact versions and hashes, no addresses.

The three files hold what running, testing and checking need (every extra but `fix`, whose quickfix is source only),
with the same numpy and Numba in all of them. The package index is the one pip is configured for; its address stays out
of the files.
"""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
PYTHONS: Final = ("3.11", "3.12", "3.13")
EXTRAS: Final = ("kafka", "kdb", "capture", "archive", "api", "research", "dev")
SAME: Final = ("numpy", "numba", "llvmlite")
NEVER: Final = ("pyside6", "pyside6-addons", "quickfix")
ADDRESS: Final = re.compile(r"https?://|--(?:extra-)?index-url|--find-links|file:")
_HEADER: Final = "# Written by `make lock` for Python {python}: exact versions and hashes, no addresses.\n"
_PIN: Final = re.compile(r"^([A-Za-z0-9_.-]+)==(\S+)", re.MULTILINE)


def lock_file(python: str) -> Path:
    """The lock of a Python minor version such as 3.11."""
    return ROOT / "requirements" / f"py{python.replace('.', '')}.txt"


def pins(text: str) -> dict[str, str]:
    """Distribution (normalised) -> version of a lock's text."""
    return {re.sub(r"[-_.]+", "-", name).lower(): version for name, version in _PIN.findall(text)}


def faults(texts: dict[str, str]) -> list[str]:
    """What is wrong with a set of locks (Python -> text), in words; empty = sound."""
    found = []
    for python, text in texts.items():
        if ADDRESS.search(text):
            found.append(f"py{python}: holds an address")
        locked = pins(text)
        found += [f"py{python}: {name} must not be locked" for name in NEVER if name in locked]
        found += [f"py{python}: {name} is not locked" for name in SAME if name not in locked]
        blocks = re.split(r"\n(?=[A-Za-z0-9])", re.sub(r"(?m)^\s*#.*\n", "", text))
        found += [f"py{python}: no hash for {block.split()[0]}" for block in blocks if block and "--hash=" not in block]
    for name in SAME:
        versions = {pins(text).get(name) for text in texts.values()}
        if len(versions) > 1:
            found.append(f"{name} differs between the locks: {sorted(map(str, versions))}")
    return found


def _index() -> dict[str, str]:
    """The environment uv needs to ask the same index as pip."""
    asked = subprocess.run(
        [sys.executable, "-m", "pip", "config", "get", "global.index-url"], capture_output=True, text=True, check=False
    )
    url = os.environ.get("PIP_INDEX_URL") or asked.stdout.strip()
    return {"UV_DEFAULT_INDEX": url} if url else {}


def _compile(python: str, extra_args: list[str]) -> None:
    target = lock_file(python)
    extras = [part for extra in EXTRAS for part in ("--extra", extra)]
    command = [
        sys.executable, "-m", "uv", "pip", "compile", "pyproject.toml", *extras, "--python-version", python,
        "--generate-hashes", "--no-header", "--no-annotate", "--no-emit-index-url", "--no-emit-find-links",
        "--output-file", str(target), "--quiet", *extra_args,
    ]  # fmt: skip
    subprocess.run(command, cwd=ROOT, env=os.environ | _index(), check=True)
    target.write_text(_HEADER.format(python=python) + target.read_text(encoding="utf-8"), encoding="utf-8")


def main() -> int:
    """Compile the three locks (arguments go to uv, for example --upgrade) and check them against each other."""
    lock_file(PYTHONS[0]).parent.mkdir(exist_ok=True)
    for python in PYTHONS:
        _compile(python, sys.argv[1:])
    found = faults({python: lock_file(python).read_text(encoding="utf-8") for python in PYTHONS})
    print("\n".join(found) or f"wrote {len(PYTHONS)} locks: same numpy and Numba, hashes, no addresses")
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())

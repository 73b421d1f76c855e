"""Where compiled kernels are kept: one folder per build.

Numba's disk cache is keyed by one source file and never looks at the functions that file calls: a changed helper
in another module would keep the old machine code, and with it the old numbers, silently. So the folder is named by
a hash of every source a kernel can reach by its imports, the versions of Python, numpy and Numba, and the CPU. Sources
no kernel reaches do not count: a change of the desk or of a table must not compile the books anew.
"""

import hashlib
import os
import platform
import re
import shutil
import sys
import time
from importlib import metadata
from pathlib import Path
from typing import Final

APP: Final = Path(__file__).parent
OVERRIDE: Final = "SCORECARD_KERNEL_CACHE"
UNUSED_DAYS: Final = 14
_WARM: Final = "warm"  # a file in the folder of kernels
_BINDS: Final = re.compile(rb"^\s*(?:from|import)\s.*\bjit\b", re.MULTILINE)
_IMPORT: Final = re.compile(
    rb"^[ \t]*(?:from|import)[ \t]+(app(?:\.\w+)*)(?:[ \t]+import[ \t]+(\([^)]*\)|.*))?", re.MULTILINE
)
_WORD: Final = re.compile(r"\w+")
_FOLDER: Final = re.compile(r"kernels-[0-9a-f]{16}")


def kernel_cache_dir() -> Path:
    """The folder of this build's kernels, below cache_root(); not created here."""
    return cache_root() / f"kernels-{build_hash(APP)[:16]}"


def cache_root() -> Path:
    """The folder that holds the kernels of every build: $SCORECARD_KERNEL_CACHE, else the user's cache folder."""
    override = os.environ.get(OVERRIDE)
    if override:
        return Path(override)
    if sys.platform == "win32":
        home = os.environ.get("LOCALAPPDATA") or str(Path.home() / "AppData" / "Local")
    else:
        home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(home) / "leakage-scorecard"


def build_hash(app: Path) -> str:
    """SHA-256 over every source a kernel reaches (path and bytes), the versions that compile it and the CPU, as hex."""
    digest = hashlib.sha256()
    for name, content in sorted(kernel_sources(app).items()):
        digest.update(f"{name}:{len(content)}:".encode())
        digest.update(content)
    versions = (platform.python_version(), *(_version(name) for name in ("numpy", "numba", "llvmlite")))
    digest.update(":".join((*versions, platform.machine(), _cpu())).encode())
    return digest.hexdigest()


def kernel_sources(app: Path) -> dict[str, bytes]:
    """Path below `app` -> bytes of the modules that bind kernels and of all they import from `app`, packages included.

    A file whose imports cannot be told (none is known) counts like any other: what is found is a superset.
    """
    sources = {path.relative_to(app).as_posix(): path.read_bytes() for path in app.rglob("*.py")}
    waiting = [name for name, content in sources.items() if _BINDS.search(content)]
    reached: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in reached:
            continue
        reached.add(name)
        waiting += _imported(name, sources)
    return {name: sources[name] for name in reached}


def _imported(name: str, sources: dict[str, bytes]) -> list[str]:
    """The files among `sources` a file's import lines may load."""
    found = []
    for package, words in _IMPORT.findall(sources[name]):
        parts = package.decode().split(".")[1:]
        stems = ["/".join(parts[: end + 1]) for end in range(len(parts))]
        stems += ["/".join([*parts, word]) for word in _WORD.findall(words.decode())]
        found += [file for stem in stems for file in (f"{stem}.py", f"{stem}/__init__.py") if file in sources]
    return found


def use_kernel_cache() -> Path:
    """Point Numba at this build's folder and return it; call before the engine is imported, Numba binds it there.

    Folders of other builds that nobody used for two weeks are removed.
    """
    folder = kernel_cache_dir()
    folder.mkdir(parents=True, exist_ok=True)
    os.utime(folder)
    _forget_unused(folder)
    os.environ["NUMBA_CACHE_DIR"] = str(folder)
    config = sys.modules.get("numba.core.config")
    if config is not None:  # Numba read the environment when it was imported; kernels are bound later
        config.CACHE_DIR = str(folder)  # type: ignore[attr-defined]
    return folder


def is_warm(folder: Path) -> bool:
    """True once all kernels of this build have been compiled into the folder in advance."""
    return (folder / _WARM).is_file()


def note_warm(folder: Path) -> None:
    """All of them have been."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _WARM).touch()


def _forget_unused(current: Path) -> None:
    limit = time.time() - UNUSED_DAYS * 86_400
    for folder in current.parent.iterdir():
        if folder != current and _FOLDER.fullmatch(folder.name) and folder.stat().st_mtime < limit:
            shutil.rmtree(folder, ignore_errors=True)


def _version(distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return "absent"


def _cpu() -> str:
    """Model and feature flags of the first CPU: a kernel compiled for one CPU may not run on another."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return platform.processor()
    wanted = ("model name", "flags", "Features", "CPU part")
    found: dict[str, str] = {}
    for line in lines:
        key, _, value = line.partition(":")
        if key.strip() in wanted:
            found.setdefault(key.strip(), value.strip())
    return ";".join(f"{key}={found[key]}" for key in sorted(found))

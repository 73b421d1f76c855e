"""What is installed, what is missing, and the command that mends it.

Looks only: nothing is installed here, and neither Qt nor Numba is loaded into this process. Standard library only,
because the setup asks before anything is installed.
"""

import ctypes
import os
import platform
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata, util
from pathlib import Path
from typing import Final, Literal

from app.kernel_cache import cache_root, is_warm, kernel_cache_dir, note_warm

State = Literal["ok", "optional", "missing", "wrong"]
ROOT: Final = Path(__file__).resolve().parents[1]
RESOURCES: Final = ROOT / "resources"
PYTHONS: Final = ((3, 11), (3, 12), (3, 13))
DISK_FREE: Final = 2_000_000_000  # bytes
PINNED: Final = ("numpy", "numba", "llvmlite")

# Debian package -> the library that proves it installed: Qt without a display, then what an X window adds.
LIBRARIES: Final = {
    "libegl1": "libEGL.so.1",
    "libgl1": "libGL.so.1",
    "libglib2.0-0": "libglib-2.0.so.0",
    "libxkbcommon0": "libxkbcommon.so.0",
    "libdbus-1-3": "libdbus-1.so.3",
    "libfontconfig1": "libfontconfig.so.1",
    "libxkbcommon-x11-0": "libxkbcommon-x11.so.0",
    "libxcb-cursor0": "libxcb-cursor.so.0",
    "libxcb-icccm4": "libxcb-icccm.so.4",
    "libxcb-keysyms1": "libxcb-keysyms.so.1",
    "libxcb-shape0": "libxcb-shape.so.0",
}
# Program -> the Debian package that brings it: a local Kafka broker is released as Java archives.
BROKER: Final = {"java": "default-jre-headless", "mvn": "maven"}
HEADERS: Final = (Path("/usr/include"), Path("/usr/local/include"))
FONTS: Final = ("/usr/share/fonts", "/usr/local/share/fonts", "/opt/homebrew/share/fonts")

# Extra -> (modules, what it is for)
EXTRAS: Final = {
    "research": (("duckdb", "polars"), "notebooks and SQL over the archive"),
    "kafka": (("confluent_kafka",), "Kafka topics in and out"),
    "kdb": (("pykx",), "kdb+ tables in and out"),
    "api": (("fastapi", "uvicorn", "websockets"), "the EMS API"),
    "fix": (("quickfix",), "the FIX session to the EMS"),
}
# quickfix is source only; without these flags it comes without TLS and ten times the size.
BUILD_FIX: Final = (
    'CXXFLAGS="-O2 -g0 -DHAVE_SSL=1" LDFLAGS="-Wl,--no-as-needed -lssl -lcrypto" '
    f"{sys.executable} -m pip install quickfix==1.16.0   (needs g++ and libssl-dev, takes minutes)"
)

# Void calls must not change the number of references to None; PySide6 6.12.0 drops one each on Python 3.11.
CANARY: Final = """
import sys
from PySide6.QtCore import QObject
thing = QObject()
void = thing.setObjectName
before = sys.getrefcount(None)
for _ in range(500):
    void("canary")
print(before - sys.getrefcount(None))
"""

# Numba must be told its folder before it is loaded.
WARM_UP: Final = """
from app.kernel_cache import use_kernel_cache
use_kernel_cache()
from app.session.warm import load_kernels
from app.settings import load_settings
load_kernels(load_settings().engine(book=False))
from app.engine.universe import Universe
from app.feeds.decode.itch import Day, ItchDecoder
list(ItchDecoder(Day("", 0), Universe()).feed(b""))
"""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: its state, what was found, and the command that mends it (empty = nothing to mend)."""

    what: str
    state: State
    detail: str
    remedy: str = ""


def examine() -> list[Finding]:
    """Everything the product needs of this machine, in the order in which to mend it."""
    checks: tuple[Callable[[], Iterator[Finding]], ...] = (
        _python, _packages, _qt_pair, _qt_libraries, _fonts, _display, _resources, _kernels, _disk, _extras, _java,
    )  # fmt: skip
    return [finding for check in checks for finding in check()]


def is_sound(findings: list[Finding]) -> bool:
    """True when nothing that is needed is missing or wrong; what is optional does not count."""
    return not any(finding.state in {"missing", "wrong"} for finding in findings)


def report(findings: list[Finding], width: int = 100) -> str:
    """A plain table: state, what, detail; the remedy on a line of its own."""
    wide = max((len(finding.what) for finding in findings), default=0)
    indent = " " * (10 + wide + 2)
    lines = []
    for finding in findings:
        head = f"{finding.state:<10}{finding.what:<{wide}}  "
        lines += textwrap.wrap(
            finding.detail, max(width, len(indent) + 20), initial_indent=head, subsequent_indent=indent
        )
        if finding.remedy:
            lines.append(f"{indent}-> {finding.remedy}")
    faults = sum(finding.state in {"missing", "wrong"} for finding in findings)
    lines.append("everything needed is there" if faults == 0 else f"{faults} to mend")
    return "\n".join(lines)


def missing_packages() -> list[str]:
    """Debian packages the desk needs and this Linux machine lacks, the virtual X server and one font included."""
    if not sys.platform.startswith("linux"):
        return []
    packages = [package for package, library in LIBRARIES.items() if not _loads(library)]
    if not _has_font():
        packages.append("fonts-dejavu-core")
    if not shutil.which("Xvfb"):
        packages.append("xvfb")
    return packages


def missing_for_broker() -> list[str]:
    """Debian packages a local Kafka broker needs and this Linux machine lacks."""
    if not sys.platform.startswith("linux"):
        return []
    return [package for program, package in BROKER.items() if not shutil.which(program)]


def missing_for_fix() -> list[str]:
    """Debian packages that building quickfix needs and this Linux machine lacks."""
    if not sys.platform.startswith("linux"):
        return []
    own = f"python3.{sys.version_info[1]}-dev"  # a Python of the system comes without its headers
    wanted = {"g++": bool(shutil.which("g++")), own: (Path(sysconfig.get_path("include")) / "Python.h").exists()}
    wanted["libssl-dev"] = any((folder / "openssl" / "ssl.h").exists() for folder in HEADERS)
    return [package for package, there in wanted.items() if not there]


def dropped_none_references() -> int:
    """References to None lost in 500 void Qt calls, in a process of its own; 0 = sound.

    Raises RuntimeError with the process's last words when PySide6 cannot be loaded or the process dies.
    """
    try:
        asked = subprocess.run(
            [sys.executable, "-c", CANARY], capture_output=True, text=True, timeout=60, check=True, cwd=ROOT
        )
    except subprocess.CalledProcessError as error:
        words = str(error.stderr).strip().splitlines()
        fatal = [line for line in words if line.startswith("Fatal Python error")]
        raise RuntimeError((fatal or words or [f"exit code {error.returncode}"])[-1]) from error
    except subprocess.TimeoutExpired as error:
        raise RuntimeError("no answer within 60 s") from error
    return int(asked.stdout)


def warm() -> int:
    """Compile the kernels in processes of their own: a small run, then each shipped session; 0 = warm now or before.

    Those of the evidence, too, whatever the settings say today. Otherwise the exit code of what failed; its words are
    on the screen.
    """
    if is_warm(kernel_cache_dir()):
        return 0
    environment = {**os.environ, "SCORECARD_EVIDENCE_MODEL": "default"}
    replay = [sys.executable, "-m", "app", "replay"]
    with tempfile.TemporaryDirectory() as out:
        commands = [[sys.executable, "-c", WARM_UP]]
        commands += [[*replay, str(path.parent), "--out", out] for path in sorted(RESOURCES.rglob("market.parquet"))]
        for command in commands:
            ran = subprocess.run(command, stdout=subprocess.DEVNULL, check=False, cwd=ROOT, env=environment)
            if ran.returncode:
                return ran.returncode
    note_warm(kernel_cache_dir())
    return 0


def locked() -> dict[str, str]:
    """Distribution -> version of this Python's lock; empty where the product runs without its repository."""
    lock = ROOT / "requirements" / f"py{sys.version_info[0]}{sys.version_info[1]}.txt"
    if not lock.is_file():
        return {}
    return dict(re.findall(r"^([A-Za-z0-9_.-]+)==(\S+)", lock.read_text(encoding="utf-8"), re.MULTILINE))


def _python() -> Iterator[Finding]:
    allowed = ", ".join(f"{major}.{minor}" for major, minor in PYTHONS)
    ok = sys.version_info[:2] in PYTHONS
    yield Finding(
        "Python",
        "ok" if ok else "wrong",
        f"{platform.python_version()} at {sys.executable}; supported: {allowed}",
        "" if ok else "make setup PYTHON=python3.12",
    )


def _packages() -> Iterator[Finding]:
    wanted = locked()
    if not wanted:
        for name in PINNED:
            version = _version(name)
            yield Finding(
                name, "ok" if version else "missing", version or "not installed; no lock here to compare with"
            )
        return
    differing = []
    for name, version in wanted.items():
        found = _version(name)
        if found != version:
            differing.append(f"{name} {found or 'absent'} (lock: {version})")
    pinned = ", ".join(f"{name} {_version(name) or 'absent'}" for name in PINNED)
    yield Finding(
        "packages",
        "wrong" if differing else "ok",
        "; ".join(differing) or f"{len(wanted)} as locked, among them {pinned}",
        "make setup" if differing else "",
    )


def _qt_pair() -> Iterator[Finding]:
    version = _version("PySide6-Essentials") or "absent"
    what = "PySide6"
    try:
        dropped = dropped_none_references()
    except RuntimeError as error:
        yield Finding(what, "wrong", f"{version}: {error}", "make setup")
        return
    if dropped > 100:  # of 500: other threads of the interpreter may move a few, the fault moves all
        detail = f"{version} drops references to None on Python {platform.python_version()} and will abort"
        yield Finding(what, "wrong", detail, "make setup")
    else:
        yield Finding(what, "ok", f"{version}, sound with this Python")


def _qt_libraries() -> Iterator[Finding]:
    what = "Qt system libraries"
    packages = [package for package in missing_packages() if package in LIBRARIES]
    if packages:
        yield Finding(what, "missing", ", ".join(LIBRARIES[p] for p in packages), _apt(packages))
        return
    unresolved = _unresolved(_xcb_plugin())
    if unresolved:
        yield Finding(what, "missing", f"the X platform plugin lacks {', '.join(unresolved)}", _apt(list(LIBRARIES)))
    else:
        yield Finding(what, "ok", "with and without a display")


def _fonts() -> Iterator[Finding]:
    ok = _has_font()
    detail = "found" if ok else "none: every text on the desk would be boxes"
    yield Finding("fonts", "ok" if ok else "missing", detail, "" if ok else _apt(["fonts-dejavu-core"]))


def _display() -> Iterator[Finding]:
    here = os.environ.get("WAYLAND_DISPLAY") or os.environ.get("DISPLAY")
    if here or not sys.platform.startswith("linux"):
        yield Finding("display", "ok", here or "the system's own")
    else:
        yield Finding("display", "optional", "none: `make run` draws out/desk.png instead of opening a window")
    if sys.platform.startswith("linux"):
        found = shutil.which("Xvfb")
        detail = found or "absent: tests in a real X window need it"
        yield Finding("Xvfb", "ok" if found else "missing", detail, "" if found else _apt(["xvfb"]))


def _resources() -> Iterator[Finding]:
    files = sum(path.is_file() for path in RESOURCES.rglob("*")) if RESOURCES.is_dir() else 0
    detail = f"{files} files in {RESOURCES}"
    yield Finding("resources", "ok" if files else "missing", detail, "" if files else "git checkout -- resources")


def _kernels() -> Iterator[Finding]:
    folder = kernel_cache_dir()
    if is_warm(folder):
        yield Finding("kernels", "ok", f"compiled, in {folder}")
    else:
        detail = "not all compiled yet: the first run takes some minutes longer"
        yield Finding("kernels", "optional", detail, "make setup")


def _disk() -> Iterator[Finding]:
    for what, folder in (("disk here", Path.cwd()), ("disk of the kernels", cache_root())):
        there = next(path for path in (folder, *folder.parents) if path.exists())
        free = shutil.disk_usage(there).free
        ok = free >= DISK_FREE
        detail = f"{free / 1e9:.1f} GB free at {there}; {DISK_FREE / 1e9:.0f} GB wanted"
        yield Finding(what, "ok" if ok else "wrong", detail, "" if ok else f"free some space at {there}")


def _extras() -> Iterator[Finding]:
    for extra, (modules, purpose) in EXTRAS.items():
        absent = [module for module in modules if util.find_spec(module) is None]
        if not absent:
            yield Finding(f"extra {extra}", "ok", f"{', '.join(modules)}: {purpose}")
            continue
        install = f"{sys.executable} -m pip install -e '{ROOT}[{extra}]'"
        if extra == "fix":
            lacking = missing_for_fix()
            install = f"{_apt(lacking)} && {BUILD_FIX}" if lacking else BUILD_FIX
        yield Finding(f"extra {extra}", "optional", f"{', '.join(absent)} not installed: {purpose}", install)


def _java() -> Iterator[Finding]:
    for program, package in BROKER.items():
        found = shutil.which(program)
        detail = found or "absent: only a local Kafka broker (make backbone, tests) needs it"
        yield Finding(program, "ok" if found else "optional", detail, "" if found else _apt([package]))


def _version(distribution: str) -> str | None:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _has_font() -> bool:
    if not sys.platform.startswith("linux"):
        return True
    folders = (*map(Path, FONTS), Path.home() / ".fonts", Path.home() / ".local" / "share" / "fonts")
    return any(next(folder.rglob(f"*.{kind}"), None) for folder in folders for kind in ("ttf", "otf"))


def _xcb_plugin() -> Path | None:
    """Qt's X platform plugin, found without loading Qt."""
    package = util.find_spec("PySide6")
    for place in package.submodule_search_locations or () if package else ():
        plugin = Path(place) / "Qt" / "plugins" / "platforms" / "libqxcb.so"
        if plugin.is_file():
            return plugin
    return None


def _unresolved(library: Path | None) -> list[str]:
    """Libraries the loader does not find for a library, by ldd: Qt's own message can name the wrong one."""
    if library is None or not shutil.which("ldd"):
        return []
    asked = subprocess.run(["ldd", library], capture_output=True, text=True, check=False)
    return [line.split()[0] for line in asked.stdout.splitlines() if "not found" in line]


def _apt(packages: list[str]) -> str:
    sudo = "" if os.name == "posix" and os.geteuid() == 0 else "sudo "
    return f"{sudo}apt-get install -y {' '.join(packages)}"

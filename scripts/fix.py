"""What the tests of the FIX session need: quickfix with TLS, built once, and the peer they talk to, compiled once.

    scripts/fix.py wheel|peer|all

Both stay in the user's cache folder. `make test` and `make prove-c` see to them; `make run` needs neither.
"""

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
from importlib import util
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from app.doctor import missing_for_broker, missing_for_fix  # noqa: E402  standard library only, like this script
from app.kernel_cache import cache_root  # noqa: E402

VERSION: Final = "1.16.0"
FLAGS: Final = {"CXXFLAGS": "-O2 -g0 -DHAVE_SSL=1", "LDFLAGS": "-Wl,--no-as-needed -lssl -lcrypto"}
PEER: Final = ROOT / "tests" / "parts" / "fixpeer"


class FixError(SystemExit):
    """A part cannot be had here; its text says what to do."""


def wheels() -> Path:
    """Where the wheels of this Python lie."""
    return cache_root() / f"quickfix-{VERSION}-{sys.implementation.cache_tag}"


def wheel() -> Path:
    """The wheel, built where it is not there yet: three to six minutes. Raises FixError."""
    folder = wheels()
    found = next(iter(sorted(folder.glob("quickfix-*.whl"))), None)
    if found is not None:
        return found
    _packages(missing_for_fix())
    work = folder.with_name(f".{folder.name}.{os.getpid()}")
    shutil.rmtree(work, ignore_errors=True)
    print(f"fix: building quickfix {VERSION} with TLS; this takes minutes, once", flush=True)
    words = [sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--no-deps", "--quiet"]
    done = subprocess.run(
        [*words, "--wheel-dir", str(work), f"quickfix=={VERSION}"],
        env={**os.environ, **FLAGS}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise FixError(f"fix: quickfix could not be built:\n{(done.stdout + done.stderr)[-2000:]}")
    if not folder.exists():
        work.rename(folder)
    return next(iter(folder.glob("quickfix-*.whl")))


def install() -> None:
    """quickfix in this environment. Raises FixError."""
    if util.find_spec("quickfix") is not None:
        return
    words = [
        sys.executable,
        "-m",
        "pip",
        "--disable-pip-version-check",
        "install",
        "--quiet",
        "--no-deps",
        str(wheel()),
    ]
    if subprocess.run(words, check=False).returncode:
        raise FixError("fix: the wheel could not be installed")


def peer() -> Path:
    """The folder of the peer's classes and jars, made where it is not there yet. Raises FixError."""
    sources = sorted([*PEER.glob("*.java"), PEER / "pom.xml"])
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:16]
    jars = cache_root() / f"fix-peer-jars-{hashlib.sha256((PEER / 'pom.xml').read_bytes()).hexdigest()[:16]}"
    folder = cache_root() / f"fix-peer-{digest}"
    programs = {"javac": "default-jdk-headless", "strace": "strace"}  # strace: what is on disk before what is sent
    _packages([*missing_for_broker(), *(package for name, package in programs.items() if not shutil.which(name))])
    if (folder / "complete").exists():
        return folder
    if not jars.exists():
        _fetch(jars)
    work = folder.with_name(f".{folder.name}.{os.getpid()}")
    shutil.rmtree(work, ignore_errors=True)
    shutil.copytree(jars, work / "lib")
    java = [str(path) for path in sources if path.suffix == ".java"]
    words = ["javac", "-cp", f"{work / 'lib'}/*", "-d", str(work / "classes"), *java]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise FixError(f"fix: the peer could not be compiled:\n{(done.stdout + done.stderr)[-2000:]}")
    (work / "complete").touch()
    if not folder.exists():
        work.rename(folder)
    return folder


def _fetch(jars: Path) -> None:
    work = jars.with_name(f".{jars.name}.{os.getpid()}")
    shutil.rmtree(work, ignore_errors=True)
    words = ["mvn", "-q", "-B", "-f", str(PEER / "pom.xml"), "dependency:copy-dependencies", "-DincludeScope=runtime"]
    done = subprocess.run([*words, f"-DoutputDirectory={work}"], capture_output=True, text=True, check=False)
    if done.returncode or not any(work.glob("quickfixj-core-*.jar")):
        raise FixError(f"fix: Maven could not fetch the peer's jars:\n{(done.stdout + done.stderr)[-2000:]}")
    if not jars.exists():
        work.rename(jars)


def _packages(missing: list[str]) -> None:
    """Install what is missing of the system when root, else name the command."""
    if not missing:
        return
    command = ["apt-get", "install", "-y", "--no-install-recommends", *missing]
    if os.name != "posix" or os.geteuid() != 0 or not shutil.which("apt-get"):
        raise FixError(f"fix: {', '.join(missing)} missing here. Run: sudo {' '.join(command)}")
    subprocess.run(["apt-get", "update", "-q"], check=True)
    subprocess.run(command, check=True, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"})


def main() -> int:
    """Obey the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("what", choices=["wheel", "peer", "all"])
    words = parser.parse_args()
    if words.what in {"wheel", "all"}:
        install()
        print("fix: quickfix is installed")
    if words.what in {"peer", "all"}:
        print(f"fix: the peer is in {peer()}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

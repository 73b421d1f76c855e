"""Make .venv what the lock says: system libraries, locked packages, the project itself, compiled kernels.

Runs on the Python it is to be made with, before anything is installed: standard library only. Does nothing when the
lock, the project file, this script and the Python are those of the last run.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from app.doctor import missing_for_broker, missing_packages  # noqa: E402  standard library only, like this script

VENV: Final = ROOT / ".venv"
STAMP: Final = VENV / "setup.stamp"


def lock_of(version: tuple[int, int]) -> Path:
    """The lock for a Python version."""
    return ROOT / "requirements" / f"py{version[0]}{version[1]}.txt"


def fingerprint(lock: Path) -> str:
    """What decides whether the environment is up to date."""
    digest = hashlib.sha256(sys.version.encode())
    for path in (lock, ROOT / "pyproject.toml", Path(__file__)):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def run(*command: str | Path, **environment: str) -> None:
    """Run a command; its failure ends the setup."""
    subprocess.run([str(part) for part in command], check=True, cwd=ROOT, env={**os.environ, **environment})


def apt_command(packages: list[str]) -> list[str]:
    """The command that installs Debian packages."""
    return ["apt-get", "install", "-y", "--no-install-recommends", *packages]


def system_libraries() -> None:
    """Install what Qt and the tests' broker need of the system when root, else name the commands."""
    desk, broker = missing_packages(), missing_for_broker()
    if not desk + broker:
        return
    if os.name == "posix" and os.geteuid() == 0 and shutil.which("apt-get"):
        os.environ["DEBIAN_FRONTEND"] = "noninteractive"
        run("apt-get", "update", "-q")
        run(*apt_command(desk + broker))
        return
    for who, packages in (
        ("the desk needs system libraries that are", desk),
        ("the tests' broker needs what is", broker),
    ):
        if packages:
            print(f"setup: {who} missing here. Run: sudo {' '.join(apt_command(packages))}", flush=True)


def interpreter() -> Path:
    """The environment's Python."""
    return VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def create() -> None:
    """A new environment, unless there is a working one of this very Python."""
    wanted = ".".join(map(str, sys.version_info[:3]))
    asked = None
    if interpreter().exists():
        code = "import platform, pip; print(platform.python_version())"
        asked = subprocess.run([interpreter(), "-c", code], capture_output=True, text=True, check=False)
    if asked is None or asked.stdout.strip() != wanted:
        _install_venv_module()
        print(f"setup: creating .venv with Python {wanted}", flush=True)
        run(sys.executable, "-m", "venv", "--clear", VENV)


def _install_venv_module() -> None:
    """Debian splits ensurepip off; without it no environment can be made."""
    has_it = subprocess.run([sys.executable, "-c", "import ensurepip, venv"], capture_output=True, check=False)
    if has_it.returncode == 0:
        return
    command = apt_command(["python3-venv", f"python3.{sys.version_info[1]}-venv"])
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise SystemExit(f"setup: this Python cannot make environments. Run: sudo {' '.join(command)}")
    run("apt-get", "update", "-q")
    run(*command)


def warm() -> None:
    """Compile bytecode and kernels now, not at the first start; a failure is shown and left to the tests."""
    subprocess.run([interpreter(), "-m", "compileall", "-q", "app"], cwd=ROOT, check=False)
    code = "from app import doctor; raise SystemExit(doctor.warm())"
    if subprocess.run([interpreter(), "-c", code], cwd=ROOT, check=False).returncode:
        print("setup: the kernels could not be compiled in advance; `scorecard doctor` says more", flush=True)


def broker_jars() -> None:
    """On a build server the broker's jars come now, not inside a test; a failure is shown and left to the tests."""
    if os.environ.get("CI", "").lower() in {"1", "true", "yes"}:
        subprocess.run([interpreter(), ROOT / "scripts" / "kafka.py", "fetch"], cwd=ROOT, check=False)


def main() -> int:
    """Bring the environment up to date."""
    lock = lock_of(sys.version_info[:2])
    state = fingerprint(lock)
    if not STAMP.exists() or STAMP.read_text(encoding="utf-8") != state:
        system_libraries()
        create()
        pip: list[str | Path] = [interpreter(), "-m", "pip", "--disable-pip-version-check", "--quiet"]
        print(f"setup: installing {lock.relative_to(ROOT)}", flush=True)
        run(*pip, "install", "--require-hashes", "-r", lock)
        # setuptools says of every editable installation that it is one: a page that asks for nothing
        quiet = "ignore:Editable installation"
        run(*pip, "install", "--no-deps", "--no-build-isolation", "--editable", ".", PYTHONWARNINGS=quiet)
        STAMP.write_text(state, encoding="utf-8")
    warm()
    broker_jars()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

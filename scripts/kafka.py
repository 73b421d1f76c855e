"""A real Kafka broker on this machine: one KRaft node of the released jars; no container, nothing installed.

    scripts/kafka.py fetch|start|stop|status|wipe [--home FOLDER] [--port PORT] [--secure]

The jars come through Maven once and stay in the user's cache folder, and beside them what Java learnt of their classes
when the first broker ran: the next ones start in a third of the time. A broker's data lie in its home. `--secure` adds
listeners with TLS and SASL (PLAIN, SCRAM-SHA-256) under certificates made on the spot.
"""

import argparse
import fcntl
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from app.kernel_cache import cache_root  # noqa: E402  standard library only, like this script

VERSION: Final = "4.3.1"  # newer ones do not resolve
SCALA: Final = "2.13"
LOG4J: Final = "2.25.2"
PORT: Final = 19092
HEAP: Final = "512m"
START_S: Final = 180.0
STOP_S: Final = 20.0
LEARN_S: Final = 120.0  # for a broker that writes down its classes as it ends
# Of a program that is over soon: compiling it well would take longer than running it.
BRIEF: Final = ("-XX:TieredStopAtLevel=1",)
STORE_PASSWORD: Final = "store-password"  # noqa: S105 - of a key store that lives as long as a broker for tests
USERS: Final = {"scorecard": "scorecard-secret"}  # of the broker with listeners for tests

_LAST_PORT: Final = 65_535
_SHARED: Final = "-XX:SharedArchiveFile="
_POM: Final = f"""<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>local</groupId><artifactId>broker</artifactId><version>1</version><packaging>pom</packaging>
<dependencies>
<dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_{SCALA}</artifactId><version>{VERSION}</version></dependency>
<dependency><groupId>org.apache.logging.log4j</groupId><artifactId>log4j-slf4j-impl</artifactId>
<version>{LOG4J}</version></dependency>
</dependencies></project>
"""
_LOGGING: Final = """<Configuration status="WARN"><Appenders><Console name="out">
<PatternLayout pattern="%d %p %c{1} %m%n"/></Console></Appenders>
<Loggers><Root level="WARN"><AppenderRef ref="out"/></Root></Loggers></Configuration>
"""


class KafkaError(SystemExit):
    """The broker cannot be had here; its text says what to do."""


def jars() -> Path:
    """The folder of the broker's jars."""
    return cache_root() / f"kafka-{VERSION}"


def fetch() -> Path:
    """The jars, through Maven where they are not there yet. Raises KafkaError."""
    folder = jars()
    if (folder / "complete").exists():
        return folder
    for tool in ("java", "mvn"):
        if shutil.which(tool) is None:
            raise KafkaError(f"kafka: {tool} is missing. Run: sudo apt-get install -y openjdk-17-jre-headless maven")
    work = folder.with_name(f".{folder.name}.{os.getpid()}")
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    (work / "pom.xml").write_text(_POM, "utf-8")
    words = ["mvn", "-q", "-B", "-f", str(work / "pom.xml"), "dependency:copy-dependencies"]
    done = subprocess.run(
        [*words, "-DincludeScope=runtime", f"-DoutputDirectory={work / 'lib'}"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode or not any((work / "lib").glob("kafka_*.jar")):
        raise KafkaError(f"kafka: Maven could not fetch the broker's jars:\n{(done.stdout + done.stderr)[-2000:]}")
    (work / "complete").touch()
    if not folder.exists():
        work.rename(folder)
    return folder


def classes(folder: Path) -> Path:
    """The classes a broker of these jars loads, as this very Java keeps them; there from its first broker's end on.

    Without the file a broker starts all the same, only later. Raises KafkaError where that first one does not start.
    """
    java = Path(shutil.which("java") or sys.executable).resolve().stat()
    file = folder / f"classes-{java.st_ino:x}-{java.st_mtime_ns:x}.jsa"
    if not file.exists():
        with _alone(folder / "learning"), tempfile.TemporaryDirectory(prefix="scorecard-kafka-") as home:
            if not file.exists():
                written = folder / f".{file.name}.{os.getpid()}"
                first = Broker(Path(home), _two_ports(), brief=True)
                first.run(folder, [f"-XX:ArchiveClassesAtExit={written}"])
                first.stop(patience_s=LEARN_S)
                if written.exists():
                    written.rename(file)
    return file


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """One process at a time."""
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _two_ports() -> int:
    """A free port with a free one behind it."""
    while True:
        with socket.socket() as one, socket.socket() as two:
            one.bind(("127.0.0.1", 0))
            port = int(one.getsockname()[1])
            if port < _LAST_PORT and two.connect_ex(("127.0.0.1", port + 1)) != 0:
                return port


@dataclass(frozen=True, slots=True)
class Broker:
    """One broker: its folder and the first of its ports; `secure` adds four listeners behind it.

    `brief`: it lives for a test, so that little of it is compiled; not for one whose speed is measured.
    """

    home: Path
    port: int = PORT
    secure: bool = False
    brief: bool = False

    @property
    def address(self) -> str:
        """Where clients without security find it."""
        return f"127.0.0.1:{self.port}"

    def at(self, listener: str) -> str:
        """Address of a listener: PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL."""
        return f"127.0.0.1:{self._ports()[listener]}"

    def start(self) -> None:
        """Start it and wait until it answers. Raises KafkaError with the end of its log."""
        if not self.alive():
            folder = fetch()
            self.run(folder, _known(classes(folder)))

    def run(self, folder: Path, flags: Sequence[str]) -> None:
        """As `start`, with these jars and flags of Java."""
        self.home.mkdir(parents=True, exist_ok=True)
        if self.secure:
            self._make_certificates()
        self._configure()
        if not (self.home / "data" / "meta.properties").exists():
            self._format(folder, flags)
        words = ["java", *flags, *(BRIEF if self.brief else ()), f"-Xmx{HEAP}", f"-Xms{HEAP}"]
        words += ["-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20"]
        words += [f"-Dlog4j2.configurationFile={self.home / 'log4j2.xml'}"]
        words += ["-cp", f"{folder / 'lib'}/*", "kafka.Kafka", str(self._settings())]
        log = (os.POSIX_SPAWN_OPEN, 1, str(self.home / "broker.log"), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        actions = [(os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0), log, (os.POSIX_SPAWN_DUP2, 1, 2)]
        # It outlives who starts it, so nobody keeps an object of it.
        pid = os.posix_spawnp("java", words, os.environ, file_actions=actions, setsid=True)
        self._pid_file().write_text(str(pid), "utf-8")
        end = time.monotonic() + START_S
        while not self.answers():
            if not self.alive() or time.monotonic() > end:
                log_end = (self.home / "broker.log").read_text("utf-8", "replace")[-2000:]
                raise KafkaError(f"kafka: the broker does not start; the end of its log:\n{log_end}")
            time.sleep(0.05)

    def stop(self, number: int = signal.SIGTERM, patience_s: float = STOP_S) -> None:
        """End it: in good order, where that takes no longer than `patience_s`, or at once with SIGKILL."""
        pid = self._pid()
        if pid is None:
            return
        for signal_number, patience in ((number, patience_s), (signal.SIGKILL, STOP_S)):
            try:
                os.kill(pid, signal_number)
            except ProcessLookupError:
                break
            end = time.monotonic() + patience
            while (running := self.alive()) and time.monotonic() < end:
                time.sleep(0.02)
            if not running:
                break  # its number may be somebody else's by now
        self._pid_file().unlink(missing_ok=True)

    def alive(self) -> bool:
        """True while its process runs."""
        pid = self._pid()
        if pid is None:
            return False
        try:  # a child of ours that has ended stays a name until it is asked for
            if os.waitpid(pid, os.WNOHANG)[0] == pid:
                return False
        except ChildProcessError:
            pass
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            return False
        return not words or b"kafka.Kafka" in words  # for a moment after its start a process has no words

    def answers(self) -> bool:
        """True once it takes connections."""
        with socket.socket() as probe:
            probe.settimeout(0.5)
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def wipe(self) -> None:
        """End it and remove its data."""
        self.stop()
        shutil.rmtree(self.home / "data", ignore_errors=True)

    def _pid_file(self) -> Path:
        return self.home / "broker.pid"

    def _pid(self) -> int | None:
        try:
            return int(self._pid_file().read_text("utf-8"))
        except (OSError, ValueError):
            return None

    def _settings(self) -> Path:
        return self.home / "server.properties"

    def _ports(self) -> dict[str, int]:
        names = ("PLAINTEXT", "CONTROLLER", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
        return {name: self.port + n for n, name in enumerate(names if self.secure else names[:2])}

    def _configure(self) -> None:
        ports = self._ports()
        listeners = ",".join(f"{name}://127.0.0.1:{port}" for name, port in ports.items())
        told = ",".join(f"{name}://127.0.0.1:{port}" for name, port in ports.items() if name != "CONTROLLER")
        lines = [
            "process.roles=broker,controller", "node.id=1",
            f"controller.quorum.voters=1@127.0.0.1:{ports['CONTROLLER']}",
            f"listeners={listeners}", f"advertised.listeners={told}", "controller.listener.names=CONTROLLER",
            "listener.security.protocol.map=" + ",".join(
                f"{name}:{'PLAINTEXT' if name == 'CONTROLLER' else name}" for name in ports
            ),
            "inter.broker.listener.name=PLAINTEXT", f"log.dirs={self.home / 'data'}", "num.partitions=1",
            "offsets.topic.replication.factor=1", "offsets.topic.num.partitions=4",
            "transaction.state.log.replication.factor=1", "transaction.state.log.min.isr=1",
            "transaction.state.log.num.partitions=4", "share.coordinator.state.topic.replication.factor=1",
            "share.coordinator.state.topic.min.isr=1", "group.initial.rebalance.delay.ms=0",
            "group.min.session.timeout.ms=1000", "auto.create.topics.enable=false", "log.retention.ms=-1",
            "message.max.bytes=20000000", "log.segment.delete.delay.ms=1000",
            # Behind a kill the next start waits until the one before counts as gone: 9 s unless told otherwise.
            "broker.heartbeat.interval.ms=500", "broker.session.timeout.ms=3000", *self._security(),
        ]  # fmt: skip
        self._settings().write_text("\n".join(lines) + "\n", "utf-8")
        (self.home / "log4j2.xml").write_text(_LOGGING, "utf-8")

    def _security(self) -> list[str]:
        if not self.secure:
            return []
        users = " ".join(f'user_{name}="{word}"' for name, word in USERS.items())
        plain = f'org.apache.kafka.common.security.plain.PlainLoginModule required username="x" password="x" {users};'
        scram = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
        lines = ["sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256"]
        for name in ("sasl_plaintext", "sasl_ssl"):
            lines += [
                f"listener.name.{name}.plain.sasl.jaas.config={plain}",
                f"listener.name.{name}.scram-sha-256.sasl.jaas.config={scram}",
            ]
        store = self.home / "broker.p12"
        return [
            *lines, f"ssl.keystore.location={store}", "ssl.keystore.type=PKCS12",
            f"ssl.keystore.password={STORE_PASSWORD}", f"ssl.key.password={STORE_PASSWORD}",
        ]  # fmt: skip

    def _format(self, folder: Path, flags: Sequence[str]) -> None:
        known = [flag for flag in flags if flag.startswith(_SHARED)]
        cluster = f"A{secrets.token_urlsafe(16)[1:]}"  # what begins with a dash is taken for an option
        words = ["java", *known, *BRIEF, "-cp", f"{folder / 'lib'}/*", "kafka.tools.StorageTool", "format"]
        words += ["-t", cluster, "-c", str(self._settings())]
        for name, word in USERS.items() if self.secure else ():
            words += ["--add-scram", f"SCRAM-SHA-256=[name={name},password={word}]"]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        if done.returncode:
            raise KafkaError(f"kafka: the data folder cannot be made: {(done.stdout + done.stderr)[-1000:]}")

    def _make_certificates(self) -> None:
        """A key for 127.0.0.1 that signs itself, and one of somebody else."""
        for name, alias in (("broker", "broker"), ("stranger", "stranger")):
            store = self.home / f"{name}.p12"
            if store.exists():
                continue
            stored = ["-keystore", str(store), "-storetype", "PKCS12", "-storepass", STORE_PASSWORD, "-alias", alias]
            tool = ["keytool", *(f"-J{flag}" for flag in BRIEF)]
            made = [
                "-genkeypair",
                "-keyalg",
                "EC",
                "-groupname",
                "secp256r1",
                "-validity",
                "30",
                "-dname",
                f"CN={name}",
                "-ext",
            ]
            subprocess.run([*tool, *made, "SAN=ip:127.0.0.1,dns:localhost", *stored], check=True, capture_output=True)
            told = ["-exportcert", "-rfc", "-file", str(self.home / f"{name}.pem")]
            subprocess.run([*tool, *told, *stored], check=True, capture_output=True)


def _known(file: Path) -> list[str]:
    return [f"{_SHARED}{file}"] if file.exists() else []


def default_home() -> Path:
    """Where a broker for trying things out lives."""
    state = os.environ.get("XDG_STATE_HOME")
    return (Path(state) if state else Path.home() / ".local" / "state") / "leakage-scorecard" / "kafka"


def main() -> int:
    """Obey the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("verb", choices=["fetch", "start", "stop", "status", "wipe"])
    parser.add_argument("--home", type=Path, default=default_home())
    parser.add_argument("--port", type=int, default=PORT)
    parser.add_argument("--secure", action="store_true")
    words = parser.parse_args()
    broker = Broker(words.home, words.port, words.secure)
    if words.verb == "fetch":
        print(f"kafka: {VERSION}, jars in {fetch()}")
    elif words.verb == "start":
        broker.start()
        print(f"kafka: up on {broker.address}")
    elif words.verb == "stop":
        broker.stop()
        print("kafka: stopped")
    elif words.verb == "wipe":
        broker.wipe()
        print("kafka: stopped, its data removed")
    else:
        print(f"kafka: up on {broker.address}" if broker.alive() else "kafka: stopped")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

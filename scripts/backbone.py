"""`make backbone`: a broker of released jars, the TECH day sent into it at a speed, the desk following it live.

The broker stays when this ends; `scripts/kafka.py stop` ends it.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import msgspec

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from app.cli.backbone import KAFKA_PRESET, KDB_PRESET  # noqa: E402
from app.cli.words import has_screen  # noqa: E402
from app.feeds.kafka.topics import KEPT, ensure  # noqa: E402
from app.settings import load_settings  # noqa: E402
from scripts.kafka import PORT, Broker, default_home  # noqa: E402
from scripts.tickerplant.server import SCHEMA, Tickerplant, schema_of  # noqa: E402

TOPIC = "scorecard"  # of the preset


def main() -> int:
    """Start it all; without a screen the day is sent at once and run to its end."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--world", default="tech")
    parser.add_argument("--speed", type=float, default=60.0, help="event seconds a second")
    parser.add_argument("--port", type=int, default=PORT)
    parser.add_argument("--through", choices=("kafka", "kdb"), default="kafka", help="the broker, or the kdb+ stand-in")
    words = parser.parse_args()
    if words.through == "kdb":
        return through_kdb(words.world, words.speed)
    broker = Broker(default_home(), words.port)
    broker.start()
    print(f"backbone: a broker answers on {broker.address}", flush=True)
    environment = {**os.environ, "SCORECARD_KAFKA_BROKERS": broker.address}
    scorecard = [sys.executable, "-m", "app"]
    kafka = msgspec.structs.replace(load_settings(KAFKA_PRESET, {}).kafka, brokers=broker.address)
    ensure(kafka, TOPIC, 1, KEPT, fresh=True)  # before anybody reads: what an earlier day left there is another day
    publish = [*scorecard, "publish", words.world]
    if not has_screen():
        done = subprocess.run(publish, cwd=ROOT, env=environment, check=False)
        follow = [*scorecard, "demo", "--headless", "--from", "kafka", "--out", str(Path("out") / "backbone")]
        return done.returncode or subprocess.run(follow, cwd=ROOT, env=environment, check=False).returncode
    generate = [*publish, "--speed", str(words.speed)]
    with (
        tempfile.TemporaryDirectory(prefix="scorecard-") as runtime,
        subprocess.Popen(generate, cwd=ROOT, env=environment) as generator,
    ):
        desk = [*scorecard, "demo", "--from", "kafka", "--runtime", runtime]
        code = subprocess.run(desk, cwd=ROOT, env=environment, check=False).returncode
        generator.terminate()
    return code


def through_kdb(world: str, speed: float) -> int:
    """The same day through the stand-in of a tickerplant: who follows is there first, its last row ends it."""
    scorecard = [sys.executable, "-m", "app"]
    with (
        tempfile.TemporaryDirectory(prefix="scorecard-") as folder,
        Tickerplant(schema_of(SCHEMA), Path(folder) / "day.log") as plant,
    ):
        print(f"backbone: the kdb+ stand-in answers on 127.0.0.1:{plant.port}", flush=True)
        settings = Path(folder) / "kdb.toml"
        settings.write_text(KDB_PRESET.read_text(encoding="utf-8").replace("5010", str(plant.port)), encoding="utf-8")
        follow = [*scorecard, "demo", "--from", "kdb", "--settings", str(settings)]
        publish = [*scorecard, "publish", world, "--to", "kdb", "--settings", str(settings)]
        if has_screen():
            follow += ["--runtime", str(Path(folder) / "run")]
            publish += ["--speed", str(speed)]
        else:
            follow += ["--headless", "--out", str(Path("out") / "backbone")]
        with subprocess.Popen(follow, cwd=ROOT) as follower:
            while plant.subscribers < 2 and follower.poll() is None:
                time.sleep(0.1)
            with subprocess.Popen(publish, cwd=ROOT) as publisher:
                code = follower.wait()
                publisher.terminate()
            return code


if __name__ == "__main__":
    raise SystemExit(main())

"""Kernels are in memory before the first byte is read."""

import json
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

pytestmark = pytest.mark.slow  # a process of its own: this one has loaded kernels before

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = """
    import json, sys
    from app.kernel_cache import use_kernel_cache
    use_kernel_cache()
    from numba.core.dispatcher import Dispatcher
    from app.session import replay
    from app.session.request import ReplayRequest

    met = {"before": set(), "during": set()}
    now = ["before"]
    compiled, loaded = Dispatcher.compile, replay.load_kernels

    def compile(self, signature):
        met[now[0]].add(self.py_func.__qualname__)
        return compiled(self, signature)

    def load(config):
        loaded(config)
        met["modules"] = {name.partition(".")[0] for name in sys.modules}
        now[0] = "during"

    Dispatcher.compile, replay.load_kernels = compile, load
    replay.replay(ReplayRequest(path=sys.argv[1]))
    fresh = {name.partition(".")[0] for name in sys.modules} - met.pop("modules")
    print(json.dumps({name: sorted(kernels) for name, kernels in met.items()} | {"packages": sorted(fresh)}))
"""


@pytest.mark.usefixtures("as_shipped")
def test_that_a_replay_loads_no_kernel_and_no_library_once_it_reads() -> None:
    command = [sys.executable, "-c", dedent(SCRIPT), str(ROOT / "resources" / "sessions" / "day")]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    met = json.loads(done.stdout.splitlines()[-1])
    assert {"_assemble", "_follow_rows", "_consolidate", "_keep"} <= set(met["before"])
    assert {"_perform", "_fold_all", "_replay", "_look_back"} <= set(met["before"])  # of the evidence
    assert met["during"] == []
    assert met["packages"] == []

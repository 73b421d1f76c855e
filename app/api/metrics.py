"""What the API counts of itself, in the text format of Prometheus."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping
from typing import Final

BUCKETS_S: Final = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1.0, 5.0)
_PREFIX: Final = "scorecard_api_"


class Metrics:
    """Requests by route and status, how long they took, who was refused, what streams got."""

    def __init__(self) -> None:
        self.requests: Counter[tuple[str, str, int]] = Counter()
        self.refused: Counter[str] = Counter()
        self.acts: Counter[tuple[str, str]] = Counter()
        self.streams = 0
        self.frames = 0
        self.sent_bytes = 0
        self._seconds: dict[str, list[int]] = {}
        self._sums: Counter[str] = Counter()

    def took(self, route: tuple[str, str], status: int, seconds: float) -> None:
        """One request is over; `route`: method and path as declared, so that ids make no series."""
        self.requests[(*route, status)] += 1
        name = " ".join(route)
        counts = self._seconds.setdefault(name, [0] * (len(BUCKETS_S) + 1))
        counts[bisect_left(BUCKETS_S, seconds)] += 1
        self._sums[name] += seconds  # type: ignore[assignment]

    def text(self, gauges: Mapping[str, tuple[float, str]]) -> str:
        """Everything, and gauges of the moment: name -> (value, help)."""
        lines = _series("requests_total", "counter", "Requests answered", [
            (_labels(method=method, route=route, status=status), n)
            for (method, route, status), n in sorted(self.requests.items())
        ])  # fmt: skip
        lines += _series("refused_total", "counter", "Requests refused, by reason", [
            (_labels(reason=reason), n) for reason, n in sorted(self.refused.items())
        ])  # fmt: skip
        lines += _series("acts_total", "counter", "Acts asked of the control process", [
            (_labels(act=act, outcome=outcome), n) for (act, outcome), n in sorted(self.acts.items())
        ])  # fmt: skip
        lines += _series("stream_frames_total", "counter", "Frames sent on streams", [("", self.frames)])
        lines += _series("stream_bytes_total", "counter", "Bytes of those frames", [("", self.sent_bytes)])
        lines += _series("streams", "gauge", "Streams open", [("", self.streams)])
        lines += self._histogram()
        for name, (value, words) in gauges.items():
            lines += _series(name, "gauge", words, [("", value)])
        return "\n".join(lines) + "\n"

    def _histogram(self) -> list[str]:
        name = "request_seconds"
        lines = [f"# HELP {_PREFIX}{name} Time from request to answer", f"# TYPE {_PREFIX}{name} histogram"]
        for key, counts in sorted(self._seconds.items()):
            method, _, route = key.partition(" ")
            total = 0
            for bound, n in zip((*BUCKETS_S, "+Inf"), counts, strict=True):
                total += n
                lines.append(f"{_PREFIX}{name}_bucket{_labels(method=method, route=route, le=bound)} {total}")
            lines.append(f"{_PREFIX}{name}_sum{_labels(method=method, route=route)} {self._sums[key]:.6f}")
            lines.append(f"{_PREFIX}{name}_count{_labels(method=method, route=route)} {total}")
        return lines


def _series(name: str, kind: str, words: str, points: list[tuple[str, float]]) -> list[str]:
    head = [f"# HELP {_PREFIX}{name} {words}", f"# TYPE {_PREFIX}{name} {kind}"]
    return head + [f"{_PREFIX}{name}{labels} {value:.15g}" for labels, value in points]


def _labels(**words: object) -> str:
    inner = ",".join(f'{name}="{_escaped(str(word))}"' for name, word in words.items())
    return f"{{{inner}}}"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")

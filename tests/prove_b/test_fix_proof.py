"""FIX at speed and the reference decoder over 10^6 generated messages, clean and mutated: message by message.

Beside them finished logs, and packets read together: as the reference decoder settles and opens them.
"""

import random
from pathlib import Path

import pytest

from app.feeds.decode.fix_frame import Framer
from app.feeds.decode.fix_marks import DELIMITERS, FrameRules
from app.feeds.decode.fix_packets import Packet, opened
from app.feeds.decode.fix_scanner import Scanner
from app.feeds.decode.fix_settings import fix_settings
from tests.feeds.fix.flows import TABLE, crowd
from tests.feeds.fix.story import tell
from tests.feeds.fix.test_fix_flow import expected, heard
from tests.feeds.fix.test_fix_followed import alone, made
from tests.feeds.fix.test_fix_settled import RULES, assert_alike, is_fast

pytestmark = pytest.mark.prove

MESSAGES = 1_000_000
PART = 10_000
LOGS = 50  # finished logs a part


def mutated(data: bytes, rng: random.Random) -> bytes:
    """Some bytes changed, put in or taken out."""
    changed = bytearray(data)
    for _ in range(len(data) // 2_000):
        at = rng.randrange(len(changed))
        changed[at : at + rng.randrange(2)] = rng.choice([b"", b"\x01", b"8=FIX", b"\n", bytes([rng.randrange(256)])])
    return bytes(changed)


@pytest.mark.parametrize("part", range(MESSAGES // PART))
def test_that_frames_of_generated_and_mutated_messages_are_the_same(part: int) -> None:
    rng = random.Random(part)
    messages = crowd(part, PART, ("FIX.4.2", "FIX.4.4", "FIXT.1.1")[part % 3])
    styled = [message.replace(b"\x01", rng.choice(DELIMITERS)) + rng.choice([b"", b"\n"]) for message in messages]
    for data in (b"".join(messages), b"".join(styled), mutated(b"".join(messages), rng)):
        rules = FrameRules(checksum=rng.choice(("count", "quarantine")))
        fast, slow = Scanner(rules), Framer(rules)
        at = rng.randrange(len(data))
        items = fast.feed(data[:at]) + fast.feed(data[at:]) + fast.close()
        assert items == slow.feed(data) + slow.close()
        assert fast.tally == slow.tally


@pytest.mark.parametrize("part", range(MESSAGES // PART))
def test_that_rows_of_generated_and_mutated_messages_are_the_same(part: int) -> None:
    rng = random.Random(part)
    settings = fix_settings(TABLE, "test.toml")
    data = b"".join(crowd(part, PART, ("FIX.4.2", "FIX.4.4")[part % 2]))
    if part % 4 == 3:
        data = mutated(data, rng)
    assert heard(data, settings, [rng.randrange(len(data)) for _ in range(5)])[:2] == expected(data, settings)


@pytest.mark.parametrize("part", range(40))
def test_that_finished_logs_and_packets_say_what_the_reference_decoder_says(part: int, tmp_path: Path) -> None:
    rng, fast = random.Random(part), 0
    for seed in range(part * LOGS, (part + 1) * LOGS):
        told = [message for _, message in tell(seed, "FIX.4.4")[0]]
        messages = told if seed % 3 == 0 else crowd(seed, rng.choice([5, 10, 40]))
        if rng.random() < 0.3:
            messages.insert(rng.randrange(len(messages)), messages.pop(rng.randrange(len(messages))))
        data, table = b"".join(messages), RULES if seed % 2 else {}
        fast += is_fast(data, table)
        assert_alike(tmp_path / "x.log", data, table, source="S" if seed % 4 == 1 else None)
        sizes = [rng.randrange(1, 5) for _ in messages]
        ends = [sum(sizes[: n + 1]) for n in range(len(sizes))]
        packets = [
            Packet(b"".join(messages[end - size : end]), f"offset {end}")
            for size, end in zip(sizes, ends, strict=True)
            if end - size < len(messages)
        ]
        assert opened(made("fast"), packets) == alone("reference", packets)
    assert 0 < fast < LOGS

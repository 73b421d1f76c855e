"""Blocks of one partition in the order of their numbers: copies dropped, one that is late waited for, gaps told."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Generic, NamedTuple, TypeVar

from app.feeds.decode.blocks import Place

Item = TypeVar("Item")


class Kept(NamedTuple, Generic[Item]):
    """A block that waits for one before it."""

    offset: int
    item: Item


@dataclass(slots=True)
class Sequencer(Generic[Item]):
    """`last`: number of the last block handed on, per sender; `room`: how many may wait for one that is missing."""

    room: int
    last: dict[int, int] = field(default_factory=dict)
    copies: int = 0
    missing: dict[int, set[int]] = field(default_factory=dict)  # given up per sender, taken all the same if they come
    _waiting: dict[int, dict[int, Kept[Item]]] = field(default_factory=dict)

    def take(self, place: Place, offset: int, item: Item) -> Iterator[Item]:
        """What may be handed on now that this block has come."""
        stream, number = place
        last = self.last.get(stream)
        waiting = self._waiting.setdefault(stream, {})
        given_up = self.missing.setdefault(stream, set())
        if number in given_up:
            given_up.discard(number)
            yield item
        elif (last is not None and number <= last) or number in waiting:
            self.copies += 1
        elif last is None or number == last + 1:
            self.last[stream] = number
            yield item
            yield from self._follow(stream)
        else:
            waiting[number] = Kept(offset, item)
            if len(waiting) > self.room:
                yield from self.give_up(stream)

    def give_up(self, stream: int) -> Iterator[Item]:
        """Wait no longer for what is missing: go on with the next that is there."""
        waiting = self._waiting.get(stream)
        if not waiting:
            return
        first = min(waiting)
        self.missing.setdefault(stream, set()).update(range(self.last[stream] + 1, first))
        self.last[stream] = first - 1
        yield from self._follow(stream)

    def give_up_all(self) -> Iterator[Item]:
        """As give_up, of every sender that waits."""
        for stream in [stream for stream, waiting in self._waiting.items() if waiting]:
            yield from self.give_up(stream)

    def oldest(self) -> int | None:
        """Offset of the oldest block that waits: the partition must be read again from there."""
        return min((kept.offset for waiting in self._waiting.values() for kept in waiting.values()), default=None)

    @property
    def gaps(self) -> int:
        """Blocks that were given up and never came."""
        return sum(map(len, self.missing.values()))

    def _follow(self, stream: int) -> Iterator[Item]:
        waiting = self._waiting[stream]
        while (kept := waiting.pop(self.last[stream] + 1, None)) is not None:
            self.last[stream] += 1
            yield kept.item

"""What disturbs a soak: one kill in every span of seconds, one bad file in every longer one, as drawn."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import processes
from published_league import PublishedLeague
from soak_report import Kill
from soaked_home import SoakedHome

VICTIMS = ("nfl-signals ui", "daemon", "webserver", "code server", "run", "terminal run")
SHORT_LIVED = ("run", "terminal run")
AGED = 15.0  # seconds; such a process is killed at some moment of its first so many
LAST_MOMENT = 2.0  # seconds before the end of a span
Say = Callable[[str], None]


@dataclass(kw_only=True)
class Spans:
    """Time in equal spans, each with a moment that is drawn."""

    seconds: float
    chance: random.Random
    number: int = -1
    due: float = 0.0
    end: float = 0.0

    def next(self, now: float) -> bool:
        """Whether a span has begun since the last call; draws its moment."""
        if (number := int(now // self.seconds)) == self.number:
            return False
        self.number, self.end = number, (number + 1) * self.seconds
        self.due = (number + self.chance.random()) * self.seconds
        return True


@dataclass(kw_only=True)
class Killer:
    """Kills one process a span: the one drawn, at its moment, or any where that one does not come."""

    home: SoakedHome
    spans: Spans
    say: Say
    kills: list[Kill] = field(default_factory=list)
    first_seen: dict[int, float] = field(default_factory=dict)
    victim: str = ""
    age: float = 0.0

    def tick(self, now: float) -> None:
        """Strike if it is time."""
        if self.spans.next(now):
            self.victim = self.spans.chance.choice(VICTIMS)
            self.age = self.spans.chance.uniform(0.0, AGED)
        if not self.victim:
            return
        found = self.home.living()
        for each in found:
            self.first_seen.setdefault(each.pid, now)
        wanted = [each for each in found if each.kind == self.victim and self._is_time(each, now)]
        if now >= self.spans.end - LAST_MOMENT:
            wanted = wanted or found
        if wanted:
            self._kill(self.spans.chance.choice(wanted))

    def _is_time(self, process: processes.Process, now: float) -> bool:
        if process.kind in SHORT_LIVED:
            return now - self.first_seen[process.pid] >= self.age
        return now >= self.spans.due

    def _kill(self, target: processes.Process) -> None:
        processes.kill(target)
        self.victim = ""
        self.kills.append(Kill(what=target.kind, at=time.time()))
        self.say(f"KILL {target.kind} ({target.pid})")


@dataclass(kw_only=True)
class Spoiler:
    """Alters one file of the release a span."""

    league: PublishedLeague
    spans: Spans
    say: Say
    names: list[str] = field(default_factory=list)

    def tick(self, now: float) -> None:
        """Spoil one if it is time."""
        self.spans.next(now)
        if now >= self.spans.due and len(self.names) == self.spans.number:
            self.names.append(self.league.spoil(self.spans.chance))
            self.say(f"BAD FILE {self.names[-1]}")

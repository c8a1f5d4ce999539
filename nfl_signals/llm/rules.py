"""The built-in reader: a few English sentences and the official injury report, read by fixed rules.

Deterministic and offline; whatever is not one of the statements below is ignored, so a note can at
most state something untrue about a player.

Quarterback. A row of the injury report counts by the chance that the player misses the game, times
his share of the team's recent starts. Chances: of 461 starters of the previous game who were listed
in 2009-2023, 99 % of Out, 95 % of Doubtful and 41 % of Questionable did not start. A note counts by
its words (`QUARTERBACK_NEWS`); later good news about the same player takes bad news back. The worst
news about any quarterback is the signal.

Offense and defense. Each player listed counts `PLAYER` times the chance that he misses the game
(real teams of 2009-2023 lost 0.5 points of margin for each player of the offense who was Out, and
nothing measurable for one of the defense). A note about practice counts half for one starter of a
unit and whole for several, down for missing and up for returning. The sum is held within -1 and 1.

Confidence is that of the surest statement, `SURE`; 0 when there is none.
"""

import re
from collections.abc import Sequence

from nfl_signals.llm.answers import NO_NEWS, Signals
from nfl_signals.llm.documents import Document

MISSES_GAME = {"Out": 1.0, "Doubtful": 0.95, "Questionable": 0.4}
PLAYER = 0.1  # of a signal's range, for one player who is out and may not be a starter
OFFENSE = frozenset({"T", "G", "C", "OL", "WR", "TE", "RB", "FB"})
DEFENSE = frozenset({"DE", "DT", "DL", "LB", "CB", "S", "DB"})
SURE = {"note": 0.9, "quarterback listed": 0.8, "player listed": 0.4}

REPORT = re.compile(
    r"(?P<position>[A-Z]+), (?P<status>Out|Doubtful|Questionable)\b"
    r"(, started (?P<starts>\d) of the last (?P<games>[1-9]) games)?"
)
QUARTERBACK = re.compile(r"\bQuarterback (?P<name>[A-Z][\w'.-]*(?: [A-Z][\w'.-]*)*)(?P<rest>.*)")
# The first that fits a sentence counts; good news stands first, for it often comes with bad.
QUARTERBACK_NEWS = (
    (re.compile(r"\b(?:expected to (?:play|start)|not ruled out|was cleared|will play)\b"), 0.0),
    (re.compile(r"\b(?:ruled out|will not play|injured reserve)\b"), -1.0),
    (re.compile(r"\bwill miss (?:time|the game)\b"), -0.9),
    (re.compile(r"\bdid not practice\b"), -0.5),
)
PRACTICE = re.compile(
    r"\b(?P<size>Several|One of)\b.{0,20} ?\bstarting (?P<unit>[a-z ]{1,30}?)\b(?: of \w+)? "
    r"(?P<verb>missed|returned to) practice\b"
)
OFFENSE_UNIT = re.compile(
    r"(?:offensive )?linemen|(?:wide )?receivers|(?:running )?backs|tight ends"
)
DEFENSE_UNIT = re.compile(
    r"defensive (?:linemen|ends|tackles|backs)|linebackers|cornerbacks|safeties"
)
SENTENCE_END = re.compile(r"(?<=[.!?])\s+")


def read_documents(documents: Sequence[Document]) -> Signals:
    """Signals of one team's documents, oldest first; `NO_NEWS` where no statement was recognised.

    Example:
        >>> from datetime import UTC, datetime
        >>> text = "One of KC's starting receivers missed practice on Friday."
        >>> known_at = datetime(2024, 9, 6, tzinfo=UTC)
        >>> note = Document(document_id="n1", known_at=known_at, kind="note", text=text)
        >>> read_documents([note])
        Signals(quarterback=0.0, offense=-0.5, defense=0.0, confidence=0.9)
    """
    found = _Statements()
    for document in documents:
        if document.kind == "injury":
            found.read_report(document.text)
        else:
            for sentence in SENTENCE_END.split(document.text):
                found.read_quarterback(sentence)
                found.read_practice(sentence)
    return found.signals()


class _Statements:
    """What has been recognised so far."""

    def __init__(self) -> None:
        self.listed_quarterbacks = 0.0
        self.noted_quarterbacks: dict[str, float] = {}
        self.listed = {"offense": 0.0, "defense": 0.0}
        self.practised: dict[str, dict[str, float]] = {"offense": {}, "defense": {}}
        self.surest = 0.0

    def signals(self) -> Signals:
        quarterback = min(self.listed_quarterbacks, *self.noted_quarterbacks.values(), 0.0)
        units = {
            unit: max(-1.0, min(1.0, round(self.listed[unit] + sum(noted.values()), 6)))
            for unit, noted in self.practised.items()
        }
        if self.surest == 0:
            return NO_NEWS
        return Signals(quarterback=quarterback, confidence=self.surest, **units)

    def read_report(self, text: str) -> None:
        row = REPORT.match(text)
        if row is None:
            return
        position, misses = row["position"], MISSES_GAME[row["status"]]
        if position == "QB":
            share = min(1.0, int(row["starts"]) / int(row["games"])) if row["starts"] else 0.0
            self.listed_quarterbacks = min(self.listed_quarterbacks, -misses * share)
            self._sure("quarterback listed" if share else "player listed")
        elif position in OFFENSE or position in DEFENSE:
            self.listed["offense" if position in OFFENSE else "defense"] -= PLAYER * misses
            self._sure("player listed")

    def read_quarterback(self, sentence: str) -> None:
        found = QUARTERBACK.search(sentence)
        if found is None:
            return
        for words, value in QUARTERBACK_NEWS:
            if words.search(found["rest"]):
                before = self.noted_quarterbacks.get(found["name"], 0.0)
                self.noted_quarterbacks[found["name"]] = min(before, value) if value else 0.0
                self._sure("note")
                return

    def read_practice(self, sentence: str) -> None:
        found = PRACTICE.search(sentence)
        if found is None:
            return
        size = 1.0 if found["size"] == "Several" else 0.5
        value = size if found["verb"] == "returned to" else -size
        for unit, names in (("offense", OFFENSE_UNIT), ("defense", DEFENSE_UNIT)):
            if names.fullmatch(found["unit"]):
                # Two notes on the same unit are one piece of news: the later one counts.
                self.practised[unit][found["unit"]] = value
                self._sure("note")

    def _sure(self, kind: str) -> None:
        self.surest = max(self.surest, SURE[kind])

"""Invented people: a number gives an id in the form of a GSIS id, and a name.

No draw is needed, so who exists never depends on what else was drawn.
"""

from dataclasses import dataclass
from functools import cache

from nfl_signals.simulator.teams.franchises import N_TEAMS

FIRST_NAMES = (
    "Aaron Amos Barrett Cal Cole Dale Darius Deon Eli Emmett Felix Ford Gabe Grant Hank "
    "Hugh Ike Jalen Jonah Kade Kirby Lamont Leon Malik Miles Nate Omar Otis Quincy Reed "
    "Roman Silas Terrell Theo Tobias Vance Wade Wes Xavier Zeke"
).split()
LAST_NAMES = (
    "Abbott Alder Banks Beckett Bishop Boone Calloway Carver Colfax Crane Dalton Dorsey "
    "Draper Ellis Faulk Finch Gaines Garland Gibbs Hale Harlow Hayes Holt Huxley Irwin "
    "Jessup Keane Kessler Lang Larkin Locke Maddox Marsh Mercer Monroe Nash Norwood Oakes "
    "Pace Pruitt Quill Ramsey Rhodes Rowan Sayers Slade Stokes Tate Thorne Tolbert Upton "
    "Vaughn Wallace Webb Whitley Yates York"
).split()
MIXER = 2_654_435_761  # Knuth's multiplicative hash: neighbours get unlike names

FIRST_QUARTERBACK = 9_000_000
FIRST_COACH = 8_000_000
FIRST_REFEREE = 7_000_000
FIRST_PLAYER = 1_000_000
N_REFEREES = 17
COACH_SEASONS = 5
CAREER_SEASONS = 4

# Position of each slot of a roster; quarterbacks are `quarterbacks.py`.
ROSTER = (
    "WR WR WR WR TE TE RB RB RB FB T T T G G G C DE DE DE DT DT DT LB LB LB LB LB CB CB CB "
    "CB S S S K P LS"
).split()


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody in the league."""

    gsis_id: str
    first_name: str
    last_name: str

    @property
    def full_name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}"


@cache
def person(number: int) -> Person:
    """The person with that number below 10 million, always the same.

    Example:
        >>> person(9_000_001)
        Person(gsis_id='00-9000001', first_name='Emmett', last_name='Pruitt')
    """
    mixed = number * MIXER % 2**32 >> 8
    first, last = mixed % len(FIRST_NAMES), mixed // len(FIRST_NAMES) % len(LAST_NAMES)
    return Person(
        gsis_id=f"00-{number:07d}", first_name=FIRST_NAMES[first], last_name=LAST_NAMES[last]
    )


def coach(team: int, season: int) -> str:
    """Head coach; terms are staggered over the teams."""
    return person(FIRST_COACH + (season + 3 * team) // COACH_SEASONS * N_TEAMS + team).full_name


def roster_player(team: int, slot: int, season: int) -> Person:
    """Who fills a slot of `ROSTER`; careers are staggered over the slots."""
    generation = (season + slot) // CAREER_SEASONS
    return person(FIRST_PLAYER + (generation * N_TEAMS + team) * len(ROSTER) + slot)

"""Who is due to play, and when his team must report: what injuries and notes share."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from nfl_signals.simulator.season import Season

THURSDAY = 3
FINAL_REPORT = time(20, tzinfo=UTC)  # 3 or 4 p.m. Eastern
QUARTERBACK_AILMENTS = ("Knee", "Ankle", "Shoulder", "Concussion", "Ribs")


@dataclass(frozen=True, kw_only=True)
class TeamWeek:
    """One team before one game.

    Attributes:
        team: number of the franchise.
        code: its code of the day.
        season: year in which the season began.
        week: week of the game.
        game_type: REG, WC, DIV, CON or SB.
        quarterback: person who plays.
        starter: person who would play if healthy.
        reported_at: final injury report: two days before the game, one before a Thursday's.
        game_before: day of the team's previous game if the starter was hurt in it, else None.
    """

    team: int
    code: str
    season: int
    week: int
    game_type: str
    quarterback: int
    starter: int
    reported_at: datetime
    game_before: date | None

    @property
    def starter_out(self) -> bool:
        """Whether the backup plays."""
        return self.quarterback != self.starter

    @property
    def ailment(self) -> str:
        """What keeps the starter out; the same all season, in reports and notes."""
        return QUARTERBACK_AILMENTS[(self.starter + self.season) % len(QUARTERBACK_AILMENTS)]


def team_weeks(season: Season, *, codes: tuple[str, ...]) -> list[TeamWeek]:
    """Every team before each of its games, ordered by week and team.

    Args:
        season: a complete season.
        codes: team codes of the day.
    """
    starters = season.quarterbacks.numbers[0].tolist()
    columns = ("week", "game_type", "gameday", "home", "away", "home_qb", "away_qb")
    appearances = [
        (week, team, quarterback, game_type, gameday)
        for week, game_type, gameday, home, away, home_qb, away_qb in season.games.select(
            columns
        ).rows()
        for team, quarterback in ((home, home_qb), (away, away_qb))
    ]
    healthy_on: dict[int, date] = {}  # last game of a team, if its starter began it
    before: list[TeamWeek] = []
    for week, team, quarterback, game_type, gameday in sorted(appearances):
        starter = starters[team]
        before.append(
            TeamWeek(
                team=team,
                code=codes[team],
                season=season.season,
                week=week,
                game_type=game_type,
                quarterback=quarterback,
                starter=starter,
                reported_at=_final_report(gameday),
                game_before=healthy_on.pop(team, None) if quarterback != starter else None,
            )
        )
        if quarterback == starter:
            healthy_on[team] = gameday
    return before


def _final_report(gameday: date) -> datetime:
    days = 1 if gameday.weekday() == THURSDAY else 2
    return datetime.combine(gameday - timedelta(days=days), FINAL_REPORT)

"""Who is reported to play, and when his team must report: what injuries and notes share."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from nfl_signals.simulator.games.season import Season

THURSDAY = 3
FINAL_REPORT = time(20, tzinfo=UTC)  # 3 or 4 p.m. Eastern
QUARTERBACK_AILMENTS = ("Knee", "Ankle", "Shoulder", "Concussion", "Ribs")


@dataclass(frozen=True, kw_only=True)
class TeamWeek:
    """One team before one game."""

    team: int  # number of the franchise
    code: str  # of the day
    season: int
    week: int
    game_type: str  # REG, WC, DIV, CON or SB
    quarterback: int  # person who is reported to play
    starter: int  # person who would play if healthy
    reported_at: datetime  # final report: two days before the game, one before a Thursday's
    practised: int  # how the rest of the offence practised, -2 to 2; see `news.py`
    game_before: date | None  # day of the team's previous game, if the starter was hurt in it

    @property
    def starter_out(self) -> bool:
        """Whether the backup is reported to play."""
        return self.quarterback != self.starter

    @property
    def ailment(self) -> str:
        """What keeps the starter out; the same all season, in reports and notes."""
        return QUARTERBACK_AILMENTS[(self.starter + self.season) % len(QUARTERBACK_AILMENTS)]


def team_weeks(season: Season, *, codes: tuple[str, ...]) -> list[TeamWeek]:
    """Every team of a complete season before each of its games, ordered by week and team."""
    columns = ("week", "game_type", "gameday", "home", "away")
    appearances = [
        (week, team, game_type, gameday)
        for week, game_type, gameday, home, away in season.games.select(columns).rows()
        for team in (home, away)
    ]
    quarterbacks, news = season.quarterbacks.numbers.tolist(), season.news
    healthy_on: dict[int, date] = {}  # last game of a team, if its starter began it
    before: list[TeamWeek] = []
    for week, team, game_type, gameday in sorted(appearances):
        out = bool(news.out[team, week - 1])
        before.append(
            TeamWeek(
                team=team,
                code=codes[team],
                season=season.season,
                week=week,
                game_type=game_type,
                quarterback=quarterbacks[int(out)][team],
                starter=quarterbacks[0][team],
                reported_at=datetime.combine(
                    gameday - timedelta(days=1 if gameday.weekday() == THURSDAY else 2),
                    FINAL_REPORT,
                ),
                practised=int(news.level[team, week - 1]),
                game_before=healthy_on.pop(team, None) if out else None,
            )
        )
        if not out:
            healthy_on[team] = gameday
    return before

"""What is done to a season's rows: the alterations that the catalog names."""

import polars as pl

from nfl_signals.simulator.feed.trouble import Alter

FIRST = pl.int_range(pl.len()) == 0  # of a season's rows
TWO = pl.int_range(pl.len()) < 2


def with_value(name: str, value: object, where: pl.Expr | None = None) -> Alter:
    """One column set to a value, in the rows chosen or in all of them."""

    def alter(frame: pl.DataFrame) -> pl.DataFrame:
        given = pl.lit(value)
        if where is None:
            return frame.with_columns(given.alias(name))
        kept = pl.col(name).cast(pl.String) if isinstance(value, str) else pl.col(name)
        return frame.with_columns(pl.when(where).then(given).otherwise(kept).alias(name))

    return alter


def doubled(frame: pl.DataFrame) -> pl.DataFrame:
    """Four rows twice."""
    return pl.concat([frame, frame.head(4)])


def added(**values: object) -> Alter:
    """The season's first row once more, with other values."""

    def alter(frame: pl.DataFrame) -> pl.DataFrame:
        changed = [
            pl.lit(value).cast(frame.schema[name]).alias(name) for name, value in values.items()
        ]
        return pl.concat([frame, frame.head(1).with_columns(changed)])

    return alter


def dropped(name: str) -> Alter:
    """Without a column."""
    return lambda frame: frame.drop(name)


def replaced(name: str, codes: dict[str, str]) -> Alter:
    """Other codes in a column."""
    return lambda frame: frame.with_columns(pl.col(name).replace(codes))


def _last_week(frame: pl.DataFrame) -> pl.Expr:
    return pl.col("week") == frame.filter(pl.col("game_type") == "REG")["week"].max()


def in_last_week(name: str, value: object) -> Alter:
    """A column set to a value in the last regular week."""
    return lambda frame: _changed(frame, with_value(name, value, _last_week(frame)))


def _changed(frame: pl.DataFrame, alter: Alter) -> pl.DataFrame:
    altered = alter(frame)
    assert altered is not None
    return altered


def one_flipped(frame: pl.DataFrame) -> pl.DataFrame:
    """The first game's spread against its moneylines."""
    lines = {"spread_line": -9.5, "home_moneyline": -450, "away_moneyline": 350}
    return frame.with_columns(
        pl.when(FIRST).then(pl.lit(value)).otherwise(name).alias(name)
        for name, value in lines.items()
    )


def one_day_unknown(frame: pl.DataFrame) -> pl.DataFrame:
    """A game of the last week without a day."""
    first = frame.filter(_last_week(frame))["game_id"][0]
    return _changed(frame, with_value("gameday", None, pl.col("game_id") == first))


def time_as_time(frame: pl.DataFrame) -> pl.DataFrame:
    """Gametime as a time."""
    return frame.with_columns(pl.col("gametime").str.to_time("%H:%M", strict=False))


def moved_a_week(frame: pl.DataFrame) -> pl.DataFrame:
    """A played game in a week of its own."""
    first = frame.filter(pl.col("result").is_not_null())["game_id"][0]
    moved = pl.when(pl.col("game_id") == first).then(pl.col("week").max() + 1).otherwise("week")
    return frame.with_columns(moved.cast(frame.schema["week"]).alias("week"))


def cancelled(frame: pl.DataFrame) -> pl.DataFrame:
    """Without a game in the middle of those played."""
    played = frame.filter(pl.col("result").is_not_null())["game_id"]
    return frame.filter(pl.col("game_id") != played[len(played) // 2])


def two_reports(frame: pl.DataFrame) -> pl.DataFrame:
    """An update from Questionable to Out."""
    update = frame.head(1).with_columns(
        report_status=pl.lit("Out"), date_modified=pl.col("date_modified") + pl.duration(hours=1)
    )
    return pl.concat([frame, update.select(frame.columns)])


def nameless(frame: pl.DataFrame) -> pl.DataFrame:
    """Two players without an id."""
    names = pl.format("Rookie {}", pl.int_range(pl.len()))
    return frame.with_columns(
        pl.when(TWO).then(None).otherwise("gsis_id").alias("gsis_id"),
        pl.when(TWO).then(names).otherwise("full_name").alias("full_name"),
    )


def late_game(frame: pl.DataFrame) -> pl.DataFrame:
    """Without the statistics of the first game."""
    first = frame.row(0, named=True)
    sides = [first["team"], first["opponent_team"]]
    return frame.filter(~((pl.col("week") == first["week"]) & pl.col("team").is_in(sides)))

"""Write alterations, and cuts, of a release as files that commands can be run on."""

from pathlib import Path

from nfl_signals.core.files import write_parquet
from nfl_signals.ingest.raw import FILES, SCHEDULE, seasons_in
from nfl_signals.ingest.source import DirectoryRelease, MissingReleaseError
from nfl_signals.simulator.feed.catalog import TROUBLES
from nfl_signals.simulator.feed.cut import FeedAt
from nfl_signals.simulator.feed.trouble import TroubledRelease, named


def trouble_release(folder: Path, name: str) -> None:
    """Alter the last season of a release in place; InputError for a name that there is not."""
    release, troubles = DirectoryRelease(folder), named([name], TROUBLES)
    season = seasons_in(release)[-1]
    table = FILES[troubles[0].table].format(season=season)
    path = Path(release.locate(table))
    try:
        write_parquet(path, TroubledRelease(release, season, troubles).read(table))
    except MissingReleaseError:
        path.unlink()


def write_feed(feed: FeedAt, folder: Path, seasons: range) -> Path:
    """Write a cut as a folder of parquet files; what is not published is not there."""
    tables = [SCHEDULE]
    tables += [
        name.format(season=season) for name in FILES.values() for season in seasons if "{" in name
    ]
    for table in tables:
        path = folder / f"{table}.parquet"
        try:
            frame = feed.read(table)
        except MissingReleaseError:
            path.unlink(missing_ok=True)
            continue
        write_parquet(path, frame)
    return folder

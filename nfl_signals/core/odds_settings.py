"""The section `odds` of the settings: the odds feed, which is off until it has a key."""

from pydantic import Field, SecretStr

from nfl_signals.core.setting_sources import PREFIX, Checked

KEY_VARIABLE = f"{PREFIX}ODDS__API_KEY"
NAMES = r"^[a-z0-9_]+(,[a-z0-9_]+)*$"


class OddsSettings(Checked):
    """An odds feed of the v4 shape of The Odds API."""

    url: str = Field(default="https://api.the-odds-api.com", description="of the feed, without /v4")
    api_key: SecretStr | None = Field(
        default=None, description="turns the feed on; set it in the environment, not in a file"
    )
    regions: str = Field(
        default="us",
        pattern=NAMES,
        description="whose books are asked for, e.g. us,us2; each costs quota",
    )
    bookmakers: str | None = Field(
        default=None,
        pattern=NAMES,
        description="books instead of regions, e.g. pinnacle,draftkings",
    )
    timeout_seconds: float = Field(
        default=30.0, gt=0, le=86_400, description="patience for one answer"
    )
    attempts: int = Field(default=3, ge=1, le=100, description="tries for each answer")

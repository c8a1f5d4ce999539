"""A version that was fitted on games after the as-of is no challenger of that as-of."""

from datetime import timedelta
from pathlib import Path

from nfl_signals.predictions.challenger import challenger
from nfl_signals.predictions.champion import trained_by_then
from nfl_signals.promotion import automatic
from nfl_signals.workspace.run_context import open_run
from nfl_signals_tests.support.production import home_with_a_second_version
from nfl_signals_tests.support.run_contexts import earlier, settings_of


def test_what_was_trained_on_later_games_challenges_nobody(
    finished_home: Path, tmp_path: Path
) -> None:
    home = home_with_a_second_version(
        finished_home, tmp_path / "home", first="v202409", second="v202410"
    )
    context = open_run(settings_of(home))  # week 9 is played
    assert trained_by_then(context) == ["v202409"]
    assert challenger(context) is None
    assert automatic.decide(context) is None
    a_week_on = earlier(context, context.as_of + timedelta(days=7))
    assert trained_by_then(a_week_on) == ["v202409", "v202410"]
    assert challenger(a_week_on) == "v202410"

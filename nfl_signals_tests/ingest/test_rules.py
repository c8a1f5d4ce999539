"""What is declared about faults of the feed is what the readers do."""

from pathlib import Path

import nfl_signals
from nfl_signals.ingest.rules import RULES
from nfl_signals.simulator.feed.catalog import TROUBLES

OF_AN_ODDS_FEED = {"event_unknown", "market_sides", "feed_failed"}
WITHOUT_AN_ALTERATION = {"other_season", "rows_vanished", *OF_AN_ODDS_FEED}
"""Tests of their own show them."""


def test_every_rule_is_applied_somewhere_and_shown_by_an_alteration() -> None:
    files = Path(nfl_signals.__file__).parent.rglob("*.py")
    elsewhere = "simulator/feed", "ingest/rules.py"
    code = "".join(f.read_text("utf-8") for f in files if not any(e in str(f) for e in elsewhere))
    assert {rule for rule in RULES if f'"{rule}"' not in code} == set()
    assert set(RULES) - {each.rule for each in TROUBLES.values()} <= WITHOUT_AN_ALTERATION

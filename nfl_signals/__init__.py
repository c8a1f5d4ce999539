"""nfl_signals: nflverse data in, calibrated and monitored probabilities for three markets out.

The folders, in the order in which data goes through them:

1. `ingest` reads a release laid out as nflverse's, repairs or sets aside what is wrong with it, and
   cuts everything at an instant, `as_of`. `simulator` writes the same layout for a league whose true
   probabilities are known.
2. `features` builds gold: features known before kickoff, and checks that none leaks.
3. `learners` never see a price; `training` fits them for each market.
4. `stacking` predicts every game by models that never saw it (splits, OOF) and blends learners,
   market and signals, season by season (walk-forward). `llm` turns documents into those signals.
5. `calibration` corrects the blend; `markets` makes a game's three markets agree; `ensemble` puts one
   version's models into a folder that answers and explains; `registry` keeps versions and decisions.
6. `predictions` says which model serves and forecasts the upcoming week.
7. `monitoring` seals forecasts before kickoff and measures their calibration afterwards; `alerts`
   says when an error is an alarm; `promotion` decides what replaces what; `reports` show it.

`stats`, `markets` and `core` are the ground; `workspace` is a run's context; `checks` and `defs` wire it
into Dagster, `cli` into a terminal. Imports only go down (`make check` has the order).
"""

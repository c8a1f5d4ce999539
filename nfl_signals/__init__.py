"""nfl_signals: nflverse data in, calibrated and monitored probabilities for three markets out.

The pipeline, in order:

1. `source.py` reads a release laid out as nflverse's, from a folder or a URL. The `simulator/`
   writes the same layout for a league whose true probabilities are known.
2. `raw.py` normalises types, team codes and time, and refuses what cannot be true. `joins.py`
   proves that every row has a partner. `history.py` cuts everything at an instant, `as_of`.
3. `gold.py` builds features known before kickoff and the three markets they are asked about.
   `leakage.py` proves that no feature knows the future.
4. `baselines.py` fits the `learners/` for each market. They never see a price.
5. `oof.py` predicts every game by models that never saw it, over the folds of `folds.py`.
6. `llm/` turns injury reports and notes known before kickoff into bounded signals.
7. `stacker/` blends learners, market and signals on the logit scale, `calibration/` straightens the
   result, `agreement.py` reads a game's three markets out of one `score_distribution.py`; `replay.py`
   does all of it season by season, from earlier seasons only; `explain.py` takes forecasts apart.
8. `ledger.py` seals what was said before kickoff; `monitors.py` and `evidence.py` ask whether it
   still holds; `reports/` show it to people.

Layers, from top to bottom: `cli` and `definitions`, `defs` (Dagster wiring), `registry` (MLflow),
`pipeline` (what each asset reads, computes and writes, without Dagster), the stages above, and the
vocabulary (markets, odds, teams, schemas, scores, settings). Imports only go down.
"""

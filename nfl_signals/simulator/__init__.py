"""A league whose true probabilities are known, written in nflverse's release layout.

In order: `franchises` and `people` say who exists, `strengths` and `quarterbacks` how good they are,
`news` what is said about them, `schedule`, `calendar` and `events` who meets when, `scoring` what the
scores' exact distribution is, `season` plays it, `bookmaker` prices it, `team_stats`, `injuries` and
`notes` report on it, `league` puts the seasons together and `standing` cuts them at the standing point,
`truth` and `drift` say what a judge may know, `write` writes them. `reports/league` compares them with
real seasons.
"""

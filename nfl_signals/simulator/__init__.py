"""A league whose true probabilities are known, written in nflverse's release layout.

In order: `franchises` and `people` say who exists, `strengths` and `quarterbacks` how good they are,
`schedule` and `calendar` who meets when, `scoring` what the scores' exact distribution is, `season`
plays it, `bookmaker` prices it, `team_stats`, `injuries` and `notes` report on it, `league` puts the
seasons together and cuts them at the standing point, `release` writes them.
"""

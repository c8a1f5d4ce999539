"""Every term of the weekly report and the dashboard in one plain sentence."""

from nfl_signals.reports.weekly.inputs import Limits

# In the order in which a reader meets them; braces take the limits in force.
TERMS = (
    ("Moneyline", "the home team wins the game"),
    ("Against the spread", "the home team beats the bookmaker's handicap (covers)"),
    ("Total", "both teams together score more points than the bookmaker's line"),
    ("Push", "the result lands exactly on the line: nobody wins, and the game is left out"),
    ("n", "how many games with a winner a number is made of; few games make a number shaky"),
    ("Production", "what was said, and sealed, before the games were played"),
    (
        "Replay",
        "what the model would have said, worked out afterwards season by season, each by a "
        "model that knew only earlier games",
    ),
    ("Proxy", "the market's own prices, made into probabilities, speak in the model's place"),
    (
        "Calibration",
        "whether what is said to happen in 60 % of cases does happen in 60 % of them",
    ),
    (
        "Brier score",
        "the mean squared distance between what was said and what happened: 0 is perfect, "
        "0.25 is what a coin scores, lower is better",
    ),
    (
        "Close",
        "the bookmaker's prices, with the bookmaker's margin taken out (no-vig), made into "
        "probabilities: hard to beat",
    ),
    (
        "Skill",
        "how much lower the Brier score is than the close's on the same games, in percent: "
        "with a minus the close was better",
    ),
    (
        "Calibration error",
        "by how many probability points what was said misses what happened, on average, with "
        "what chance adds to it taken off",
    ),
    (
        "Chance alone",
        "the calibration error that a perfect forecaster would exceed in only 5 % of windows "
        "of this many games",
    ),
    (
        "Slope",
        "1 is right, below 1 is too sure of itself, above 1 is too timid; in brackets the "
        "range that it lies in with 95 % confidence",
    ),
    (
        "Closing-line value",
        "by how many probability points the prices moved towards the side the forecast leant "
        "to, from the prediction to the close: a plus is good",
    ),
    (
        "Season error",
        "the calibration error judged by the alarm, of the season so far or of it with the two "
        "before it, whichever is larger",
    ),
    (
        "Evidence (e-value)",
        "how strongly the results speak against the forecast being right: 1 says nothing, and by "
        "chance it reaches {evidence:g} in at most {seasons}, however often one looks",
    ),
    ("Alarm", "{alarm}"),
    (
        "Plain error",
        "the calibration error in ten equal bins with nothing taken off: chance alone keeps it "
        "well above zero",
    ),
    (
        "Reliability curve",
        "what was said (across) against how often it happened (up): on the diagonal is perfect",
    ),
    (
        "Consistency band",
        "where the points lie in 95 % of cases if the forecast is right: only points outside "
        "it are news",
    ),
    ("Flag", "what the monitor thought of a market when the prediction was made"),
    ("Alert", "one episode from the week something looked wrong to the week it was over"),
    (
        "Info, warning, critical",
        "an error may be growing; the alarm stands; it stands and the error is grave, or what "
        "could be done by itself did not help",
    ),
    ("Recalibrate", "keep the model and correct its probabilities by what happened lately"),
    ("Retrain", "fit a new model on all games so far; it must beat the old one to speak"),
)


def glossary(limits: Limits) -> list[tuple[str, str]]:
    """Terms with one sentence each, which name the limits in force."""
    known = {
        "evidence": limits.evidence,
        "seasons": _once_in(limits.evidence),
        "alarm": _alarm(limits),
    }
    return [(term, gloss.format(**known)) for term, gloss in TERMS]


def _alarm(limits: Limits) -> str:
    over = f"stands above {limits.max_calibration_error:g} for more than {limits.min_days} days"
    if limits.literal:
        return f"the season's plain error {over}, whatever the evidence says"
    return f"the season error {over} and the evidence has reached {limits.evidence:g}"


def _once_in(evidence: float) -> str:
    if evidence <= 1:
        return "all seasons"
    return f"{100 / evidence:.3g} % of seasons"

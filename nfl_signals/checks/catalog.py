"""Every check by its name, in the order in which `nfl-signals verify` runs them."""

from nfl_signals.checks import models, registry, reports, tables
from nfl_signals.checks.files import files_readable
from nfl_signals.checks.weekly_reports import weekly_reports
from nfl_signals.workspace.tables import SCHEMAS

TABLE_CHECKS: dict[str, tables.Check] = {
    "files: readable": files_readable,
    "tables: every season": tables.every_season,
    **{f"raw_{table}: schema": tables.raw_schema(table) for table in SCHEMAS},
    "gold_features: schema": tables.features_schema,
    "gold_markets: schema": tables.markets_schema,
    "llm_signals: schema": tables.signals_schema,
    "joins: referential integrity": tables.referential_integrity,
    "features: no leak": tables.no_leak,
    "oof_predictions: coverage": tables.oof_coverage,
    "oof_predictions: out of fold": tables.out_of_fold,
    "calibrated_predictions: contract": tables.stacked_contract,
    "reports: figures match the tables": reports.report_figures,
    "reports: weekly ones are whole": weekly_reports,
    "ledger: sealed": tables.ledger_sealed,
    "ledger: written in order": tables.ledger_in_order,
}
MODEL_CHECKS: dict[str, tables.Check] = {
    "models: files match cards": models.models_match_cards,
    "models: the served model loads": models.served_model_loads,
    "upcoming_predictions: by the served model": models.upcoming_by_served_model,
    "upcoming_predictions: in the ledger": models.upcoming_sealed,
    "upcoming_predictions: explained": models.upcoming_explained,
    "decision log: sealed": models.decision_log_sealed,
    "ledger: every version is known": models.ledger_versions_known,
    "outputs: no feature is shown": models.no_feature_shown,
}
REGISTRY_CHECKS: dict[str, tables.Check] = {
    "registry: champion is what was registered": registry.champion_files,
    "registry: champion predicts as stored": registry.champion_predictions,
}
ALL_CHECKS = TABLE_CHECKS | MODEL_CHECKS | REGISTRY_CHECKS

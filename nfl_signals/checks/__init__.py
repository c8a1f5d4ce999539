"""Asset checks as plain functions: tables, models, the registry, freshness."""

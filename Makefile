# run, test, slowtest, check and ui make their own .venv first, with nothing but Python and make on the machine.
# No make? README.md has the same lines for a terminal on any system.

.DEFAULT_GOAL := help
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3 python; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null && echo $$p && break; done)
UV := $(shell command -v uv 2>/dev/null)
BIN := .venv/bin
READY := .venv/.ready
# Private words that once stood where the field has terms, and where they must not come back.
METAPHORS := voices?|speaks?|speakers?|speaking|spoken?|heard|unheard|seat(s|ed|ing)?|shel(f|ves?|ved|ving)|taught|straighten(s|ed)?|parked|movers?|hindsight|proofs|partners?|worlds?
PROSE := --include='*.py' --include='*.md' --include='*.html' --include='*.yaml' --include='*.txt' --include='*.js' nfl_signals nfl_signals_tests benchmarks README.md CONTRIBUTING.md CHANGELOG.md data/README.md signals.yaml
# The extra by its exact pin: a looser request may take gigabytes of GPU packages.
SEQUENCE = $(shell sed -n '/^sequence = \[/,/^\]/s/^ *"\([^"]*\)".*/\1/p' pyproject.toml)

.PHONY: help run test slowtest check ui sequence lock clean

help:  ## this list
	@sed -n 's/^\([a-z]*\):.*## /make \1	/p' Makefile

run: $(READY)  ## simulate a league, run the whole pipeline, print the upcoming picks
	$(BIN)/nfl-signals run

ui: $(READY)  ## the same pipeline in Dagster's UI on http://127.0.0.1:3000
	$(BIN)/nfl-signals ui

test: $(READY)  ## the quick tests; those on real data need NFL_SIGNALS_NFLVERSE
	$(BIN)/pytest -n auto -m "not slow"

slowtest: $(READY)  ## whole runs: bad input, reproducibility, backfills, all real seasons
	$(BIN)/pytest -n auto -m slow

check: $(READY)  ## format, lint, types, import order, words, Dagster's definitions
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	@if grep -rniE '(^|[^a-z])($(METAPHORS))($$|[^a-z])' $(PROSE); then \
		echo "private words; the field has terms for these: see CONTRIBUTING.md" >&2; exit 1; fi
	$(BIN)/dg check defs

$(READY): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 is needed; found none on the PATH." >&2; exit 2; }
ifdef UV
	UV_PYTHON_DOWNLOADS=never uv venv --quiet --clear --python $(PYTHON) .venv
	UV_PYTHON_DOWNLOADS=never uv pip sync --quiet --require-hashes requirements.lock
	uv pip install --quiet --no-deps --no-build-isolation --editable .
else
	$(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install --require-hashes --no-deps --progress-bar off -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
endif
	@touch $(READY)

sequence: $(READY)  ## add PyTorch, for the learner `lstm`
ifdef UV
	uv pip install --quiet --python $(BIN)/python $(SEQUENCE)
else
	$(BIN)/python -m pip install --progress-bar off $(SEQUENCE)
endif

lock:  ## resolve pyproject.toml again into requirements.lock (needs uv)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--extra dev --extra bench pyproject.toml --output-file requirements.lock

clean:  ## remove the environment and everything that runs wrote into this folder
	rm -rf .venv data/raw data/quarantine data/gold data/llm data/oof data/stacker data/upcoming data/ledger \
		data/analysis data/simulated data/downloads data/*.json data/*.lock models reports
	find dagster_home -mindepth 1 -maxdepth 1 ! -name dagster.yaml -exec rm -rf {} +

# Everything runs from Python 3.11 and make alone; `make` lists what there is.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed

.DEFAULT_GOAL := help
.PHONY: help setup demo test check prove bench sdl lock clean

help: ## List these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(STAMP): requirements-dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Kinerja needs Python 3.11 or newer; set PYTHON=/path/to/python3.11"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing into .venv (hashes checked) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements-dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

setup: $(STAMP) ## Make .venv/ with everything that the other targets need

demo: $(STAMP) ## Run the main job: database, province, model, risk list, server (ARGS="--walk" plays the journey)
	@$(BIN)/kinerja demo $(ARGS)

test: $(STAMP) ## Run the tests (ARGS="-k name" for some)
	@$(BIN)/python -m pytest -m "not long" $(ARGS)

check: $(STAMP) ## Lint, format, types, import contracts, lock
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m bench.lock --check

prove: $(STAMP) ## Gather the long evidence: each line with its figure and verdict
	@$(BIN)/python -m pytest -m long -s $(ARGS)

bench: $(STAMP) ## Compare speeds and sizes, as ratios
	@$(BIN)/python -m bench $(ARGS)

sdl: $(STAMP) ## Write the GraphQL schema to schema/schema.graphql
	@$(BIN)/kinerja sdl > schema/schema.graphql

lock: $(STAMP) ## Refresh the hashed lock from pyproject.toml
	@$(BIN)/python -m bench.lock

clean: ## Remove what these targets made, the demo's data too
	rm -rf .venv var dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis

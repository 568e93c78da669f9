# Every command a developer or CI runs. `make` alone lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ifneq ($(words $(CURDIR)),1)
$(error this folder has a blank in its path, which make cannot cope with: $(CURDIR); move it to a path without)
endif
NODE_BIN := $(CURDIR)/$(VENV)/node
# Node comes from a Python package, so nothing is installed by hand; jsii need not warn about its age.
export PATH := $(CURDIR)/$(BIN):$(NODE_BIN):$(PATH)
export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION := 20,24
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help
help:  ## list the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | awk -F'\t' '{printf "  make %-15s %s\n", $$1, $$2}'

$(VENV)/ready: requirements/dev.txt requirements/lambda.txt pyproject.toml package-lock.json scripts/build_layer.py scripts/bytecode.py scripts/compile_folder.py scripts/lambda_python.mjs scripts/node_on_path.py
	@echo "installing into $(VENV) (once, two to three minutes) ..."
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "cost-sentry needs Python 3.11 or newer; found $$($(PYTHON) --version)"; exit 1; }
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install -qq --require-hashes -r requirements/dev.txt
	@$(BIN)/python scripts/node_on_path.py $(NODE_BIN)
	@$(BIN)/pip install -qq --no-deps --no-build-isolation --editable .
	@$(NODE_BIN)/npm ci --silent --no-audit --no-fund
	@$(BIN)/python -m scripts.build_layer
	@touch $@

.PHONY: setup
setup: $(VENV)/ready  ## install everything, from locked and hashed files

.PHONY: format
format: setup  ## rewrite the code in the house style
	@ruff format . && ruff check --fix .

.PHONY: check
check: setup  ## the quick loop: format, lint, types, import contracts, fast tests
	@ruff format --check .
	@ruff check .
	@mypy
	@lint-imports --no-cache
	@pytest -m "not slow and not cloud" -n 2 --dist loadgroup

.PHONY: test
test: setup  ## everything that must hold
	@ruff format --check . && ruff check .
	@$(MAKE) --no-print-directory -j2 types tests

# Types are checked while tests wait for servers.
.PHONY: types tests
types:
	@mypy && lint-imports --no-cache
tests:
	@pytest -n 2 --dist loadgroup --durations 12

.PHONY: demo
demo: setup  ## the sentry at work on this machine: real template, real traffic, local cloud
	@python -m cost_sentry_local.demo

.PHONY: bench-budget
bench-budget: setup  ## budgets under load, measured here, side by side with LiteLLM; ten to twenty minutes
	@python -m benchmarks.budget

.PHONY: bench-decisions
bench-decisions: setup  ## policies and routing: CPU, cold start, routing on real answers; two to four minutes
	@python -m benchmarks.decisions

.PHONY: drill
drill: setup  ## what watches and acts, on virtual weeks and on the local cloud; build/drill.json
	@python -m benchmarks.drill

.PHONY: simulate
simulate: setup  ## seeds of the simulation: SEED= SEEDS= STEPS= SECONDS= JOBS= JSON=1; or one again: CALLERS= …
	@python -m tests.simulation --seed $(or $(SEED),0) $(if $(SEEDS),--seeds $(SEEDS)) \
		$(if $(STEPS),--steps $(STEPS)) $(if $(SECONDS),--seconds $(SECONDS)) \
		--jobs $(or $(JOBS),0) $(if $(JSON),--json) $(if $(CALLERS),--callers "$(CALLERS)") \
		$(if $(OPERATORS),--operators "$(OPERATORS)") $(if $(FAULTS),--faults "$(FAULTS)") \
		$(if $(NOT_LATE),--not-late)

.PHONY: mutate
mutate: setup  ## mutants of the ledger, and which no test kills: MODULE= JOBS= JSON=1
	@python -m tests.mutation --module "$(MODULE)" --jobs $(or $(JOBS),0) $(if $(JSON),--json)

.PHONY: lock
lock: setup  ## resolve requirements/*.in again, with hashes and without addresses
	@$(PYTHON) -m venv .build/lock && .build/lock/bin/pip install -qq uv
	@.build/lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header requirements/dev.in -o requirements/dev.txt
	@.build/lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header -c requirements/dev.txt requirements/lambda.in -o requirements/lambda.txt
	@.build/lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header requirements/litellm.in -o requirements/litellm.txt

.PHONY: prices
prices: setup  ## build the price book again from the installed genai-prices
	@python -m scripts.build_price_book --date $$(date -u +%F)

.PHONY: docs
docs: setup  ## write the generated tables and pages again
	@python -m scripts.generate_reference
	@python -m cost_sentry_client.reference
	@python -m cost_sentry_client.config_file.schema

# `make demo` and `make test` set up all they need: on a new machine only make and Python 3.11+ must be there.

PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps
# Every file that comes from outside is checked against its hash, and nothing is built from source.
LOCKED := --require-hashes --only-binary :all:
COMPILE := $(BIN)/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras \
	--no-annotate --no-header --no-emit-index-url --no-emit-find-links --no-emit-trusted-host
BUILT := src/wabawatch/web/static/built/manifest.json
# Tests that may take minutes each.
SLOWLY := -o timeout=1800 -o faulthandler_timeout=2000
ARGS ?=

.PHONY: help demo test thorough check assets screenshots proof notices-proof day quiet-days fuzz bench bench-long fmt docs lock clean

help:
	@echo 'make demo    simulated traffic through the whole system, shown live until you stop it'
	@echo 'make test    all tests (ARGS="-k name" for some)'
	@echo 'make thorough   all tests with ten times the examples, seeds and kills, and every scene on every kind of database (hours)'
	@echo 'make check   style, types, import contracts'
	@echo 'make proof   20,000 simulated messages, then ten seeds of everything unpleasant, against the truth (minutes)'
	@echo 'make notices-proof   the process that tells people of alerts, killed 50 times: each notice arrives; and a webhook that falls silent (minutes; KILLS=)'
	@echo 'make day     a day of incidents at the simulated Meta: what fires, how soon, and nothing else (minutes)'
	@echo 'make quiet-days   three months of 50 numbers with which nothing is wrong: at most one false alert each (ARGS="--seeds 4 5")'
	@echo 'make bench   measure all figures beside the stored ones (10 minutes; make bench-long: an hour; ARGS=--store keeps them)'
	@echo 'make fuzz    any request, body, dump and record, guided by coverage (FUZZ_SECONDS=600)'
	@echo 'make assets  bundle what the pages of the console load (demo and test do it by themselves)'
	@echo 'make screenshots   pictures of every page, light and dark, narrow and wide, into screenshots/'
	@echo 'make fmt     format and mend what can be mended'
	@echo 'make docs    write the generated pages again'
	@echo 'make lock    write requirements/*.txt again (UPGRADE=1 takes newer releases)'
	@echo 'make clean   remove the virtual environment and everything that was built'

demo: $(VENV)/.runtime $(BUILT)
	@$(BIN)/wabawatch demo $(ARGS)

test: $(VENV)/.dev $(BUILT)
	$(BIN)/python -m pytest -n 4 --dist worksteal $(ARGS)

thorough: $(VENV)/.dev $(BUILT)
	HYPOTHESIS_PROFILE=thorough $(BIN)/python -m pytest -n 4 --dist worksteal $(SLOWLY) $(ARGS)

check: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

assets: $(BUILT)

screenshots: $(VENV)/.dev $(BUILT)
	@$(BIN)/python -m tests.pages.screenshots $(ARGS)

proof: $(VENV)/.runtime
	@$(BIN)/wabawatch demo --messages 20000 --once > /dev/null
	@for seed in 1 2 3 4 5 6 7 8 9 10; do \
		$(BIN)/wabawatch demo --messages $(or $(MESSAGES),2000) --once --nasty --seed $$seed > /dev/null || exit 1; done

notices-proof: $(VENV)/.dev
	@NOTICE_KILLS=$(or $(KILLS),50) LIVE_SILENCE=1 $(BIN)/python -m pytest -q $(SLOWLY) tests/e2e/test_notices_killed.py \
		tests/e2e/test_alerts_live.py

day: $(VENV)/.dev
	@WHOLE_DAY=1 $(BIN)/python -m pytest -q $(SLOWLY) tests/flows/test_scripted_day.py tests/flows/test_days.py

quiet-days: $(VENV)/.dev
	@$(BIN)/python -m bench.quiet_month $(ARGS)

bench: $(VENV)/.dev
	@$(BIN)/python -m bench $(ARGS)

bench-long: $(VENV)/.dev
	@$(BIN)/python -m bench --long $(ARGS)

fuzz: $(VENV)/.dev
	@FUZZ_SECONDS=$(or $(FUZZ_SECONDS),600) nice -n 15 $(BIN)/python -m fuzz

fmt: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(VENV)/.runtime
	$(BIN)/python -m docs.settings_page
	$(BIN)/python -m docs.cli_page
	$(BIN)/python -m docs.figures_page
	$(BIN)/python -m docs.metrics_page
	$(BIN)/python -m docs.alerts_page

lock: $(VENV)/.dev
	$(COMPILE) $(if $(UPGRADE),--upgrade) --extra postgres --extra reports --extra s3 --build-deps-for editable -o requirements/runtime.txt pyproject.toml
	cd requirements && ../$(COMPILE) $(if $(UPGRADE),--upgrade) -o dev.txt dev.in

clean:
	rm -rf $(VENV) build dist demo-data screenshots assets/node_modules $(dir $(BUILT)) src/*.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .fuzz
	find src tests docs bench -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamps: set-up runs again only when what it reads has changed.
$(VENV)/.runtime: requirements/runtime.txt pyproject.toml
	@test -n '$(PYTHON)' || { echo 'wabawatch needs Python 3.11 or newer; none was found on the PATH.' >&2; exit 1; }
	@test -x $(BIN)/pip || $(PYTHON) -m venv --clear $(VENV)
	@echo 'installing what wabawatch needs into $(VENV) ...' >&2
	@$(PIP_INSTALL) $(LOCKED) -r requirements/runtime.txt
	@$(PIP_INSTALL) --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.runtime
	@echo 'installing what its tests need ...' >&2
	@$(PIP_INSTALL) $(LOCKED) -r requirements/dev.txt
	@touch $@

# It looks at contents itself, and does nothing when they are as before.
$(BUILT): $(VENV)/.runtime $(wildcard assets/*.mjs assets/*.json assets/*.py assets/src/*)
	@$(BIN)/python -m assets.build
	@touch $@

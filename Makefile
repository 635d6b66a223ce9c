# make demo        the whole loop on real flights, from raw tables to a week of predictions
# make test        every test and every lint
# make test-fast   the tests that what you are changing can break, those that are quick
# make clean       removes the warehouse, dbt's outputs and the environment

PYTHON ?= python3
BIN := .venv/bin
export DBT_SEND_ANONYMOUS_USAGE_STATS := false

.DELETE_ON_ERROR:
.PHONY: demo test test-fast lint lint-python lint-sql format schema install clean

demo: install
	@rm -f warehouse/flights.duckdb warehouse/flights.duckdb.wal
	@$(BIN)/python demo.py

test: install lint
	@$(BIN)/python -m pytest -n logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder

test-fast: install
	@$(BIN)/python tests/fast.py

lint: install
	@$(MAKE) --no-print-directory --jobs 2 lint-python lint-sql

lint-python:
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

lint-sql:
	@$(BIN)/sqlfluff lint

format: install
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .
	@$(BIN)/sqlfluff fix

schema: install
	@$(BIN)/python -m asof.model_spec.json_schema
	@$(BIN)/python -m asof.metrics.loss_macro

install: .venv/installed dbt_project/dbt_packages/asof

# pip's own output is shown only when it fails
.venv/installed: pyproject.toml requirements/build.txt requirements/lock.txt
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("asof needs Python 3.11 or newer, %s is %s; run: make PYTHON=python3.11" % (sys.executable, sys.version.split()[0]))'
	@echo "Installing into .venv (a minute or two) ..."
	@$(PYTHON) -m venv --clear .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-build-isolation -r requirements/build.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --no-build-isolation -r requirements/lock.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

dbt_project/dbt_packages/asof: .venv/installed dbt_project/packages.yml
	@$(BIN)/dbt --quiet deps --project-dir dbt_project
	@touch $@/dbt_project.yml

clean:
	rm -rf .venv dbt_project/target dbt_project/dbt_packages warehouse/flights.duckdb warehouse/flights.duckdb.wal

# What a fresh machine needs: Python 3.11, make and the network. Everything else is brought into .venv, once.

UV_VERSION := 0.13.9
AGAINST ?= HEAD
PYTEST_ARGS ?=
BENCHMARKS ?= decode landing gate releases gold features training dashboard
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
BUILT := fleetlake/wire/events_pb2.py
BUILT_FROM := pyproject.toml uv.lock hatch_build.py expectations/contract.py expectations/protobuf.py expectations/signals.csv \
	$(shell find expectations/contracts -name '*.yaml')

export UV_PYTHON_DOWNLOADS := never
export UV_PROJECT_ENVIRONMENT := $(VENV)
unexport VIRTUAL_ENV PYTHONPATH PYTHONHOME

.DEFAULT_GOAL := help
.PHONY: help setup demo test check bench drill clean
.SUFFIXES:

help: ## what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-7s %s\n", $$1, $$2 }' Makefile

setup: $(VENV)/.classes ## the environment and the jars; every other target does it first, and only once

demo: setup ## the main job, whole: a real Kafka, a simulated fleet with all faults, land, refine, audit, check, release, gold, KPIs
	@$(BIN)/fleet demo

test: setup ## all tests but the drills (PYTEST_ARGS="-k name" for some)
	@$(BIN)/python -m pytest -n 2 --dist worksteal $(PYTEST_ARGS)

check: setup ## lint, format, types, who imports whom, and contracts against the last commit (AGAINST=REF for another)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/fleet contracts check --against $(AGAINST)

bench: setup ## how fast landing is, beside the best-tuned stock Spark doing the same
	@set -e; for each in $(BENCHMARKS); do echo "benchmarks/$$each.py"; $(BIN)/python -m benchmarks.$$each; done

drill: setup ## the long tests: kills at random moments, full disks
	@$(BIN)/python -m pytest -m drill -s $(PYTEST_ARGS)

clean: ## stop local services; remove the environment and what tools left behind (data in .fleet stays)
	@if [ -x $(BIN)/fleet ]; then $(BIN)/fleet down; fi
	rm -rf $(VENV) $(BUILT) fleetlake/wire/signals.csv build dist .cache .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis spark-warehouse
	find . -name __pycache__ -prune -exec rm -rf {} +

$(VENV)/.uv:
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null \
		|| { echo "error: fleetlake needs Python 3.11, and $(if $(PYTHON),$(PYTHON) is another,none was found)"; \
		     echo "       install python3.11, or name one: make $(MAKECMDGOALS) PYTHON=/path/to/python3.11"; exit 1; }
	@echo "[1/4] environment in $(VENV), with uv $(UV_VERSION)"
	@"$(PYTHON)" -m venv $(VENV) || { echo "error: Python's venv module does not work; on Debian: apt install python3.11-venv"; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check "uv==$(UV_VERSION)"
	@touch $@

# --inexact: uv itself and extras that a person added stay. The package is built anew because its wire format follows the contracts.
# Of what uv says its list of all packages is left out: a line per step remains.
$(VENV)/.packages: $(BUILT_FROM) | $(VENV)/.uv
	@echo "[2/4] packages of uv.lock (the first time some minutes), wire format from the contracts"
	@{ $(BIN)/uv sync --locked --inexact --compile-bytecode --extra s3 --extra spark --extra dbt --extra quality --extra airflow --extra dashboard --extra ml --extra dev --reinstall-package fleetlake --python $(BIN)/python 2>&1; echo $$? > $@.status; } \
		| { grep -v '^ [-+~] ' || true; }; exit $$(cat $@.status)
	@touch $@

$(VENV)/.jars: fleetlake/jars.xml fleetlake/jars.sha256 | $(VENV)/.packages
	@echo "[3/4] jars for Spark and Kafka"
	@$(BIN)/python -m fleetlake.jars
	@touch $@

$(VENV)/.classes: uv.lock $(VENV)/.jars | $(VENV)/.packages
	@echo "[4/4] Spark's classes, kept so that each JVM starts in half the time"
	@$(BIN)/python -m spark_jobs.archive
	@touch $@

ifeq ($(wildcard $(BUILT)),)
.PHONY: $(VENV)/.packages
endif

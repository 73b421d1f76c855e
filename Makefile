# Everything a newcomer types. `make setup` is a no-op when nothing changed, so every target may depend on it.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
BIN := .venv/bin
# Kept bytecode halves the start of every process and of every test run: assertions are rewritten once, not each time.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: pictures help setup run test check bench bench-desk lock coverage mutation doctor prove-a1 prove-a2 prove-b prove-c prove-d backbone clean

help: ## this list
	@sed -nE 's/^([a-z0-9-]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

setup: ## the environment in .venv (PYTHON=python3.12 chooses one; else the newest of 3.13, 3.12, 3.11 that works)
	@PYTHON="$(PYTHON)" scripts/setup.sh

run: setup ## the desk on a shipped session; without a display it leaves out/desk.png
	@$(BIN)/scorecard run

test: setup ## the whole suite: one table, one line, exit code 0 only if nothing failed
	@$(BIN)/python scripts/fix.py all
	@$(BIN)/python scripts/test.py

check: setup ## linters, types, import contracts, conventions, fast tests: under a minute
	@$(BIN)/python scripts/check.py

bench: setup ## speed on this machine
	@$(BIN)/python scripts/bench.py

bench-desk: setup ## the desk alone under load, stock parts beside it
	@$(BIN)/python -m tests.bench.bench_desk

prove-a1: setup ## the long lines of the exact core
	@$(BIN)/python scripts/prove.py a1 $(PARTS)

prove-a2: setup ## the long lines of the living desk: processes killed at random instants, worlds of many seeds
	@$(BIN)/python scripts/prove.py a2 $(PARTS)

prove-b: setup ## the long lines of the backbone: a million messages, faults, rates
	@$(BIN)/python scripts/prove.py b $(PARTS)

prove-c: setup ## the long lines of control: every scenario over the wire, processes killed, the model of the switch
	@$(BIN)/python scripts/fix.py all
	@$(BIN)/python scripts/prove.py c $(PARTS)

prove-d: setup ## the long lines of the evidence: worlds of known truth on final seeds, fake orders, what it costs
	@$(BIN)/python scripts/prove.py d $(PARTS)

lock: setup ## write requirements/ anew (LOCK_ARGS=--upgrade for newer versions)
	@$(BIN)/python scripts/lock.py $(LOCK_ARGS)

coverage: setup ## each engine file by its own tests, JIT off
	@$(BIN)/python scripts/engine_coverage.py

mutation: setup ## mutants of the engine's arithmetic, JIT off (MUTATION_ARGS="--per-function 5 --only metrics")
	@$(BIN)/python scripts/mutation.py $(MUTATION_ARGS)

pictures: setup ## the pictures of README and guide, dark and light, from the TECH day
	@$(BIN)/python scripts/pictures.py

doctor: setup ## what is installed, what is missing, what mends it
	@$(BIN)/scorecard doctor

backbone: setup ## a broker on this machine, a day sent into it, the desk following it live (BACKBONE_ARGS="--through kdb")
	@$(BIN)/python scripts/backbone.py $(BACKBONE_ARGS)

clean: ## what the build left behind (not the environment)
	@rm -rf build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

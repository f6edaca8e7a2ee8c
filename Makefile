# The commands of this project; all work in a fresh clone with Python 3.11+ and make.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready

.PHONY: demo test check check-all bench bench-full lock clean

## demo: makes a small bucket, serves it on loopback and runs shotlog on it
demo: $(READY)
	$(BIN)/shotlog demo

## test: the tests, in under five minutes
test: $(READY)
	$(BIN)/python -m pytest -q -n auto -m "not slow"

## check: format, lint, types
check: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

## check-all: the checks, the built wheel in a clean environment, and the slow tests
check-all: check
	sh scripts/check-wheel
	$(BIN)/python -m pytest -q -n auto -m slow

## bench: the benchmarks, short; under five minutes
bench: $(READY)
	$(BIN)/python -m benchmarks

## bench-full: the same with longer sources, 4K, files of hours and more rounds; about two hours
bench-full: $(READY)
	$(BIN)/python -m benchmarks --full

## lock: pins every dependency anew in requirements.lock
lock: $(READY)
	sh scripts/lock

clean:
	rm -rf $(VENV) demo dist .mypy_cache .pytest_cache .ruff_cache

$(READY): requirements.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $(READY)

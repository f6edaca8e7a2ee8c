# The commands of this project; all work in a fresh clone with Python 3.11+ and make.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
LOCAL  := .venv-local
# Quiet twice: pip's warnings are about the machine, and its errors are told all the same.
INSTALL := python -m pip install --quiet --quiet --disable-pip-version-check
TORCH  := torch==2.13.0
TORCHVISION := torchvision==0.28.0
LOCAL_READY := $(LOCAL)/.ready
FIFTYONE := .venv-fiftyone
FIFTYONE_READY := $(FIFTYONE)/.ready

.PHONY: demo test test-local test-fiftyone check check-all bench bench-full lock clean

## demo: makes a small bucket, serves it on loopback and runs shotlog on it
demo: $(READY)
	$(BIN)/shotlog demo

## test: the tests, in under five minutes
test: $(READY)
	$(BIN)/python -m pytest -q -n auto -m "not slow"

## test-local: the tests that run models in process, in an environment of their own with torch
test-local: $(LOCAL_READY)
	SHOTLOG_TESTS_NEED_TORCH=1 $(LOCAL)/bin/python -m pytest -q -m needs_torch tests/local

## test-fiftyone: what FiftyOne makes of an export, in an environment of its own of a gigabyte
test-fiftyone: $(READY) $(FIFTYONE_READY)
	FIFTYONE_BIN=$(CURDIR)/$(FIFTYONE)/bin $(BIN)/python -m pytest -q tests/exports/test_fiftyone.py

## check: format, lint, types
check: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

## check-all: the checks, the built wheel in a clean environment, the slow tests, models in process, and FiftyOne
check-all: check
	sh scripts/check-wheel
	$(BIN)/python -m pytest -q -n auto -m slow
	$(MAKE) test-local
	$(MAKE) test-fiftyone

## bench: the benchmarks, short; under five minutes
bench: $(READY)
	$(BIN)/python -m benchmarks

## bench-full: the same with longer sources, 4K, files of hours and more rounds; about two hours
bench-full: $(READY)
	$(BIN)/python -m benchmarks --full

## lock: pins every dependency anew in the requirements' locks
lock: $(READY)
	sh scripts/lock
	sh scripts/lock-local $(TORCH)
	sh scripts/lock-fiftyone

clean:
	rm -rf $(VENV) $(LOCAL) $(FIFTYONE) demo dist .mypy_cache .pytest_cache .ruff_cache

$(READY): requirements.lock pyproject.toml
	@echo "Installing what requirements.lock names into $(VENV), once; this takes a few minutes."
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/$(INSTALL) --require-hashes -r requirements.lock
	$(BIN)/$(INSTALL) --no-deps --no-build-isolation --editable .
	touch $(READY)

# The lock names all packages but torch and what a CUDA build of it brings (scripts/lock-local).
# torchvision is for the server of tests/local alone: beside a torch that it was not compiled for, it
# keeps transformers from loading any model.
$(LOCAL_READY): requirements-local.lock pyproject.toml
	test -x $(LOCAL)/bin/python || $(PYTHON) -m venv $(LOCAL)
	$(LOCAL)/bin/$(INSTALL) --no-deps --require-hashes -r requirements-local.lock
	$(LOCAL)/bin/$(INSTALL) $(TORCH)
	$(LOCAL)/bin/$(INSTALL) --no-deps --upgrade --target $(LOCAL)/server $(TORCHVISION)
	$(LOCAL)/bin/$(INSTALL) --no-deps --no-build-isolation --editable .
	touch $(LOCAL_READY)

$(FIFTYONE_READY): requirements-fiftyone.lock
	test -x $(FIFTYONE)/bin/python || $(PYTHON) -m venv $(FIFTYONE)
	$(FIFTYONE)/bin/$(INSTALL) --require-hashes -r requirements-fiftyone.lock
	touch $(FIFTYONE_READY)

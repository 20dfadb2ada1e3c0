# The one doorway, for people and for CI. `make` alone prints help.

SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DISTRIBUTIONS := services contracts-service outcomes-service settlement-service gateway deploy
PROJECTS := $(addsuffix /pyproject.toml,$(DISTRIBUTIONS))
READY := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help run run-kafka demo test check lint types imports format snapshots bench lock clean kafka-tools

##@ See it work
run: $(READY)  ## the whole suite on this machine, until Ctrl-C
	@exec $(BIN)/python -m deploy.launcher --bus embedded

run-kafka: $(READY) kafka-tools  ## the same on real Apache Kafka
	@exec $(BIN)/python -m deploy.launcher --bus kafka

demo: $(READY)  ## a published contract from signature to statement, against what runs (or an own suite)
	@exec $(BIN)/python -m deploy.demo

##@ Work on it
test: $(READY) kafka-tools  ## all tests, on real PostgreSQL and real Kafka (ARGS="-k name" for some)
	$(BIN)/python -m pytest $(ARGS)

check: lint types imports  ## what CI asks before the tests

lint: $(READY)  ## style and bans
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)  ## every line has its types
	@for each in $(DISTRIBUTIONS); do echo "$$each"; MYPYPATH=$$each $(BIN)/mypy $$each || exit 1; done
	@echo tests; $(BIN)/mypy tests conftest.py

imports: $(READY)  ## who may know whom
	$(BIN)/lint-imports

format: $(READY)  ## put the code in its usual form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

snapshots: $(READY)  ## write anew what is generated: OpenAPI, event schemas, docs/events.md, docs/errors.md
	$(BIN)/python -m deploy.snapshots
	$(BIN)/python -m deploy.reference

bench: $(READY)  ## each hot path beside its reference (ROW=gateway for one)
	$(BIN)/python -m tests.benchmarks $(ROW)

##@ Keep it
lock: $(READY)  ## pin all dependencies anew, with hashes
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
	  --no-emit-package services --quiet --output-file requirements.lock $(PROJECTS) --group pyproject.toml:dev

clean:  ## remove what was installed and built (not the data in .data)
	rm -rf $(VENV) .cache .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

help:
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} \
	  /^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# The environment: from the lock alone, then our own distributions on top, editable.
$(READY): requirements.lock $(PROJECTS)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Python 3.11 or newer is needed; this is $$($(PYTHON) --version 2>&1). On Debian: apt-get install python3"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "Python's venv is missing. On Debian: apt-get install python3-venv"; exit 1; }
	@echo "Installing into $(VENV) (about a minute, once)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/pip install --quiet --disable-pip-version-check --no-deps \
	  --no-build-isolation $(addprefix --editable ./,$(DISTRIBUTIONS))
	@touch $(READY)

# Java and Maven, for real Kafka: installed where that is allowed, else named.
kafka-tools:
	@missing=""; \
	java -version 2>&1 | awk -F'[".]' 'BEGIN {old = 1} /version/ {old = !($$2 >= 17)} END {exit old}' || missing="default-jre-headless"; \
	command -v mvn >/dev/null 2>&1 || missing="$$missing maven"; \
	test -z "$$missing" && exit 0; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then \
	  echo "Installing $$missing"; apt-get update -qq && apt-get install -y -qq $$missing >/dev/null; \
	else \
	  echo "Real Kafka needs Java 17 or newer, and Maven. On Debian: apt-get install $$missing"; exit 1; \
	fi

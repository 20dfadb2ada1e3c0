# The one doorway, for people and for CI. `make` alone prints help.

SHELL := /bin/sh
# The first that is new enough; PYTHON=/path/to/python3 for another.
PYTHON ?= $(shell for one in python3 python3.14 python3.13 python3.12 python3.11; do \
  $$one -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$one && break; done)
VENV := .venv
BIN := $(VENV)/bin
DISTRIBUTIONS := services contracts-service outcomes-service settlement-service gateway deploy
PROJECTS := $(addsuffix /pyproject.toml,$(DISTRIBUTIONS))
READY := $(VENV)/.ready
READY_DEV := $(VENV)/.ready-dev
INSTALLER := $(VENV)/.installer
PIP := $(INSTALLER)/bin/python -m pip
UV := $(INSTALLER)/bin/uv
COMPILE := $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --quiet

.DEFAULT_GOAL := help
.PHONY: help run run-kafka demo forget test check lint types imports format snapshots bench migrate lock clean kafka-tools

##@ See it work
run: $(READY)  ## the whole suite on this machine, until Ctrl-C (ARGS="--port-base 18080" for other ports)
	@exec $(BIN)/python -m deploy.launcher --bus embedded $(ARGS)

run-kafka: $(READY) kafka-tools  ## the same on real Apache Kafka
	@exec $(BIN)/python -m deploy.launcher --bus kafka $(ARGS)

demo: $(READY)  ## a published contract from signature to statement (CASE=id or CASE_FILE=path for another)
	@exec $(BIN)/python -m deploy.demo $(if $(CASE),--case '$(CASE)') $(if $(CASE_FILE),--case-file '$(CASE_FILE)') $(ARGS)

forget: $(READY)  ## delete the data that run and run-kafka have kept
	@$(BIN)/python -m deploy.launcher --bus embedded --forget
	@$(BIN)/python -m deploy.launcher --bus kafka --forget

##@ Work on it
test: $(READY_DEV) kafka-tools  ## all tests, on real PostgreSQL and real Kafka (ARGS="-k name" for some)
	$(BIN)/python -m pytest $(ARGS)

check: lint types imports  ## what CI asks before the tests

lint: $(READY_DEV)  ## style and bans
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY_DEV)  ## every line has its types
	@for each in $(DISTRIBUTIONS); do echo "$$each"; MYPYPATH=$$each $(BIN)/mypy $$each || exit 1; done
	@echo tests; $(BIN)/mypy tests conftest.py

imports: $(READY_DEV)  ## who may know whom
	$(BIN)/lint-imports

format: $(READY_DEV)  ## put the code in its usual form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

snapshots: $(READY_DEV)  ## write anew what is generated: OpenAPI, event schemas, docs/events.md, docs/errors.md
	$(BIN)/python -m tests.compatibility
	$(BIN)/python -m deploy.snapshots
	$(BIN)/python -m deploy.reference

bench: $(READY_DEV)  ## each hot path beside its reference (ROW=gateway for one)
	$(BIN)/python -m tests.benchmarks $(ROW)

##@ Keep it
migrate: $(READY)  ## a database to its newest revision (SERVICE=contracts-service ENZYM_MIGRATION_URL=...)
	@test -n "$(SERVICE)" || { echo "Say which: make migrate SERVICE=contracts-service ENZYM_MIGRATION_URL=..."; exit 1; }
	@$(BIN)/python -m alembic -c $(SERVICE)/alembic.ini upgrade head

lock: $(READY_DEV)  ## pin all dependencies anew, with hashes: what runs, and what only the work on it needs
	$(COMPILE) --output-file requirements.lock $(PROJECTS) \
	  $(foreach each,$(DISTRIBUTIONS),--no-emit-package enzym-$(each))
	$(COMPILE) --output-file requirements-dev.lock --constraint requirements.lock --group pyproject.toml:dev

clean:  ## remove what was installed and built (not the data in .data)
	rm -rf $(VENV) .cache .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

help:
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} \
	  /^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# The environment: from the locks alone, then our own distributions on top, editable. Three rules carry it:
# - pip brings uv into a place of its own, uv brings the rest in a fifth of pip's time, and that place is removed again.
# - uv reads none of pip's settings (a mirror, a certificate): where uv cannot fetch, pip does.
# - Ours are built by uv itself, offline and without dependencies: nothing of an index can stand in for them.
define install
	@test -n "$(PYTHON)" || { \
	  echo "Python 3.11 or newer is needed, and there is $$(python3 --version 2>&1). On Debian: apt-get install python3 python3-venv"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Python 3.11 or newer is needed, and $(PYTHON) is not. On Debian: apt-get install python3 python3-venv"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "Python's venv is missing. On Debian: apt-get install $$($(PYTHON) -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"; exit 1; }
	@echo "Installing into $(VENV), 1 of 3: uv, which installs the rest"
	@$(PYTHON) -m venv --without-pip $(VENV)
	@$(PYTHON) -m venv $(INSTALLER)
	@awk '/^[^ ]/ {its = /^uv==/} its' requirements-dev.lock \
	  | $(PIP) install --disable-pip-version-check --no-compile --require-hashes -r /dev/stdin
	@echo "Installing into $(VENV), 2 of 3: $(1)"
	@$(UV) pip install --python $(VENV) --compile-bytecode --require-hashes $(addprefix -r ,$(1)) \
	  || { echo "uv could not; pip tries, which takes longer"; \
	  $(PIP) --python $(BIN)/python install --disable-pip-version-check --require-hashes $(addprefix -r ,$(1)); }
	@echo "Installing into $(VENV), 3 of 3: our own distributions"
	@$(UV) pip install --quiet --python $(VENV) --offline --no-deps $(addprefix --editable ./,$(DISTRIBUTIONS))
	@rm -rf $(INSTALLER)
	@touch $@
endef

$(READY): requirements.lock $(PROJECTS)
	$(call install,requirements.lock)

$(READY_DEV): requirements.lock requirements-dev.lock $(PROJECTS)
	$(call install,requirements.lock requirements-dev.lock)
	@touch $(READY)

# Java and Maven, for real Kafka: installed where that is allowed, else named.
kafka-tools:
	@missing=""; \
	java -version 2>&1 | awk -F'[".]' 'BEGIN {old = 1} /version/ {old = !($$2 >= 17)} END {exit old}' || missing="default-jre-headless"; \
	command -v mvn >/dev/null 2>&1 || missing="$$missing maven"; \
	test -z "$$missing" && exit 0; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then \
	  echo "Installing $$missing"; apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $$missing >/dev/null; \
	else \
	  echo "Real Kafka needs Java 17 or newer, and Maven. On Debian: apt-get install $$missing"; exit 1; \
	fi

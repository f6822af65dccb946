# Rhine Cloud: one command to a running city, one command that passes its tests.
#
#   make up             start the demo city            make up ARGS='--empty --port 9000'
#   make test           run the tests                  make test ARGS='tests/context -x'
#   make check          format, lint, types, import contracts, sizes, docs
#   make bench          benchmarks                     make docs   generate the reference pages
#   make conformance SUITE=DIR                         run a checkout of the ETSI NGSI-LD test suite
#   make clean          remove what was built here; never touches the data of a city

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

VENV ?= .venv
BIN := $(VENV)/bin
# Whatever changes what is installed; the sources themselves are used where they lie (editable).
INPUTS := pyproject.toml $(wildcard package.json hatch_build.py)

# Each is runnable alone: make bench ARGS="start memory"
BENCHES = $(patsubst bench/%.py,%,$(shell grep -l 'harness[.]figure' bench/*.py))

.PHONY: help up test check bench docs conformance clean install dev system

help:
	@sed -n '3,9s/^# \{0,1\}//p' Makefile

# The second `make up` spends no time here: two stamps are compared, then the city is started.
up: $(VENV)/.installed
	@exec $(BIN)/python -m rhinecloud up $(ARGS)

test: $(VENV)/.developer $(VENV)/.system
	@exec $(BIN)/python -m pytest $(ARGS)

check: $(VENV)/.developer
	@tools/check $(BIN)

bench: $(VENV)/.developer
	@for name in $(or $(ARGS),$(BENCHES)); do $(BIN)/python bench/$$name.py; done

docs: $(VENV)/.developer
	@$(BIN)/python tools/reference.py

conformance: $(VENV)/.developer
	@exec $(BIN)/python tools/conformance.py "$(SUITE)" $(ARGS)

install: $(VENV)/.installed
dev: $(VENV)/.developer
system: $(VENV)/.system

$(VENV)/.installed: $(INPUTS)
	@tools/install $(VENV) ""

$(VENV)/.developer: $(VENV)/.installed
	@tools/install $(VENV) dev

$(VENV)/.system: tools/system | $(VENV)/.developer
	@tools/system && touch $@

clean:
	rm -rf $(VENV) .venv-* .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist
	find src tests bench tools -name __pycache__ -type d -prune -exec rm -rf {} +

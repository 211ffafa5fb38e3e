# Two commands on a fresh machine (Python 3.11+, pip, make): make demo, make test.
# Each makes .venv when it is missing or older than pyproject.toml, and leaves it alone otherwise.

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin

DEMO_ARGS  ?=
TEST_ARGS  ?=
PEERS_ARGS ?=
BENCH_ARGS ?=
LAWS       ?= 100

.PHONY: help demo test laws lint test-peers test-referee bench
.NOTPARALLEL:

help:
	@echo 'make demo         the main job against a sandbox EHR on this machine (DEMO_ARGS=--once: check it and leave)'
	@echo 'make test         all tests'
	@echo 'make laws         the laws of the lens over many more generated values and every leaf of every real document'
	@echo 'make lint         ruff, mypy --strict, the arrows between the packages'
	@echo 'make test-peers   against servers and judges that nobody here wrote (PEERS_SHORT=1: a slice)'
	@echo "make test-referee check beside HL7's own validator, over the corpus, fixtures and defects (PEERS_SHORT=1: a slice)"
	@echo 'make bench        what translating, serving and checking cost, each beside what it is measured against'
	@echo "                  (BENCH_ARGS=--referee: HL7's own validator too)"

demo: $(VENV)/.can-run
	$(BIN)/planbridge demo $(DEMO_ARGS)

test: $(VENV)/.can-work
	$(BIN)/python -m pytest $(TEST_ARGS)

laws: $(VENV)/.can-work
	PLANBRIDGE_LAWS=$(LAWS) $(BIN)/python -m pytest tests/test_laws.py tests/test_corpus.py tests/test_releases_laws.py tests/test_releases_linked.py

lint: $(VENV)/.can-work
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test-peers: $(VENV)/.can-work
	$(BIN)/python -m pytest -m peers --capture=no $(PEERS_ARGS)

test-referee: $(VENV)/.can-work
	$(BIN)/python -m pytest -m referee --capture=no $(PEERS_ARGS)

bench: $(VENV)/.can-work
	$(BIN)/python tests/bench_lens.py
	$(BIN)/python tests/bench_gateway.py
	$(BIN)/python tests/bench_check.py $(BENCH_ARGS)

# ---- the environment: what the program needs, and what working on it needs beside

$(VENV)/.can-run: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.can-work: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test,lint]'
	@touch $@ $(VENV)/.can-run

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Planbridge needs Python 3.11 or later; say which: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)

# Everything is installed into .venv and build/ of this folder; `make help` lists the targets.
.DEFAULT_GOAL := help
.PHONY: help setup demo serve test check check-az lock format bench mutants conformance fidelity

VENV := .venv/bin
PYTHON := $(VENV)/python
TEST_OPTIONS ?=

help:
	@echo 'make demo          start everything with a sample company, sync, show a table; Ctrl-C stops it'
	@echo '                   ONCE=1 ends after the table; ICS=/path/file.ics adds your own calendar;'
	@echo '                   GROUPWARE=caldav takes Radicale, a CalDAV server, as the groupware;'
	@echo '                   PORT_APP, PORT_GROUPWARE, PORT_MICROSOFT365 fix the ports'
	@echo 'make serve         the same without edits and table, until Ctrl-C'
	@echo 'make test          set-up and all tests; TEST_OPTIONS="-n 0 -k graph" for some of them'
	@echo 'make check         ruff, mypy --strict, import contracts'
	@echo 'make check-az      az command lines against azure-cli itself (installs it first; large)'
	@echo 'make bench         what a pass costs, against its bars'
	@echo 'make mutants       do the tests notice planted faults?'
	@echo 'make conformance   BASE_URL=... TOKEN=... USER=...  check your own groupware connector'
	@echo 'make fidelity      calendar files through a sync, held against an independent expander; DIR=... for your own,'
	@echo '                   GROUPWARE=caldav puts them as they are on a CalDAV server (Radicale)'
	@echo 'make lock          write requirements.txt and tests/requirements.txt anew; UPGRADE=1 with newer versions'
	@echo 'make setup         only install'

setup:
	@.ci/setup

demo: setup
	@$(PYTHON) -m sync.sandbox demo $(if $(filter 1,$(ONCE)),--once) $(if $(ICS),--ics '$(ICS)') \
		$(if $(GROUPWARE),--groupware '$(GROUPWARE)')

serve: setup
	@$(PYTHON) -m sync.sandbox serve $(if $(ICS),--ics '$(ICS)') $(if $(GROUPWARE),--groupware '$(GROUPWARE)')

test: setup
	@REQUIRE_AZURITE=1 $(PYTHON) -m pytest -n auto --maxprocesses 4 --dist worksteal $(TEST_OPTIONS)

check: setup
	@$(VENV)/ruff check .
	@$(VENV)/ruff format --check .
	@$(VENV)/mypy
	@$(VENV)/lint-imports

check-az: setup
	@$(PYTHON) -m tests.infra.az_commands

# Pins and hashes; known versions stay until UPGRADE=1 asks for the newest.
lock: setup
	@.ci/lock $(if $(filter 1,$(UPGRADE)),--upgrade)

format: setup
	@$(VENV)/ruff check --fix .
	@$(VENV)/ruff format .

bench: setup
	@$(PYTHON) -m tests.benchmarks

mutants: setup
	@$(PYTHON) -m tests.mutants

# The default calendars are fetched once, into build/fidelity.
fidelity: setup
	@$(PYTHON) -m sync.sandbox.fidelity $(if $(DIR),'$(DIR)') $(if $(GROUPWARE),--groupware '$(GROUPWARE)')

# USER is also set by the shell, to somebody else: only one given to make counts.
conformance: setup
	@$(if $(and $(BASE_URL),$(TOKEN),$(filter command line,$(origin USER))),,$(error Give BASE_URL=, TOKEN= and USER=))
	@$(PYTHON) -m pytest tests/conformance --base-url '$(BASE_URL)' --token '$(TOKEN)' --user '$(USER)' $(TEST_OPTIONS)

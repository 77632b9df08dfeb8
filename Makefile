# Every target needs python3 (3.11 or later), make and sh; what else it needs it installs into .venv.
# A Python that pyenv compiled, unless told otherwise, has no profile of itself and takes a fifth more of the processor
# for the same work; the system's own has one, and comes before it where it can make environments.
TUNED = import sys, sysconfig; sys.exit("--enable-optimizations" not in sysconfig.get_config_var("CONFIG_ARGS"))
USABLE = import ensurepip, sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell { python3 -c '$(TUNED)' || ! /usr/bin/python3 -c '$(USABLE)'; } 2>/dev/null && echo python3 || echo /usr/bin/python3)
BIN = .venv/bin
SUBJECTS = leadops crm_integrations tests benchmarks deploy manage.py
BENCHMARKS = validation lead_create lead_lists lead_bulk deliveries claims enqueue excel_import import_memory import_behind beside_import export search audit desk webhooks
# The test database ends with the tests, also when they fail or are interrupted.
WITH_TEST_DATABASE = trap 'exit 130' INT TERM; \
	trap '$(BIN)/python -m leadops.embedded_postgres.server stop var/test/postgres' EXIT; set -e;
# The shell is Chromium without windows, which takes a fifth less of the processor.
CHROMIUM ?= $(shell command -v chromium-headless-shell || command -v chromium || command -v chromium-browser || command -v google-chrome)
SOFFICE ?= $(shell command -v soffice || command -v libreoffice)

.PHONY: help run test bench fuzz chaos pictures stop format clean reset
.SILENT:

help:  ## Show this list
	sed -n 's/^\([a-z]*\):.*## /  make \1|/p' Makefile | awk -F'|' '{ printf "%-14s %s\n", $$1, $$2 }'

run:  ## Run leadops here with demo data; PORT and SANDBOX_PORT choose the ports
	exec $(PYTHON) deploy/run.py

stop:  ## Stop a run, or the processes that a killed one left behind
	$(PYTHON) deploy/run.py stop

test:  ## Lint, types, import contracts, migrations and every test
	test -x "$(CHROMIUM)" || { echo "The browser tests need Chromium: apt-get install chromium-headless-shell, or set CHROMIUM to its path." >&2; exit 1; }
	test -x "$(SOFFICE)" || { echo "A test opens our workbooks in LibreOffice: apt-get install libreoffice-calc-nogui, or set SOFFICE to its path." >&2; exit 1; }
	$(PYTHON) deploy/install.py requirements-dev.txt
	$(BIN)/ruff check $(SUBJECTS)
	$(BIN)/ruff format --check $(SUBJECTS)
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(WITH_TEST_DATABASE) \
	LEADOPS_VAR=var/test $(BIN)/python manage.py makemigrations --check --dry-run; \
	LEADOPS_VAR=var/test $(BIN)/python manage.py check --fail-level WARNING; \
	CHROMIUM="$(CHROMIUM)" SOFFICE="$(SOFFICE)" $(BIN)/pytest -q -n 3 --dist loadfile --no-loadscope-reorder

bench:  ## Measure: nested creates, deliveries, imports
	$(PYTHON) deploy/install.py requirements-dev.txt
	for each in $(BENCHMARKS); do echo "== $$each"; PYTHONPATH=. $(BIN)/python benchmarks/$$each.py || exit 1; done

fuzz:  ## Send CASES (20000) generated requests and hold every answer against the schema; SEED repeats a run
	$(PYTHON) deploy/install.py requirements-dev.txt
	$(BIN)/python benchmarks/fuzz.py $(or $(CASES),20000) $(SEED)

chaos:  ## Kill, freeze and cut off on purpose, for an hour; PARTS=... names some, see docs/reliability.md
	$(PYTHON) deploy/install.py requirements-dev.txt
	$(BIN)/pip install -q -r deploy/requirements.txt
	PYTHONPATH=. $(BIN)/python -m benchmarks.chaos $(PARTS)

pictures:  ## Take the pictures of the docs anew, while a fresh `make run` runs here
	$(PYTHON) deploy/install.py requirements-dev.txt
	CHROMIUM="$(CHROMIUM)" $(BIN)/python deploy/pictures.py

format:  ## Put the source into the house format
	$(PYTHON) deploy/install.py requirements-dev.txt
	$(BIN)/ruff check --fix $(SUBJECTS)
	$(BIN)/ruff format $(SUBJECTS)

clean:  ## Remove what can be made again; the data in var/ stays
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache staticfiles
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

reset: stop  ## Remove the data of `make run`, its keys included
	rm -rf var

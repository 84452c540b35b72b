# Needs make and Python 3.11 or later. Everything else goes into .venv.

VENV := .venv
BIN := $(VENV)/bin
REPORT := graphview-report.html
OLDEST := .venv-oldest
OLDEST_TESTS := $(addprefix tests/test_,autograd_truth.py autograd_names.py autograd_sources.py \
	autograd_roots.py backward_watched.py recorder.py trails.py)
SETUP := setup.cfg pyproject.toml constraints.txt
SOURCES := $(shell find graphview templates -type f ! -name '*.pyc')
# Whoever develops graphview has all of it already.
INSTALLED := $(VENV)/installed$(if $(wildcard $(VENV)/installed-dev),-dev)

# Override with `make PYTHON=/path/to/python ...`.
PYTHON ?= python3 python python3.14 python3.13 python3.12 python3.11

# One thread each: the tests themselves are on all cores. They start hundreds of processes, which
# need not compile us again and again.
define TESTS
echo "Looking for a browser"; \
browser=$$($(BIN)/python tools/find_browser.py) || browser=; \
GRAPHVIEW_CHROMIUM="$$browser" OMP_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n auto --dist worksteal
endef

PIP_INSTALL := $(BIN)/python -m pip --disable-pip-version-check --no-input -qq install -c constraints.txt

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help report test coverage test-oldest lint bench gallery clean

help: ## Show these lines.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

report: $(INSTALLED) ## Train the lesson and write graphview-report.html.
	@$(BIN)/graphview report -o $(REPORT)
	@echo "The report is $(CURDIR)/$(REPORT); open it in a browser."

test: lint ## Run all that CI runs: linters, then the tests on all cores.
	@$(TESTS)

coverage: $(VENV)/installed-dev ## Run the tests and report their coverage; takes twice as long.
	@$(TESTS) --cov --cov-report=term

lint: $(VENV)/installed-dev ## Run ruff, mypy and import-linter.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/installed-dev ## Measure the cost of recording, checking, capture and drawing.
	$(BIN)/python tools/bench_recording.py
	$(BIN)/python tools/bench_check.py
	$(BIN)/python tools/bench.py

gallery: $(VENV)/installed-dev ## Draw docs/gallery again, from the examples.
	$(BIN)/python tools/gallery.py

test-oldest: $(VENV)/installed-dev ## Run the tests of capture and recording with the oldest torch (gigabytes).
	@$(BIN)/python -m venv $(OLDEST)
	@$(OLDEST)/bin/python -m pip --disable-pip-version-check -qq install "torch==2.5.1" "numpy<2.3"
	@$(OLDEST)/bin/python -m pip --disable-pip-version-check -qq install -e . pytest pytest-timeout hypothesis playwright
	$(OLDEST)/bin/python -m pytest -W default $(OLDEST_TESTS)

clean: ## Remove the environment, caches and build results; keep reports.
	rm -rf $(VENV) build dist ./*.egg-info .coverage .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/made:
	@found=; \
	for candidate in $(PYTHON); do \
		if "$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; \
		then found=$$candidate; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
		echo "graphview needs Python 3.11 or later, and none of these is: $(PYTHON). Install one, or name it with PYTHON=/path/to/python." >&2; \
		exit 1; \
	fi; \
	if ! "$$found" -c 'import ensurepip, venv' 2>/dev/null; then \
		echo "$$found has no venv module; install it (on Debian and Ubuntu: apt-get install python3-venv)." >&2; \
		exit 1; \
	fi; \
	echo "Making $(VENV) with $$("$$found" --version)"; \
	"$$found" -m venv --clear $(VENV)
	@touch $@

# Not editable: beside a clone that is called graphview, Python would take the
# clone's folder for the package.
$(VENV)/installed: $(VENV)/made $(SETUP) $(SOURCES)
	@echo "Installing graphview into $(VENV); PyTorch is large, the first time takes minutes"
	@rm -rf build
	@$(PIP_INSTALL) .
	@touch $@

# Editable, so that the environment always runs the code as it stands and only
# a change to the packaging installs again.
$(VENV)/installed-dev: $(VENV)/made $(SETUP)
	@echo "Installing graphview and its development tools into $(VENV); the first time takes minutes"
	@$(PIP_INSTALL) -e '.[dev]'
	@touch $@

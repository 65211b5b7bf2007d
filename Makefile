# From bare Python 3.11+ to the running app: `make run`. Every test: `make test`.
#
#   PYTHON=python3.12      another interpreter for .venv
#   TORCH_INDEX=URL        extra package index for torch, for example PyTorch's CPU wheels

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
NPM := $(shell command -v npm)
TORCH := $(shell grep '^torch==' constraints.txt)

export GRADIO_ANALYTICS_ENABLED := False
export HF_HUB_DISABLE_TELEMETRY := 1
export GRADIO_SERVER_NAME ?= 127.0.0.1
export GRADIO_SERVER_PORT ?= 7860
export TOKENIZERS_PARALLELISM ?= false

.PHONY: setup run test lint bench soak bom audit screenshots chromium postgres clean
.DELETE_ON_ERROR:

setup: $(VENV)/.runtime  ## the virtual environment, pinned requirements, the base model
	@$(BIN)/python -m emorl.models.base >/dev/null

run: setup  ## the app on 127.0.0.1:7860
	@$(BIN)/python app.py

test: setup lint chromium postgres  ## linter, types, every test (the browser's and the database server's included)
	@$(BIN)/python -m pytest -q -n 2 --dist loadfile --no-loadscope-reorder

lint: $(VENV)/.dev $(if $(NPM),node_modules/.installed)  ## ruff (rules and layout) and mypy; biome for JavaScript and CSS
	@$(BIN)/python -m ruff check .
	@$(BIN)/python -m ruff format --check -q .
	@$(BIN)/python -m mypy emorl training tests
	@if [ -n "$(NPM)" ]; then npm run -s lint; \
	else echo "note: JavaScript and CSS were not checked: no npm on PATH; install Node.js 18 or newer" >&2; fi

bench: setup $(VENV)/.dev  ## the benchmarks: JSON under var/bench, a table on screen
	@$(BIN)/python -m tests.benchmarks

soak: setup $(VENV)/.dev postgres  ## long trials of the app on this machine alone, hours in all: docs/soak.md
	@$(BIN)/python -m tests.soak

bom: $(VENV)/.dev  ## licences and a bill of materials of what is installed: var/bom.json, a table on screen
	@$(BIN)/python -m tests.materials var/bom.json

# pip-audit asks PyPI about every installed version; it has an environment of its own, so that it is not audited itself.
AUDIT := $(VENV)/audit/bin/pip-audit
PYPI := https://pypi.org/pypi/gradio/6.31.0/json

audit: $(AUDIT)  ## known vulnerabilities of what is installed, from PyPI
	@$(BIN)/python -c 'import urllib.request; urllib.request.urlopen("$(PYPI)", timeout=8).close()' 2>/dev/null || { \
	  echo "error: nothing was audited: $(PYPI) does not answer, and pip-audit needs it; try on a machine with a network" >&2; \
	  exit 2; }
	@PIPAPI_PYTHON_LOCATION=$(abspath $(BIN)/python) $(AUDIT) --local --skip-editable --progress-spinner off

$(AUDIT): $(VENV)/.dev
	@$(BIN)/python -m venv $(VENV)/audit
	$(VENV)/audit/bin/python -m pip --disable-pip-version-check install -q pip-audit==2.10.1
	@touch $@

screenshots: setup $(VENV)/.dev chromium  ## the pictures under docs/screens, from the app with the shipped models
	@$(BIN)/python -m tests.browser.screenshots

clean:  ## remove the virtual environment and caches; ratings in var/ stay
	rm -rf $(VENV) node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(VENV)/.created:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "error: $(PYTHON) is not Python 3.11 or newer; run make with PYTHON=python3.12 or the like" >&2; exit 2; }
	@$(PYTHON) -m venv $(VENV) || { \
	  echo "error: $(PYTHON) cannot make a virtual environment; on Debian or Ubuntu: apt-get install python3-venv" >&2; \
	  exit 2; }
	@touch $@

# Each stamp is touched last, so an interrupted installation is taken up again.
$(VENV)/.runtime: requirements.txt constraints.txt $(VENV)/.created
	$(PIP) install -q $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX)) $(TORCH)
	$(PIP) install -q -c constraints.txt -r requirements.txt
	@touch $@

$(VENV)/.dev: requirements-dev.txt requirements-training.txt $(VENV)/.runtime
	$(PIP) install -q -r requirements-dev.txt
	@touch $@

node_modules/.installed: package.json package-lock.json
	npm ci --no-audit --no-fund --silent
	@touch $@

chromium:
	@command -v chromium >/dev/null || { \
	  if [ "$$(id -u)" = 0 ]; then as=; else as=sudo; fi; \
	  $$as apt-get update -q && $$as env DEBIAN_FRONTEND=noninteractive apt-get install -y -q chromium; \
	} || { echo "error: no chromium on PATH and apt-get could not install it; install chromium, then run make test again" >&2; \
	  exit 2; }

# Without it, the tests of ratings on a server are skipped and say so.
postgres:
	@command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || { \
	  if [ "$$(id -u)" = 0 ]; then as=; else as=sudo; fi; \
	  $$as apt-get update -q && $$as env DEBIAN_FRONTEND=noninteractive apt-get install -y -q postgresql; \
	} || echo "note: the tests on PostgreSQL will be skipped: no initdb here and apt-get could not install postgresql" >&2

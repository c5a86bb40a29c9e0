# Two commands set everything up on a fresh machine: `make demo` and `make test`.
# They need Python 3.11 or newer, make, and a package index; uv is bootstrapped if it is not there.

PYTHON ?= python3
UV     := $(shell command -v uv 2>/dev/null || echo .uv/bin/uv)
RUN    := $(UV) run --frozen

.PHONY: demo setup test coverage lint format bench page docs clean help

help:  ## show these targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

demo: $(UV)  ## set up, run the main job on an example basin, show the result
	@$(UV) sync --frozen --no-dev --quiet
	@$(UV) run --frozen --no-dev dmod demo --output demo

setup: $(UV)  ## set up what tests and checks need
	@$(UV) sync --frozen --quiet

test: $(UV)  ## set up, run all tests
	@$(UV) sync --frozen --quiet
	$(RUN) pytest --numprocesses auto --maxprocesses 8 --dist loadfile --no-loadscope-reorder

coverage: $(UV)  ## how much of the metrics is tested, by branches: less than 99 % fails
	$(RUN) --group coverage coverage run --branch --include="*/dmod/evaluation/metrics/*" -m pytest -q tests/unit/evaluation
	$(RUN) --group coverage coverage report --fail-under=99

lint: $(UV)  ## style, types and import contracts
	@$(UV) sync --frozen --quiet
	$(RUN) ruff check
	$(RUN) ruff format --check
	$(RUN) mypy
	$(RUN) lint-imports

format: $(UV)  ## rewrite the sources in the house's style
	$(RUN) ruff check --fix
	$(RUN) ruff format

bench: $(UV)  ## measure what the speed claims rest on (minutes)
	$(RUN) python benchmarks/run.py

page: $(UV)  ## build the web page that `dmod serve` shows
	@$(UV) sync --frozen --quiet
	$(RUN) python web/build.py

docs: $(UV)  ## write the reference pages that come from the code
	$(RUN) python -m dmod.cli.reference_pages docs/reference
	$(RUN) python -m dmod.evaluation.metric_page
	$(RUN) python -m dmod.testing.api_description web/openapi.json

clean:  ## remove what these targets made
	rm -rf .venv .uv demo src/dmod/page web/node_modules .coverage .pytest_cache .mypy_cache .ruff_cache

.uv/bin/uv:
	@echo "setting up uv (once) ..."
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "dmod needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) -V 2>&1). Set PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -m venv .uv 2>/dev/null && .uv/bin/python -m pip install --quiet --disable-pip-version-check uv || \
	  { rm -rf .uv; echo "could not set up uv: $(PYTHON) needs the venv module (Debian: apt install python3-venv) and a package index"; exit 1; }

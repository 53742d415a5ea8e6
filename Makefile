# SPDX-License-Identifier: Apache-2.0
# Every target does its own set-up.  `make help` lists them.
.PHONY: help venv unit functional clouds test bench crashproof faultproof pauseproof demo up down lint docs config clean
PY := .venv/bin/python

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 20

venv: ## the project's virtual environment in .venv
	@tools/bootstrap

demo: venv ## migrate a project between two real clouds, with a crash in the middle
	@$(PY) -m tools.demo

test: venv ## every test: unit, functional, and against two real clouds
	@$(PY) -m tools.test unit functional clouds

unit: venv ## only the tests that need no cloud
	@$(PY) -m tools.test unit

functional: venv ## whole runs without a real cloud
	@$(PY) -m tools.test functional

clouds: venv ## only the tests against two real clouds
	@$(PY) -m tools.test clouds

bench: venv ## every benchmark; what they find becomes a page of the documentation
	@$(PY) -m benchmarks --page doc/source/reference/performance.rst

crashproof: venv ## kill Pumphouse wherever it can die, on simulated clouds
	@$(PY) -m tools.crashproof

faultproof: venv ## migrate while simulated clouds fail in all ways
	@$(PY) -m tools.faultproof

pauseproof: venv ## stop Pumphouse wherever it can be stopped, and take its runs over
	@$(PY) -m tools.pauseproof

up: venv ## start the two real clouds
	@$(PY) -m testbed install && $(PY) -m testbed up

down: venv ## stop them; what is installed stays
	@$(PY) -m testbed down

lint: venv ## style, types and import directions
	@.venv/bin/ruff check . && .venv/bin/ruff format --check . && \
	.venv/bin/mypy && .venv/bin/lint-imports

config: venv ## regenerate etc/pumphouse/pumphouse.conf.sample
	@.venv/bin/oslo-config-generator --config-file etc/pumphouse/config-generator.conf

docs: venv ## the documentation, as HTML in doc/build/html
	@.venv/bin/pip install -q -r doc/requirements.txt && \
	.venv/bin/sphinx-build -W -q -b html doc/source doc/build/html && \
	echo "doc/build/html/index.html"

clean: ## remove what the targets made, but not the clouds (see `make down`)
	rm -rf .venv .tox .stestr .mypy_cache .ruff_cache doc/build *.egg-info

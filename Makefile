# Everything a contributor or a pipeline runs. `make` alone lists it.
#
# The targets set up what they need: a virtualenv in .venv from requirements.lock and, in a cache outside of the
# checkout, the programs of tools/catalog.py. What that says goes to standard error, so that
# `make -s export > state.json` writes JSON and nothing else.

STACK ?= dev
# Processes that pytest runs the tests in; 0 is this one alone. Left out, one for each processor in the unit tier, and two
# where tests start engines, API servers and providers of their own.
WORKERS ?=
# More arguments for pytest: make unit ARGS='-k vpc -x'
ARGS ?=
# Where `make mirror` puts charts.
MIRROR ?= mirror
# Which Python makes the virtualenv: the first of these that is 3.11 or newer.
PYTHON ?= python3 python3.13 python3.12 python3.11

venv := .venv
bin := $(venv)/bin
python := $(bin)/python
# A file is one process's: what a stack goes through in one file happens in order, in one account.
pytest = $(python) -m pytest --numprocesses=$(or $(WORKERS),2) --dist=loadfile $(ARGS)
filled := $(venv)/.filled
stack_commands := up show preview refresh destroy export manifests network

# Images of Python often set it; without bytecode every run would compile hundreds of modules of the SDKs anew.
unexport PYTHONDONTWRITEBYTECODE

MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.DEFAULT_GOAL := help

##@ A stack in the sandbox (STACK=dev unless given)

.PHONY: $(stack_commands) hosts cost mirror policies load serve doctor
up: ## bring the stack up on the real Pulumi engine with emulated providers: no account, no Docker
show: ## what came up: endpoints, services, nodes
preview: ## what `up` would change
refresh: ## compare the state with the emulated account
destroy: ## take the stack down
export: ## the stack's deployment as JSON, on standard output (make -s export > state.json)
manifests: ## every Kubernetes object of the stack as YAML
network: ## who reaches whom by security groups, the route tables and the machines in the emulated account
$(stack_commands): $(filled)
	@$(python) -m sandbox $@ $(STACK)

hosts: $(filled) ## print the lines that /etc/hosts needs to find the stack's hosts on this machine
	@$(python) -m spec hosts $(STACK)

policies: $(filled) ## fill the policy pack's virtualenv, for pulumi preview --policy-pack policies
	@$(bin)/uv venv --quiet --allow-existing policies/.venv
	@$(bin)/uv pip install --quiet --python policies/.venv/bin/python -r policies/requirements.txt

mirror: tools ## download, verify and pack every third-party chart into MIRROR, for groundwork:chartMirror
	@$(python) -m charts vendor $(MIRROR)

cost: $(filled) ## what the stack costs a month, and why
	@$(python) -m cost $(STACK)

load: $(filled) ## push a running platform with k6, Kafka's own tools and pgbench, and say whether it bears it
	@$(python) -m load $(STACK)

serve: $(filled) ## start the emulated providers and print the environment that attaches them
	@$(python) -m sandbox serve

doctor: $(filled) ## what is found on this machine, what is missing, how to get it
	@$(python) -m sandbox doctor

##@ Tests and checks (none needs an account or the network)

.PHONY: test unit engine charts golden lint fmt bench schema reachability
test: tools kubernetes lint ## everything: lint, then all tests
	@$(pytest)

unit: WORKERS := $(or $(WORKERS),auto)
unit: $(filled) ## the tests that need no engine, those of the emulated AWS account left out
	@$(pytest) -m "not engine and not account"

engine: tools kubernetes ## the tests on the real engine and of the emulated AWS account
	@$(pytest) -m "engine or account"

charts: tools ## the tests of what third-party charts render and define; `make mirror` fetches them first
	@$(python) -m charts crds $(MIRROR) $(MIRROR)/crds
	@GROUNDWORK_CHARTS=$(abspath $(MIRROR)) GROUNDWORK_CRDS=$(abspath $(MIRROR))/crds $(pytest) tests/charts tests/footprints \
	  tests/reachability tests/components/test_custom_resources.py

golden: tools ## write the resource graphs in tests/golden anew
	@$(python) -m tests.graph

reachability: tools ## write docs/reachability.md anew: who can reach whom, by the policies of every stack
	@$(python) -m tests.reachability.table

lint: tools ## ruff, types, helm lint, actionlint with shellcheck
	@$(bin)/ruff check
	@$(bin)/ruff format --check
	@$(bin)/basedpyright --pythonpath $(python)
	@"$$($(python) -m tools path helm)" lint --strict --quiet --set image.repository=lint,image.tag=lint charts/service
	@"$$($(python) -m tools path actionlint)" -shellcheck=$(bin)/shellcheck -pyflakes=

fmt: $(filled) ## format the Python code and mend what ruff can
	@$(bin)/ruff check --fix-only --quiet
	@$(bin)/ruff format

bench: tools ## time and memory of preview, up and no-op up, beside a floor
	@$(python) -m bench

schema: $(filled) ## write the JSON schema of stack files anew
	@$(python) -m spec schema

##@ This machine

.PHONY: help venv tools kubernetes lock clean
venv: $(filled) ## the virtualenv

# One line per candidate that is not fit would only confuse; the error lists them all.
$(filled): requirements.lock
	@for candidate in $(PYTHON); do \
	  if $$candidate -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then fit=$$candidate; break; fi; \
	done; \
	if [ -z "$$fit" ]; then \
	  echo "error: Python 3.11 or newer is needed; looked at: $(PYTHON). Name one with make PYTHON=/path/to/python" >&2; \
	  exit 1; \
	fi; \
	$$fit -m tools venv $(venv) $< && touch $@

tools: $(filled) ## pulumi, helm, kustomize, actionlint, promtool, amtool: from the PATH, else downloaded, else built
	@$(python) -m tools ensure pulumi helm kustomize actionlint promtool amtool

# The parts of Kubernetes that stacks are tried on: tests alone need them, and building takes minutes.
kubernetes: tools
	@$(python) -m tools ensure etcd etcdctl etcdutl kube-apiserver kubeadm

lock: $(filled) ## pin the Python packages anew, with hashes, into requirements.lock and delivery/requirements.lock
	@$(bin)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --custom-compile-command "make lock" requirements-dev.txt --output-file requirements.lock
	@$(bin)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --custom-compile-command "make lock" delivery/requirements.txt \
	  --output-file delivery/requirements.lock

clean: ## remove what is made in the checkout: virtualenv, sandbox state, caches (not the tools' cache)
	@rm -rf $(venv) .sandbox .pytest_cache .ruff_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

help: ## this list
	@awk 'BEGIN { FS = ":[^#]*## " } \
	  /^##@/ { printf "\n%s\n", substr($$0, 5) } \
	  /^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

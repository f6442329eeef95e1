# Everything that is done with Portico here. `make` lists it.

.DEFAULT_GOAL := help
.PHONY: help run stop logs seed verify demo backoffice test check types rules-and-stacks openapi bench bench-scale deploy destroy staff clean

PYTHON ?= $(shell for each in python3.11 python3.12 python3.13 python3; do \
	$$each -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$each && break; done)
READY := .venv/ready
IN := .venv/bin/python

help:  ## list what can be done
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(READY)  ## start Portico on this machine, in the foreground (PORT= to choose the port)
	@$(IN) -m infra.local run

stop: $(READY)  ## stop it from another terminal; its data stays
	@$(IN) -m infra.local stop

logs: $(READY)  ## show what its functions have logged
	@$(IN) -m infra.local logs

backoffice: $(READY)  ## an internal system on the running Portico (ARGS=--by-hand: you are it)
	@$(IN) -m demo.backoffice $(ARGS)

seed: $(READY)  ## load a catalogue: make seed FILE=demo/acme.yaml (ADMIN= an administrator, API= of another stage)
	@$(IN) -m infra.seed $(or $(FILE),$(error which file? make $@ FILE=demo/acme.yaml)) \
		$(if $(ADMIN),--as $(ADMIN)) $(if $(API),--api $(API))

verify: $(READY)  ## was a timeline tampered with? make verify CASE=SR-2026-000001 (ADMIN=, API= as for seed)
	@$(IN) -m infra.verify $(or $(CASE),$(error which case? make $@ CASE=SR-2026-000001)) \
		$(if $(ADMIN),--as $(ADMIN)) $(if $(API),--api $(API))

demo: $(READY)  ## walk through the whole story on the running Portico
	@$(IN) -m demo.story

test: check  ## run every check and every test (ARGS= goes to pytest)
	@$(IN) -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(ARGS)

check: $(READY)  ## lint, format, types, import rules, stacks
	@$(MAKE) --no-print-directory -j2 types rules-and-stacks
	@echo "All checks pass."

types: $(READY)
	@.venv/bin/mypy --no-error-summary

rules-and-stacks: $(READY)
	@.venv/bin/ruff check --quiet
	@.venv/bin/ruff format --check --quiet
	@.venv/bin/lint-imports --no-cache > .venv/lint-imports.log || { cat .venv/lint-imports.log; exit 1; }
	@$(IN) -m functions.cases
	@$(IN) -m infra.templates .build/templates && .venv/bin/cfn-lint '.build/templates/*.json'

openapi: $(READY)  ## write the OpenAPI and AsyncAPI documents anew, after a change of a route, a model or an event
	@$(IN) -m functions.openapi
	@$(IN) -m functions.asyncapi

bench: $(READY)  ## measure the CPU of the main requests and the cold start
	@$(IN) -m tests.bench

bench-scale: $(READY)  ## show that requests cost the same at any size (CASES= and MESSAGES= to choose it)
	@$(IN) -m tests.bench.scale $(if $(CASES),--cases $(CASES)) $(if $(MESSAGES),--messages $(MESSAGES)) $(ARGS)

deploy: $(READY)  ## bring a stage up to date: make deploy STAGE=test
	@$(IN) -m infra.deploy up --stage $(or $(STAGE),$(error which stage? make $@ STAGE=test))

destroy: $(READY)  ## take a stage down: make destroy STAGE=test (DATA=delete to delete what it has kept, too)
	@$(IN) -m infra.deploy down --stage $(or $(STAGE),$(error which stage? make $@ STAGE=test)) \
		$(if $(filter delete,$(DATA)),--with-its-data)

staff: $(READY)  ## add or change a staff member: make staff STAGE=test EMAIL= NAME= (ROLES=administrator TEAMS=streets,finance)
	@$(IN) -m infra.staff --stage $(or $(STAGE),$(error which stage? make $@ STAGE=test EMAIL= NAME=)) \
		--email "$(EMAIL)" --name "$(NAME)" --teams "$(TEAMS)" --roles "$(ROLES)"

clean:  ## remove what was made here: environment, local cloud with its data, caches
	@test ! -d .local || $(IN) -m infra.local stop >/dev/null 2>&1 || true
	@rm -rf .venv .local .build .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(READY): requirements.txt requirements-dev.txt constraints.txt
	@test -n "$(PYTHON)" || { echo "Portico needs Python 3.11 or newer."; exit 1; }
	@test -x $(IN) || $(PYTHON) -m venv .venv
	@echo "Installing what Portico needs into .venv (about a minute, once) ..."
	@$(IN) -m pip install -qq --disable-pip-version-check -r requirements-dev.txt
	@touch $@

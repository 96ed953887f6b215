# Needs Python 3.11+, make and git; everything else is installed by these commands.
PYTHON ?= python3
BIN := .venv/bin
MANAGE := $(BIN)/python manage.py

.DEFAULT_GOAL := help
.PHONY: help setup run stop test bench lint messages pictures environment dev-environment

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | expand -t 12

environment:
	@$(PYTHON) -I portal/localsetup.py

dev-environment:
	@$(PYTHON) -I portal/localsetup.py dev

setup: environment ## virtual environment, requirements, database, migrations
	@$(MANAGE) migrate --verbosity 0

run: setup ## the whole portal on http://127.0.0.1:8000 (PORT=… for another), until Ctrl-C
	@$(BIN)/python -m portal.localrun run

stop: ## stop `make run` and the embedded servers
	@$(BIN)/python -m portal.localrun stop

test: dev-environment ## all tests, on servers of their own
	$(BIN)/python -m pytest -n 2 --dist worksteal

bench: dev-environment ## every benchmark with its peer and its limit; BENCH="name name" for some
	$(BIN)/python -m bench $(BENCH)

lint: dev-environment ## style, types, templates, missing migrations
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .
	$(BIN)/djlint templates --lint --quiet
	$(MANAGE) makemigrations --check --dry-run

messages: dev-environment ## collect the strings to translate into locale/
	$(MANAGE) makemessages --locale zh_Hans --ignore .venv --ignore var --no-obsolete --add-location file

pictures: dev-environment ## the README's pictures, taken of the running demo
	$(BIN)/python -m tests.pictures

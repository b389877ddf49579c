# Two commands do everything: `make rehearse` plays the configured call, `make test` passes the tests.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: rehearse run test fuzz lint clean help

help:
	@echo "make rehearse   play the configured call on the built-in mail server"
	@echo "make test       run all tests (types, lint and import contracts among them)"
	@echo "make fuzz       read random letters (ARGS='--count 20000 --seed 0')"
	@echo "make run        run the bot on the built-in mail server"
	@echo "make clean      remove what these commands made"

$(READY): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade pip
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[test]'
	@touch $(READY)

rehearse: $(READY)
	$(BIN)/ranmailbot rehearse $(ARGS)

run: $(READY)
	$(BIN)/ranmailbot run $(ARGS)

test: $(READY)
	$(BIN)/python -m pytest $(ARGS)

fuzz: $(READY)
	$(BIN)/python -m tests.mail.fuzz $(ARGS)

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache rehearsals

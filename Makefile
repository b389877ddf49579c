# Two commands do everything: `make rehearse` plays the configured call, `make test` passes the tests.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

# Real mail servers for tests. Debian starts a server that it installs: for machines that may be thrown away.
SERVER_PACKAGES := dovecot-core dovecot-imapd dovecot-lmtpd postfix
APT := DEBIAN_FRONTEND=noninteractive apt-get

.PHONY: rehearse run test interop clients fuzz lint benchmark crash simulate drill cuts soak rehearse-real clean help

help:
	@echo "make rehearse   play the configured call on the built-in mail server"
	@echo "make test       run all tests (types, lint and import contracts among them)"
	@echo "make interop    install Dovecot and Postfix (Debian, root) and run the tests that need them"
	@echo "make clients    let real mail clients answer the form, and say which are missing here (ARGS='mutt-inline')"
	@echo "make fuzz       read random letters (ARGS='--count 20000 --seed 0'); MINUTES=60 hunts for faults guided by coverage"
	@echo "make run        run the bot on the built-in mail server"
	@echo "make benchmark  measure what one letter costs, into docs/performance.md"
	@echo "make crash      kill the bot KILLS times at work, and count (SERVERS=real: on Dovecot and Postfix; LAG=2 JITTER=1 SEED=1)"
	@echo "make simulate   play CAMPAIGNS seeded campaigns with faults and crashes (SEED tells the story of one)"
	@echo "make cuts       cut the connection at every byte of a session, and count (STEP=7: every seventh; SERVERS=real)"
	@echo "make soak       play MONTHS of traffic with one worker, and see whether anything grows (SERVERS=real; LEAK=1 must fail)"
	@echo "make rehearse-real  rehearse with APPLICANTS on Dovecot and Postfix and on the built-in server, and compare the books"
	@echo "make drill      back up, destroy, restore and compare a store of APPLICATIONS applications"
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
ifdef MINUTES
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[fuzz]'
	$(BIN)/python -m tests.fuzz.hunt --minutes $(MINUTES) --keep build/fuzz
endif

interop: $(READY)
	dpkg -s $(SERVER_PACKAGES) >/dev/null 2>&1 || \
		{ $(APT) update -qq && $(APT) install -y -qq --no-install-recommends $(SERVER_PACKAGES); }
	@$(BIN)/python -c 'import sys; from tests.interop.bench import missing; sys.exit(missing() or 0)'
	$(BIN)/python -m pytest -m interop $(ARGS)

clients: $(READY)
	$(BIN)/python -m tests.clients.drive $(ARGS)

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

crash: $(READY)
	$(BIN)/python -m tests.campaigns.crash --kills $(or $(KILLS),100) --servers $(or $(SERVERS),built-in) \
		--lag $(or $(LAG),0) --jitter $(or $(JITTER),0) $(if $(SEED),--seed $(SEED))

simulate: $(READY)
	$(BIN)/python -m tests.campaigns.simulate --campaigns $(or $(CAMPAIGNS),200) \
		$(if $(SEED),--seed $(SEED)) $(if $(BROKEN),--broken $(BROKEN)) $(ARGS)

drill: $(READY)
	$(BIN)/python -m tests.campaigns.drill --applications $(or $(APPLICATIONS),10000)

cuts: $(READY)
	$(BIN)/python -m tests.campaigns.cuts --step $(or $(STEP),1) --servers $(or $(SERVERS),built-in)

soak: $(READY)
	$(BIN)/python -m tests.campaigns.soak --months $(or $(MONTHS),3) --servers $(or $(SERVERS),built-in) \
		--leak $(or $(LEAK),0) $(if $(SEED),--seed $(SEED))

rehearse-real: $(READY)
	$(BIN)/python -m tests.interop.rehearse --applicants $(or $(APPLICANTS),100) $(if $(SEED),--seed $(SEED))

benchmark: $(READY)
	$(BIN)/python -m benchmarks.intake --write

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache rehearsals

# The commands of the book: `make` or `make help` lists them. The first one that needs
# Python packages installs them into .venv; nothing is installed anywhere else.

PYTHON ?= python3
PORT ?= 8000
OUT ?= grades

# Windows (Git Bash) names the folder of a virtual environment's programs otherwise.
BIN := .venv/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
RUN := $(BIN)/python
PIP := $(RUN) -m pip --disable-pip-version-check --quiet install
INSTALLED := .venv/installed

.DEFAULT_GOAL := help
.PHONY: help book serve lab execute exercises keep format grade test bench \
  bench-grading lock clean

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' Makefile

book: $(INSTALLED) ## Build the site into _build/html
	@echo "Building the book …"
	@$(BIN)/jupyter-book build . -q -W -n --keep-going >/dev/null || { \
	  echo "It does not build: the warnings above the traceback say why."; exit 1; }
	@echo "Open $(CURDIR)/_build/html/index.html in a browser, or run make serve."

serve: book ## Build the site and serve it to this machine (PORT=8000)
	@$(RUN) -m http.server --bind 127.0.0.1 --directory _build/html $(PORT)

lab: $(INSTALLED) ## Open JupyterLab on the chapters
	@$(BIN)/jupyter-lab --LabApp.default_url=/lab/tree/chapters

execute: $(INSTALLED) ## Run the notebooks and write them back (NB=path: one only)
	@$(RUN) -m tools.execute $(NB)
	@$(if $(filter-out solutions/%,$(NB)),,$(RUN) -m tools.exercises)

exercises: $(INSTALLED) ## Generate exercises/ from solutions/
	@$(RUN) -m tools.exercises

keep: $(INSTALLED) ## Copy the library's code into the chapters' "# keep:" cells
	@$(RUN) -m tools.keep

format: $(INSTALLED) ## Format the code and mend what the linter can mend
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

grade: $(INSTALLED) ## Grade a folder or zip of submissions (DIR=path OUT=path)
	@$(RUN) -m backprop.grading "$(DIR)" --out "$(OUT)" $(OPTIONS)

test: $(INSTALLED) ## Test everything: code, gradients, notebooks, exercises, pages
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/pytest

bench: $(INSTALLED) ## Measure speeds and page weights
	@$(RUN) -m tools.bench

# The other graders live in an environment of their own, because no reader needs them.
bench-grading: $(INSTALLED) ## Grade 500 submissions, beside other graders
	@$(PYTHON) -m venv _build/graders
	@_build/graders/$(notdir $(BIN))/python -m pip --quiet install \
	  otter-grader==7.0.0 nbgrader==0.9.6
	@$(RUN) -m tools.bench_grading --graders _build/graders/$(notdir $(BIN))

# What is pinned stays where it can. To move all to the newest, first remove
# requirements.txt. The resolver lives in _build, because no reader needs it.
lock: ## Resolve the dependencies in pyproject.toml into requirements.txt
	@$(PYTHON) -m venv _build/lock
	@_build/lock/$(notdir $(BIN))/python -m pip --quiet install uv
	@_build/lock/$(notdir $(BIN))/uv pip compile pyproject.toml --quiet \
	  --universal --python-version 3.11 --fork-strategy fewest --no-annotate \
	  --custom-compile-command "make lock" --output-file requirements.txt

clean: ## Remove what was built and cached (.venv stays)
	@rm -rf _build .pytest_cache .ruff_cache .hypothesis
	@find . -path ./.venv -prune -o \
	  \( -name __pycache__ -o -name .ipynb_checkpoints \) -prune -exec rm -rf {} +

$(INSTALLED): requirements.txt pyproject.toml
	@command -v $(PYTHON) >/dev/null || { \
	  echo "There is no $(PYTHON). Install Python 3.11 or newer, or name yours:" \
	    "make PYTHON=/path/to/python"; exit 1; }
	@$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11))" || { \
	  echo "$$($(PYTHON) --version) is too old. Install Python 3.11 or newer, or name" \
	    "yours: make PYTHON=/path/to/python"; exit 1; }
	@$(PYTHON) -c "import ensurepip, venv" 2>/dev/null || { \
	  echo "Python's venv module is missing. On Debian and Ubuntu:" \
	    "apt install python3-venv"; exit 1; }
	@echo "Installing into .venv: some minutes the first time …"
	@$(PYTHON) -m venv .venv
	@$(PIP) -r requirements.txt
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $(INSTALLED)

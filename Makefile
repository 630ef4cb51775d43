PYTHON ?= python3
BIN := .venv/bin
DEMO := runs/quick
API := seq2seq.translator seq2seq.decoding.lines seq2seq.decoding.streaming seq2seq.text.glossary seq2seq.errors seq2seq.lag
DEMO_SENTENCES := "i like pizza" "it is hot today" "my dog is hungry"

.PHONY: help translate demo test slow check format api clean

help: ## list these targets; all but `clean` and `help` install into .venv first
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

translate: .venv/installed ## translate what you type
	@$(BIN)/seq2seq translate

demo: .venv/installed ## train a toy model in five minutes and translate three sentences
	$(BIN)/seq2seq train configs/quick.yaml --out $(DEMO) --resume
	$(BIN)/seq2seq translate --model $(DEMO) $(DEMO_SENTENCES)

test: .venv/installed check ## check style and types and run the fast tests
	$(BIN)/pytest

slow: .venv/installed .venv/ray ## run the slow tests, and those of any input with many inputs
	HYPOTHESIS_PROFILE=many $(BIN)/pytest -m "(slow or hypothesis) and not cuda"

check: .venv/installed ## check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: .venv/installed ## format the code and fix what ruff can fix
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

api: .venv/installed ## write a description of the Python interface to build/api/
	$(BIN)/python -W error -m pdoc --docformat google -o build/api $(API)

clean: ## delete .venv, builds and runs/
	rm -rf .venv build dist runs

# The constraints pin every version. With them, PyTorch comes without the CUDA packages wherever a CPU build is available.
.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt "torch==2.13.0"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[plot,tensorboard,docs,test]"
	touch $@

# Only a slow test needs Ray, and with what it brings it takes half a gigabyte.
.venv/ray: .venv/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[ray]"
	touch $@

# `make translate` opens a prompt, `make test` runs the tests, `make demo` trains a toy. All of them install first.

PYTHON ?= python3
BIN := .venv/bin
DEMO := runs/quick
DEMO_SENTENCES := "i like pizza" "it is hot today" "my dog is hungry"

.PHONY: translate demo test slow check format clean

translate: .venv/installed
	@$(BIN)/seq2seq translate

demo: .venv/installed
	$(BIN)/seq2seq train configs/quick.yaml --out $(DEMO) --resume
	$(BIN)/seq2seq translate --model $(DEMO) $(DEMO_SENTENCES)

test: .venv/installed check
	$(BIN)/pytest

slow: .venv/installed
	$(BIN)/pytest -m "slow and not cuda"

check: .venv/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: .venv/installed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# The constraints pin every version; with them, PyTorch comes without the CUDA packages wherever a CPU build is at hand.
.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt "torch==2.13.0"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[plot,tensorboard,test]"
	touch $@

clean:
	rm -rf .venv build dist runs

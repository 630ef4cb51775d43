PYTHON ?= python3
BIN := .venv/bin
DEMO := runs/quick
WASM := seq2seq/page/engine/products
DEMO_SENTENCES := "i like pizza" "it is hot today" "my dog is hungry"

.PHONY: help translate page demo test slow browser check format docs wasm clean

help: ## list these targets; all but `browser`, `clean`, `help` and `wasm` install into .venv first
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

translate: .venv/installed ## translate what you type
	@$(BIN)/seq2seq translate

page: .venv/installed ## write the page that translates as you type to build/page.html, and open it
	@mkdir -p build
	@$(BIN)/seq2seq page -o build/page.html
	@$(BIN)/python -m webbrowser -t "file://$(CURDIR)/build/page.html"

demo: .venv/installed ## train a toy model in five minutes and translate three sentences
	$(BIN)/seq2seq train configs/quick.yaml --out $(DEMO) --resume
	$(BIN)/seq2seq translate --model $(DEMO) $(DEMO_SENTENCES)

test: .venv/installed check ## check style and types and run the fast tests
	$(BIN)/pytest

slow: .venv/installed .venv/slow browser ## run the slow tests, and those of any input with many inputs
	HYPOTHESIS_PROFILE=many $(BIN)/pytest -m "(slow or hypothesis) and not cuda"

# The browser is the system's own: as root on Debian it is installed, and anywhere else its tests are skipped if it is not there.
browser: ## install Chromium and its driver for the tests of the page (on Debian, as root)
	@if command -v chromedriver >/dev/null; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium chromium-driver; \
	fi || true
	@command -v chromedriver >/dev/null || echo "No Chromium with its driver: the tests of the page will be skipped."

check: .venv/installed ## check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: .venv/installed ## format the code and fix what ruff can fix
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: .venv/installed ## write the documents as pages, with one about the Python interface, to build/docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet -f scripts/report/mkdocs.yml

wasm: ## compile the products of the page's engine, with Node's npx
	npx --yes --package=wabt@1.0.37 wat2wasm $(WASM).wat -o $(WASM).wasm

clean: ## delete .venv, builds and runs/
	rm -rf .venv build dist runs

# The constraints pin every version. With them, PyTorch comes without the CUDA packages wherever a CPU build is available.
.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt "torch==2.13.0"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[plot,tensorboard,docs,test]"
	touch $@

# Only slow tests need Ray and the datasets of the hub, and with what they bring these take half a gigabyte.
.venv/slow: .venv/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[ray,hub]"
	touch $@

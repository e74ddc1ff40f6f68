# make demo and make test set themselves up in .venv: Python 3.11 or newer, pip and make are enough.
PYTHON ?= python3
BIN := .venv/bin
SHARED_DATA := $(wildcard ../shared/data)
# Swift for systems without one, shared by all checkouts.
SWIFT ?= $(HOME)/.cache/plumb-depth/swift
export DEPTH_DATA ?= $(SHARED_DATA)
ifeq ($(DEPTH_DATA),)
unexport DEPTH_DATA
endif

.PHONY: demo test test-slow test-android test-ios check bench clean
demo: .venv/ready
	$(BIN)/python -m export.all
	$(BIN)/python -m bench.device --target tflite onnx --report report.html

test: .venv/ready
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --dist loadfile -m "not slow"

test-slow: .venv/ready
	$(BIN)/python -m pytest -m slow

# GOLDEN: an exported folder, such as artifacts/mn, whose golden files are to be met.
test-ios: .venv/ready
	ios_demo/tools/test.sh $(CURDIR)/$(BIN)/python $(SWIFT) $(GOLDEN)

# android_demo, without an SDK, a phone or Gradle; fetches the tools into the user's cache.
test-android: .venv/ready
	$(BIN)/python -m tests.android.run

check: .venv/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: .venv/ready
	$(BIN)/python -m export.all
	$(BIN)/python -m bench.device --target tflite onnx coreml torch --json bench.json --csv images.csv --report report.html
	$(BIN)/python -m bench.accuracy training/weights/*.safetensors --json published.json
	$(BIN)/python -m bench.device --target tflite --device qemu --json arm.json
	$(BIN)/python -m training.speed --json training.json

.venv/ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --upgrade-strategy only-if-needed -c constraints.txt -e ".[dev]"
	touch $@

clean:
	rm -rf artifacts report.html bench.json images.csv published.json arm.json training.json predictions build dist *.egg-info

# Two commands set everything up on a fresh machine: `make demo` and `make test`. `make help` lists the others.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
DEMO_OUT ?= demo_out

# opencv-python links against these; a server without a desktop lacks them.
SYSTEM_RUN = libgl1 libglib2.0-0
# Real peers for the tests: an ffmpeg client, a Redis and a PostgreSQL server, GStreamer's client and RTSP server.
SYSTEM_TEST = $(SYSTEM_RUN) ffmpeg redis-server postgresql chromium fonts-noto-core python3-gi gir1.2-gst-rtsp-server-1.0 gstreamer1.0-tools \
	gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad gstreamer1.0-libav

.PHONY: help demo test check format lint types bench golden schema system-run system-test clean train-vehicles train-signal-lamp train-plate-text train-vehicle-colour train-fire-smoke train-plates train-riders

help:  ## list the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

demo: system-run $(VENV)/.run  ## fresh machine -> the main job on the sample camera, with an embedded Redis
	$(BIN)/camera-pipeline demo --out $(DEMO_OUT)

test: system-test $(VENV)/.dev  ## fresh machine -> everything the tests need -> all tests
	$(BIN)/python -m pytest

check: system-test $(VENV)/.dev  ## format, lint, types, tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest

format: $(VENV)/.dev  ## put the code into its form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lint: $(VENV)/.dev  ## format and lint, changing nothing
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(VENV)/.dev  ## mypy --strict
	$(BIN)/mypy

bench: $(VENV)/.bench  ## all benchmarks, tables and plots into docs/benchmarks.md
	$(BIN)/python -m benchmarks

golden: $(VENV)/.dev  ## write the golden event files anew; look at the difference before you commit it
	$(BIN)/python -m tests.golden.update

schema: $(VENV)/.dev  ## write JSON Schema and AsyncAPI from the types
	$(BIN)/python -m camera_pipeline.events.schema docs

train-vehicles:  ## train the default model (PyTorch in .venv-train; hours on a CPU)
	$(MAKE) -C models/training vehicles

train-signal-lamp:  ## train the lamp classifier (PyTorch in .venv-train; minutes on a CPU)
	$(MAKE) -C models/training signal-lamp

train-vehicle-colour:  ## train the classifier of vehicle colours (PyTorch in .venv-train; minutes on a CPU)
	$(MAKE) -C models/training vehicle-colour

train-riders:  ## train the finder of riders' heads (PyTorch in .venv-train; half an hour on a CPU)
	$(MAKE) -C models/training riders-heads

train-fire-smoke:  ## train the detector of fire and smoke (PyTorch in .venv-train; an hour on a CPU)
	$(MAKE) -C models/training fire-smoke

train-plate-text:  ## train the reader of number plates on rendered plates (40 minutes on a CPU)
	$(MAKE) -C models/training plate-text

train-plates:  ## train the finder of number plates (PyTorch in .venv-train; an hour on a CPU)
	$(MAKE) -C models/training plates

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: $(VENV)/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet -e '.[embedded]'
	touch $@

$(VENV)/.dev: $(VENV)/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet -e '.[embedded,dev]'
	touch $@ $(VENV)/.run

$(VENV)/.bench: $(VENV)/.dev
	$(BIN)/python -m pip install --quiet -e '.[embedded,dev,bench]'
	touch $@

# Installs only what is missing; without apt-get or rights, says what to install.
define install
	@missing=""; for package in $(1); do dpkg -s $$package >/dev/null 2>&1 || missing="$$missing $$package"; done; \
	if [ -n "$$missing" ]; then \
	  if ! command -v apt-get >/dev/null; then echo "please install what your system calls:$$missing"; \
	  else run=""; [ "$$(id -u)" = 0 ] || run=sudo; \
	    echo "installing$$missing"; $$run apt-get update -qq && $$run apt-get install -y -qq $$missing >/dev/null; fi; \
	fi
endef

system-run:
	$(call install,$(SYSTEM_RUN))

system-test:
	$(call install,$(SYSTEM_TEST))

clean:  ## remove what was built
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache $(DEMO_OUT)

# make run     everything that is needed, then the default project and two examples
# make test    everything that is needed, then the whole test suite
# make test-versions   the tests of what ngspice does, on Debian's ngspice 39, 44 and 47
# make test-pythons    the library's own tests on Python 3.11 to 3.14
# make test-cluster   the tests on a Slurm cluster, which is made on this machine from Debian's packages (as root)
# make bench   the benchmarks, three quarters of an hour; writes benchmarks/results.md (PDK_ROOT leads to sky130)
# make lint    formatters in check mode, linters, types
# make setup   only what is needed for a run: ngspice, and .venv from requirements.lock
# make lock    new lock files (needs uv)
# make clean   back to a fresh clone
#
# Choices: make run CORES=4; make run PYTHON=python3.12; make test PYTEST_ARGS="-k raw"

CORES ?= all
PYTHON ?= python3
PYTEST_ARGS ?= -n auto --dist worksteal

VENV := . .venv/bin/activate &&
SNAKEMAKE := $(VENV) snakemake --cores $(CORES)
LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header

export PYTHON

.PHONY: run test test-versions test-pythons test-cluster bench lint setup setup-dev lock clean

run: setup
	$(SNAKEMAKE)
	$(SNAKEMAKE) --configfile examples/amplifier/config.yaml
	$(SNAKEMAKE) --configfile examples/failures/config.yaml

test: setup-dev
	$(VENV) python -m pytest $(PYTEST_ARGS)

test-versions: setup-dev
	$(VENV) python tests/versions/ngspices.py

test-pythons: setup-dev
	$(VENV) python tests/versions/pythons.py

test-cluster: setup-dev
	@sh scripts/setup.sh requirements-cluster.lock
	$(VENV) PYTHONPATH=tests/slurm python -c 'import cluster; cluster.missing() and cluster.install()'
	$(VENV) python -m pytest -n 2 --dist worksteal --durations 0 --durations-min 5 tests/slurm

bench: setup-dev
	@sh scripts/setup.sh requirements-dev.lock parallel=parallel
	$(VENV) python benchmarks/run.py

lint: setup-dev
	$(VENV) ruff format --check --quiet
	$(VENV) ruff check --quiet
	$(VENV) snakefmt --check Snakefile workflow examples
	$(VENV) mypy
	$(VENV) snakemake --lint

setup:
	@sh scripts/setup.sh requirements.lock

setup-dev:
	@sh scripts/setup.sh requirements-dev.lock bwrap=bubblewrap

lock:
	$(LOCK) requirements.in --output-file requirements.lock
	$(LOCK) requirements-dev.in --output-file requirements-dev.lock
	$(LOCK) requirements-cluster.in --output-file requirements-cluster.lock

clean:
	rm -rf .venv .snakemake results .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find scripts tests workflow -name __pycache__ -type d -prune -exec rm -rf {} +

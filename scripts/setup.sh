#!/bin/sh
# Makes a machine ready: ngspice, and .venv with exactly what a lock file lists. At once where nothing is left to do.
# Usage: sh scripts/setup.sh requirements.lock|requirements-dev.lock [PROGRAM=PACKAGE ...]
# Of the programs that are named, those that are missing are installed if that is permitted, and done without otherwise.
set -eu
cd "$(dirname "$0")/.."
lock=$1
shift
python=${PYTHON:-python3}

die() {
    echo "snakespice: $*" >&2
    exit 1
}

# Installs Debian packages where that is permitted without asking; otherwise it fails.
apt_install() {
    command -v apt-get >/dev/null || return 1
    if [ "$(id -u)" -eq 0 ]; then
        sudo=
    elif sudo -n true 2>/dev/null; then
        sudo="sudo -n"
    else
        return 1
    fi
    echo "snakespice: installing $* with apt" >&2
    $sudo env DEBIAN_FRONTEND=noninteractive sh -c \
        'apt-get -qq update && apt-get -qq install --yes --no-install-recommends "$@" >/dev/null' apt "$@"
}

if ! command -v ngspice >/dev/null && ! apt_install ngspice libngspice0; then
    cat >&2 <<'EOF'
snakespice: ngspice is missing. Install it, then run this again:
  Debian, Ubuntu   sudo apt install ngspice libngspice0
  Fedora           sudo dnf install ngspice libngspice
  macOS            brew install ngspice libngspice
  conda            conda install -c conda-forge ngspice ngspice-lib
EOF
    exit 1
fi

for wanted in "$@"; do
    command -v "${wanted%=*}" >/dev/null || apt_install "${wanted#*=}" ||
        echo "snakespice: ${wanted%=*} is missing, and what needs it is left out" >&2
done

command -v "$python" >/dev/null ||
    { [ "$python" = python3 ] && apt_install python3 python3-venv; } ||
    die "$python is missing: install Python 3.11 or later"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    die "Python 3.11 or later is needed, $python is $("$python" -V 2>&1 | cut -d' ' -f2)." \
        "Name a newer one: make run PYTHON=python3.12"

# immutables, which Snakemake needs, has no wheel for Python 3.14 and later: pip compiles it.
has_wheels_or_compiler() {
    "$python" - <<'END'
import os, shutil, sys, sysconfig
header = os.path.join(sysconfig.get_path("include"), "Python.h")
compiler = (sysconfig.get_config_var("CC") or "cc").split()[0]
sys.exit(sys.version_info >= (3, 14) and not (shutil.which(compiler) and os.path.exists(header)))
END
}

# .venv holds copies of the locks that it was made from: nothing is left to do while they are the same, its Python still
# runs, and nobody has moved the directory (a virtual environment knows where it was made).
holds() {
    cmp -s "$1" ".venv/$1" && .venv/bin/python -c '' 2>/dev/null &&
        grep -qF "$(pwd -P)/.venv" .venv/bin/activate
}
holds requirements.lock && holds "$lock" && exit 0

echo "snakespice: setting up .venv from $lock (a minute or two, once)" >&2
if ! holds requirements.lock; then
    has_wheels_or_compiler || { [ "$python" = python3 ] && apt_install gcc libc6-dev python3-dev; } ||
        die "With $("$python" -V) a C compiler and Python's headers are needed (Debian, Ubuntu: sudo apt install" \
            "gcc libc6-dev python3-dev). Or name an older Python: make run PYTHON=python3.13"
    "$python" -c 'import ensurepip' 2>/dev/null || apt_install python3-venv ||
        die "Python's venv module is missing. Debian, Ubuntu: sudo apt install python3-venv"
    "$python" -m venv --clear .venv
fi
.venv/bin/python -m pip install --quiet --disable-pip-version-check --use-pep517 \
    --require-hashes --requirement "$lock"
for have in requirements.lock "$lock"; do
    cp "$have" .venv/
done

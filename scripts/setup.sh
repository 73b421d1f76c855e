#!/usr/bin/env bash
# Finds a Python that works and hands over to setup.py. $PYTHON chooses one.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

works() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' >/dev/null 2>&1; }

find_python() {
  local name
  for name in ${PYTHON:-python3.13 python3.12 python3.11 python3}; do
    if works "$name"; then
      printf '%s\n' "$name"
      return 0
    fi
  done
  return 1
}

if ! python=$(find_python); then
  if [ -n "${PYTHON:-}" ]; then
    echo "setup: $PYTHON does not run, or is not Python 3.11, 3.12 or 3.13" >&2
    exit 1
  elif [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -q
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q python3 python3-venv
    python=$(find_python) || { echo "setup: this system's Python is not 3.11, 3.12 or 3.13: install one of them" >&2; exit 1; }
  else
    echo "setup: no Python 3.11, 3.12 or 3.13 found. Install one, for example: sudo apt-get install -y python3 python3-venv" >&2
    exit 1
  fi
fi
exec "$python" scripts/setup.py

#!/usr/bin/env bash
# test-clients.sh BINARY: real clients against a real box (`make tools` brings the clients).
set -euo pipefail
binary="$(realpath "$1")"
cd "$(dirname "$0")/.."
venv="${XDG_CACHE_HOME:-$HOME/.cache}/privatestack/venv"
PRIVATESTACK_BINARY="$binary" "$venv/bin/python" -m pytest --quiet -p no:cacheprovider tests/clients

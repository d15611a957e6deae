#!/usr/bin/env bash
# What the tests need beside the compiler: a browser, Python clients in a venv, the default models.
set -euo pipefail
root="$(cd "$(dirname "$0")/.." && pwd)"
cache="${XDG_CACHE_HOME:-$HOME/.cache}/privatestack"

"$root/scripts/prerequisites.sh" --browser

wanted="$root/tests/clients/requirements.txt"
if ! cmp -s "$wanted" "$cache/venv/requirements.txt"; then
    python3 -m venv "$cache/venv"
    "$cache/venv/bin/pip" install --quiet --disable-pip-version-check -r "$wanted"
    cp "$wanted" "$cache/venv/requirements.txt"
fi

"$root/scripts/models.sh"

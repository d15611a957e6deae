#!/usr/bin/env bash
# test-ui.sh BINARY: the web UI's unit tests, then the browser stories against a real box.
set -euo pipefail
binary="$(realpath "${1:-${CARGO_TARGET_DIR:-target}/debug/privatestack}")"
cd "$(dirname "$0")/.."

(cd assets/ui && npm test --silent)

cd tests/browser
if [ ! -f node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
    npm ci --no-audit --no-fund --loglevel=error
fi
PRIVATESTACK_BINARY="$binary" npm test --silent

#!/usr/bin/env bash
# Builds the web UI into assets/ui/dist, unless that is newer than its sources.
set -euo pipefail
cd "$(dirname "$0")/../assets/ui"

if [ -f dist/index.html ] && [ -z "$(find src public build explorer index.html package.json package-lock.json svelte.config.js vite.config.ts ../common-passwords.txt ../../tests/golden/openapi.json -newer dist/index.html -print -quit 2>/dev/null)" ]; then
    exit 0
fi
if [ ! -f node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
    npm ci --no-audit --no-fund --loglevel=error
fi
npm run --silent build

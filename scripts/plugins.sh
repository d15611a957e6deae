#!/bin/sh
# Builds the guests: plugins/NAME -> plugins/dist/NAME.wasm, core modules for
# wasm32-unknown-unknown that the host wraps into components.
#
#   scripts/plugins.sh          build what is out of date
#   scripts/plugins.sh --force  build in any case
#
# Where the target's standard library comes from: scripts/wasm-target.sh.
set -eu
cd "$(dirname "$0")/.."

target=wasm32-unknown-unknown
guests="pii secrets injection format"
dist=plugins/dist
out="${CARGO_TARGET_DIR:-$PWD/plugins/target}/guests"
cache="${XDG_CACHE_HOME:-$HOME/.cache}/privatestack/toolchain"

up_to_date() {
    for guest in $guests; do
        [ -s "$dist/$guest.wasm" ] || return 1
    done
    for guest in $guests; do
        newer=$(find wit plugins scripts/plugins.sh \
            \( -path plugins/target -o -path plugins/dist \) -prune -o \
            -type f -newer "$dist/$guest.wasm" -print | head -n 1)
        [ -z "$newer" ] || return 1
    done
}

build() {
    # Flags meant for the host's CPU or linker do not fit the guests.
    env -u RUSTFLAGS -u CARGO_ENCODED_RUSTFLAGS -u CARGO_BUILD_TARGET \
        cargo build --locked --release --manifest-path plugins/Cargo.toml \
        --target "$target" --target-dir "$out" $(printf -- ' -p guard-%s' $guests)
    mkdir -p "$dist"
    for guest in $guests; do
        cp "$out/$target/release/guard_$guest.wasm" "$dist/.$guest.new"
        mv "$dist/.$guest.new" "$dist/$guest.wasm"
    done
}

if [ "${1:-}" != --force ] && up_to_date; then
    echo "plugins: up to date"
    exit 0
fi
. scripts/wasm-target.sh
build
for guest in $guests; do
    echo "plugins: $dist/$guest.wasm, $(($(wc -c <"$dist/$guest.wasm") / 1024)) KiB"
done

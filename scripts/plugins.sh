#!/bin/sh
# Builds the guests: plugins/NAME -> plugins/dist/NAME.wasm, core modules for
# wasm32-unknown-unknown that the host wraps into components.
#
# The readers of files go to plugins/dist/readers, the samples to plugins/dist/samples.
#
#   scripts/plugins.sh          build what is out of date
#   scripts/plugins.sh --force  build in any case
#
# Where the target's standard library comes from: scripts/wasm-target.sh.
set -eu
cd "$(dirname "$0")/.."

target=wasm32-unknown-unknown
guests="pii secrets injection format"
# Those that read files: plugins/readers/NAME.
readers=$(find plugins/readers -mindepth 1 -maxdepth 1 -type d -exec basename {} \; 2>/dev/null | sort)
# One plugin of each other world: for the tests, and to learn from. They are not built in.
samples="csv-tables ruled-passages glossary diverse straight-quotes"
dist=plugins/dist
out="${CARGO_TARGET_DIR:-$PWD/plugins/target}/guests"
cache="${XDG_CACHE_HOME:-$HOME/.cache}/privatestack/toolchain"

files() {
    printf '%s.wasm ' $guests
    [ -z "$readers" ] || printf 'readers/%s.wasm ' $readers
    printf 'samples/%s.wasm ' $samples
}

up_to_date() {
    for file in $(files); do
        [ -s "$dist/$file" ] || return 1
    done
    for file in $(files); do
        newer=$(find wit plugins scripts/plugins.sh \
            \( -path plugins/target -o -path plugins/dist \) -prune -o \
            -type f -newer "$dist/$file" -print | head -n 1)
        [ -z "$newer" ] || return 1
    done
}

# Flags meant for the host's CPU or linker do not fit the guests.
make_them() {
    env -u RUSTFLAGS -u CARGO_ENCODED_RUSTFLAGS -u CARGO_BUILD_TARGET \
        cargo build --locked --release --manifest-path plugins/Cargo.toml \
        --target "$target" --target-dir "$out" "$@"
}

build() {
    make_them $(printf -- ' -p guard-%s' $guests) $(printf -- ' -p sample-%s' $samples)
    # One by one: what a reader takes from another must not come as a plugin of its own.
    for reader in $readers; do
        make_them -p "reader-$reader"
    done
    mkdir -p "$dist/readers" "$dist/samples"
    for guest in $guests; do
        put "guard_$guest" "$guest"
    done
    for reader in $readers; do
        put "reader_$reader" "readers/$reader"
    done
    for sample in $samples; do
        put "sample_$(echo "$sample" | tr - _)" "samples/$sample"
    done
}

# At once, for whoever reads it meanwhile.
put() {
    cp "$out/$target/release/$1.wasm" "$dist/.new"
    mv "$dist/.new" "$dist/$2.wasm"
}

if [ "${1:-}" != --force ] && up_to_date; then
    echo "plugins: up to date"
    exit 0
fi
. scripts/wasm-target.sh
build
for file in $(files); do
    echo "plugins: $dist/$file, $(($(wc -c <"$dist/$file") / 1024)) KiB"
done

# Sourced: finds or makes a compiler for $target. `cache` is where Debian's compiler is unpacked.
#
# The target's standard library comes from rustup where it has or gets it, else from Debian's own
# compiler (no root needed), else one line says what to do.

# A target is there when its own core library is.
has_target() {
    libdir=$("${RUSTC:-rustc}" --print target-libdir --target "$target" 2>/dev/null) || return 1
    ls "$libdir"/libcore-*.rlib >/dev/null 2>&1
}

if ! has_target; then
    if ! command -v rustup >/dev/null ||
        ! timeout 120 rustup --quiet target add "$target" 2>/dev/null ||
        ! has_target; then
        echo "plugins: rustup cannot bring $target, taking Debian's compiler" >&2
        . scripts/debian-wasm.sh
    fi
fi

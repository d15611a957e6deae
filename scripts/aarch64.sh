#!/bin/sh
# Builds for 64-bit ARM (aarch64 Linux, linked statically) on another machine, and runs what was
# built under qemu.
#
#   scripts/aarch64.sh test          the engine's tests, on a CPU with and on one without dotprod
#   scripts/aarch64.sh build         the release binary
#   scripts/aarch64.sh run ARGUMENT… the release binary, under qemu
#
# The target's standard library comes from rustup where it has or gets it, else from Debian's own
# compiler, unpacked into the user's cache folder. Linker and emulator are Debian's packages,
# installed as root, else named. What is built lies in the cache folder, too.
set -eu
cd "$(dirname "$0")/.."

target=aarch64-unknown-linux-gnu
cache="${XDG_CACHE_HOME:-$HOME/.cache}/privatestack/aarch64"
mkdir -p "$cache"

fail() {
    echo "aarch64: $1" >&2
    exit 1
}

# Cross linker, C library and emulator.
packages() {
    command -v aarch64-linux-gnu-gcc >/dev/null && command -v qemu-aarch64-static >/dev/null &&
        [ -e /usr/aarch64-linux-gnu/lib/libc.a ] && return
    wanted="gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user-static"
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || fail "please install: $wanted"
    echo "aarch64: installing $wanted" >&2
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends $wanted >/dev/null
}

# A target is there when its own core library is.
has_target() {
    libdir=$("${RUSTC:-rustc}" --print target-libdir --target "$target" 2>/dev/null) || return 1
    ls "$libdir"/libcore-*.rlib >/dev/null 2>&1
}

# Lists of our own: they need no root, and hold what the archive has now. $1: the architecture.
apt_of() {
    mkdir -p "$work/$1/lists/partial" "$work/$1/archives/partial"
    options="-o APT::Architecture=$1 -o APT::Architectures=$1 -o Dir::State::lists=$work/$1/lists
        -o Dir::Cache=$work/$1/archives -o Dir::State::status=/dev/null"
    shift
    "$@" $options
}

# Debian's compiler and, of the same version, the target's standard library.
make_toolchain() {
    command -v apt-get >/dev/null && command -v dpkg >/dev/null ||
        fail "neither rustup nor Debian's packages can bring $target"
    echo "aarch64: making the toolchain once (140 MB download)" >&2
    work="$cache/new.$$"
    trap 'rm -rf "$work"' EXIT
    root="$work/root"
    mkdir -p "$work/host" "$work/guest" "$root"
    host=$(dpkg --print-architecture)
    for architecture in "$host" arm64; do
        apt_of "$architecture" apt-get -qq update >"$work/apt.log" 2>&1 ||
            fail "Debian's lists cannot be read ($(tail -n 1 "$work/apt.log"))"
    done
    version=$(apt_of "$host" apt-cache policy rustc-web | awk '/Candidate:/ {print $2}')
    # What the compiler needs, as apt resolves it on an empty machine; most of it is here already.
    needs=$(apt_of "$host" apt-get -s --no-install-recommends install rustc-web cargo-web |
        sed -n 's/^Inst \(lib\(llvm\|git2\|mbed\|http-parser\|ssh2\|std-rust\)[^ ]*\) .*/\1/p')
    (cd "$work/host" && apt_of "$host" apt-get -qq download \
        "rustc-web=$version" "cargo-web=$version" $needs) >"$work/apt.log" 2>&1 &&
        (cd "$work/guest" && apt_of arm64 apt-get -qq download \
            "libstd-rust-web-dev=$version") >"$work/apt.log" 2>&1 ||
        fail "Debian's compiler cannot be downloaded ($(tail -n 1 "$work/apt.log"))"
    for package in "$work/host/"*.deb; do
        dpkg -x "$package" "$root"
    done
    dpkg -x "$work/guest/"*.deb "$work/std"
    cp -r "$work/std/usr/lib/rustlib/$target" "$root/usr/lib/rustlib/"
    rm -rf "$root/usr/share" "$cache/debian"
    mv "$root" "$cache/debian"
    rm -rf "$work"
    trap - EXIT
}

# Finds or makes a compiler for the target.
toolchain() {
    packages
    exec 8>"$cache/lock"
    flock 8
    if ! has_target && ! { command -v rustup >/dev/null &&
        timeout 120 rustup --quiet target add "$target" 2>/dev/null && has_target; }; then
        [ -e "$cache/debian/usr/bin/rustc" ] || make_toolchain
        root="$cache/debian/usr"
        libraries="$(dirname "$(find "$root/lib" -name 'libLLVM*' | head -n 1)"):$root/lib"
        export RUSTC="$root/bin/rustc"
        export LD_LIBRARY_PATH="$libraries${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
        command -v cargo >/dev/null || PATH="$root/bin:$PATH"
        has_target || fail "$RUSTC does not run"
    fi
    flock -u 8
    export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc
    export CC_aarch64_unknown_linux_gnu=aarch64-linux-gnu-gcc
    export AR_aarch64_unknown_linux_gnu=aarch64-linux-gnu-ar
    export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER=qemu-aarch64-static
    export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUSTFLAGS="-C target-feature=+crt-static"
    export CARGO_TARGET_DIR="$cache/target"
}

# The engine's tests with all their checks, but optimised: an emulator is slow. Each of the two CPUs
# must get the kernels made for it, or the first test fails. One test bounds seconds, which an
# emulator does not keep; one starts a program that is not there, which under qemu seems to start.
tests() {
    export CARGO_PROFILE_DEV_OPT_LEVEL=2 CARGO_PROFILE_DEV_DEBUG=false PRIVATESTACK_NO_UI=1
    for pair in max:neon-dotprod cortex-a72:neon; do
        echo "aarch64: the engine's tests on CPU ${pair%:*}, with the kernels ${pair#*:}"
        QEMU_CPU="${pair%:*}" PRIVATESTACK_TEST_KERNELS="${pair#*:}" \
            cargo test --locked --lib --target "$target" -- engine:: \
            --skip hostile_constraints_cost_little --skip a_program_that_is_not_there
    done
}

command=${1:-}
[ $# = 0 ] || shift
case "$command" in
test)
    toolchain
    tests
    ;;
build)
    toolchain
    cargo build --release --locked --target "$target"
    ls -lh "$CARGO_TARGET_DIR/$target/release/privatestack"
    ;;
run)
    packages
    binary="$cache/target/$target/release/privatestack"
    [ -e "$binary" ] || fail "$binary is missing; make it with: scripts/aarch64.sh build"
    exec qemu-aarch64-static "$binary" "$@"
    ;;
*) fail "test, build or run?" ;;
esac

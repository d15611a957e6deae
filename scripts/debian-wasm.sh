# Sourced by wasm-target.sh with `cache` and `target` set: finds or makes a compiler for the guests'
# target out of Debian's packages and exports RUSTC, the linker and the library path for it.
#
# The packages are unpacked into the cache folder, not installed: no root, no conflict with rustup.
# The standard library is compiled once from Debian's source of it, of the same version (2 minutes).

fail() {
    echo "plugins: $1; install the target with: rustup target add $target" >&2
    exit 1
}

# Debian's packages, at versions that belong together: NAME=VERSION per line.
wanted() {
    apt-cache $apt_options policy rustc-web | grep -q 'Candidate: [0-9]' || return 1
    version=$(apt-cache $apt_options policy rustc-web | awk '/Candidate:/ {print $2}')
    short=$(echo "$version" | cut -d. -f1,2)
    for name in rustc-web cargo-web libstd-rust-web-dev "libstd-rust-web-$short" rust-web-src; do
        echo "$name=$version"
    done
    # What they need and this machine lacks (libllvm, libgit2, …), as apt itself resolves it.
    apt-get $apt_options -s --no-install-recommends install \
        "rustc-web=$version" "cargo-web=$version" 2>/dev/null |
        sed -n 's/^Inst \([^ ]*\) \(\[[^]]*\] \)\{0,1\}(\([^ ]*\) .*/\1=\3/p' |
        grep -Ev '^(rustc-web|cargo-web|libstd-rust-web[^=]*|rust-web-src)=' || true
    [ -n "$lld" ] || apt-cache $apt_options pkgnames lld- |
        grep -E '^lld-[0-9]+$' | sort -t- -k2 -n | tail -n 1
}

download() {
    packages=$(wanted) || return 1
    (cd "$work/packages" && apt-get $apt_options -qq download $packages) >"$work/apt.log" 2>&1
}

# apt's lists may be missing (a fresh container) or name versions the archive has dropped. Then
# fetch lists of our own, which needs no root.
fresh_lists() {
    mkdir -p "$work/lists/partial" "$work/archives/partial"
    apt_options="-o Dir::State::lists=$work/lists -o Dir::Cache=$work/archives"
    apt-get $apt_options -qq update >"$work/apt.log" 2>&1
}

# An empty crate makes cargo compile std alone; its rlibs then are the target's sysroot.
compile_std() {
    mkdir -p "$work/empty/src"
    : >"$work/empty/src/lib.rs"
    printf '[package]\nname = "empty"\nversion = "0.1.0"\nedition = "2021"\n[workspace]\n' \
        >"$work/empty/Cargo.toml"
    env -u RUSTFLAGS -u CARGO_ENCODED_RUSTFLAGS RUSTC="$root/usr/bin/rustc" RUSTC_BOOTSTRAP=1 \
        LD_LIBRARY_PATH="$libraries" "$root/usr/bin/cargo" build --quiet --release \
        --manifest-path "$work/empty/Cargo.toml" --target-dir "$work/std" \
        -Zbuild-std=std,panic_abort --target "$target" || return 1
    mkdir -p "$root/usr/lib/rustlib/$target/lib"
    cp "$work/std/$target/release/deps/"*.rlib "$root/usr/lib/rustlib/$target/lib/"
}

make_toolchain() {
    command -v apt-get >/dev/null && command -v dpkg >/dev/null ||
        fail "neither rustup nor Debian's packages can bring $target"
    work="$cache/new.$$"
    root="$work/root"
    trap 'rm -rf "$work"' EXIT
    mkdir -p "$work/packages" "$root"
    echo "plugins: making the guests' toolchain once (150 MB download, 3 minutes)" >&2
    apt_options=""
    download || { fresh_lists && download; } ||
        fail "Debian's compiler cannot be downloaded ($(tail -n 1 "$work/apt.log"))"
    for package in "$work/packages/"*.deb; do
        dpkg -x "$package" "$root" || fail "$package cannot be unpacked"
    done
    library_path
    compile_std || fail "Debian's standard library does not compile for $target"
    # Only compiler and libraries are kept.
    rm -rf "$root/usr/share/doc" "$root/usr/share/cargo" "$root"/usr/src/rustc-*
    rm -rf "$cache/debian"
    mv "$root" "$cache/debian"
    rm -rf "$work"
    trap - EXIT
    root="$cache/debian"
}

library_path() {
    libraries="$(dirname "$(find "$root/usr/lib" -name 'libLLVM*' | head -n 1)"):$root/usr/lib"
}

lld=$(find "$(rustc --print sysroot 2>/dev/null || echo /nonexistent)/lib/rustlib" \
    -name rust-lld -type f 2>/dev/null | head -n 1)
mkdir -p "$cache"
exec 8>"$cache/lock"
flock 8
root="$cache/debian"
ls "$root/usr/lib/rustlib/$target/lib/"libcore-*.rlib >/dev/null 2>&1 || make_toolchain
flock -u 8
library_path
[ -n "$lld" ] || lld=$(find "$root/usr/lib" "$root/usr/bin" -name wasm-ld -print -quit)
[ -n "$lld" ] || fail "no linker for $target was found"
export RUSTC="$root/usr/bin/rustc"
export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER="$lld"
export LD_LIBRARY_PATH="$libraries${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
command -v cargo >/dev/null || PATH="$root/usr/bin:$PATH"

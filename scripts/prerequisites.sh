#!/usr/bin/env bash
# Names what is missing on this machine; as root on Debian or Ubuntu it installs it instead.
set -euo pipefail

missing=()      # what a person reads
packages=()     # what Debian calls it

need() { # COMMAND PACKAGE WHAT
    command -v "$1" >/dev/null 2>&1 || { missing+=("$3"); packages+=("$2"); }
}

# newer HAVE WANT: is version HAVE at least WANT?
newer() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]; }

need cc gcc "a C linker (package gcc)"
need curl curl "curl"
need python3 python3 "Python 3 (package python3)"
python3 -c 'import venv, ensurepip' 2>/dev/null || { missing+=("Python's venv (package python3-venv)"); packages+=(python3-venv); }
python3 -m pip --version >/dev/null 2>&1 || { missing+=("pip (package python3-pip)"); packages+=(python3-pip); }
if [ "${1:-}" = "--browser" ]; then
    need chromium chromium "Chromium for the browser stories (package chromium)"
fi

if [ ${#missing[@]} -gt 0 ]; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        echo "installing: ${packages[*]}"
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
    else
        printf 'please install: %s\n' "${missing[@]}" >&2
        exit 1
    fi
fi

if ! command -v cargo >/dev/null 2>&1; then
    echo "please install: Rust 1.95 or newer (rustup.rs)" >&2
    exit 1
fi
rust=$(rustc --version | awk '{print $2}')
newer "${rust%%-*}" 1.95.0 || { echo "please update: Rust is $rust, 1.95 or newer is needed" >&2; exit 1; }

if ! command -v node >/dev/null 2>&1 || ! command -v npm >/dev/null 2>&1; then
    echo "please install: Node.js 20.19 or newer with npm (nodejs.org)" >&2
    exit 1
fi
node=$(node --version)
newer "${node#v}" 20.19.0 || { echo "please update: Node.js is $node, 20.19 or newer is needed" >&2; exit 1; }

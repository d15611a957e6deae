# The two commands: `make run` (a box to talk to) and `make test` (everything is proved).
# The rules only call cargo, npm, pip and the small scripts in scripts/.

SHELL := /bin/bash
TARGET := $(or $(CARGO_TARGET_DIR),target)
NEXTEST := $(if $(shell command -v cargo-nextest),cargo nextest run --no-fail-fast,cargo test --no-fail-fast)

.PHONY: run test build lint bench soak parity qemu gpu fuzz deny plugins ui openapi models tools prerequisites clean

run: build models            ## build what is missing, fetch the default models, start the box
	$(TARGET)/release/privatestack serve

build: plugins ui            ## the release binary, with plugins and web UI inside
	cargo build --release --locked

plugins: prerequisites       ## guests: WASM modules in plugins/dist
	scripts/plugins.sh

ui: prerequisites            ## the web UI in assets/ui/dist
	scripts/ui.sh

models: build                ## the default models, imported into the data folder
	scripts/models.sh $(TARGET)/release/privatestack

openapi: plugins             ## rewrite tests/golden/openapi.json (needs no UI)
	PRIVATESTACK_NO_UI=1 cargo run --quiet -- openapi > tests/golden/openapi.json.new
	mv tests/golden/openapi.json.new tests/golden/openapi.json

test: plugins ui tools       ## unit tests, stories, guests, then UI, clients and SDKs on the release binary, then lint
	$(NEXTEST) --locked
	scripts/test-plugins.sh
	cargo build --release --locked
	scripts/test-ui.sh $(TARGET)/release/privatestack
	scripts/test-clients.sh $(TARGET)/release/privatestack
	scripts/test-sdk.sh $(TARGET)/release/privatestack
	$(MAKE) lint

lint: plugins ui
	cargo fmt --check
	cargo clippy --locked --all-targets -- -D warnings
	cd plugins && cargo fmt --check

bench: build models          ## the tables of docs/PERFORMANCE.md (what more to measure: scripts/bench.sh)
	scripts/bench.sh $(TARGET)/release/privatestack

soak: build                  ## fifty clients at once for minutes: fairness, memory, cancelling, idle CPU
	scripts/models.sh
	scripts/soak.py $(TARGET)/release/privatestack

parity:                      ## the default model beside llama.cpp's numbers (release: minutes otherwise)
	scripts/models.sh
	cargo test --release --locked --lib parity -- --nocapture

qemu:                        ## the engine's tests on emulated 64-bit ARM (a quarter of an hour)
	scripts/aarch64.sh test

gpu: plugins                 ## models on a GPU: on lavapipe, or a card (scripts/gpu.sh)
	scripts/gpu.sh

fuzz: plugins                ## what reads model files, fed with noise (half an hour; needs nightly)
	scripts/fuzz.sh

deny:                        ## licences and sources of what we depend on; then known holes, for which it needs the network
	cargo deny --locked check bans licenses sources
	cargo deny --locked check advisories

tools:                       ## what the tests need beside the compiler
	scripts/tools.sh

prerequisites:               ## node, python and friends: installed as root on Debian, else named
	@scripts/prerequisites.sh

clean:
	rm -rf target assets/ui/dist assets/ui/node_modules plugins/dist plugins/target

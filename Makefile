# From a fresh clone: `make run` and `make test`. Needs Swift 6.2 or newer.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# Swift's libraries are linked statically: the program starts a quarter faster, and runs without Swift (OpenSSL, zlib,
# libcurl and jemalloc are linked dynamically, so that the system provides their security updates).
RELEASE := -c release --static-swift-stdlib

SWIFT_FOLDERS := $(wildcard Sources Tests Benchmarks)

.PHONY: help setup build build-postgresql install deb sbom run test test-release test-sanitized fuzz simulate storm soak bench-setup bench bench-hostile bench-check bench-record format lint index reference docs clean

help: ## List the targets.
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 18

setup: ## Install missing system packages.
	@.ci/install-packages

build: ## Make a release build.
	@.ci/install-packages build
	swift build $(RELEASE) --product gatehouse
	@.ci/split-program "$$(swift build $(RELEASE) --show-bin-path)/gatehouse" .build

build-postgresql: ## Make a release build of the program for several nodes: .build/gatehouse-postgresql.
	@.ci/install-packages build-postgresql
	swift build $(RELEASE) --product gatehouse-postgresql
	@.ci/split-program "$$(swift build $(RELEASE) --show-bin-path)/gatehouse-postgresql" .build

# The destination of `make install`.
PREFIX ?= /usr/local
DESTDIR ?=

install: ## Install the program that `make build` made, into PREFIX (/usr/local).
	install -D -m 755 .build/gatehouse "$(DESTDIR)$(PREFIX)/bin/gatehouse"

deb: build ## Make a Debian package of the release build: .build/gatehouse_VERSION_ARCHITECTURE.deb.
	@.ci/make-deb .build/gatehouse

sbom: ## Write the software bill of materials, SPDX 2.3: .build/gatehouse.spdx.json.
	@.ci/write-sbom >.build/gatehouse.spdx.json

run: build ## Run the complete flow once, then serve with an embedded identity provider until Ctrl-C.
	@exec .build/gatehouse dev

test: setup lint ## Build with warnings as errors, check the format, run every test.
	swift build --build-tests --explicit-target-dependency-import-check error
	@.ci/run-tests

# Optimized code releases and moves values earlier than a debug build, which exposes lifetime errors. A separate folder,
# because the flags that these tests need would rebuild everything else.
test-release: setup ## Run the tests of storage and cryptography, crashes included, on optimized code.
	swift build --build-tests -c release -Xswiftc -enable-testing --scratch-path .build/test-release
	swift test --skip-build -c release -Xswiftc -enable-testing --scratch-path .build/test-release \
	  --filter DurabilityTests --filter DurableLogTests --filter OAuthStateTests --filter OpenSSLCryptoTests

fuzz: setup ## Feed every reader of outside input with a fuzzer's inputs, for FUZZ_SECONDS each.
	@.ci/fuzz

simulate: setup ## Play SIMULATE_SCHEDULES random histories of a whole server, from SIMULATE_SEED on.
	swift build --build-tests
	SIMULATE_SCHEDULES=$(or $(SIMULATE_SCHEDULES),10000) SIMULATE_SEED=$(SIMULATE_SEED) \
	  SIMULATE_REPEATS=$(SIMULATE_REPEATS) \
	  swift test --skip-build --filter SimulationTests/schedules

# Each in a folder of its own: a sanitizer changes every object file.
test-sanitized: export GATEHOUSE_SANITIZER = 1
test-sanitized: setup ## Run the whole suite under Thread Sanitizer, and under Address Sanitizer.
	swift build --build-tests --sanitize=thread --scratch-path .build/thread
	TSAN_OPTIONS=halt_on_error=1 .ci/run-tests --sanitize=thread --scratch-path .build/thread
	swift build --build-tests --sanitize=address --scratch-path .build/address
	ASAN_OPTIONS=detect_leaks=0 .ci/run-tests --sanitize=address --scratch-path .build/address

storm: setup ## Kill two nodes and their database STORM_KILLS (default 50) times under load.
	swift build --build-tests
	STORM_KILLS=$${STORM_KILLS:-50} swift test --skip-build --filter '^DurabilityTests.(StormTests|PromotionTests)'

# The tests' build brings the players; the program that they play with is the one that is delivered.
soak: setup ## Run mixed flows with restarts and faults on the release program for SOAK_MINUTES (default 30).
	swift build $(RELEASE) --product gatehouse
	swift build --build-tests
	SOAK_MINUTES=$${SOAK_MINUTES:-30} GATEHOUSE_BINARY="$$(swift build $(RELEASE) --show-bin-path)/gatehouse" \
	  swift test --skip-build --filter '^DurabilityTests.SoakTests'

bench-setup: ## Install the programs that the benchmarks compare with.
	@.ci/install-packages bench

bench: bench-setup ## Run every benchmark, each beside its limit, and print one table.
	swift build $(RELEASE)
	@"$$(swift build $(RELEASE) --show-bin-path)/BenchmarkSummary" run

bench-hostile: ## Measure logins, refreshes and retrievals while strangers attack.
	swift build $(RELEASE) --product LoadBenchmarks
	@"$$(swift build $(RELEASE) --show-bin-path)/LoadBenchmarks" hostile

bench-check: bench ## Run the benchmarks and fail if a ratio is worse than accepted by more than its tolerance.
	@"$$(swift build $(RELEASE) --show-bin-path)/BenchmarkSummary" check

bench-record: ## Accept the ratios of the last run.
	@"$$(swift build $(RELEASE) --show-bin-path)/BenchmarkSummary" record

format: ## Format the sources in place.
	swift format --in-place --parallel --recursive $(SWIFT_FOLDERS)

lint: ## Check the format.
	swift format lint --strict --parallel --recursive $(SWIFT_FOLDERS)

index: ## Regenerate the RFC index from the headers of the sources.
	@.ci/write-rfc-index

reference: ## Regenerate the configuration reference from the declared keys.
	swift build --product gatehouse
	"$$(swift build --show-bin-path)/gatehouse" config reference > .build/ConfigurationReference.md
	cp .build/ConfigurationReference.md Sources/AuthorizationServer/AuthorizationServer.docc/

docs: ## Make the documents' site: .build/docs; any static web server can serve it.
	@.ci/make-docs

clean: ## Remove the build products.
	swift package clean

# What a newcomer needs: `make run` and `make test` from a fresh clone. Needs Swift 6.2 or newer.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# Swift's libraries are linked in: the program starts a quarter faster, and runs where no Swift is installed (OpenSSL, zlib,
# libcurl and jemalloc are not: their security updates are the system's).
RELEASE := -c release --static-swift-stdlib

SWIFT_FOLDERS := $(wildcard Sources Tests Benchmarks)

.PHONY: help setup build run test test-release bench-setup bench bench-check bench-record format lint index clean

help: ## Say what there is.
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

setup: ## Install the system packages that are missing.
	@.ci/install-packages

build: ## Make a release build.
	@.ci/install-packages build
	swift build $(RELEASE) --product gatehouse

run: build ## Run the whole flow once, then serve with an embedded identity provider until Ctrl-C.
	@exec "$$(swift build $(RELEASE) --show-bin-path)/gatehouse" dev

test: setup lint ## Build with warnings as errors, check the format, run every test.
	swift build --build-tests --explicit-target-dependency-import-check error
	@.ci/run-tests

# Optimised code frees and moves earlier than a debug build does: what depends on luck shows here. In a folder of its own,
# for the tests need flags that would build everything else anew.
test-release: setup ## Run the tests of storage and cryptography, crashes included, on optimised code.
	swift build --build-tests -c release -Xswiftc -enable-testing --scratch-path .build/test-release
	swift test --skip-build -c release -Xswiftc -enable-testing --scratch-path .build/test-release \
	  --filter DurabilityTests --filter DurableLogTests --filter OAuthStateTests --filter OpenSSLCryptoTests

bench-setup: ## Install what the benchmarks compare with.
	@.ci/install-packages bench

bench: bench-setup ## Run every benchmark, each beside its limit, and print one table.
	swift build $(RELEASE)
	@"$$(swift build $(RELEASE) --show-bin-path)/BenchmarkSummary" run

bench-check: bench ## Run the benchmarks and fail where a ratio is worse than accepted by more than its tolerance.
	@"$$(swift build $(RELEASE) --show-bin-path)/BenchmarkSummary" check

bench-record: ## Accept the ratios of the last run.
	@"$$(swift build $(RELEASE) --show-bin-path)/BenchmarkSummary" record

format: ## Format the sources in place.
	swift format --in-place --parallel --recursive $(SWIFT_FOLDERS)

lint: ## Check the format.
	swift format lint --strict --parallel --recursive $(SWIFT_FOLDERS)

index: ## Write the RFC index anew from the headers of the sources.
	@.ci/write-rfc-index

clean: ## Remove what was built.
	swift package clean

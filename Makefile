# SPDX-License-Identifier: MIT

.PHONY: help demo demo-page test soak bench fmt

help:
	@echo 'make demo       run one program natively, in Chromium, in Node and in WASI hosts'
	@echo '                TEXT="Bonjour mon ami." make demo   takes another text'
	@echo 'make demo-page  serve the example page and print its address'
	@echo 'make test       check everything, in every module and on every platform'
	@echo 'make soak       look for leaks and rare failures on every platform: it takes long'
	@echo 'make bench      compare with net/http, then run the benchmarks on every platform'
	@echo 'make fmt        format the Go files'

demo:
	@cd docs/examples && go run ./demo

demo-page:
	@cd docs/examples && go run ./page

test:
	@cd conformance/runner && go run ./cmd/check

soak:
	@cd conformance/runner && go run ./cmd/check -soak

bench:
	@cd conformance/runner && go run ./cmd/bench
	@cd conformance/runner && go run ./cmd/check -bench

fmt:
	gofmt -w .

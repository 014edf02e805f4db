# SPDX-License-Identifier: MIT

.PHONY: help demo demo-page test test-slow dropin soak bench matrix golden mutate fmt

help:
	@echo 'make demo       run one program natively, in Chromium, in Node and in WASI hosts'
	@echo '                TEXT="Bonjour mon ami." make demo   takes another text'
	@echo 'make demo-page  serve the example page and print its address'
	@echo 'make test       check everything, in every module and on every platform'
	@echo 'make test-slow  run the conformance suite with the cases that take long, on every platform'
	@echo 'make dropin     run the tests of public HTTP libraries with this transport'
	@echo 'make soak       look for leaks and rare failures on every platform: it takes long'
	@echo 'make mutate     break the library in many places and demand that the suite notices'
	@echo 'make bench      compare with net/http, then run the benchmarks on every platform'
	@echo 'make matrix     write docs/compatibility.md from the kept matrices of the conformance suite'
	@echo 'make golden     run that suite on every platform, keep its matrices anew, then make matrix'
	@echo 'make fmt        format the Go files'

demo:
	@cd docs/examples && go run ./demo

demo-page:
	@cd docs/examples && go run ./page

test:
	@cd conformance/runner && go run ./cmd/check

test-slow:
	@cd conformance/runner && go run ./cmd/check -slow

dropin:
	@cd conformance/runner && go run ./cmd/dropin

soak:
	@cd conformance/runner && go run ./cmd/check -soak

mutate:
	@cd conformance/runner && go run ./cmd/mutate

bench:
	@cd conformance/runner && go run ./cmd/bench
	@cd conformance/runner && go run ./cmd/check -bench

matrix:
	@cd conformance/runner && go run ./cmd/matrix

golden:
	@cd conformance/runner && go run ./cmd/check -golden

fmt:
	gofmt -w .

module github.com/isohttp/isohttp/conformance/runner

go 1.26.0

module github.com/isohttp/isohttp/conformance/runner

go 1.26.0

require (
	github.com/isohttp/isohttp v0.0.0
	github.com/isohttp/isohttp/backends/wasi/gocomponent v0.0.0
	github.com/isohttp/isohttp/backends/wasi/wazerohost v0.0.0
	github.com/tetratelabs/wazero v1.12.0
)

require (
	github.com/google/go-cmp v0.7.0 // indirect
	golang.org/x/sys v0.44.0 // indirect
)

replace (
	github.com/isohttp/isohttp => ../..
	github.com/isohttp/isohttp/backends/wasi/gocomponent => ../../backends/wasi/gocomponent
	github.com/isohttp/isohttp/backends/wasi/wazerohost => ../../backends/wasi/wazerohost
)

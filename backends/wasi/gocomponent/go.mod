module github.com/isohttp/isohttp/backends/wasi/gocomponent

go 1.26.0

module github.com/isohttp/isohttp

go 1.26.0

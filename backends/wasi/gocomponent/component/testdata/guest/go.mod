module guest

go 1.26.0

require github.com/isohttp/isohttp v0.0.0

replace github.com/isohttp/isohttp => ../../../../../..

// SPDX-License-Identifier: MIT

package transport

import (
	"context"
	"io"
	"log/slog"
	"time"

	"github.com/isohttp/isohttp/transport/driver"
)

// exchangeRecord is what is logged about an exchange that is over.
type exchangeRecord struct {
	ctx      context.Context
	method   string
	host     string
	status   int           // 0 without a response
	header   time.Duration // until the response's header was in
	duration time.Duration
	progress Progress
	err      error // nil or io.EOF when it went well
}

// logTo returns what writes a line about each exchange. Path, query, headers and the texts
// of errors stay out of it: any of them may hold a secret.
func logTo(logger *slog.Logger) func(exchangeRecord) {
	return func(r exchangeRecord) {
		level := slog.LevelDebug
		attrs := make([]slog.Attr, 0, 9)
		attrs = append(attrs, slog.String("method", r.method), slog.String("host", r.host))
		if r.status != 0 {
			attrs = append(attrs, slog.Int("status", r.status), slog.Duration("header", r.header))
		}
		attrs = append(attrs, slog.Duration("duration", r.duration),
			slog.Int64("sent", r.progress.Sent), slog.Int64("received", r.progress.Received))
		if r.err != nil && r.err != io.EOF {
			level = slog.LevelWarn
			e := asError(driver.OpRead, "", r.err)
			attrs = append(attrs, slog.String("op", e.Op), slog.String("error", e.Kind.Error()))
		}
		defer func() { recover() }() // a handler's panic is no reason to lose the response
		logger.LogAttrs(r.ctx, level, "http exchange", attrs...)
	}
}

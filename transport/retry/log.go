// SPDX-License-Identifier: MIT

package retry

import (
	"errors"
	"log/slog"

	"github.com/isohttp/isohttp/transport/driver"
)

// logRetry says that the request will be sent again.
func (c *call) logRetry() {
	c.log(slog.LevelDebug, "http retry", slog.Duration("wait", c.wait))
}

// logStop says why a request that failed is not sent again.
func (c *call) logStop(reason string) {
	c.log(slog.LevelWarn, "http retry stopped", slog.String("reason", reason))
}

// log writes a line. Path, query, headers and the texts of errors stay out of it: any of
// them may hold a secret.
func (c *call) log(level slog.Level, msg string, last slog.Attr) {
	if c.opts.Logger == nil {
		return
	}
	method := c.req.Method
	if method == "" {
		method = "GET"
	}
	attrs := []slog.Attr{slog.String("method", method), slog.String("host", c.req.URL.Host), slog.Int("try", c.tries)}
	if c.err == nil {
		attrs = append(attrs, slog.Int("status", c.resp.StatusCode))
	} else {
		kind := driver.KindOther
		var e *driver.Error
		if errors.As(c.err, &e) {
			kind = e.Kind
		}
		attrs = append(attrs, slog.String("error", kind.Error()))
	}
	defer func() { recover() }() // a handler's panic is no reason to lose the request
	c.opts.Logger.LogAttrs(c.req.Context(), level, msg, append(attrs, last)...)
}

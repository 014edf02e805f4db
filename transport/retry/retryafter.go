// SPDX-License-Identifier: MIT

package retry

import (
	"errors"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// retryAfter returns the wait that a response asks for; 0 when it asks for none, or for
// none that makes sense.
func retryAfter(h http.Header, now time.Time) time.Duration {
	for _, f := range [...]struct {
		name string
		unit time.Duration
	}{
		// The finer ones first, as azcore has them.
		{"Retry-After-Ms", time.Millisecond},
		{"X-Ms-Retry-After-Ms", time.Millisecond},
		{"Retry-After", time.Second},
	} {
		value := strings.TrimSpace(h.Get(f.name))
		if value == "" {
			continue
		}
		if wait, ok := units(value, f.unit); ok {
			return wait
		}
		if f.unit != time.Second {
			continue
		}
		if at, err := http.ParseTime(value); err == nil {
			// Both times are the server's where it tells its own, so that a client
			// whose clock is wrong waits as long as any other.
			if date, err := http.ParseTime(h.Get("Date")); err == nil {
				now = date
			}
			return max(at.Sub(now), 0)
		}
	}
	return 0
}

// units parses a whole number of units that is more than zero. One that is too large for a
// Duration is the largest.
func units(value string, unit time.Duration) (time.Duration, bool) {
	n, err := strconv.ParseInt(value, 10, 64)
	switch {
	case errors.Is(err, strconv.ErrRange) && n > 0, err == nil && n > math.MaxInt64/int64(unit):
		return math.MaxInt64, true
	case err != nil || n <= 0:
		return 0, false
	}
	return time.Duration(n) * unit, true
}

// SPDX-License-Identifier: MIT

//go:build !js

package fetch

import (
	"context"
	"errors"
	"testing"

	"github.com/isohttp/isohttp/transport/driver"
)

func TestNewFailsWhereThereIsNoFetch(t *testing.T) {
	if _, err := Diagnose(context.Background(), "http://host/"); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("Diagnose: %v", err)
	}
	b, err := New(nil)
	var e *driver.Error
	var u *driver.Unsupported
	if b != nil || !errors.As(err, &e) || e.Op != driver.OpNew || e.Kind != driver.KindUnsupported || !errors.As(err, &u) || u.Feature != "fetch" {
		t.Errorf("got %v, %v", b, err)
	}
}

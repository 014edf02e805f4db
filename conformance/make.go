// SPDX-License-Identifier: MIT

package conformance

import (
	"errors"
	"fmt"
	"reflect"
	"sync/atomic"
	"time"
)

// make calls the backend's New and turns everything that can go wrong into an error. New has half
// of the case's time, or the case would end before it can be told what has hung.
func (r *run) make(t *T, config Config) (Transport, error) {
	if r.offers(featureCA) {
		config.RootCA = r.witness.addrs.CA
	}
	m := &making{made: make(chan made, 1)}
	m.at.Store("Backend.New")
	go m.run(r.backend.New, t, config)
	limit := r.limit(t.c) / 2
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case got := <-m.made:
		return got.tr, got.err
	case <-t.ctx.Done():
		return nil, fmt.Errorf("%s did not return before the case's time was up", m.at.Load())
	case <-timer.C:
		return nil, fmt.Errorf("%s did not return within %v, half of the case's time", m.at.Load(), limit)
	}
}

// making is a call of a backend's New, and of what the suite needs of the transport at once.
type making struct {
	at   atomic.Value // what is being called
	made chan made
}

type made struct {
	tr  Transport
	err error
}

func (m *making) run(create func(TB, Config) (Transport, error), t *T, config Config) {
	defer func() {
		if v := recover(); v != nil {
			m.made <- made{err: fmt.Errorf("%s panicked: %v", m.at.Load(), v)}
		}
	}()
	tr, err := create(t, config)
	switch {
	case err != nil:
		m.made <- made{err: err}
	case tr == nil:
		m.made <- made{err: errors.New("Backend.New returned nil and no error")}
	case nilPointer(tr):
		m.made <- made{err: fmt.Errorf("Backend.New returned a nil %T and no error", tr)}
	default:
		m.at.Store("Capabilities of what Backend.New returned")
		tr.Capabilities()
		m.made <- made{tr: tr}
	}
}

// nilPointer reports whether a transport is a pointer to nothing: an error that was not looked at.
func nilPointer(tr Transport) bool {
	v := reflect.ValueOf(tr)
	return v.Kind() == reflect.Pointer && v.IsNil()
}

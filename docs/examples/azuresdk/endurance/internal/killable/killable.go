// SPDX-License-Identifier: MIT

// Package killable starts a storage account that can be killed while it is used: Azurite,
// which keeps what it has in a folder, behind addresses that stay.
//
// A kill is one for those who use the account: all connections are reset in the middle of
// whatever they carry, new ones are refused, and another process serves later. Azurite
// itself is then asked to end, because a process that is killed loses up to five seconds of
// what it has acknowledged, which nobody above it could make good.
package killable

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"

	"github.com/isohttp/isohttp/docs/examples/azuresdk/endurance/internal/where"
	"github.com/isohttp/isohttp/docs/examples/azuresdk/internal/services"
	"github.com/isohttp/isohttp/docs/examples/internal/local"
)

// Store is a started account.
type Store struct {
	ctx     context.Context // of the processes
	host    *local.Host     // owned
	azurite *local.Lasting  // owned
	gates   [3]*gate        // owned; of blob, queue and table service
	control *http.Server    // owned
	account where.Account

	mu    sync.Mutex
	state where.State
	serve chan struct{} // closed while the account serves
}

// Start starts an account, installing Azurite first where that was never done. Progress is
// written to log. Without Node or npm the error is a *local.Missing. The caller must Close.
func Start(ctx context.Context, log io.Writer) (*Store, error) {
	host, err := local.New(ctx, local.NewLog("killable", log))
	if err != nil {
		return nil, err
	}
	s := &Store{ctx: ctx, host: host, azurite: host.NewLasting("endurance"), serve: make(chan struct{})}
	if err := s.start(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Store) start(ctx context.Context) (err error) {
	for i := range s.gates {
		if s.gates[i], err = newGate(); err != nil {
			return err
		}
	}
	if err := s.azurite.Start(ctx); err != nil {
		return err
	}
	if err := services.AllowPages(ctx, &s.azurite.Azurite); err != nil {
		return err
	}
	if err := s.open(); err != nil {
		return err
	}
	a := s.azurite.Azurite
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s.account = where.Account{Name: a.Account, Key: a.Key,
		Blob: s.gates[0].endpoint(a.Blob), Queue: s.gates[1].endpoint(a.Queue), Table: s.gates[2].endpoint(a.Table),
		Control: "http://" + listener.Addr().String()}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /kill", s.serveKill)
	mux.HandleFunc("GET /state", s.serveState)
	s.control = &http.Server{Handler: mux}
	go s.control.Serve(listener)
	return nil
}

// open opens the gates to Azurite as it runs now.
func (s *Store) open() error {
	a := s.azurite.Azurite
	var errs []error
	for i, endpoint := range []string{a.Blob, a.Queue, a.Table} {
		errs = append(errs, s.gates[i].open(endpoint))
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	close(s.serve)
	return nil
}

// Account returns where the account is.
func (s *Store) Account() where.Account { return s.account }

// serveKill kills the account, and starts it again after it has answered. A kill of what is
// dead already does nothing.
func (s *Store) serveKill(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Access-Control-Allow-Origin", "*")
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.serve:
	default:
		return
	}
	s.serve = make(chan struct{})
	for _, g := range s.gates {
		g.shut()
	}
	go func() {
		err := s.azurite.Stop()
		if err == nil {
			err = s.azurite.Start(s.ctx)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if err == nil {
			s.state.Kills++
			err = s.open()
		}
		if err != nil {
			s.state.Err = err.Error()
			close(s.serve)
		}
	}()
}

// serveState answers when no kill is under way.
func (s *Store) serveState(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Access-Control-Allow-Origin", "*")
	s.mu.Lock()
	serve := s.serve
	s.mu.Unlock()
	select {
	case <-serve:
	case <-r.Context().Done():
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	json.NewEncoder(w).Encode(s.state)
}

// Close stops everything and removes what the account has kept.
func (s *Store) Close() error {
	var errs []error
	if s.control != nil {
		errs = append(errs, s.control.Close())
		s.mu.Lock()
		serve := s.serve
		s.mu.Unlock()
		<-serve // a kill under way has its processes
	}
	for _, g := range s.gates {
		if g != nil {
			g.shut()
		}
	}
	return errors.Join(append(errs, s.azurite.Stop(), s.host.Close())...)
}

// SPDX-License-Identifier: MIT

// Package services starts what the tests of package azuresdk talk to, on loopback: Azurite,
// a proxy in front of its blob service that cuts downloads, an authority with a vault, and a
// service of jobs that take a while.
// All of them may be used from pages.
package services

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"

	"github.com/isohttp/isohttp/docs/examples/azuresdk/internal/settings"
	"github.com/isohttp/isohttp/docs/examples/internal/local"
)

// Services is what has been started.
type Services struct {
	settings settings.Settings
	host     *local.Host    // owned; has Azurite
	servers  []*http.Server // owned
}

// Start starts everything, installing Azurite first where that was never done. Progress is
// written to log. Without Node or npm the error is a *local.Missing. The caller must Close.
func Start(ctx context.Context, name string, log io.Writer) (*Services, error) {
	host, err := local.New(ctx, local.NewLog(name, log))
	if err != nil {
		return nil, err
	}
	s := &Services{host: host}
	if err := s.start(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Services) start(ctx context.Context) error {
	azurite, err := s.host.StartAzurite(ctx, "azuresdk")
	if err != nil {
		return err
	}
	if err := allowPages(ctx, azurite); err != nil {
		return err
	}
	cutter, err := newCutter(azurite.Blob)
	if err != nil {
		return err
	}
	cut, err := s.serve(cutter)
	if err != nil {
		return err
	}
	identity := newIdentity()
	fake, err := s.serve(identity)
	if err != nil {
		return err
	}
	jobs := newJobs()
	jobsURL, err := s.serve(jobs.handler())
	if err != nil {
		return err
	}
	s.settings = settings.Settings{
		Account: azurite.Account, Key: azurite.Key,
		Blob: azurite.Blob, Queue: azurite.Queue, Table: azurite.Table,
		CutBlob:  cut + "/" + azurite.Account,
		Identity: fake, ClientSecret: identity.clientSecret,
		Jobs: jobsURL, JobsKey: jobs.key,
	}
	return nil
}

// serve serves h on a free port and returns its address.
func (s *Services) serve(h http.Handler) (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	server := &http.Server{Handler: h}
	s.servers = append(s.servers, server)
	go server.Serve(listener)
	return "http://" + listener.Addr().String(), nil
}

// Settings returns where the services are.
func (s *Services) Settings() settings.Settings { return s.settings }

// Close stops everything.
func (s *Services) Close() error {
	var errs []error
	for _, server := range s.servers {
		errs = append(errs, server.Close())
	}
	return errors.Join(append(errs, s.host.Close())...)
}

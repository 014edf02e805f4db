// SPDX-License-Identifier: MIT

package services

import (
	"io"
	"log"
	"net/http"
	"net/http/httputil"
	"net/url"
	"sync"
)

// cutter is a proxy in front of a blob service. It cuts the connection in the middle of the
// first download of each blob, as a network may, and passes everything else on as it is.
// Shared Key signatures hold behind it: they cover the path, but not the host.
type cutter struct {
	proxy *httputil.ReverseProxy

	mu   sync.Mutex
	seen map[string]bool // paths whose first download is over
}

// newCutter returns a cutter in front of endpoint, whose path stays as it is.
func newCutter(endpoint string) (*cutter, error) {
	target, err := url.Parse(endpoint)
	if err != nil {
		return nil, err
	}
	c := &cutter{seen: make(map[string]bool)}
	c.proxy = &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme, r.Out.URL.Host = target.Scheme, target.Host
			r.Out.Host = "" // Azurite finds the account by the path only under an address
		},
		// Each piece at once: what comes before the cut must arrive.
		FlushInterval:  -1,
		ModifyResponse: c.modify,
		ErrorLog:       log.New(io.Discard, "", 0), // it would tell of each cut
	}
	return c, nil
}

func (c *cutter) ServeHTTP(w http.ResponseWriter, r *http.Request) { c.proxy.ServeHTTP(w, r) }

// modify arranges for the cut in half of a body that is to be cut.
func (c *cutter) modify(resp *http.Response) error {
	r := resp.Request
	if r.Method != http.MethodGet || resp.StatusCode >= 300 || resp.ContentLength < 2 || r.URL.Query().Has("comp") {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.seen[r.URL.Path] {
		return nil
	}
	c.seen[r.URL.Path] = true
	resp.Body = &cutBody{resp.Body, resp.ContentLength / 2}
	return nil
}

// cutBody is the first bytes of a body and then an error, which makes the proxy drop the
// connection.
type cutBody struct {
	io.ReadCloser
	left int64
}

func (b *cutBody) Read(p []byte) (int, error) {
	if b.left == 0 {
		return 0, io.ErrUnexpectedEOF
	}
	n, err := b.ReadCloser.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}

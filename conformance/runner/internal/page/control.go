// SPDX-License-Identifier: MIT

package page

import (
	"encoding/binary"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// controlHandler serves what host.js asks for, under a secret path.
func (p *Page) controlHandler(secret string) http.Handler {
	mux := http.NewServeMux()
	handle := func(name string, serve http.HandlerFunc) {
		mux.HandleFunc("POST "+secret+name, func(w http.ResponseWriter, r *http.Request) {
			// The page is of another origin. Its requests are simple ones, so there is
			// no preflight to answer.
			w.Header().Set("Access-Control-Allow-Origin", "*")
			serve(w, r)
		})
	}
	handle("output", p.serveOutput)
	handle("input", p.serveInput)
	handle("alive", p.serveAlive)
	handle("exit", p.serveExit)
	handle("failure", p.serveFailure)
	return mux
}

func (p *Page) serveOutput(w http.ResponseWriter, r *http.Request) {
	p.output.Lock()
	defer p.output.Unlock()
	if err := copyFrames(p.program.Stdout, p.program.Stderr, r.Body); err != nil {
		p.fail("passing on the program's output: %w", err)
	}
}

// copyFrames writes a batch of output to the streams that its frames name.
func copyFrames(stdout, stderr io.Writer, r io.Reader) error {
	var header [5]byte
	for {
		if _, err := io.ReadFull(r, header[:]); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		to := stdout
		if header[0] == 2 {
			to = stderr
		}
		if _, err := io.CopyN(to, r, int64(binary.LittleEndian.Uint32(header[1:]))); errors.Is(err, io.EOF) {
			return io.ErrUnexpectedEOF
		} else if err != nil {
			return err
		}
	}
}

// serveInput answers with what is there to read, at most as much as was asked for. An
// empty answer is the end of the input. Nothing is read before the program asks, so
// a terminal's input is not taken away from whoever runs next.
func (p *Page) serveInput(w http.ResponseWriter, r *http.Request) {
	const most = 64 << 10
	n, err := strconv.Atoi(r.URL.Query().Get("n"))
	if err != nil || n < 0 {
		http.Error(w, "bad length", http.StatusBadRequest)
		return
	}
	buf := make([]byte, min(n, most))
	n, err = p.program.Stdin.Read(buf)
	if n == 0 && err != nil && !errors.Is(err, io.EOF) {
		http.Error(w, "reading the input failed", http.StatusInternalServerError)
		return
	}
	w.Write(buf[:n])
}

// serveAlive never answers. It ends when the page's connection does.
func (p *Page) serveAlive(w http.ResponseWriter, r *http.Request) {
	<-r.Context().Done()
	p.goneOnce.Do(func() { close(p.gone) })
}

func (p *Page) serveExit(w http.ResponseWriter, r *http.Request) {
	text, err := io.ReadAll(io.LimitReader(r.Body, 32))
	if err != nil {
		p.fail("reading the program's exit status: %w", err)
		return
	}
	status, err := strconv.Atoi(string(text))
	if err != nil {
		p.fail("the page reported a bad exit status")
		return
	}
	p.finish(Result{Status: status})
}

func (p *Page) serveFailure(w http.ResponseWriter, r *http.Request) {
	text, _ := io.ReadAll(io.LimitReader(r.Body, 4096))
	p.fail("%s", strings.TrimSpace(string(text)))
}

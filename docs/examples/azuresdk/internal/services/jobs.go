// SPDX-License-Identifier: MIT

package services

import (
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"

	"github.com/isohttp/isohttp/docs/examples/azuresdk/internal/settings"
	"github.com/isohttp/isohttp/transport/azure"
)

// jobs is a service that does things that take a while: it gives long-running operations,
// a list in pages, and events as they happen.
type jobs struct {
	key string
	mux http.ServeMux

	mu    sync.Mutex
	state map[string]*job
}

type job struct {
	text  string
	polls int // how often its state was asked for
}

func newJobs() *jobs {
	j := &jobs{key: rand.Text(), state: make(map[string]*job)}
	j.mux.HandleFunc("POST /jobs", j.begin)
	j.mux.HandleFunc("GET /jobs", j.list)
	j.mux.HandleFunc("GET /jobs/{id}", j.get)
	j.mux.HandleFunc("GET /jobs/{id}/state", j.poll)
	j.mux.HandleFunc("GET /events", j.events)
	return j
}

// handler is the service as pages may use it, and only those who have the key.
func (j *jobs) handler() http.Handler {
	rule := azure.ServiceRule([]string{settings.KeyHeader}, "*")
	return obey(rule, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get(settings.KeyHeader) != j.key {
			fail(w, http.StatusUnauthorized, "401", "the key is not right")
			return
		}
		j.mux.ServeHTTP(w, r)
	}))
}

// begin takes a job on. "fail" is one that will not succeed.
func (j *jobs) begin(w http.ResponseWriter, r *http.Request) {
	text, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	id := rand.Text()
	j.mu.Lock()
	j.state[id] = &job{text: string(text)}
	j.mu.Unlock()
	at := "http://" + r.Host + "/jobs/" + id
	w.Header().Set("Operation-Location", at+"/state")
	if string(text) != "fail" {
		w.Header().Set("Location", at)
	}
	w.Header().Set("Retry-After-Ms", "1")
	answer(w, http.StatusAccepted, object{"id": id})
}

func (j *jobs) poll(w http.ResponseWriter, r *http.Request) {
	j.mu.Lock()
	defer j.mu.Unlock()
	found, ok := j.state[r.PathValue("id")]
	if !ok {
		fail(w, http.StatusNotFound, "NoJob", "there is no such job")
		return
	}
	found.polls++
	w.Header().Set("Retry-After-Ms", "1")
	switch {
	case found.polls < 3:
		answer(w, http.StatusOK, object{"status": "Running"})
	case found.text == "fail":
		answer(w, http.StatusOK, object{"status": "Failed", "error": object{"code": "JobFailed", "message": "as it was asked to"}})
	default:
		answer(w, http.StatusOK, object{"status": "Succeeded"})
	}
}

func (j *jobs) get(w http.ResponseWriter, r *http.Request) {
	j.mu.Lock()
	defer j.mu.Unlock()
	found, ok := j.state[r.PathValue("id")]
	if !ok {
		fail(w, http.StatusNotFound, "NoJob", "there is no such job")
		return
	}
	answer(w, http.StatusOK, object{"id": r.PathValue("id"), "result": strings.ToUpper(found.text), "polls": found.polls})
}

// list has 7 things, 3 on a page.
func (j *jobs) list(w http.ResponseWriter, r *http.Request) {
	const all, size = 7, 3
	from, _ := strconv.Atoi(r.URL.Query().Get("from"))
	var value []object
	for i := from; i < min(from+size, all); i++ {
		value = append(value, object{"id": strconv.Itoa(i)})
	}
	page := object{"value": value}
	if from+size < all {
		page["nextLink"] = fmt.Sprintf("http://%s/jobs?from=%d", r.Host, from+size)
	}
	answer(w, http.StatusOK, page)
}

// events sends 5 events in a stream that breaks after the third; who asks again from
// the last one gets the others. With ?idle=1 nothing comes.
func (j *jobs) events(w http.ResponseWriter, r *http.Request) {
	last, _ := strconv.Atoi(r.Header.Get("Last-Event-ID"))
	w.Header().Set("Content-Type", "text/event-stream")
	w.WriteHeader(http.StatusOK)
	send := func(format string, args ...any) {
		fmt.Fprintf(w, format, args...)
		http.NewResponseController(w).Flush()
	}
	send("retry: 1\n\n")
	if r.URL.Query().Get("idle") != "" {
		<-r.Context().Done()
		return
	}
	for id := last + 1; id <= 5; id++ {
		send("id: %d\nevent: progress\ndata: {\"percent\": %d}\n\n", id, id*20)
		if id == 3 {
			panic(http.ErrAbortHandler) // the network is gone
		}
	}
}

// obey answers preflights as the rule says, and lets pages see what it exposes. Services in
// the cloud do this themselves.
func obey(rule azure.CORSRule, next http.Handler) http.Handler {
	covers := func(names []string, name string) bool {
		for _, pattern := range names {
			if ok, _ := path.Match(pattern, strings.ToLower(name)); ok {
				return true
			}
		}
		return false
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Access-Control-Allow-Origin", "*")
		if r.Method != http.MethodOptions {
			next.ServeHTTP(&exposing{ResponseWriter: w, exposed: func(name string) bool { return covers(rule.ExposedHeaders, name) }}, r)
			return
		}
		for name := range strings.SplitSeq(r.Header.Get("Access-Control-Request-Headers"), ",") {
			if name = strings.TrimSpace(name); name != "" && !covers(rule.AllowedHeaders, name) {
				w.WriteHeader(http.StatusForbidden)
				return
			}
		}
		h.Set("Access-Control-Allow-Methods", strings.Join(rule.AllowedMethods, ", "))
		h.Set("Access-Control-Allow-Headers", r.Header.Get("Access-Control-Request-Headers"))
		w.WriteHeader(http.StatusNoContent)
	})
}

// exposing names the response headers that a page may see.
type exposing struct {
	http.ResponseWriter
	exposed func(name string) bool
}

// WriteHeader implements http.ResponseWriter. Every handler here calls it.
func (e *exposing) WriteHeader(status int) {
	h := e.Header()
	var names []string
	for name := range h {
		if e.exposed(name) {
			names = append(names, name)
		}
	}
	h.Set("Access-Control-Expose-Headers", strings.Join(names, ", "))
	e.ResponseWriter.WriteHeader(status)
}

// Unwrap is for http.ResponseController.
func (e *exposing) Unwrap() http.ResponseWriter { return e.ResponseWriter }

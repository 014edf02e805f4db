// SPDX-License-Identifier: MIT

package app

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
)

const (
	testEndpoint = "https://language.example/"
	testKey      = "0123456789abcdef"
)

// transporter is a function as a policy.Transporter: these tests run on every platform, and
// none of them needs a server.
type transporter func(*http.Request) (*http.Response, error)

func (f transporter) Do(req *http.Request) (*http.Response, error) { return f(req) }

// respond returns a response to req.
func respond(req *http.Request, status int, header http.Header, body []byte) *http.Response {
	if header == nil {
		header = make(http.Header)
	}
	length := int64(len(body))
	if req.Method == http.MethodHead {
		length, _ = strconv.ParseInt(header.Get("Content-Length"), 10, 64)
		body = nil
	}
	return &http.Response{
		Status:        strconv.Itoa(status) + " " + http.StatusText(status),
		StatusCode:    status,
		Header:        header,
		Body:          io.NopCloser(bytes.NewReader(body)),
		ContentLength: length,
		Request:       req,
	}
}

// fakeLanguage answers as the service does: texts that begin with "Bonjour" are French, the
// others English, empty ones errors.
type fakeLanguage struct {
	mu       sync.Mutex
	requests []fakeRequest
}

type fakeRequest struct {
	path, query, key string
	size             int64
	docs             []wireDocument
}

func (f *fakeLanguage) Do(req *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	var in struct {
		AnalysisInput struct{ Documents []wireDocument }
		Documents     []wireDocument
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, err
	}
	docs := append(in.AnalysisInput.Documents, in.Documents...)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.requests = append(f.requests, fakeRequest{req.URL.Path, req.URL.RawQuery, req.Header.Get(keyHeader), req.ContentLength, docs})
	if req.Header.Get(keyHeader) != testKey {
		return respond(req, 401, nil, []byte(`{"error":{"code":"401","message":"Access denied due to invalid subscription key."}}`)), nil
	}
	results := results(docs)
	if in.Documents == nil {
		results = map[string]any{"kind": "LanguageDetectionResults", "results": results}
	}
	out, err := json.Marshal(results)
	if err != nil {
		return nil, err
	}
	return respond(req, 200, nil, out), nil
}

func results(docs []wireDocument) map[string]any {
	documents, errs := []any{}, []any{}
	for _, doc := range docs {
		name, code := "English", "en"
		if strings.HasPrefix(doc.Text, "Bonjour") {
			name, code = "French", "fr"
		}
		if doc.Text == "" {
			errs = append(errs, map[string]any{"id": doc.ID, "error": map[string]any{
				"code": "InvalidArgument", "message": "Invalid Document in request.",
				"innererror": map[string]any{"code": "InvalidDocument", "message": "Document text is empty."},
			}})
			continue
		}
		documents = append(documents, map[string]any{"id": doc.ID, "warnings": []any{}, "detectedLanguage": map[string]any{
			"name": name, "iso6391Name": code, "confidenceScore": 0.75,
		}})
	}
	return map[string]any{"documents": documents, "errors": errs, "modelVersion": "1"}
}

// program is a run of the program and what came of it.
type program struct {
	env            map[string]string
	stdin          string
	code           int
	stdout, stderr string
}

// withLanguage is a program whose environment names the service.
func withLanguage() *program {
	return &program{env: map[string]string{languageEndpointVariable: testEndpoint, languageKeyVariable: testKey}}
}

func (p *program) run(t *testing.T, ctx context.Context, transport transporter, args ...string) *program {
	t.Helper()
	var stdout, stderr bytes.Buffer
	p.code = Run(ctx, &Env{
		Args:      args,
		Getenv:    func(name string) string { return p.env[name] },
		Stdin:     strings.NewReader(p.stdin),
		Stdout:    &stdout,
		Stderr:    &stderr,
		Transport: transport,
	})
	p.stdout, p.stderr = stdout.String(), stderr.String()
	for _, secret := range []string{testKey, testStorageKey, "SECRETSIGNATURE"} {
		if strings.Contains(p.stdout+p.stderr, secret) {
			t.Errorf("the output has a secret in it:\n%s%s", p.stdout, p.stderr)
		}
	}
	return p
}

// want checks code and output.
func (p *program) want(t *testing.T, code int, stdout, stderr string) {
	t.Helper()
	if p.code != code || p.stdout != stdout || p.stderr != stderr {
		t.Errorf("exit code %d, want %d\nstandard output:\n%s\nwant:\n%s\nstandard error:\n%s\nwant:\n%s",
			p.code, code, p.stdout, stdout, p.stderr, stderr)
	}
}

// SPDX-License-Identifier: MIT

package app

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/isohttp/isohttp/transport"
)

func TestDetect(t *testing.T) {
	for _, c := range []struct {
		name, stdin string
		args        []string
		code        int
		stdout      string
	}{
		{"one text", "", []string{"Bonjour mon ami."}, 0, "French  fr  0.75  Bonjour mon ami.\n"},
		{"by name", "", []string{"detect", "storage"}, 0, "English  en  0.75  storage\n"},
		{"error beside answers", "", []string{"Bonjour", "", "Hello"}, 1,
			"French   fr  0.75  Bonjour\nerror    -   -     Document text is empty. (InvalidDocument) \nEnglish  en  0.75  Hello\n"},
		{"standard input", "Hello\r\nBonjour", nil, 0, "English  en  0.75  Hello\nFrench   fr  0.75  Bonjour\n"},
		{"standard input by name", "\ufeffBonjour\n", []string{"-file", "-"}, 0, "French  fr  0.75  Bonjour\n"},
		{"older form", "", []string{"-api", "v3.1", "Bonjour"}, 0, "French  fr  0.75  Bonjour\n"},
		{"text over two lines", "", []string{"Bonjour\n mon ami"}, 0, "French  fr  0.75  Bonjour mon ami\n"},
		{"JSON", "", []string{"-json", "Bonjour <ami>"}, 0,
			"[\n  {\n    \"text\": \"Bonjour <ami>\",\n    \"detectedLanguage\": {\n      \"name\": \"French\",\n      \"iso6391Name\": \"fr\",\n      \"confidenceScore\": 0.75\n    }\n  }\n]\n"},
		{"JSON error", "", []string{"-json", ""}, 1,
			"[\n  {\n    \"text\": \"\",\n    \"error\": {\n      \"code\": \"InvalidDocument\",\n      \"message\": \"Document text is empty.\"\n    }\n  }\n]\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := withLanguage()
			p.stdin = c.stdin
			p.run(t, t.Context(), new(fakeLanguage).Do, c.args...).want(t, c.code, c.stdout, "")
		})
	}
}

func TestDetectRequest(t *testing.T) {
	f := new(fakeLanguage)
	withLanguage().run(t, t.Context(), f.Do, "-hint", "fr", "a", "b")
	withLanguage().run(t, t.Context(), f.Do, "-api", "v3.1", "-endpoint", "https://other.example/base/", "c")
	got := fmt.Sprintf("%+v", f.requests)
	size := []int64{f.requests[0].size, f.requests[1].size}
	want := fmt.Sprintf("[{path:/language/:analyze-text query:api-version=2023-04-01 key:%s size:%d docs:[{ID:1 Text:a CountryHint:fr} {ID:2 Text:b CountryHint:fr}]} "+
		"{path:/base/text/analytics/v3.1/languages query: key:%s size:%d docs:[{ID:1 Text:c CountryHint:}]}]", testKey, size[0], testKey, size[1])
	if got != want {
		t.Errorf("requests:\n%s\nwant:\n%s", got, want)
	}
}

func TestDetectFile(t *testing.T) {
	// A page has no files: what is to be seen there is that the reason is told.
	const missing = "no such folder/texts"
	_, err := os.ReadFile(missing)
	p := withLanguage().run(t, t.Context(), nobody(t), "-file", missing)
	if p.code != exitUsage || !strings.HasPrefix(p.stderr, "portable: "+err.Error()+"\n") {
		t.Errorf("exit code %d\n%s", p.code, p.stderr)
	}
}

// TestBatches protects the service's limits: so many documents and bytes a request.
func TestBatches(t *testing.T) {
	for _, c := range []struct {
		name  string
		docs  int
		text  string
		calls int
	}{
		{"none", 0, "", 0},
		{"full", maxDocuments, "Hello", 1},
		{"one more", maxDocuments + 1, "Hello", 2},
		{"three", 2*maxDocuments + 1, "Bonjour", 3},
		{"by size", 500, strings.Repeat("é\u2028\n", 1000), 5},
		{"each too large", 3, strings.Repeat("x", maxRequestBytes), 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := new(fakeLanguage)
			client, err := NewLanguage(testEndpoint, testKey, languageOptions(f.Do))
			if err != nil {
				t.Fatal(err)
			}
			docs := make([]Document, c.docs)
			for i := range docs {
				docs[i].Text = c.text + fmt.Sprint(i)
			}
			got, err := client.Detect(t.Context(), docs)
			if err != nil || len(got) != c.docs || len(f.requests) != c.calls {
				t.Errorf("%d results in %d calls, %v; want %d in %d", len(got), len(f.requests), err, c.docs, c.calls)
			}
			for _, r := range f.requests {
				if len(r.docs) > 1 && r.size > maxRequestBytes || len(r.docs) > maxDocuments {
					t.Errorf("a request has %d documents and %d bytes", len(r.docs), r.size)
				}
			}
		})
	}
}

func languageOptions(f transporter) *LanguageOptions {
	o := new(LanguageOptions)
	o.Transport = f
	return o
}

// nobody fails the test when something is sent.
func nobody(t *testing.T) transporter {
	return func(req *http.Request) (*http.Response, error) {
		t.Errorf("sent %s %s", req.Method, req.URL.Path)
		return nil, errors.New("nobody is there")
	}
}

func TestDetectUsage(t *testing.T) {
	both := map[string]string{languageEndpointVariable: testEndpoint, languageKeyVariable: testKey}
	with := func(name, value string) map[string]string {
		env := map[string]string{languageEndpointVariable: testEndpoint, languageKeyVariable: testKey}
		env[name] = value
		return env
	}
	for _, c := range []struct {
		name, reason string
		env          map[string]string
		args         []string
	}{
		{"no endpoint", "no endpoint: set -endpoint or $ISOHTTP_LANGUAGE_ENDPOINT", with(languageEndpointVariable, ""), []string{"x"}},
		{"no key", "no key: set -key or $ISOHTTP_LANGUAGE_KEY", with(languageKeyVariable, ""), []string{"x"}},
		{"nothing", "no endpoint: set -endpoint or $ISOHTTP_LANGUAGE_ENDPOINT", nil, nil},
		{"no text", "no text", both, nil},
		{"texts and file", "texts and -file exclude each other", both, []string{"-file", "x", "y"}},
		{"http elsewhere", errPlainHTTP.Error(), with(languageEndpointVariable, "http://language.example"), []string{"x"}},
		{"scheme", "the endpoint has to begin with https://", with(languageEndpointVariable, "ftp://language.example"), []string{"x"}},
		{"no scheme", "the endpoint has to begin with https://", with(languageEndpointVariable, "language.example"), []string{"x"}},
		{"no host", "the endpoint has no host", with(languageEndpointVariable, "https:///path"), []string{"x"}},
		{"port", "the endpoint is not a URL: invalid port \":x\" after host", with(languageEndpointVariable, "https://a:x/?SECRETSIGNATURE"), []string{"x"}},
		{"query", "the endpoint must not have a query in it", with(languageEndpointVariable, "https://a/?SECRETSIGNATURE"), []string{"x"}},
		{"user", "the endpoint must not have a user name in it", with(languageEndpointVariable, "https://u:SECRETSIGNATURE@a/"), []string{"x"}},
		{"fragment", "the endpoint must not have a fragment in it", with(languageEndpointVariable, "https://a/#x"), []string{"x"}},
		{"key", "the key is empty or has characters that a key cannot have", with(languageKeyVariable, testKey+"\n"+testKey), []string{"x"}},
		{"form", "the form of the interface is not one of 2023-04-01 and v3.1", both, []string{"-api", "v2", "x"}},
		{"flag", "flag provided but not defined: -nope", both, []string{"-nope"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := (&program{env: c.env}).run(t, t.Context(), nobody(t), c.args...)
			reason, rest, _ := strings.Cut(p.stderr, "\n")
			if p.code != exitUsage || strings.TrimPrefix(reason, "portable: ") != c.reason || p.stdout != "" ||
				strings.Count(rest, "usage: portable [detect]") != 1 {
				t.Errorf("exit code %d, %q\n%s", p.code, p.stdout, p.stderr)
			}
		})
	}
}

func TestHelp(t *testing.T) {
	for _, args := range [][]string{{"help"}, {"-h"}, {"detect", "-h"}, {"storage", "-help"}} {
		p := new(program).run(t, t.Context(), nobody(t), args...)
		if p.code != 0 || !strings.Contains(p.stdout+p.stderr, "usage:") {
			t.Errorf("%q: exit code %d\n%s%s", args, p.code, p.stdout, p.stderr)
		}
	}
}

func TestWrongKey(t *testing.T) {
	f := new(fakeLanguage)
	p := withLanguage()
	p.env[languageKeyVariable] = "wrong"
	p.run(t, t.Context(), f.Do, "x").want(t, exitFailure, "",
		"portable: language.example:443 answered 401 Unauthorized: 401: Access denied due to invalid subscription key.\n")
	if len(f.requests) != 1 {
		t.Errorf("asked %d times with a wrong key, want once", len(f.requests))
	}
}

// TestUnreachable protects the one line that names what was not there, and no query.
func TestUnreachable(t *testing.T) {
	for _, c := range []struct {
		name  string
		err   error
		calls int
		line  string
	}{
		{"refused", &transport.Error{Op: "send", Kind: transport.KindNetwork, Err: errors.New("dial tcp 127.0.0.1:1:\n connection refused")}, 4,
			"cannot reach 127.0.0.1:1: dial tcp 127.0.0.1:1: connection refused"},
		{"certificate", &transport.Error{Op: "send", Kind: transport.KindTLS, Err: errors.New("certificate is not trusted")}, 1,
			"request to 127.0.0.1:1: TLS failure: certificate is not trusted"},
		{"no platform", &transport.Error{Op: "new", Kind: transport.KindUnsupported}, 1,
			"request to 127.0.0.1:1: unsupported: no reason given"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { // azcore waits between its tries
				calls := 0
				p := withLanguage().run(t, t.Context(), func(*http.Request) (*http.Response, error) {
					calls++
					return nil, c.err
				}, "-endpoint", "http://127.0.0.1:1", "x")
				p.want(t, exitFailure, "", "portable: "+c.line+"\n")
				if calls != c.calls {
					t.Errorf("%d tries, want %d", calls, c.calls)
				}
			})
		})
	}
}

func TestTimeoutAndInterrupt(t *testing.T) {
	never := transporter(func(req *http.Request) (*http.Response, error) {
		<-req.Context().Done()
		return nil, req.Context().Err()
	})
	synctest.Test(t, func(t *testing.T) {
		withLanguage().run(t, t.Context(), never, "-timeout", "10s", "x").
			want(t, exitFailure, "", "portable: no answer from language.example:443 in time\n")
	})
	ctx, cancel := context.WithCancel(t.Context())
	interrupted := func(req *http.Request) (*http.Response, error) {
		cancel()
		return never(req)
	}
	withLanguage().run(t, ctx, interrupted, "x").want(t, exitFailure, "", "portable: canceled\n")
}

// TestAnswersKept protects what came in before a later request failed.
func TestAnswersKept(t *testing.T) {
	f := new(fakeLanguage)
	p := withLanguage()
	p.stdin = strings.Repeat("Hello\n", maxDocuments+1)
	p.run(t, t.Context(), func(req *http.Request) (*http.Response, error) {
		if len(f.requests) == 1 {
			return respond(req, 403, nil, []byte(`{"error":{"code":"403","message":"Out of call volume quota."}}`)), nil
		}
		return f.Do(req)
	})
	if p.code != exitFailure || strings.Count(p.stdout, "English") != maxDocuments ||
		p.stderr != "portable: language.example:443 answered 403 Forbidden: 403: Out of call volume quota.\n" {
		t.Errorf("exit code %d, %d answers, %s", p.code, strings.Count(p.stdout, "English"), p.stderr)
	}
}

func TestStrangeAnswers(t *testing.T) {
	for _, c := range []struct{ name, body, stdout, stderr string }{
		{"not JSON", "<html>", "", "portable: the answer is not one of language detection\n"},
		{"other JSON", `{"kind":"SentimentAnalysisResults","results":{}}`, "", "portable: the answer is not one of language detection\n"},
		{"no results", `{"kind":"LanguageDetectionResults","results":null}`, "", "portable: the answer is not one of language detection\n"},
		{"a document left out", `{"kind":"LanguageDetectionResults","results":{"documents":[{"id":"7"},{"id":"x"}],"errors":[]}}`,
			"error  -  -  the service did not answer for this document (NoAnswer) x\n", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			withLanguage().run(t, t.Context(), func(req *http.Request) (*http.Response, error) {
				return respond(req, 200, nil, []byte(c.body)), nil
			}, "x").want(t, exitFailure, c.stdout, c.stderr)
		})
	}
}

// SPDX-License-Identifier: MIT

package service

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

const testKey = "0123456789abcdef"

// french answers every text alike, for the tests in which languages do not matter.
type french struct{}

func (french) Detect(text, hint string) Language {
	if strings.HasPrefix(text, "?") {
		return Language{}
	}
	return Language{"French", "fr", 0.63}
}

// post calls the service and returns status and body.
func post(t *testing.T, d Detector, target, key, body string) (int, string) {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, target, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set(keyHeader, key)
	w := httptest.NewRecorder()
	Handler(d, testKey).ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

const (
	newer = "/language/:analyze-text?api-version=2023-04-01"
	older = "/text/analytics/v3.1/languages"
)

func newerBody(docs string) string {
	return `{"kind":"LanguageDetection","parameters":{"modelVersion":"latest"},"analysisInput":{"documents":` + docs + `}}`
}

func olderBody(docs string) string { return `{"documents":` + docs + `}` }

func TestShapes(t *testing.T) {
	const docs = `[{"id":"a","text":"Bonjour"},{"id":"b","text":"?"},{"id":"c","text":" "}]`
	const inner = `{"documents":[` +
		`{"id":"a","detectedLanguage":{"name":"French","iso6391Name":"fr","confidenceScore":0.63},"warnings":[]},` +
		`{"id":"b","detectedLanguage":{"name":"(Unknown)","iso6391Name":"(Unknown)","confidenceScore":0},"warnings":[]}],` +
		`"errors":[{"id":"c","error":{"code":"InvalidArgument","message":"Invalid Document in request.",` +
		`"innererror":{"code":"InvalidDocument","message":"Document text is empty."}}}],"modelVersion":"lingua-1.4.0"}`
	if status, body := post(t, french{}, older, testKey, olderBody(docs)); status != 200 || body != inner {
		t.Errorf("older form: %d %s\nwant %s", status, body, inner)
	}
	want := `{"kind":"LanguageDetectionResults","results":` + inner + `}`
	if status, body := post(t, french{}, newer, testKey, newerBody(docs)); status != 200 || body != want {
		t.Errorf("newer form: %d %s\nwant %s", status, body, want)
	}
	if _, body := post(t, french{}, older, testKey, olderBody(`[{"id":"1","text":"x"}]`)); !strings.Contains(body, `"errors":[]`) {
		t.Errorf("no error is not an empty list: %s", body)
	}
}

// TestRealAnswers sends the seed's text through both routes to the real detector.
func TestRealAnswers(t *testing.T) {
	const docs = `[{"id":"1","text":"Bonjour mon ami."},{"id":"2","text":"Guten Morgen, mein Freund.","countryHint":"de"}]`
	for _, c := range []struct{ target, body string }{{newer, newerBody(docs)}, {older, olderBody(docs)}} {
		status, body := post(t, loaded(), c.target, testKey, c.body)
		if status != 200 || !strings.Contains(body, `"id":"1","detectedLanguage":{"name":"French","iso6391Name":"fr"`) ||
			!strings.Contains(body, `"id":"2","detectedLanguage":{"name":"German","iso6391Name":"de"`) {
			t.Errorf("%s: %d %s", c.target, status, body)
		}
	}
}

func TestErrors(t *testing.T) {
	many := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, `,{"id":"%d","text":"x"}`, i)
		}
		return "[" + b.String()[1:] + "]"
	}
	const one = `[{"id":"1","text":"x"}]`
	for _, c := range []struct {
		name, target, key, body string
		status                  int
		code, inner             string
	}{
		{"wrong key", newer, "wrong", newerBody(one), 401, "401", ""},
		{"no key", older, "", olderBody(one), 401, "401", ""},
		{"wrong path", "/language/analyze", testKey, "", 404, "404", ""},
		{"no version", "/language/:analyze-text", testKey, newerBody(one), 400, "MissingApiVersionParameter", ""},
		{"wrong version", "/language/:analyze-text?api-version=2020-01-01", testKey, newerBody(one), 400, "UnsupportedApiVersionValue", ""},
		{"wrong kind", newer, testKey, strings.Replace(newerBody(one), "LanguageDetection", "Sentiment", 1), 400, "InvalidRequest", "InvalidParameterValue"},
		{"wrong model", newer, testKey, strings.Replace(newerBody(one), "latest", "1999", 1), 400, "InvalidRequest", "ModelVersionIncorrect"},
		{"wrong model, older", older + "?model-version=1999", testKey, olderBody(one), 400, "InvalidRequest", "ModelVersionIncorrect"},
		{"empty body", newer, testKey, "", 400, "InvalidRequest", "EmptyRequest"},
		{"not JSON", older, testKey, "{", 400, "InvalidRequest", "InvalidRequestBodyFormat"},
		{"bad JSON", older, testKey, "{]", 400, "InvalidRequest", "InvalidRequestBodyFormat"},
		{"wrong type", older, testKey, `{"documents":[{"id":1}]}`, 400, "InvalidRequest", "InvalidRequestBodyFormat"},
		{"trailing text", older, testKey, olderBody(one) + "{}", 400, "InvalidRequest", "InvalidRequestBodyFormat"},
		{"no documents", older, testKey, `{}`, 400, "InvalidRequest", "MissingInputDocuments"},
		{"duplicate id", newer, testKey, newerBody(`[{"id":"1","text":"x"},{"id":"1","text":"y"}]`), 400, "InvalidRequest", "InvalidDocument"},
		{"missing id", older, testKey, olderBody(`[{"text":"x"}]`), 400, "InvalidRequest", "InvalidDocument"},
		{"too many", older, testKey, olderBody(many(MaxDocuments + 1)), 400, "InvalidRequest", "InvalidDocumentBatch"},
		{"too large", older, testKey, olderBody(`[{"id":"1","text":"` + strings.Repeat("x", MaxRequestSize) + `"}]`), 413, "413", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			status, body := post(t, french{}, c.target, c.key, c.body)
			var got struct{ Error apiError }
			if err := json.Unmarshal([]byte(body), &got); err != nil {
				t.Fatalf("%d, not JSON: %q", status, body)
			}
			inner := ""
			if got.Error.InnerError != nil {
				inner = got.Error.InnerError.Code
			}
			if status != c.status || got.Error.Code != c.code || inner != c.inner || got.Error.Message == "" {
				t.Errorf("%d %s, want %d %s %s", status, body, c.status, c.code, c.inner)
			}
		})
	}
	if status, body := post(t, french{}, older, testKey, olderBody(many(MaxDocuments))); status != 200 {
		t.Errorf("%d documents: %d %s", MaxDocuments, status, body)
	}
}

func TestDocumentErrors(t *testing.T) {
	for _, c := range []struct{ name, text, hint, inner string }{
		{"empty", "", "", "InvalidDocument"},
		{"blank", " \t\n", "", "InvalidDocument"},
		{"long", strings.Repeat("é", MaxDocumentSize+1), "", "InvalidDocument"},
		{"longest", strings.Repeat("é", MaxDocumentSize), "", ""},
		{"hint", "x", "fr", ""},
		{"no hint", "x", "none", ""},
		{"long hint", "x", "fra", "InvalidCountryHint"},
		{"digits for a hint", "x", "12", "InvalidCountryHint"},
	} {
		t.Run(c.name, func(t *testing.T) {
			doc, _ := json.Marshal([]document{{"1", c.text, c.hint}, {"2", "good", ""}})
			status, body := post(t, french{}, newer, testKey, newerBody(string(doc)))
			var got struct{ Results results }
			if err := json.Unmarshal([]byte(body), &got); err != nil || status != 200 {
				t.Fatalf("%d %s: %v", status, body, err)
			}
			inner := ""
			if len(got.Results.Errors) == 1 && got.Results.Errors[0].ID == "1" {
				inner = got.Results.Errors[0].Error.InnerError.Code
			}
			if inner != c.inner || len(got.Results.Documents)+len(got.Results.Errors) != 2 {
				t.Errorf("%s, want %q and the other document's answer", body, c.inner)
			}
		})
	}
}

func TestMethodAndMediaType(t *testing.T) {
	for _, c := range []struct {
		method, mediaType string
		status            int
	}{
		{http.MethodGet, "", http.StatusMethodNotAllowed},
		{http.MethodOptions, "", http.StatusMethodNotAllowed}, // not a preflight
		{http.MethodPost, "text/plain", http.StatusUnsupportedMediaType},
		{http.MethodPost, "application/json; charset=utf-8", http.StatusOK},
	} {
		r := httptest.NewRequest(c.method, older, strings.NewReader(olderBody(`[{"id":"1","text":"x"}]`)))
		r.Header.Set("Content-Type", c.mediaType)
		r.Header.Set(keyHeader, testKey)
		w := httptest.NewRecorder()
		Handler(french{}, testKey).ServeHTTP(w, r)
		if w.Code != c.status {
			t.Errorf("%s %q: %d, want %d", c.method, c.mediaType, w.Code, c.status)
		}
		if c.status == http.StatusMethodNotAllowed && w.Header().Get("Allow") == "" {
			t.Errorf("%s: no Allow header", c.method)
		}
	}
}

func TestCORS(t *testing.T) {
	r := httptest.NewRequest(http.MethodOptions, newer, nil)
	r.Header.Set("Origin", "http://page.example")
	r.Header.Set("Access-Control-Request-Method", "POST")
	r.Header.Set("Access-Control-Request-Headers", "content-type,ocp-apim-subscription-key")
	w := httptest.NewRecorder()
	Handler(french{}, testKey).ServeHTTP(w, r)
	h := w.Header()
	if w.Code != http.StatusNoContent || h.Get("Access-Control-Allow-Origin") != "*" ||
		!strings.Contains(h.Get("Access-Control-Allow-Methods"), "POST") ||
		h.Get("Access-Control-Allow-Headers") != "content-type,ocp-apim-subscription-key" {
		t.Errorf("preflight: %d %v", w.Code, h)
	}
	// A page can read the 401 only when that answer allows its origin too.
	r = httptest.NewRequest(http.MethodPost, newer, strings.NewReader("{}"))
	r.Header.Set("Origin", "http://page.example")
	w = httptest.NewRecorder()
	Handler(french{}, testKey).ServeHTTP(w, r)
	if w.Code != 401 || w.Header().Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("error answer: %d %v", w.Code, w.Header())
	}
}

func TestEmptyKeyIsClosed(t *testing.T) {
	r := httptest.NewRequest(http.MethodPost, older, strings.NewReader("{}"))
	w := httptest.NewRecorder()
	Handler(french{}, "").ServeHTTP(w, r)
	if w.Code != http.StatusUnauthorized {
		t.Errorf("no key configured and none sent: %d, want 401", w.Code)
	}
}

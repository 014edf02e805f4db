// SPDX-License-Identifier: MIT

package service

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
)

const (
	analyzePath   = "/language/:analyze-text"
	languagesPath = "/text/analytics/v3.1/languages"

	// APIVersion is the one version of the newer form that is served.
	APIVersion = "2023-04-01"

	keyHeader = "Ocp-Apim-Subscription-Key"
)

// Handler returns the service. A call must carry key in its Ocp-Apim-Subscription-Key
// header; an empty key lets nobody in.
func Handler(d Detector, key string) http.Handler {
	s := &server{detector: d, key: sha256.Sum256([]byte(key)), closed: key == ""}
	return cors(s)
}

type server struct {
	detector Detector
	key      [sha256.Size]byte
	closed   bool // no key was configured
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("apim-request-id", requestID())
	if id := r.Header.Get("x-ms-client-request-id"); id != "" {
		w.Header().Set("x-ms-client-request-id", id)
	}
	var answer func(*http.Request) (any, *failure)
	switch r.URL.Path {
	case analyzePath:
		answer = s.analyze
	case languagesPath:
		answer = s.languages
	default:
		plain(http.StatusNotFound, "Resource not found").write(w)
		return
	}
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", "POST, OPTIONS")
		plain(http.StatusMethodNotAllowed, "Method not allowed").write(w)
		return
	}
	if !s.allowed(r) {
		plain(http.StatusUnauthorized, "Access denied due to invalid subscription key or wrong API endpoint. "+
			"Make sure to provide a valid key for an active subscription and use a correct regional API endpoint for your resource.").write(w)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, MaxRequestSize)
	v, f := answer(r)
	if f != nil {
		f.write(w)
		return
	}
	writeJSON(w, http.StatusOK, v)
}

// allowed compares digests, so that the time it takes tells nothing about the key.
func (s *server) allowed(r *http.Request) bool {
	got := sha256.Sum256([]byte(r.Header.Get(keyHeader)))
	return !s.closed && subtle.ConstantTimeCompare(got[:], s.key[:]) == 1
}

// analyze serves the newer form.
func (s *server) analyze(r *http.Request) (any, *failure) {
	switch version := r.URL.Query().Get("api-version"); version {
	case APIVersion:
	case "":
		return nil, &failure{http.StatusBadRequest, apiError{
			Code:    "MissingApiVersionParameter",
			Message: "The api-version query parameter (?api-version=) is required for all requests.",
		}}
	default:
		return nil, &failure{http.StatusBadRequest, apiError{
			Code:    "UnsupportedApiVersionValue",
			Message: "Unsupported api-version. The supported api-versions are '" + APIVersion + "'.",
		}}
	}
	var in struct {
		Kind       string `json:"kind"`
		Parameters struct {
			ModelVersion string `json:"modelVersion"`
		} `json:"parameters"`
		AnalysisInput struct {
			Documents []document `json:"documents"`
		} `json:"analysisInput"`
	}
	if f := decode(r, &in); f != nil {
		return nil, f
	}
	if in.Kind != "LanguageDetection" {
		return nil, invalidRequest("Invalid Request.", "InvalidParameterValue",
			"The kind is missing or not supported. Supported kinds are: LanguageDetection")
	}
	res, f := detect(s.detector, in.AnalysisInput.Documents, in.Parameters.ModelVersion)
	if f != nil {
		return nil, f
	}
	return struct {
		Kind    string   `json:"kind"`
		Results *results `json:"results"`
	}{"LanguageDetectionResults", res}, nil
}

// languages serves the older form.
func (s *server) languages(r *http.Request) (any, *failure) {
	var in struct {
		Documents []document `json:"documents"`
	}
	if f := decode(r, &in); f != nil {
		return nil, f
	}
	res, f := detect(s.detector, in.Documents, r.URL.Query().Get("model-version"))
	if f != nil {
		return nil, f
	}
	return res, nil
}

// decode reads one JSON value. Its errors describe the place, not the content.
func decode(r *http.Request, v any) *failure {
	if t, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || t != "application/json" {
		return plain(http.StatusUnsupportedMediaType, "Unsupported Media Type")
	}
	dec := json.NewDecoder(r.Body)
	err := dec.Decode(v)
	if err == nil {
		if _, next := dec.Token(); next != io.EOF {
			err = errors.Join(errTrailing, next)
		}
	}
	var tooLarge *http.MaxBytesError
	var syntax *json.SyntaxError
	var mismatch *json.UnmarshalTypeError
	const message = "Invalid Request."
	switch {
	case err == nil:
		return nil
	case errors.As(err, &tooLarge):
		return plain(http.StatusRequestEntityTooLarge, fmt.Sprintf("The request is larger than %d bytes.", MaxRequestSize))
	case err == io.EOF:
		return invalidRequest(message, "EmptyRequest", "Request body must be present.")
	case errors.As(err, &syntax):
		return invalidRequest(message, "InvalidRequestBodyFormat",
			fmt.Sprintf("Request body format is wrong: not JSON at byte %d.", syntax.Offset))
	case errors.As(err, &mismatch):
		return invalidRequest(message, "InvalidRequestBodyFormat",
			fmt.Sprintf("Request body format is wrong: the value at byte %d has the wrong type.", mismatch.Offset))
	}
	return invalidRequest(message, "InvalidRequestBodyFormat", "Request body format is wrong. Make sure the json request is serialized correctly.")
}

var errTrailing = errors.New("text after the request")

// requestID returns a random UUID, as the gateway gives every answer.
func requestID() string {
	var b [16]byte
	rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// SPDX-License-Identifier: MIT

package app

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
)

// The two forms of the service's interface.
const (
	FormAnalyze   = "2023-04-01" // POST /language/:analyze-text
	FormLanguages = "v3.1"       // POST /text/analytics/v3.1/languages
)

// What the service takes in one request.
const (
	maxDocuments    = 1000
	maxRequestBytes = 1 << 20
)

// keyHeader carries the key of an Azure AI service.
const keyHeader = "Ocp-Apim-Subscription-Key"

// Document is a text whose language is asked for.
type Document struct {
	Text string

	// CountryHint is a country's two-letter code, "none", or empty for the
	// service's own default.
	CountryHint string
}

// Result is the answer for one Document: a language, or an error.
type Result struct {
	Name       string  // in English: "French"
	Code       string  // ISO 639-1: "fr"
	Confidence float64 // 0 to 1
	Err        *DocumentError
}

// DocumentError is what the service has to say against a single document.
type DocumentError struct {
	Code    string
	Message string
}

// Error returns code and message.
func (e *DocumentError) Error() string { return e.Code + ": " + e.Message }

// Language is a client for language detection. It is safe for concurrent use.
type Language struct {
	pipeline runtime.Pipeline
	target   string // URL of every call
	host     string
	encode   func([]wireDocument) any
	decode   func([]byte) (*wireResults, error)
}

// LanguageOptions are the optional settings of a Language.
type LanguageOptions struct {
	policy.ClientOptions

	// Form is FormAnalyze or FormLanguages. Empty is FormAnalyze.
	Form string
}

// NewLanguage returns a client for the service at endpoint. An http endpoint has to be on
// this machine.
func NewLanguage(endpoint, key string, o *LanguageOptions) (*Language, error) {
	u, plain, err := parseEndpoint(endpoint)
	if err != nil {
		return nil, err
	}
	if u.RawQuery != "" {
		return nil, errors.New("the endpoint must not have a query in it")
	}
	if key == "" || strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, errors.New("the key is empty or has characters that a key cannot have")
	}
	if o == nil {
		o = new(LanguageOptions)
	}
	c := &Language{host: hostPort(u)}
	base := strings.TrimRight(u.String(), "/")
	switch o.Form {
	case "", FormAnalyze:
		c.target = base + "/language/:analyze-text?api-version=" + url.QueryEscape(FormAnalyze)
		c.encode, c.decode = encodeAnalyze, decodeAnalyze
	case FormLanguages:
		c.target = base + "/text/analytics/v3.1/languages"
		c.encode, c.decode = encodeLanguages, decodeLanguages
	default:
		return nil, errors.New("the form of the interface is not one of " + FormAnalyze + " and " + FormLanguages)
	}
	options := o.ClientOptions
	if options.Retry.RetryDelay == 0 {
		// Somebody waits for the answer.
		options.Retry.RetryDelay = 300 * time.Millisecond
	}
	auth := runtime.NewKeyCredentialPolicy(azcore.NewKeyCredential(key), keyHeader,
		&runtime.KeyCredentialPolicyOptions{InsecureAllowCredentialWithHTTP: plain})
	c.pipeline = runtime.NewPipeline("isohttp-portable", "v0.1.0",
		runtime.PipelineOptions{PerRetry: []policy.Policy{auth}}, &options)
	return c, nil
}

// Detect returns a Result for each document, in their order. It sends as many requests as
// the service's limits ask for. When a request fails it returns the results that it has,
// and the error.
func (c *Language) Detect(ctx context.Context, docs []Document) ([]Result, error) {
	results := make([]Result, 0, len(docs))
	for len(docs) > 0 {
		n := batch(docs)
		answers, err := c.detect(ctx, docs[:n])
		if err != nil {
			return results, &callError{c.host, err}
		}
		results, docs = append(results, answers...), docs[n:]
	}
	return results, nil
}

// batch returns how many of docs go into one request, at least one.
func batch(docs []Document) int {
	const overhead = 64 // of a document's JSON, beside its text
	size := 1 << 10     // the rest of the request
	for i, doc := range docs {
		text, _ := json.Marshal(doc.Text) // a string always marshals
		size += len(text) + overhead
		if i > 0 && (i == maxDocuments || size > maxRequestBytes) {
			return i
		}
	}
	return len(docs)
}

// detect is one call.
func (c *Language) detect(ctx context.Context, docs []Document) ([]Result, error) {
	in := make([]wireDocument, len(docs))
	for i, doc := range docs {
		in[i] = wireDocument{strconv.Itoa(i + 1), doc.Text, doc.CountryHint}
	}
	req, err := runtime.NewRequest(ctx, http.MethodPost, c.target)
	if err != nil {
		return nil, err
	}
	req.Raw().Header.Set("Accept", "application/json")
	if err := runtime.MarshalAsJSON(req, c.encode(in)); err != nil {
		return nil, err
	}
	resp, err := c.pipeline.Do(req)
	if err != nil {
		return nil, err
	}
	if !runtime.HasStatusCode(resp, http.StatusOK) {
		return nil, runtime.NewResponseError(resp)
	}
	body, err := runtime.Payload(resp)
	if err != nil {
		return nil, err
	}
	out, err := c.decode(body)
	if err != nil {
		return nil, err
	}
	return out.match(len(docs)), nil
}

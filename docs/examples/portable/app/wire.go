// SPDX-License-Identifier: MIT

package app

import (
	"encoding/json"
	"errors"
	"strconv"
)

// The JSON of language detection. Both forms hold the same documents and results; the
// newer one wraps them.
type (
	wireDocument struct {
		ID          string `json:"id"`
		Text        string `json:"text"`
		CountryHint string `json:"countryHint,omitempty"`
	}

	wireResults struct {
		Documents []struct {
			ID               string `json:"id"`
			DetectedLanguage struct {
				Name            string  `json:"name"`
				ISO6391Name     string  `json:"iso6391Name"`
				ConfidenceScore float64 `json:"confidenceScore"`
			} `json:"detectedLanguage"`
		} `json:"documents"`
		Errors []struct {
			ID    string    `json:"id"`
			Error wireError `json:"error"`
		} `json:"errors"`
	}

	wireError struct {
		Code       string     `json:"code"`
		Message    string     `json:"message"`
		InnerError *wireError `json:"innererror"`
	}
)

var errAnswer = errors.New("the answer is not one of language detection")

func encodeLanguages(docs []wireDocument) any {
	return struct {
		Documents []wireDocument `json:"documents"`
	}{docs}
}

func decodeLanguages(body []byte) (*wireResults, error) {
	var out *wireResults
	if json.Unmarshal(body, &out) != nil || out == nil || out.Documents == nil && out.Errors == nil {
		return nil, errAnswer
	}
	return out, nil
}

func encodeAnalyze(docs []wireDocument) any {
	type parameters struct {
		ModelVersion string `json:"modelVersion"`
	}
	return struct {
		Kind          string     `json:"kind"`
		Parameters    parameters `json:"parameters"`
		AnalysisInput any        `json:"analysisInput"`
	}{"LanguageDetection", parameters{"latest"}, encodeLanguages(docs)}
}

func decodeAnalyze(body []byte) (*wireResults, error) {
	var out struct {
		Kind    string          `json:"kind"`
		Results json.RawMessage `json:"results"`
	}
	if json.Unmarshal(body, &out) != nil || out.Kind != "LanguageDetectionResults" {
		return nil, errAnswer
	}
	return decodeLanguages(out.Results)
}

// match sorts the answers by the documents' ids, which are their numbers from 1 to n.
func (r *wireResults) match(n int) []Result {
	results := make([]Result, n)
	for i := range results {
		results[i].Err = &DocumentError{"NoAnswer", "the service did not answer for this document"}
	}
	at := func(id string) *Result {
		if i, err := strconv.Atoi(id); err == nil && i >= 1 && i <= n {
			return &results[i-1]
		}
		return new(Result) // not asked for
	}
	for _, doc := range r.Documents {
		l := doc.DetectedLanguage
		*at(doc.ID) = Result{Name: l.Name, Code: l.ISO6391Name, Confidence: l.ConfidenceScore}
	}
	for _, doc := range r.Errors {
		e := &doc.Error
		for e.InnerError != nil { // the innermost one says what it is
			e = e.InnerError
		}
		*at(doc.ID) = Result{Err: &DocumentError{e.Code, e.Message}}
	}
	return results
}

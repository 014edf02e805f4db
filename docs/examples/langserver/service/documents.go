// SPDX-License-Identifier: MIT

package service

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// The limits of the real service for language detection.
const (
	MaxDocuments    = 1000    // in one request
	MaxDocumentSize = 5120    // characters in one document
	MaxRequestSize  = 1 << 20 // bytes in one request
)

// ModelVersion is what answers name as the model that made them.
const ModelVersion = "lingua-1.4.0"

// document is one text of a request.
type document struct {
	ID          string `json:"id"`
	Text        string `json:"text"`
	CountryHint string `json:"countryHint"`
}

// results is the answer of the older form, and the inner part of the newer one.
type results struct {
	Documents    []detected      `json:"documents"`
	Errors       []documentError `json:"errors"`
	ModelVersion string          `json:"modelVersion"`
}

type detected struct {
	ID       string           `json:"id"`
	Language detectedLanguage `json:"detectedLanguage"`
	Warnings []struct{}       `json:"warnings"`
}

type detectedLanguage struct {
	Name            string  `json:"name"`
	ISO6391Name     string  `json:"iso6391Name"`
	ConfidenceScore float64 `json:"confidenceScore"`
}

// detect answers a batch. What is wrong with the batch refuses it; what is wrong with one
// document stands beside the other documents' answers.
func detect(d Detector, docs []document, modelVersion string) (*results, *failure) {
	if f := checkBatch(docs, modelVersion); f != nil {
		return nil, f
	}
	r := &results{Documents: []detected{}, Errors: []documentError{}, ModelVersion: ModelVersion}
	for _, doc := range docs {
		hint, err := checkDocument(doc)
		if err != nil {
			r.Errors = append(r.Errors, documentError{doc.ID, *err})
			continue
		}
		language := d.Detect(doc.Text, hint)
		if language.Code == "" {
			language = Language{Name: "(Unknown)", Code: "(Unknown)"}
		}
		r.Documents = append(r.Documents, detected{
			ID:       doc.ID,
			Language: detectedLanguage{language.Name, language.Code, language.Confidence},
			Warnings: []struct{}{},
		})
	}
	return r, nil
}

func checkBatch(docs []document, modelVersion string) *failure {
	const message = "Invalid document in request."
	switch {
	case modelVersion != "" && modelVersion != "latest" && modelVersion != ModelVersion:
		return invalidRequest("Invalid Request.", "ModelVersionIncorrect",
			"Invalid model version. Possible values are: latest,"+ModelVersion)
	case len(docs) == 0:
		return invalidRequest(message, "MissingInputDocuments", "Missing input documents.")
	case len(docs) > MaxDocuments:
		return invalidRequest(message, "InvalidDocumentBatch",
			fmt.Sprintf("Batch request contains too many records. Max %d records are permitted.", MaxDocuments))
	}
	ids := make(map[string]bool, len(docs))
	for _, doc := range docs {
		if doc.ID == "" {
			return invalidRequest(message, "InvalidDocument", "Document id is missing or empty.")
		}
		if ids[doc.ID] {
			return invalidRequest(message, "InvalidDocument",
				"Request contains duplicated Ids. Make sure each document has a unique Id.")
		}
		ids[doc.ID] = true
	}
	return nil
}

// checkDocument returns the document's country hint in upper case, empty without one.
func checkDocument(doc document) (hint string, err *apiError) {
	const message = "Invalid Document in request."
	if strings.TrimSpace(doc.Text) == "" {
		e := invalidArgument(message, "InvalidDocument", "Document text is empty.")
		return "", &e
	}
	if utf8.RuneCountInString(doc.Text) > MaxDocumentSize {
		e := invalidArgument(message, "InvalidDocument", fmt.Sprintf(
			"A document within the request was too large to be processed. Limit document size to: %d text elements.", MaxDocumentSize))
		return "", &e
	}
	hint = strings.ToUpper(doc.CountryHint)
	switch {
	case hint == "" || hint == "NONE":
		return "", nil
	case len(hint) != 2 || strings.Trim(hint, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "":
		e := invalidArgument("Invalid Country Hint.", "InvalidCountryHint",
			"Country hint is not valid. Please specify an ISO 3166-1 alpha-2 two letter country code.")
		return "", &e
	}
	return hint, nil
}

// SPDX-License-Identifier: MIT

package service

import (
	"encoding/json"
	"net/http"
	"strconv"
)

// apiError is the error object of the service.
type apiError struct {
	Code       string      `json:"code"`
	Message    string      `json:"message"`
	InnerError *innerError `json:"innererror,omitempty"`
}

type innerError struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// documentError is the error of one document of a batch.
type documentError struct {
	ID    string   `json:"id"`
	Error apiError `json:"error"`
}

// failure is an answer that is not a success.
type failure struct {
	status int
	err    apiError
}

// invalidRequest is the answer to a batch that is refused as a whole.
func invalidRequest(message, innerCode, innerMessage string) *failure {
	return &failure{http.StatusBadRequest, apiError{
		Code: "InvalidRequest", Message: message, InnerError: &innerError{innerCode, innerMessage},
	}}
}

// plain is an answer of the gateway in front of the service: its code is the status.
func plain(status int, message string) *failure {
	return &failure{status, apiError{Code: strconv.Itoa(status), Message: message}}
}

// invalidArgument is the error of a single document.
func invalidArgument(message, innerCode, innerMessage string) apiError {
	return apiError{Code: "InvalidArgument", Message: message, InnerError: &innerError{innerCode, innerMessage}}
}

func (f *failure) write(w http.ResponseWriter) {
	writeJSON(w, f.status, struct {
		Error apiError `json:"error"`
	}{f.err})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil { // the types of this package all marshal
		panic(err)
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	w.Write(body)
}

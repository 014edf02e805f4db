// SPDX-License-Identifier: MIT

package app

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"

	"github.com/isohttp/isohttp/transport"
)

// callError is the failure of a call to a service, with what the error itself does not
// know.
type callError struct {
	host string // host:port that was called
	err  error
}

func (e *callError) Error() string { return Explain(e) }
func (e *callError) Unwrap() error { return e.err }

// Explain returns err as one line for a person. It names the host that was called, never
// a URL, and the service's own code and words where it answered.
func Explain(err error) string {
	host := "the service"
	var call *callError
	if errors.As(err, &call) {
		host, err = call.host, call.err
	}
	var answer *azcore.ResponseError
	if errors.As(err, &answer) {
		return oneLine(host + " answered " + explainAnswer(answer))
	}
	var sent *transport.Error
	isSent := errors.As(err, &sent)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return "no answer from " + host + " in time"
	case errors.Is(err, context.Canceled):
		return "canceled"
	case isSent && sent.Kind == transport.KindNetwork:
		return oneLine("cannot reach " + host + ": " + reason(sent))
	case isSent:
		return oneLine("request to " + host + ": " + sent.Kind.Error() + ": " + reason(sent))
	}
	var e *url.Error
	if errors.As(err, &e) {
		err = e.Err
	}
	return oneLine(err.Error())
}

// reason is the cause of a transport's error, as far as the platform tells.
func reason(e *transport.Error) string {
	if e.Err == nil {
		return "no reason given"
	}
	return e.Err.Error()
}

// explainAnswer returns status, code and message of an answer. Azure's services put the
// latter two into a JSON object or an XML element, and the message into the reason phrase
// as well, which is why the status stands here with its standard text.
func explainAnswer(e *azcore.ResponseError) string {
	text := strconv.Itoa(e.StatusCode)
	if standard := http.StatusText(e.StatusCode); standard != "" {
		text += " " + standard
	}
	if e.ErrorCode != "" {
		text += ": " + e.ErrorCode
	}
	if message := answerMessage(e.RawResponse); message != "" {
		text += ": " + message
	}
	return text
}

func answerMessage(resp *http.Response) string {
	if resp == nil {
		return ""
	}
	body, err := runtime.Payload(resp)
	if err != nil {
		return ""
	}
	var inJSON struct {
		Error struct {
			Message    string `json:"message"`
			InnerError struct {
				Code    string `json:"code"`
				Message string `json:"message"`
			} `json:"innererror"`
		} `json:"error"`
	}
	if json.Unmarshal(body, &inJSON) == nil {
		message := inJSON.Error.Message
		if inner := inJSON.Error.InnerError; inner.Message != "" {
			message += " " + inner.Code + ": " + inner.Message
		}
		return message
	}
	var inXML struct {
		Message string `xml:"Message"`
	}
	if xml.Unmarshal([]byte(strings.TrimPrefix(string(body), "\ufeff")), &inXML) == nil {
		// Storage adds request id and time in lines of their own.
		message, _, _ := strings.Cut(inXML.Message, "\n")
		return message
	}
	return ""
}

// oneLine joins the lines of a text.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// SPDX-License-Identifier: MIT

// Package trouble turns the failure of a call to a service into a sentence for the person
// in front of a page: what is wrong, and what to do about it.
package trouble

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"

	"github.com/isohttp/isohttp/docs/examples/portable/app"
	"github.com/isohttp/isohttp/transport"
	"github.com/isohttp/isohttp/transport/azure"
)

// Kind is what a page needs to know beside the sentence.
type Kind string

const (
	Canceled   Kind = "canceled"   // the person wanted it
	Offline    Kind = "offline"    // the device has no network
	Silent     Kind = "silent"     // nothing answers there
	CORS       Kind = "cors"       // the service does not let the page in
	Broken     Kind = "broken"     // the connection broke
	Late       Kind = "late"       // no answer in time
	Credential Kind = "credential" // key or signature refused
	NoStore    Kind = "nostore"    // no such container
	NoBlob     Kind = "noblob"     // no such blob
	Exists     Kind = "exists"     // a blob of that name is there
	Input      Kind = "input"      // something that was typed in is wrong
	Other      Kind = "other"
)

// Trouble is a failure in words.
type Trouble struct {
	Kind Kind
	Text string // one or more whole sentences

	// Detail is what the person has to enter elsewhere: a rule, a part a line.
	Detail string
}

func (t *Trouble) Error() string { return t.Text }

// Service is what was called.
type Service struct {
	Host    string // host and port
	Storage bool   // blob storage; language detection otherwise
}

// Page is what only the platform can tell, and only when it is asked.
type Page struct {
	// Origin is the page's own: "https://site.example".
	Origin string

	// Online reports what the browser thinks of the network.
	Online func() bool

	// Answers reports whether anything at all answers at the service's address. A
	// browser says the same about a service that is down and about one
	// that does not let the page in; this tells them apart.
	Answers func(ctx context.Context) bool
}

// Explain returns err in words. It returns nil for a nil err, and a *Trouble in err's
// chain as it is.
func Explain(ctx context.Context, err error, s Service, p Page) *Trouble {
	var known *Trouble
	var answer *azcore.ResponseError
	var sent *transport.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &known):
		return known
	case errors.As(err, &answer):
		return s.answered(err, answer)
	case errors.Is(err, context.Canceled):
		return &Trouble{Kind: Canceled, Text: "Canceled."}
	case errors.Is(err, context.DeadlineExceeded):
		return &Trouble{Kind: Late, Text: s.Host + " took too long to answer."}
	case errors.As(err, &sent) && sent.Kind == transport.KindNetwork:
		return s.unreached(ctx, sent, p)
	case errors.As(err, &sent):
		return &Trouble{Kind: Other, Text: Sentence(app.Explain(err))}
	}
	return &Trouble{Kind: Input, Text: Sentence(app.Explain(err))}
}

// unreached explains a failure of which the browser does not say what it is.
func (s Service) unreached(ctx context.Context, sent *transport.Error, p Page) *Trouble {
	switch {
	case !p.Online():
		return &Trouble{Kind: Offline, Text: "This device is offline. Try again once the network is back."}
	case sent.Op == "read":
		return &Trouble{Kind: Broken, Text: "The connection to " + s.Host + " broke before everything had arrived. Try again."}
	case !p.Answers(ctx):
		return &Trouble{Kind: Silent, Text: "Nothing answers at " + s.Host + ". Check the address, and that the service is running."}
	case s.Storage:
		return &Trouble{
			Kind:   CORS,
			Text:   s.Host + " is there, but does not let this page in. Add this CORS rule to the account's blob service, in the portal or by the command azurecors:",
			Detail: strings.ReplaceAll(azure.BlobRule(p.Origin).String(), "; ", "\n"),
		}
	}
	return &Trouble{Kind: CORS, Text: s.Host + " is there, but does not let this page in: its answers have no CORS headers that allow the origin " +
		p.Origin + ". Check that the address is the one of the language service itself."}
}

// answered explains an answer that is an error.
func (s Service) answered(err error, e *azcore.ResponseError) *Trouble {
	has := func(codes ...bloberror.Code) bool {
		return s.Storage && slices.Contains(codes, bloberror.Code(e.ErrorCode))
	}
	switch {
	case !s.Storage && (e.StatusCode == http.StatusUnauthorized || e.StatusCode == http.StatusForbidden):
		return &Trouble{Kind: Credential, Text: "The language service refused the key. Check that it is complete, and that it belongs to " + s.Host + "."}
	case has(bloberror.AuthorizationPermissionMismatch, bloberror.AuthorizationServiceMismatch,
		bloberror.AuthorizationResourceTypeMismatch, bloberror.AuthorizationProtocolMismatch, bloberror.AuthorizationSourceIPMismatch):
		return &Trouble{Kind: Credential, Text: "The signature is good, but not for this: the account says " + e.ErrorCode + "."}
	case s.Storage && (e.StatusCode == http.StatusUnauthorized || e.StatusCode == http.StatusForbidden):
		return &Trouble{Kind: Credential, Text: "The storage account refused the key or signature. Check that it is complete, belongs to this account, and has not expired." + code(e)}
	case has(bloberror.ContainerNotFound):
		return &Trouble{Kind: NoStore, Text: "There is no container of this name in the account."}
	case has(bloberror.ContainerBeingDeleted):
		return &Trouble{Kind: Other, Text: "The container of this name is being deleted. Wait a minute, or take another name."}
	case has(bloberror.BlobNotFound), s.Storage && e.StatusCode == http.StatusNotFound && e.ErrorCode == "":
		return &Trouble{Kind: NoBlob, Text: "The blob is not there. Somebody may have deleted it; list the container again."}
	case has(bloberror.BlobAlreadyExists):
		return &Trouble{Kind: Exists, Text: "There is a blob of this name already. Tick “Replace” to write over it."}
	case has(bloberror.ConditionNotMet) && e.StatusCode == http.StatusPreconditionFailed:
		return &Trouble{Kind: Broken, Text: "The blob was changed while it was being read. Try again."}
	case e.StatusCode == http.StatusTooManyRequests || e.StatusCode == http.StatusServiceUnavailable:
		return &Trouble{Kind: Other, Text: s.Host + " is too busy. Try again in a moment." + code(e)}
	}
	return &Trouble{Kind: Other, Text: Sentence(app.Explain(err))}
}

// code is the service's own word for an error, in parentheses.
func code(e *azcore.ResponseError) string {
	if e.ErrorCode == "" {
		return ""
	}
	return " (" + e.ErrorCode + ")"
}

// Sentence makes a sentence of an error's text.
func Sentence(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	if size == 0 {
		return ""
	}
	// A host name stays as it is.
	word, _, _ := strings.Cut(text, " ")
	if !strings.ContainsAny(word, ".:") {
		text = string(unicode.ToUpper(first)) + text[size:]
	}
	if !strings.ContainsAny(text[len(text)-1:], ".!?") {
		text += "."
	}
	return text
}

// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"strings"
	"syscall/js"

	"github.com/isohttp/isohttp/docs/examples/page/internal/trouble"
	"github.com/isohttp/isohttp/docs/examples/portable/app"
)

// detect takes {endpoint, key, texts} and returns an array with {name, code, confidence}
// or {error} for each text.
func (p *program) detect(ctx context.Context, in js.Value) (any, error) {
	texts := in.Get("texts")
	docs := make([]app.Document, texts.Length())
	for i := range docs {
		docs[i].Text = texts.Index(i).String()
	}
	if len(docs) == 0 {
		return nil, &trouble.Trouble{Kind: trouble.Input, Text: "There is no text yet. Type one, or several on lines of their own."}
	}
	key := strings.TrimSpace(text(in, "key"))
	if key == "" {
		return nil, &trouble.Trouble{Kind: trouble.Input, Text: "The key is missing."}
	}
	client, err := app.NewLanguage(text(in, "endpoint"), key, &app.LanguageOptions{ClientOptions: p.options()})
	if err != nil {
		return nil, err
	}
	results, err := client.Detect(ctx, docs)
	if err != nil {
		return nil, err
	}
	answers := make([]any, len(results))
	for i, r := range results {
		if r.Err != nil {
			answers[i] = map[string]any{"error": trouble.Sentence(r.Err.Message)}
			continue
		}
		answers[i] = map[string]any{"name": r.Name, "code": r.Code, "confidence": r.Confidence}
	}
	return answers, nil
}

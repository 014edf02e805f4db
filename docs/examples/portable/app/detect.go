// SPDX-License-Identifier: MIT

package app

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"
)

// The variables that the detect job takes its settings from.
const (
	languageEndpointVariable = "ISOHTTP_LANGUAGE_ENDPOINT"
	languageKeyVariable      = "ISOHTTP_LANGUAGE_KEY"
)

const aboutDetect = `Names the language of each text, by Azure AI Language. Without texts and without
-file, each line of standard input is a text. One answer a line: language, code,
confidence, text; what is wrong with a text stands in its place, and makes the exit
code 1.
`

// detectConfig is the command line of the detect job.
type detectConfig struct {
	endpoint, key, form string
	hint, file          string
	asJSON              bool
	timeout             time.Duration
}

// detect is the language detection job.
func (e *Env) detect(ctx context.Context) error {
	c := new(detectConfig)
	fs := e.newFlags("detect", "[detect] [flags] [text ...]", aboutDetect)
	fs.StringVar(&c.endpoint, "endpoint", "", "the service's `URL` (default $"+languageEndpointVariable+")")
	fs.StringVar(&c.key, "key", "", "its `key` (default $"+languageKeyVariable+", which other users cannot see)")
	fs.StringVar(&c.form, "api", FormAnalyze, "`form` of the interface: "+FormAnalyze+" or "+FormLanguages)
	fs.StringVar(&c.hint, "hint", "", "two-letter code of the `country` the texts are from, or none")
	fs.StringVar(&c.file, "file", "", "`file` with a text on each line, - for standard input")
	fs.BoolVar(&c.asJSON, "json", false, "print JSON")
	fs.DurationVar(&c.timeout, "timeout", 30*time.Second, "time limit for the whole job, 0 for none")
	if err := e.parse(fs); err != nil {
		return err
	}
	client, err := e.language(c, fs)
	if err != nil {
		return err
	}
	texts, err := e.texts(c.file, fs)
	if err != nil {
		return err
	}
	docs := make([]Document, len(texts))
	for i, text := range texts {
		docs[i] = Document{text, c.hint}
	}
	ctx, cancel := withTimeout(ctx, c.timeout)
	defer cancel()
	results, err := client.Detect(ctx, docs)
	write := writeTable
	if c.asJSON {
		write = writeJSON
	}
	if werr := write(e.Stdout, docs, results); err == nil {
		err = werr
	}
	if err != nil {
		return err
	}
	for _, r := range results {
		if r.Err != nil {
			return errReported
		}
	}
	return nil
}

// language makes the client from flags and environment.
func (e *Env) language(c *detectConfig, fs *flag.FlagSet) (*Language, error) {
	endpoint := cmp.Or(c.endpoint, e.Getenv(languageEndpointVariable))
	key := cmp.Or(c.key, e.Getenv(languageKeyVariable))
	switch {
	case endpoint == "":
		return nil, &usageError{"no endpoint: set -endpoint or $" + languageEndpointVariable, fs}
	case key == "":
		return nil, &usageError{"no key: set -key or $" + languageKeyVariable, fs}
	}
	o := &LanguageOptions{Form: c.form}
	o.Transport = e.Transport
	client, err := NewLanguage(endpoint, strings.TrimSpace(key), o)
	if err != nil {
		return nil, &usageError{err.Error(), fs}
	}
	return client, nil
}

// texts returns the arguments, or the lines of the file or of standard input. Every line
// is a text, an empty one too: answers and lines have the same numbers.
func (e *Env) texts(file string, fs *flag.FlagSet) ([]string, error) {
	var content []byte
	var err error
	switch {
	case fs.NArg() > 0 && file != "":
		return nil, &usageError{"texts and -file exclude each other", fs}
	case fs.NArg() > 0:
		return fs.Args(), nil
	case file == "" || file == "-":
		content, err = io.ReadAll(e.Stdin)
	default:
		content, err = os.ReadFile(file)
	}
	if err != nil {
		return nil, &usageError{err.Error(), fs}
	}
	content = bytes.TrimPrefix(content, []byte("\ufeff"))
	if len(content) == 0 {
		return nil, &usageError{"no text", fs}
	}
	lines := strings.Split(strings.TrimSuffix(string(content), "\n"), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimSuffix(line, "\r")
	}
	return lines, nil
}

// writeTable writes an answer a line. There may be fewer results than documents.
func writeTable(w io.Writer, docs []Document, results []Result) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for i, r := range results {
		text := oneLine(docs[i].Text)
		if r.Err != nil {
			fmt.Fprintf(tw, "error\t-\t-\t%s (%s) %s\n", r.Err.Message, r.Err.Code, text)
			continue
		}
		fmt.Fprintf(tw, "%s\t%s\t%.2f\t%s\n", r.Name, r.Code, r.Confidence, text)
	}
	return tw.Flush()
}

// writeJSON writes all answers as one array.
func writeJSON(w io.Writer, docs []Document, results []Result) error {
	type language struct {
		Name            string  `json:"name"`
		ISO6391Name     string  `json:"iso6391Name"`
		ConfidenceScore float64 `json:"confidenceScore"`
	}
	type failure struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	}
	type entry struct {
		Text     string    `json:"text"`
		Language *language `json:"detectedLanguage,omitempty"`
		Error    *failure  `json:"error,omitempty"`
	}
	entries := make([]entry, len(results))
	for i, r := range results {
		entries[i].Text = docs[i].Text
		if r.Err != nil {
			entries[i].Error = &failure{r.Err.Code, r.Err.Message}
		} else {
			entries[i].Language = &language{r.Name, r.Code, r.Confidence}
		}
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(entries)
}

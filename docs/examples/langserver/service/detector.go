// SPDX-License-Identifier: MIT

package service

import (
	"math"
	"strings"

	"github.com/pemistahl/lingua-go"
)

// A Detector names the language of a text.
type Detector interface {
	// Detect returns the language of text, and the zero Language when it has no
	// answer. A hint is a country's two-letter code in upper case, or empty.
	Detect(text, hint string) Language
}

// Language is an answer of a Detector.
type Language struct {
	Name       string  // in English: "French"
	Code       string  // ISO 639-1: "fr"
	Confidence float64 // 0 to 1
}

// languages are the ones that are told apart. Few and fixed: short texts are mistaken for
// a neighbor much less often than with all that lingua knows.
func languages() []lingua.Language {
	return []lingua.Language{
		lingua.English, lingua.French, lingua.German, lingua.Spanish,
		lingua.Italian, lingua.Portuguese, lingua.Dutch, lingua.Swedish,
		lingua.Polish, lingua.Russian, lingua.Chinese, lingua.Japanese,
	}
}

// countries maps a country hint to the language that it speaks for.
func countries() map[string]lingua.Language {
	return map[string]lingua.Language{
		"US": lingua.English, "GB": lingua.English, "IE": lingua.English, "AU": lingua.English, "NZ": lingua.English,
		"FR": lingua.French, "BE": lingua.French, "CA": lingua.French, "SN": lingua.French,
		"DE": lingua.German, "AT": lingua.German, "CH": lingua.German, "LI": lingua.German,
		"ES": lingua.Spanish, "MX": lingua.Spanish, "AR": lingua.Spanish, "CO": lingua.Spanish, "CL": lingua.Spanish,
		"IT": lingua.Italian, "SM": lingua.Italian,
		"PT": lingua.Portuguese, "BR": lingua.Portuguese, "AO": lingua.Portuguese,
		"NL": lingua.Dutch, "SR": lingua.Dutch,
		"SE": lingua.Swedish, "PL": lingua.Polish, "RU": lingua.Russian,
		"CN": lingua.Chinese, "TW": lingua.Chinese, "HK": lingua.Chinese,
		"JP": lingua.Japanese,
	}
}

type detector struct {
	all      lingua.LanguageDetector
	hints    map[string]lingua.Language
	hintable float64 // share of the best score that lets a hinted language win
}

// Load reads the language models, which takes seconds and a few hundred megabytes, and
// returns a Detector that is safe for concurrent use. It calls progress, if not nil,
// after each language.
func Load(progress func(language string, done, total int)) Detector {
	all := languages()
	for i, language := range all {
		// Models are shared by all detectors of a process, so the one that is
		// thrown away here leaves its languages loaded. A detector has at least
		// two: the neighbor is loaded already, but for the first one.
		lingua.NewLanguageDetectorBuilder().
			FromLanguages(language, all[(i+len(all)-1)%len(all)]).
			WithPreloadedLanguageModels().
			Build()
		if progress != nil {
			progress(language.String(), i+1, len(all))
		}
	}
	return &detector{
		all:      lingua.NewLanguageDetectorBuilder().FromLanguages(all...).Build(),
		hints:    countries(),
		hintable: 0.5,
	}
}

// Detect returns the most likely language. A hinted language wins when its score is at
// least half of the best one: a hint settles doubt and overrules nothing.
func (d *detector) Detect(text, hint string) Language {
	values := d.all.ComputeLanguageConfidenceValues(text)
	best := values[0]
	if best.Value() == 0 {
		return Language{}
	}
	if hinted, ok := d.hints[hint]; ok {
		for _, v := range values {
			if v.Language() == hinted && v.Value() >= best.Value()*d.hintable {
				best = v
			}
		}
	}
	return Language{
		Name:       best.Language().String(),
		Code:       strings.ToLower(best.Language().IsoCode639_1().String()),
		Confidence: math.Round(best.Value()*100) / 100,
	}
}

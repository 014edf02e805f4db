// SPDX-License-Identifier: MIT

package service

import (
	"sync"
	"testing"
)

// loaded is the real detector, loaded once for all tests of the package.
var loaded = sync.OnceValue(func() Detector { return Load(nil) })

func TestLoadProgress(t *testing.T) {
	var names []string
	Load(func(language string, done, total int) {
		names = append(names, language)
		if done != len(names) || total != 12 {
			t.Errorf("progress(%q, %d, %d) as call %d", language, done, total, len(names))
		}
	})
	if len(names) != 12 {
		t.Errorf("progress was called for %q, want 12 languages", names)
	}
}

func TestDetect(t *testing.T) {
	for _, c := range []struct{ text, name, code string }{
		{"Bonjour mon ami.", "French", "fr"},
		{"Le train part demain matin à sept heures.", "French", "fr"},
		{"Hello, my friend.", "English", "en"},
		{"The ship leaves the harbor at dawn.", "English", "en"},
		{"Guten Morgen, mein Freund.", "German", "de"},
		{"Wir haben gestern lange auf den Bus gewartet.", "German", "de"},
		{"Hola, mi amigo.", "Spanish", "es"},
		{"Mañana vamos a la playa con los niños.", "Spanish", "es"},
		{"Buongiorno, amico mio.", "Italian", "it"},
		{"Domani andiamo a mangiare una pizza.", "Italian", "it"},
		{"Bom dia, meu amigo.", "Portuguese", "pt"},
		{"Amanhã não vamos trabalhar.", "Portuguese", "pt"},
		{"Goedemorgen, mijn vriend.", "Dutch", "nl"},
		{"Het regent vandaag de hele dag.", "Dutch", "nl"},
		{"God morgon, min vän.", "Swedish", "sv"},
		{"Jag dricker kaffe varje morgon.", "Swedish", "sv"},
		{"Dzień dobry, mój przyjacielu.", "Polish", "pl"},
		{"Jutro pójdziemy na spacer do lasu.", "Polish", "pl"},
		{"Доброе утро, мой друг.", "Russian", "ru"},
		{"早上好，我的朋友。", "Chinese", "zh"},
		{"おはようございます、友よ。", "Japanese", "ja"},
	} {
		got := loaded().Detect(c.text, "")
		if got.Name != c.name || got.Code != c.code || got.Confidence <= 0 || got.Confidence > 1 {
			t.Errorf("Detect(%q) = %+v, want %s (%s)", c.text, got, c.name, c.code)
		}
	}
	if got := loaded().Detect("12345 ... 678", ""); got != (Language{}) {
		t.Errorf("digits gave %+v, want the zero Language", got)
	}
}

// TestHintSettlesDoubt protects both halves of the rule: a hint decides between near
// scores and cannot turn a clear answer.
func TestHintSettlesDoubt(t *testing.T) {
	const doubtful = "impossible"
	en, fr := loaded().Detect(doubtful, "US"), loaded().Detect(doubtful, "FR")
	if en.Code != "en" || fr.Code != "fr" {
		t.Errorf("%q is %q in the US and %q in France, want en and fr", doubtful, en.Code, fr.Code)
	}
	if got := loaded().Detect("Guten Morgen, mein Freund.", "FR"); got.Code != "de" {
		t.Errorf("a clear German text with the hint FR became %q", got.Code)
	}
	if got := loaded().Detect("Guten Morgen, mein Freund.", "QQ"); got.Code != "de" {
		t.Errorf("a hint without a language changed the answer to %q", got.Code)
	}
}

// SPDX-License-Identifier: MIT

package matrix

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/isohttp/isohttp/conformance"
)

// sample is a matrix in which every case passes, changed by change.
func sample(t *testing.T, profile string, change func(*Golden)) []byte {
	t.Helper()
	g := Golden{Profile: profile, Totals: map[conformance.State]int{}, Cases: map[string]conformance.State{}, Notes: map[string]string{}}
	for _, c := range conformance.Cases() {
		g.Cases[c.ID] = conformance.StatePass
	}
	g.Totals[conformance.StatePass] = len(g.Cases)
	change(&g)
	text, err := json.MarshalIndent(g, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return append(text, '\n')
}

func unchanged(*Golden) {}

func TestParseRefusesWhatIsStale(t *testing.T) {
	if _, err := Parse(sample(t, "mine", unchanged)); err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(*Golden){
		"it has no CT-01": func(g *Golden) { delete(g.Cases, "CT-01") },
		"1 cases that":    func(g *Golden) { g.Cases["XX-01"] = conformance.StatePass; g.Totals[conformance.StatePass]++ },
		"its total of":    func(g *Golden) { g.Totals[conformance.StatePass]-- },
		"no totals of":    func(g *Golden) { g.Cases["CT-01"] = conformance.StateNeg; g.Totals[conformance.StatePass]-- },
	} {
		if _, err := Parse(sample(t, "mine", change)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error that says %q", err, want)
		}
	}
	if _, err := Parse([]byte("nonsense")); err == nil {
		t.Error("nonsense is a matrix")
	}
}

func TestExtract(t *testing.T) {
	text := sample(t, "mine", unchanged)
	got, err := Extract([]byte("=== RUN\n" + string(text) + "PASS\nok\n"))
	if err != nil || string(got) != string(text) {
		t.Errorf("%v, %d bytes of %d", err, len(got), len(text))
	}
	for _, output := range []string{"", "ok\n", "{\n  \"profile\": 1,\n"} {
		if _, err := Extract([]byte(output)); err == nil {
			t.Errorf("%q has a matrix", output)
		}
	}
}

func TestLoad(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, text []byte) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, profile := range Profiles() {
		if _, err := Load(dir); err == nil {
			t.Errorf("%s is missing, and nobody notices", profile)
		}
		write(FileName(profile), sample(t, profile, unchanged))
	}
	goldens, err := Load(dir)
	if err != nil || len(goldens) != len(Profiles()) {
		t.Fatalf("%v, %d matrices", err, len(goldens))
	}
	write("other.json", sample(t, "other", unchanged))
	if _, err := Load(dir); err == nil {
		t.Error("a matrix of no profile is not noticed")
	}
}

func TestPage(t *testing.T) {
	cases := []conformance.Case{
		{ID: "CT-01", Title: "a | b"}, {ID: "CT-02", Title: "two"}, {ID: "RL-01", Title: "three"},
	}
	states := func(s ...conformance.State) map[string]conformance.State {
		return map[string]conformance.State{"CT-01": s[0], "CT-02": s[1], "RL-01": s[2]}
	}
	page := Page(cases, []Golden{
		{Profile: "nethttp", Cases: states("pass", "na", "neg"), Notes: map[string]string{"CT-02": "no-js"}},
		{Profile: "fetch/node", Cases: states("xfail", "na", "env"), Notes: map[string]string{"CT-01": "seen", "CT-02": "no-js", "RL-01": "needs ca"}},
	})
	for _, want := range []string{
		"## CT: Contract\n\n| case | behavior | nethttp | fetch/node |\n",
		"| CT-01 | a \\| b | yes | deviates (1) |\n",
		"| CT-02 | two | n/a (2) | n/a (2) |\n",
		"\n1. CT-01 on fetch/node: seen\n2. there is no JavaScript platform beneath\n",
		"## RL: Request line and URL\n",
		"| RL-01 | three | absent (1) | env (2) |\n",
		"2. needs ca\n",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q:\n%s", want, page)
		}
	}
}

// SPDX-License-Identifier: MIT

package app

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

func clientOptions(f transporter) *policy.ClientOptions { return &policy.ClientOptions{Transport: f} }

// withStorage is a program whose environment names an account.
func withStorage() *program {
	return &program{env: map[string]string{storageAccountVariable: "account", storageKeyVariable: testStorageKey}}
}

const testSeed = "00000000000000000000000000000000000000000000000000000000000000a7"

func TestRoundTrip(t *testing.T) {
	f := newFakeStore()
	p := withStorage().run(t, t.Context(), f.Do, "storage", "-container", "c", "-size", "3MiB", "-block", "1MiB")
	if p.code != 0 {
		t.Fatalf("exit code %d\n%s", p.code, p.stderr)
	}
	want := []string{"PUT c", "PUT content.bin blocklist", "GET c list", "HEAD content.bin", "GET content.bin",
		"GET content.bin", "DELETE content.bin", "GET c", "DELETE c"}
	if got := f.sequence(); !slices.Equal(got, want) || f.count("PUT content.bin block") != 4 {
		t.Errorf("calls %q", f.calls)
	}
	for _, line := range []string{"create ", "upload ", "list ", "properties ", "range ", "download ", "delete ",
		"1048576 bytes from 1048576 on", "3145728 bytes from 0 on"} {
		if !strings.Contains(p.stdout, line) {
			t.Errorf("no %q in the output:\n%s", line, p.stdout)
		}
	}
	for _, line := range []string{"upload: 1048576 of 3145728 bytes\n", "upload: 3145728 of 3145728 bytes\n", "download: 3145728 of 3145728 bytes\n"} {
		if !strings.Contains(p.stderr, line) {
			t.Errorf("no %q in the progress:\n%s", line, p.stderr)
		}
	}
	f.empty(t)
}

// TestStepsApart runs upload and check as two programs, with the blob looked at in between.
func TestStepsApart(t *testing.T) {
	f := newFakeStore()
	args := []string{"storage", "-container", "c", "-blob", "b", "-size", "100000", "-seed", testSeed}
	if p := withStorage().run(t, t.Context(), f.Do, append(args, "create", "upload")...); p.code != 0 {
		t.Fatalf("exit code %d\n%s", p.code, p.stderr)
	}
	seed, err := ParseSeed(testSeed)
	if err != nil {
		t.Fatal(err)
	}
	want, err := seed.Sum(0, 100000)
	if err != nil {
		t.Fatal(err)
	}
	if got := sum(f.containers["c"].blobs["b"].content); got != want {
		t.Errorf("the store has content with SHA-256 %s, want %s", got, want)
	}
	if p := withStorage().run(t, t.Context(), f.Do, append(args, "properties", "range", "download", "delete")...); p.code != 0 {
		t.Errorf("exit code %d\n%s", p.code, p.stderr)
	}
	f.empty(t)
}

// TestWrongContent protects the comparison, and that a failed check leaves alone what the
// run did not make.
func TestWrongContent(t *testing.T) {
	for _, step := range []string{"range", "download"} {
		f := newFakeStore()
		args := []string{"storage", "-container", "c", "-size", "9", "-seed", testSeed}
		withStorage().run(t, t.Context(), f.Do, append(args, "create", "upload")...)
		f.containers["c"].blobs["content.bin"].content[4] ^= 1
		p := withStorage().run(t, t.Context(), f.Do, append(args, step)...)
		if p.code != exitFailure || !strings.Contains(p.stderr, "portable: "+step+": ") || !strings.Contains(p.stderr, "came back, not") {
			t.Errorf("%s: exit code %d\n%s", step, p.code, p.stderr)
		}
		if f.containers["c"].blobs["content.bin"] == nil {
			t.Errorf("%s deleted the blob", step)
		}
	}
}

func TestContainerExists(t *testing.T) {
	f := newFakeStore()
	withStorage().run(t, t.Context(), f.Do, "storage", "-container", "c", "create")
	p := withStorage().run(t, t.Context(), f.Do, "storage", "-container", "c", "-size", "9")
	if p.code != exitFailure || p.stderr != "portable: create: account.blob.core.windows.net:443 answered 409 Conflict: ContainerAlreadyExists: It is ContainerAlreadyExists.\n" {
		t.Errorf("exit code %d\n%s", p.code, p.stderr)
	}
	if f.containers["c"] == nil || f.count("DELETE") != 0 {
		t.Errorf("the container of an earlier run is gone: %q", f.calls)
	}
}

// TestFailureUndoes protects that a run leaves nothing of its own behind.
func TestFailureUndoes(t *testing.T) {
	for _, c := range []struct{ name, fail, stderr string }{
		{"upload", "PUT content.bin block", "portable: upload: "},
		{"commit", "PUT content.bin blocklist", "portable: upload: "},
		{"list", "GET c list", "portable: list: "},
		{"download", "GET content.bin", "portable: range: "},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFakeStore()
			f.before = func(f *fakeStore, req *http.Request) *http.Response {
				if last := f.calls[len(f.calls)-1]; last == c.fail && !(c.name == "download" && req.URL.Query().Has("comp")) {
					return storageError(req, 403, "AuthorizationFailure")
				}
				return nil
			}
			p := withStorage().run(t, t.Context(), f.Do, "storage", "-container", "c", "-size", "3MiB", "-block", "1MiB")
			if p.code != exitFailure || !strings.Contains(p.stderr, c.stderr) || !strings.Contains(p.stderr, "AuthorizationFailure") {
				t.Errorf("exit code %d\n%s", p.code, p.stderr)
			}
			f.empty(t)
		})
	}
}

// TestCreateCutOff protects against a container whose creation was not heard of.
func TestCreateCutOff(t *testing.T) {
	for _, c := range []struct {
		args []string
		left int
	}{
		{nil, 0},                         // a name that nobody else has
		{[]string{"-container", "c"}, 1}, // this one may be somebody's
	} {
		synctest.Test(t, func(t *testing.T) {
			f := newFakeStore()
			lost := transporter(func(req *http.Request) (*http.Response, error) {
				resp, err := f.Do(req)
				if err == nil && req.Method == http.MethodPut {
					<-req.Context().Done()
					return nil, req.Context().Err()
				}
				return resp, err
			})
			p := withStorage().run(t, t.Context(), lost, append(append([]string{"storage", "-timeout", "1s"}, c.args...), "create")...)
			if p.code != exitFailure || !strings.Contains(p.stderr, "no answer") || len(f.containers) != c.left {
				t.Errorf("%q: exit code %d, %d containers\n%s", c.args, p.code, len(f.containers), p.stderr)
			}
		})
	}
}

// TestForeignContainerStays protects containers that are not this program's.
func TestForeignContainerStays(t *testing.T) {
	f := newFakeStore()
	f.containers["c"] = &fakeContainer{http.Header{"X-Ms-Meta-Owner": {"somebody"}}, map[string]*fakeBlob{"other": {}}, map[string]map[string][]byte{}}
	p := withStorage().run(t, t.Context(), f.Do, "storage", "-container", "c", "-size", "9", "upload", "download", "delete")
	if p.code != 0 || !strings.Contains(p.stdout, "the container was not made by this program and stays") {
		t.Errorf("exit code %d\n%s%s", p.code, p.stdout, p.stderr)
	}
	if c := f.containers["c"]; c == nil || len(c.blobs) != 1 {
		t.Errorf("the container was emptied or deleted: %+v", c)
	}
}

func TestStorageUsage(t *testing.T) {
	account := withStorage().env
	for _, c := range []struct {
		name, reason string
		env          map[string]string
		args         []string
	}{
		{"no account", "no account: set ", nil, nil},
		{"no key", "no key: set -key or $ISOHTTP_STORAGE_KEY", nil, []string{"-account", "a"}},
		{"two ways", "connection string, SAS URL and account name exclude each other", account, []string{"-account", "a", "-sas-url", "https://a/?sig=SECRETSIGNATURE"}},
		{"account", "the account's name is not one of lower case letters and digits", account, []string{"-account", "a/b"}},
		{"key", "the account's key is not base64", account, []string{"-account", "a", "-key", "?" + testKey}},
		{"connection string", "the connection string is not one of a storage account", account, []string{"-connection-string", "AccountKey=" + testStorageKey}},
		{"SAS", "the SAS URL has no signature in it", account, []string{"-sas-url", "https://a/?sv=1"}},
		{"http", errPlainHTTP.Error(), account, []string{"-sas-url", "http://a/?sig=SECRETSIGNATURE"}},
		{"http endpoint", errPlainHTTP.Error(), account, []string{"-endpoint", "http://a.example"}},
		{"http in the connection string", errPlainHTTP.Error(), nil, []string{"-connection-string",
			"DefaultEndpointsProtocol=http;AccountName=a;AccountKey=" + testStorageKey + ";EndpointSuffix=example.net"}},
		{"step", `there is no step named "fly"`, account, []string{"fly"}},
		{"seed", "a seed is 64 hexadecimal digits", account, []string{"-seed", "00"}},
		{"no seed", "to compare what an earlier run has sent takes its -seed", account, []string{"-container", "c", "download"}},
		{"no container", "no container: set -container, or begin with create", account, []string{"upload"}},
		{"no blob", "no blob: set -blob", account, []string{"-blob", ""}},
		{"parallel", "-parallel has to be between 1 and 64", account, []string{"-parallel", "0"}},
		{"size", `invalid value "0" for flag -size`, account, []string{"-size", "0"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := (&program{env: c.env}).run(t, t.Context(), nobody(t), append([]string{"storage"}, c.args...)...)
			reason, rest, _ := strings.Cut(p.stderr, "\n")
			if p.code != exitUsage || !strings.HasPrefix(strings.TrimPrefix(reason, "portable: "), c.reason) || p.stdout != "" ||
				strings.Count(rest, "usage: portable storage") != 1 {
				t.Errorf("exit code %d, %q\n%s", p.code, p.stdout, p.stderr)
			}
		})
	}
}

func TestAccounts(t *testing.T) {
	const azurite = "DefaultEndpointsProtocol=http;AccountName=a;AccountKey=" + testStorageKey + ";BlobEndpoint=http://127.0.0.1:10000/a;"
	for _, c := range []struct {
		name string
		env  map[string]string
		args []string
		host string
		auth string // prefix
	}{
		{"account", nil, []string{"-account", "abc1", "-key", testStorageKey}, "abc1.blob.core.windows.net", "SharedKey abc1:"},
		{"endpoint", withStorage().env, []string{"-endpoint", "http://localhost:1/account"}, "localhost:1", "SharedKey account:"},
		{"connection string", map[string]string{storageConnectionVariable: azurite}, nil, "127.0.0.1:10000", "SharedKey a:"},
		{"flags win", withStorage().env, []string{"-connection-string", azurite}, "127.0.0.1:10000", "SharedKey a:"},
		{"SAS", map[string]string{storageSASVariable: "https://b.example/?sv=1&sig=SECRETSIGNATURE"}, nil, "b.example", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			p := (&program{env: c.env}).run(t, t.Context(), func(req *http.Request) (*http.Response, error) {
				got = append(got, req.URL.Host, req.Header.Get("Authorization"), req.URL.Query().Get("sig"))
				return storageError(req, 403, "AuthorizationFailure"), nil
			}, append(append([]string{"storage", "-container", "c"}, c.args...), "create")...)
			sig := ""
			if c.name == "SAS" {
				sig = "SECRETSIGNATURE"
			}
			if p.code != exitFailure || len(got) != 3 || got[0] != c.host || !strings.HasPrefix(got[1], c.auth) || (c.auth == "") != (got[1] == "") || got[2] != sig {
				t.Errorf("exit code %d, %q\n%s", p.code, got, p.stderr)
			}
		})
	}
}

func TestByteSize(t *testing.T) {
	for text, want := range map[string]int64{
		"1": 1, "32MiB": 32 << 20, "3 KiB": 3 << 10, "1024GiB": 1 << 40, "1536": 1536,
		"0": 0, "-1": 0, "1025GiB": 0, "9223372036854775807GiB": 0, "MiB": 0, "1MB": 0, "": 0,
	} {
		b := new(byteSize)
		err := b.Set(text)
		if (err != nil) != (want == 0) || int64(*b) != want {
			t.Errorf("Set(%q) = %d, %v; want %d", text, *b, err, want)
		}
	}
	for n, want := range map[byteSize]string{0: "0", 1: "1", 1024: "1KiB", 1536: "1536", 32 << 20: "32MiB", 3 << 40: "3072GiB"} {
		if got := n.String(); got != want {
			t.Errorf("%d is %q, want %q", int64(n), got, want)
		}
	}
}

// SPDX-License-Identifier: MIT

package dropin

// library is a library whose own tests are run.
type library struct {
	name     string
	module   string
	packages []string // below the module; "" is its top folder
	tests    int      // how many there are at least, subtests included
	// copies are the modules whose sources are patched, the library's own first.
	copies []source
}

// source is a module at a version, and what is changed in the copy of it.
type source struct {
	module, version string
	patches         []patch
	files           map[string]string // new ones
}

// patch replaces a text in a file. It must be there as often as count says, so that another
// version of the library cannot lose the patch unnoticed.
type patch struct {
	file, old, new string
	count          int
	reason         string
}

const (
	seamPath = workModule + "/seam"
	sdkPath  = "github.com/Azure/azure-sdk-for-go/sdk/"
)

// libraries is the one table of what is run.
func libraries() []library {
	return []library{
		{
			name: "go-retryablehttp", module: "github.com/hashicorp/go-retryablehttp", packages: []string{""}, tests: 70,
			copies: []source{{
				module: "github.com/hashicorp/go-retryablehttp", version: "v0.7.8",
				patches: []patch{
					importSeam("client.go"),
					{file: "client.go", old: "cleanhttp.DefaultPooledClient()", new: "seam.ClientOwn(cleanhttp.DefaultPooledClient())", count: 2,
						reason: "the client that NewClient makes, and the one of a Client without any: as transport/retry, or HTTPClient set by hand"},
				},
				files: map[string]string{"dropin_test.go": testFile("retryablehttp")},
			}},
		},
		{
			name: "resty", module: "github.com/go-resty/resty/v2", packages: []string{""}, tests: 300,
			copies: []source{{
				module: "github.com/go-resty/resty/v2", version: "v2.17.1",
				patches: []patch{
					importSeam("client.go"),
					{file: "client.go", old: "c.httpClient.Do(req.RawRequest)", new: "seam.ClientOver(c.httpClient).Do(req.RawRequest)", count: 1,
						reason: "where every request is sent. Not where the transport is made: resty changes its *http.Transport afterwards, " +
							"for SetProxy and the like, and refuses another type"},
					{file: "client.go", old: "transport:         oldTransport,", new: "transport:         seam.Over(oldTransport),", count: 1,
						reason: "digest authentication sends from a round tripper of its own"},
					importSeam("request.go"),
					{file: "request.go", old: "transport:         oldTransport,", new: "transport:         seam.Over(oldTransport),", count: 1,
						reason: "the same for one request"},
				},
				files: map[string]string{"dropin_test.go": testFile("resty")},
			}},
		},
		{
			name: "go-github", module: "github.com/google/go-github/v74", packages: []string{"github"}, tests: 6000,
			copies: []source{{
				module: "github.com/google/go-github/v74", version: "v74.0.0",
				patches: []patch{
					importSeam("github/github_test.go"),
					{file: "github/github_test.go", old: "Transport: transport,\n\t\tTimeout:", new: "Transport: seam.Over(transport),\n\t\tTimeout:", count: 1,
						reason: "the client that almost every test gets; go-github itself uses what it is given"},
				},
				files: map[string]string{"github/dropin_test.go": testFile("github") + "\nvar _ = seam.UseByDefault()\n"},
			}},
		},
		{
			name: "azcore", module: sdkPath + "azcore", packages: []string{"runtime", "streaming", "arm/runtime"}, tests: 300,
			copies: []source{
				{
					module: sdkPath + "azcore", version: "v1.24.0",
					files: map[string]string{
						"runtime/dropin_test.go":     testFile("runtime"),
						"streaming/dropin_test.go":   testFile("streaming"),
						"arm/runtime/dropin_test.go": testFile("runtime"),
					},
				},
				{
					module: sdkPath + "internal", version: "v1.13.0",
					patches: []patch{
						importSeam("transport/transport.go"),
						{file: "transport/transport.go", old: "DefaultHTTPClient = &http.Client{\n\t\tTransport: defaultTransport,\n\t}",
							new: "DefaultHTTPClient = seam.ClientOwn(&http.Client{\n\t\tTransport: defaultTransport,\n\t})", count: 1,
							reason: "the client of pipelines without a Transporter, as those of the tests of server-sent events"},
						importSeam("mock/mock.go"),
						{file: "mock/mock.go", old: "s.srv.Client().Do(req)", new: "seam.Do(s.srv.Client(), req)", count: 2,
							reason: "the Transporter of the other tests: a server beside it, reached by the client that trusts its certificate"},
					},
				},
			},
		},
	}
}

// importSeam adds the import to a file.
func importSeam(file string) patch {
	return patch{file: file, old: "import (\n", new: "import (\n\t\"" + seamPath + "\"\n", count: 1, reason: "for what follows"}
}

// testFile is the file that brings our transport into the tests of a package.
func testFile(name string) string {
	return "package " + name + `

import (
	"` + workModule + `/ours"
	"` + seamPath + `"
)

var _ = seam.Use(ours.Make)
`
}

// SPDX-License-Identifier: MIT

package sdkcases

import (
	"slices"
	"time"

	"github.com/isohttp/isohttp/conformance"
)

// Cases returns the groups RT and AZ. The rest of what is to know about each is in the
// suite's catalogue.
func Cases() []conformance.Case { return slices.Concat(retryCases(), azureCases()) }

// must makes a case that holds everywhere.
func must(id string, positive func(*conformance.T), checks ...conformance.OriginCheck) conformance.Case {
	return conformance.Case{ID: id, Positive: positive, Checks: checks}
}

func retryCases() []conformance.Case {
	// In a page a redirect limit can be seen only where the platform does not follow.
	same := must("RT-03", sameDecisions)
	same.Config = conformance.Config{Redirect: "manual"}
	same.Budget = 20 * time.Second
	return []conformance.Case{
		must("RT-01", retriedBodies, conformance.Count(conformance.EventRequest, 9)),
		must("RT-02", retryAfter, conformance.Count(conformance.EventRequest, 2), conformance.Gap(conformance.EventRequest, 1000, -1)),
		same,
		must("RT-04", retryCanceled, conformance.Count(conformance.EventRequest, 2)),
		must("RT-05", retryLeavesNothing, conformance.Count(conformance.EventRequest, 4)),
	}
}

func azureCases() []conformance.Case {
	try := must("AZ-04", tryTimeout, conformance.Values(conformance.EventRequest, "method", "GET", "GET", "PUT", "PUT"))
	try.Budget = 30 * time.Second
	early := must("AZ-02", earlyAnswer, conformance.Count(conformance.EventRequest, 2), conformance.AtLeast(conformance.EventBodyEnd, 1))
	early.Budget = 30 * time.Second
	final := must("AZ-09", finalOnce)
	final.Config = conformance.Config{Redirect: "manual"}
	return []conformance.Case{
		must("AZ-01", seekableBody, conformance.Count(conformance.EventRequest, 3)),
		early,
		must("AZ-03", bodyReadError, conformance.Values(conformance.EventRequest, "method",
			"GET", "GET", "PUT", "PUT", "DELETE", "DELETE", "POST", "PATCH")),
		try,
		must("AZ-05", challenge, conformance.Count(conformance.EventRequest, 4)),
		must("AZ-06", progress, conformance.Values(conformance.EventRequest, "method", "GET", "PUT")),
		must("AZ-07", pollerAndPager),
		must("AZ-08", telemetry, conformance.Count(conformance.EventRequest, 2)),
		final,
	}
}

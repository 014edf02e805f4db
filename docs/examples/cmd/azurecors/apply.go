// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/isohttp/isohttp/transport/azure"
)

// maxRules is how many rules a service takes.
const maxRules = 5

// service is one of an account's services. Each has rules of its own.
type service struct {
	name string
	rule func(origins ...string) azure.CORSRule
	open func(connection string) (account, error)
}

// account reads and writes the rules of one service.
type account interface {
	rules(context.Context) ([]azure.CORSRule, error)
	setRules(context.Context, []azure.CORSRule) error
}

// servicesOf returns the services of these names.
func servicesOf(names []string) (found []service, err error) {
	all := []service{
		{"blob", azure.BlobRule, openBlob},
		{"queue", azure.QueueRule, openQueue},
		{"table", azure.TableRule, openTable},
	}
	for _, name := range names {
		i := slices.IndexFunc(all, func(s service) bool { return s.name == strings.TrimSpace(name) })
		if i < 0 {
			return nil, fmt.Errorf("unknown service %q", name)
		}
		found = append(found, all[i])
	}
	return found, nil
}

// apply adds a rule to the service, in the place of one for the same origins. It reports
// whether there was anything to change.
func apply(ctx context.Context, s service, connection string, rule azure.CORSRule) (changed bool, err error) {
	a, err := s.open(connection)
	if err != nil {
		return false, err
	}
	before, err := a.rules(ctx)
	if err != nil {
		return false, err
	}
	after := merge(before, rule)
	if slices.EqualFunc(before, after, func(x, y azure.CORSRule) bool { return x.String() == y.String() }) {
		return false, nil
	}
	if len(after) > maxRules {
		return false, fmt.Errorf("it has %d rules for other origins, and %d is the most: remove one first", len(before), maxRules)
	}
	return true, a.setRules(ctx, after)
}

// merge puts rule in the place of the first one for the same origins, and else in front:
// a service goes by the first rule that matches, and one for all origins may be there.
func merge(rules []azure.CORSRule, rule azure.CORSRule) []azure.CORSRule {
	same := func(r azure.CORSRule) bool {
		return slices.Equal(slices.Sorted(slices.Values(r.AllowedOrigins)), slices.Sorted(slices.Values(rule.AllowedOrigins)))
	}
	i := slices.IndexFunc(rules, same)
	if i < 0 {
		return append([]azure.CORSRule{rule}, rules...)
	}
	merged := append(slices.Clone(rules[:i]), rule)
	return append(merged, slices.DeleteFunc(slices.Clone(rules[i+1:]), same)...)
}

// wire is a rule as the services write it.
type wire struct {
	origins, methods, allowed, exposed *string
	maxAge                             *int32
}

func toWire(r azure.CORSRule) wire {
	join := func(list []string) *string { s := strings.Join(list, ","); return &s }
	seconds := int32(r.MaxAge / time.Second)
	return wire{join(r.AllowedOrigins), join(r.AllowedMethods), join(r.AllowedHeaders), join(r.ExposedHeaders), &seconds}
}

func fromWire(w wire) azure.CORSRule {
	split := func(s *string) (list []string) {
		if s != nil {
			for entry := range strings.SplitSeq(*s, ",") {
				if entry = strings.TrimSpace(entry); entry != "" {
					list = append(list, entry)
				}
			}
		}
		return list
	}
	r := azure.CORSRule{AllowedOrigins: split(w.origins), AllowedMethods: split(w.methods), AllowedHeaders: split(w.allowed), ExposedHeaders: split(w.exposed)}
	if w.maxAge != nil {
		r.MaxAge = time.Duration(*w.maxAge) * time.Second
	}
	return r
}

// SPDX-License-Identifier: MIT

package settings

import (
	"reflect"
	"strings"
	"testing"
)

func TestRoundTrip(t *testing.T) {
	var want Settings
	v := reflect.ValueOf(&want).Elem()
	for i := range v.NumField() {
		v.Field(i).SetString(v.Type().Field(i).Name + "=value")
	}
	for _, pair := range want.Environ() {
		name, value, _ := strings.Cut(pair, "=")
		t.Setenv(name, value)
	}
	got, err := FromEnviron()
	if err != nil || got != want {
		t.Errorf("got %+v and error %v, want %+v", got, err, want)
	}
	t.Setenv("ISOHTTP_AZURESDK_QUEUE", "")
	if _, err := FromEnviron(); err == nil || !strings.HasSuffix(err.Error(), ": ISOHTTP_AZURESDK_QUEUE") {
		t.Errorf("got error %v, want the variable that is not set", err)
	}
}

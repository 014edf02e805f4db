// SPDX-License-Identifier: MIT

package azuresdk

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/data/aztables"
)

// newTable creates a table that is deleted after the test.
func newTable(t *testing.T) *aztables.Client {
	t.Helper()
	table := tableClient(t).NewClient(newName("table"))
	if _, err := table.CreateTable(t.Context(), nil); err != nil {
		t.Fatalf("create: %v", err)
	}
	t.Cleanup(func() {
		if _, err := table.Delete(context.Background(), nil); err != nil {
			t.Errorf("delete: %v", err)
		}
	})
	return table
}

// entity returns an entity as the client wants it.
func entity(t *testing.T, row string, properties map[string]any) []byte {
	t.Helper()
	b, err := json.Marshal(aztables.EDMEntity{
		Entity:     aztables.Entity{PartitionKey: "part one", RowKey: row},
		Properties: properties,
	})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// read returns the properties of an entity and its ETag.
func read(t *testing.T, table *aztables.Client, row string) (map[string]any, azcore.ETag) {
	t.Helper()
	got, err := table.GetEntity(t.Context(), "part one", row, nil)
	if err != nil {
		t.Fatalf("get %s: %v", row, err)
	}
	var e aztables.EDMEntity
	if err := json.Unmarshal(got.Value, &e); err != nil {
		t.Fatal(err)
	}
	return e.Properties, got.ETag
}

func TestTable(t *testing.T) {
	ctx, table := t.Context(), newTable(t)
	added, err := table.AddEntity(ctx, entity(t, "a", map[string]any{
		"Text": text, "Count": int32(1), "Large": aztables.EDMInt64(1 << 60), "Bytes": aztables.EDMBinary{0, 255},
	}), nil)
	if err != nil {
		t.Fatalf("insert: %v", err)
	}
	got, etag := read(t, table, "a")
	if got["Text"] != text || got["Count"] != int32(1) || got["Large"] != aztables.EDMInt64(1<<60) ||
		!slices.Equal(got["Bytes"].(aztables.EDMBinary), []byte{0, 255}) {
		t.Errorf("got %v", got)
	}
	if added.ETag == "" || added.ETag != etag {
		t.Errorf("ETag %q when inserted, %q when read", added.ETag, etag)
	}

	// A merge keeps what it does not name; a replacement does not.
	if _, err := table.UpsertEntity(ctx, entity(t, "a", map[string]any{"Count": int32(2)}),
		&aztables.UpsertEntityOptions{UpdateMode: aztables.UpdateModeMerge}); err != nil {
		t.Fatalf("upsert, merge: %v", err)
	}
	if got, _ := read(t, table, "a"); got["Text"] != text || got["Count"] != int32(2) {
		t.Errorf("after a merge: %v", got)
	}
	if _, err := table.UpsertEntity(ctx, entity(t, "a", map[string]any{"Count": int32(3)}),
		&aztables.UpsertEntityOptions{UpdateMode: aztables.UpdateModeReplace}); err != nil {
		t.Fatalf("upsert, replace: %v", err)
	}
	got, etag = read(t, table, "a")
	if got["Text"] != nil || got["Count"] != int32(3) {
		t.Errorf("after a replacement: %v", got)
	}
	if _, err := table.UpdateEntity(ctx, entity(t, "a", map[string]any{"Count": int32(4)}),
		&aztables.UpdateEntityOptions{IfMatch: &etag, UpdateMode: aztables.UpdateModeMerge}); err != nil {
		t.Fatalf("update: %v", err)
	}

	if _, err := table.DeleteEntity(ctx, "part one", "a", nil); err != nil {
		t.Fatalf("delete: %v", err)
	}
	_, err = table.GetEntity(ctx, "part one", "a", nil)
	wantResponseError(t, err, http.StatusNotFound, string(aztables.ResourceNotFound))
}

func TestTableQuery(t *testing.T) {
	ctx, table := t.Context(), newTable(t)
	var batch []aztables.TransactionAction
	for i := range 10 {
		batch = append(batch, aztables.TransactionAction{
			ActionType: aztables.TransactionTypeAdd,
			Entity:     entity(t, fmt.Sprintf("row %d", i), map[string]any{"Count": int32(i), "Name": "it's"}),
		})
	}
	// A transaction is requests within a request, and answers within an answer.
	if _, err := table.SubmitTransaction(ctx, batch, nil); err != nil {
		t.Fatalf("transaction: %v", err)
	}
	pager := table.NewListEntitiesPager(&aztables.ListEntitiesOptions{
		Filter: to.Ptr("Count ge 3 and Name eq 'it''s'"),
		Select: to.Ptr("RowKey,Count"),
		Top:    to.Ptr(int32(3)),
	})
	var rows []string
	pages := 0
	for pager.More() {
		page, err := pager.NextPage(ctx)
		if err != nil {
			t.Fatalf("query: %v", err)
		}
		pages++
		for _, b := range page.Entities {
			var e aztables.EDMEntity
			if err := json.Unmarshal(b, &e); err != nil {
				t.Fatal(err)
			}
			rows = append(rows, e.RowKey)
			if e.Properties["Name"] != nil {
				t.Errorf("%s has a property that was not selected", e.RowKey)
			}
		}
	}
	want := []string{"row 3", "row 4", "row 5", "row 6", "row 7", "row 8", "row 9"}
	if !slices.Equal(rows, want) || pages < 3 {
		t.Errorf("got %q in %d pages, want %q in 3", rows, pages, want)
	}
}

func TestTableErrors(t *testing.T) {
	ctx := t.Context()
	nowhere := tableClient(t).NewClient(newName("table"))
	_, err := nowhere.AddEntity(ctx, entity(t, "a", nil), nil)
	wantResponseError(t, err, http.StatusNotFound, string(aztables.TableNotFound))

	table := newTable(t)
	_, err = table.CreateTable(ctx, nil)
	wantResponseError(t, err, http.StatusConflict, string(aztables.TableAlreadyExists))

	if _, err := table.AddEntity(ctx, entity(t, "a", map[string]any{"Count": int32(1)}), nil); err != nil {
		t.Fatalf("insert: %v", err)
	}
	_, etag := read(t, table, "a")
	_, err = table.AddEntity(ctx, entity(t, "a", nil), nil)
	wantResponseError(t, err, http.StatusConflict, string(aztables.EntityAlreadyExists))
	_, err = table.UpdateEntity(ctx, entity(t, "b", nil), &aztables.UpdateEntityOptions{UpdateMode: aztables.UpdateModeMerge})
	wantResponseError(t, err, http.StatusNotFound, string(aztables.ResourceNotFound))

	if _, err := table.UpsertEntity(ctx, entity(t, "a", map[string]any{"Count": int32(2)}), nil); err != nil {
		t.Fatalf("upsert: %v", err)
	}
	_, err = table.UpdateEntity(ctx, entity(t, "a", map[string]any{"Count": int32(3)}), &aztables.UpdateEntityOptions{IfMatch: &etag, UpdateMode: aztables.UpdateModeMerge})
	wantResponseError(t, err, http.StatusPreconditionFailed, string(aztables.UpdateConditionNotSatisfied))
	_, err = table.DeleteEntity(ctx, "part one", "a", &aztables.DeleteEntityOptions{IfMatch: &etag})
	wantResponseError(t, err, http.StatusPreconditionFailed, string(aztables.UpdateConditionNotSatisfied))
	if got, _ := read(t, table, "a"); got["Count"] != int32(2) {
		t.Errorf("a refused change was made: %v", got)
	}

	// A transaction is done as a whole or not at all.
	_, err = table.SubmitTransaction(ctx, []aztables.TransactionAction{
		{ActionType: aztables.TransactionTypeAdd, Entity: entity(t, "c", nil)},
		{ActionType: aztables.TransactionTypeAdd, Entity: entity(t, "a", nil)},
	}, nil)
	// The client says so with the status of the answer that the others are in.
	wantResponseError(t, err, http.StatusAccepted, "")
	_, err = table.GetEntity(ctx, "part one", "c", nil)
	wantResponseError(t, err, http.StatusNotFound, string(aztables.ResourceNotFound))
}

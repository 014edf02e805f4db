// SPDX-License-Identifier: MIT

package azuresdk

import (
	"context"
	"net/http"
	"slices"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azqueue"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azqueue/queueerror"
)

// text has what XML, in which messages travel, must escape, and what is not ASCII.
const text = `<first & "second"> Grüße, мир, 世界 👋`

func TestQueue(t *testing.T) {
	ctx, service := t.Context(), queueClient(t)
	name := newName("queue-")
	queue := service.NewQueueClient(name)
	if _, err := queue.Create(ctx, &azqueue.CreateOptions{Metadata: map[string]*string{"purpose": to.Ptr("test")}}); err != nil {
		t.Fatalf("create: %v", err)
	}
	deleted := false
	t.Cleanup(func() {
		if !deleted {
			queue.Delete(context.Background(), nil)
		}
	})

	_, err := queue.EnqueueMessage(ctx, text, nil)
	if err != nil {
		t.Fatalf("enqueue: %v", err)
	}
	if _, err := queue.EnqueueMessage(ctx, "second", nil); err != nil {
		t.Fatalf("enqueue: %v", err)
	}
	properties, err := queue.GetProperties(ctx, nil)
	if err != nil {
		t.Fatalf("properties: %v", err)
	}
	if got := properties.ApproximateMessagesCount; got == nil || *got != 2 {
		t.Errorf("the queue says that it has %v messages, want 2", got)
	}

	peeked, err := queue.PeekMessages(ctx, &azqueue.PeekMessagesOptions{NumberOfMessages: to.Ptr(int32(5))})
	if err != nil {
		t.Fatalf("peek: %v", err)
	}
	var texts []string
	for _, m := range peeked.Messages {
		texts = append(texts, *m.MessageText)
	}
	if want := []string{text, "second"}; !slices.Equal(texts, want) {
		t.Errorf("peeked at %q, want %q", texts, want)
	}

	dequeued, err := queue.DequeueMessage(ctx, &azqueue.DequeueMessageOptions{VisibilityTimeout: to.Ptr(int32(300))})
	if err != nil {
		t.Fatalf("dequeue: %v", err)
	}
	if len(dequeued.Messages) != 1 || *dequeued.Messages[0].MessageText != text {
		t.Fatalf("dequeued %v, want the first message", dequeued.Messages)
	}
	first := dequeued.Messages[0]
	updated, err := queue.UpdateMessage(ctx, *first.MessageID, *first.PopReceipt, "changed", &azqueue.UpdateMessageOptions{VisibilityTimeout: to.Ptr(int32(300))})
	if err != nil {
		t.Fatalf("update: %v", err)
	}
	// The receipt of before the update is no longer valid.
	_, err = queue.DeleteMessage(ctx, *first.MessageID, *first.PopReceipt, nil)
	wantResponseError(t, err, http.StatusBadRequest, string(queueerror.PopReceiptMismatch))
	if _, err := queue.DeleteMessage(ctx, *first.MessageID, *updated.PopReceipt, nil); err != nil {
		t.Fatalf("delete a message: %v", err)
	}
	left, err := queue.PeekMessage(ctx, nil)
	if err != nil {
		t.Fatalf("peek: %v", err)
	}
	if len(left.Messages) != 1 || *left.Messages[0].MessageText != "second" {
		t.Errorf("the queue has %v, want the second message", left.Messages)
	}
	if _, err := queue.ClearMessages(ctx, nil); err != nil {
		t.Fatalf("clear: %v", err)
	}
	if empty, err := queue.DequeueMessage(ctx, nil); err != nil || len(empty.Messages) != 0 {
		t.Errorf("dequeued %v, %v from an empty queue", empty.Messages, err)
	}

	if !listed(t, service, name) {
		t.Error("the queue is not listed")
	}
	if _, err := queue.Delete(ctx, nil); err != nil {
		t.Fatalf("delete: %v", err)
	}
	deleted = true
	if listed(t, service, name) {
		t.Error("the queue is still listed after its deletion")
	}
}

// listed reports whether a list of the account's queues, one a page, has name.
func listed(t *testing.T, service *azqueue.ServiceClient, name string) bool {
	t.Helper()
	pager := service.NewListQueuesPager(&azqueue.ListQueuesOptions{MaxResults: to.Ptr(int32(1))})
	for pager.More() {
		page, err := pager.NextPage(t.Context())
		if err != nil {
			t.Fatalf("list queues: %v", err)
		}
		for _, q := range page.Queues {
			if *q.Name == name {
				return true
			}
		}
	}
	return false
}

func TestQueueErrors(t *testing.T) {
	ctx := t.Context()
	queue := queueClient(t).NewQueueClient(newName("queue-"))
	_, err := queue.EnqueueMessage(ctx, text, nil)
	wantResponseError(t, err, http.StatusNotFound, string(queueerror.QueueNotFound))
	if !queueerror.HasCode(err, queueerror.QueueNotFound) {
		t.Errorf("queueerror does not know %v", err)
	}
	if _, err := queue.Create(ctx, nil); err != nil {
		t.Fatalf("create: %v", err)
	}
	t.Cleanup(func() { queue.Delete(context.Background(), nil) })
	_, err = queue.Create(ctx, &azqueue.CreateOptions{Metadata: map[string]*string{"other": to.Ptr("metadata")}})
	wantResponseError(t, err, http.StatusConflict, string(queueerror.QueueAlreadyExists))
	_, err = queue.DeleteMessage(ctx, "00000000-0000-0000-0000-000000000000", "AgAAAAMAAAAAAAAAAAAAAAAAAAA=", nil)
	wantResponseError(t, err, http.StatusNotFound, string(queueerror.MessageNotFound))
}

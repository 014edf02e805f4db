// SPDX-License-Identifier: MIT

package endurance

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azqueue"
)

// messages is a queue and what it has acknowledged. Each message has an identifier of the
// service's. A message that was not acknowledged may be there all the same, and more than
// once, when it was sent again; so may one whose deletion was not.
type messages struct {
	queue   *azqueue.QueueClient
	there   map[string]bool // identifiers that must be found
	deleted map[string]bool // identifiers that must not
	sent    map[[sha256.Size]byte]bool
}

func newMessages(queue *azqueue.QueueClient) *messages {
	return &messages{queue, make(map[string]bool), make(map[string]bool), make(map[[sha256.Size]byte]bool)}
}

func (m *messages) step(ctx context.Context, random *rand.Rand) error {
	switch what := random.IntN(10); {
	case what < 5:
		return m.enqueue(ctx, random)
	case what < 7:
		peeked, err := m.queue.PeekMessages(ctx, &azqueue.PeekMessagesOptions{NumberOfMessages: to.Ptr(int32(1 + random.IntN(32)))})
		for _, p := range peeked.Messages {
			if err := m.check(*p.MessageID, *p.MessageText); err != nil {
				return err
			}
		}
		return err
	}
	_, err := m.take(ctx, 1, 1)
	return err
}

func (m *messages) enqueue(ctx context.Context, random *rand.Rand) error {
	data := make([]byte, 16+random.IntN(6000))
	for i := range data {
		data[i] = byte(random.Uint32())
	}
	text := base64.StdEncoding.EncodeToString(data)
	m.sent[sha256.Sum256([]byte(text))] = true
	added, err := m.queue.EnqueueMessage(ctx, text, nil)
	if err != nil {
		return err
	}
	for _, message := range added.Messages {
		m.there[*message.MessageID] = true
	}
	return nil
}

// check wants a message that the queue has to be one that was sent and not deleted.
func (m *messages) check(id, text string) error {
	if !m.sent[sha256.Sum256([]byte(text))] {
		return lost{fmt.Sprintf("message %s of %d bytes is none that was sent", id, len(text))}
	}
	if m.deleted[id] {
		return lost{fmt.Sprintf("message %s is there after its deletion", id)}
	}
	return nil
}

// take dequeues up to n messages, which are hidden for some seconds then, and deletes them.
// It returns how many there were.
func (m *messages) take(ctx context.Context, n, seconds int32) (int, error) {
	got, err := m.queue.DequeueMessages(ctx, &azqueue.DequeueMessagesOptions{NumberOfMessages: &n, VisibilityTimeout: &seconds})
	if err != nil {
		return 0, err
	}
	for i, message := range got.Messages {
		id := *message.MessageID
		if err := m.check(id, *message.MessageText); err != nil {
			return i, err
		}
		delete(m.there, id) // from here on it may go
		if _, err := m.queue.DeleteMessage(ctx, id, *message.PopReceipt, nil); err != nil && !gone(err) {
			return i, err
		}
		m.deleted[id] = true
	}
	return len(got.Messages), nil
}

// verify empties the queue and wants to have found all that must be there. It returns how
// many messages it has compared.
func (m *messages) verify(ctx context.Context) (int, error) {
	compared := 0
	for {
		n, err := m.take(ctx, 32, 60)
		if err != nil {
			return compared, err
		}
		compared += n
		if n > 0 {
			continue
		}
		properties, err := m.queue.GetProperties(ctx, nil)
		if err != nil {
			return compared, err
		}
		if *properties.ApproximateMessagesCount == 0 {
			break
		}
		// Some are hidden: they were taken, and the answer was lost. Nobody tells when they
		// come back.
		select {
		case <-time.After(200 * time.Millisecond):
		case <-ctx.Done():
			return compared, fmt.Errorf("%d messages stay hidden: %w", *properties.ApproximateMessagesCount, ctx.Err())
		}
	}
	if len(m.there) > 0 {
		return compared, lost{fmt.Sprintf("%d acknowledged messages are not there", len(m.there))}
	}
	return compared, nil
}

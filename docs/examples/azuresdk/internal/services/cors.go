// SPDX-License-Identifier: MIT

package services

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/data/aztables"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azqueue"

	"github.com/isohttp/isohttp/docs/examples/internal/local"
	"github.com/isohttp/isohttp/docs/examples/portable/app"
	"github.com/isohttp/isohttp/transport/azure"
)

// AllowPages sets the CORS rules of the account's services. Each has its own. The origin
// is any, because the page that a test runs in has another one each time; an account in
// the cloud would name its pages'.
func AllowPages(ctx context.Context, a *local.Azurite) error {
	blob := &app.Account{Name: a.Account, Key: a.Key, Endpoint: a.Blob}
	if err := local.AllowPages(ctx, blob, "*"); err != nil {
		return fmt.Errorf("blob service: %w", err)
	}
	if err := allowQueue(ctx, a); err != nil {
		return fmt.Errorf("queue service: %w", err)
	}
	if err := allowTable(ctx, a); err != nil {
		return fmt.Errorf("table service: %w", err)
	}
	return nil
}

// native sends without isohttp: what is under test must not set up its own tests.
func native() policy.ClientOptions { return policy.ClientOptions{Transport: http.DefaultClient} }

// list is how a rule's fields have several entries.
func list(entries []string) *string { return to.Ptr(strings.Join(entries, ",")) }

func allowQueue(ctx context.Context, a *local.Azurite) error {
	cred, err := azqueue.NewSharedKeyCredential(a.Account, a.Key)
	if err != nil {
		return err
	}
	client, err := azqueue.NewServiceClientWithSharedKeyCredential(a.Queue, cred, &azqueue.ClientOptions{ClientOptions: native()})
	if err != nil {
		return err
	}
	rule := azure.QueueRule("*")
	_, err = client.SetProperties(ctx, &azqueue.SetPropertiesOptions{CORS: []*azqueue.CORSRule{{
		AllowedOrigins:  list(rule.AllowedOrigins),
		AllowedMethods:  list(rule.AllowedMethods),
		AllowedHeaders:  list(rule.AllowedHeaders),
		ExposedHeaders:  list(rule.ExposedHeaders),
		MaxAgeInSeconds: to.Ptr(int32(rule.MaxAge.Seconds())),
	}}})
	return err
}

func allowTable(ctx context.Context, a *local.Azurite) error {
	cred, err := aztables.NewSharedKeyCredential(a.Account, a.Key)
	if err != nil {
		return err
	}
	client, err := aztables.NewServiceClientWithSharedKey(a.Table, cred, &aztables.ClientOptions{ClientOptions: native()})
	if err != nil {
		return err
	}
	rule := azure.TableRule("*")
	_, err = client.SetProperties(ctx, aztables.ServiceProperties{Cors: []*aztables.CorsRule{{
		AllowedOrigins:  list(rule.AllowedOrigins),
		AllowedMethods:  list(rule.AllowedMethods),
		AllowedHeaders:  list(rule.AllowedHeaders),
		ExposedHeaders:  list(rule.ExposedHeaders),
		MaxAgeInSeconds: to.Ptr(int32(rule.MaxAge.Seconds())),
	}}}, nil)
	return err
}

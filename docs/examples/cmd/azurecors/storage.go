// SPDX-License-Identifier: MIT

package main

import (
	"context"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/data/aztables"
	blob "github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/service"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azqueue"

	"github.com/isohttp/isohttp/transport"
	"github.com/isohttp/isohttp/transport/azure"
)

func clientOptions() policy.ClientOptions {
	return azure.ClientOptions(transport.Default(), policy.ClientOptions{})
}

type blobAccount struct{ client *blob.Client }

func openBlob(connection string) (account, error) {
	c, err := blob.NewClientFromConnectionString(connection, &blob.ClientOptions{ClientOptions: clientOptions()})
	return blobAccount{c}, err
}

func (a blobAccount) rules(ctx context.Context) (rules []azure.CORSRule, err error) {
	resp, err := a.client.GetProperties(ctx, nil)
	if err != nil {
		return nil, err
	}
	for _, r := range resp.CORS {
		rules = append(rules, fromWire(wire{r.AllowedOrigins, r.AllowedMethods, r.AllowedHeaders, r.ExposedHeaders, r.MaxAgeInSeconds}))
	}
	return rules, nil
}

func (a blobAccount) setRules(ctx context.Context, rules []azure.CORSRule) error {
	var all []*blob.CORSRule
	for _, r := range rules {
		w := toWire(r)
		all = append(all, &blob.CORSRule{AllowedOrigins: w.origins, AllowedMethods: w.methods,
			AllowedHeaders: w.allowed, ExposedHeaders: w.exposed, MaxAgeInSeconds: w.maxAge})
	}
	_, err := a.client.SetProperties(ctx, &blob.SetPropertiesOptions{CORS: all})
	return err
}

type queueAccount struct{ client *azqueue.ServiceClient }

func openQueue(connection string) (account, error) {
	c, err := azqueue.NewServiceClientFromConnectionString(connection, &azqueue.ClientOptions{ClientOptions: clientOptions()})
	return queueAccount{c}, err
}

func (a queueAccount) rules(ctx context.Context) (rules []azure.CORSRule, err error) {
	resp, err := a.client.GetServiceProperties(ctx, nil)
	if err != nil {
		return nil, err
	}
	for _, r := range resp.CORS {
		rules = append(rules, fromWire(wire{r.AllowedOrigins, r.AllowedMethods, r.AllowedHeaders, r.ExposedHeaders, r.MaxAgeInSeconds}))
	}
	return rules, nil
}

func (a queueAccount) setRules(ctx context.Context, rules []azure.CORSRule) error {
	var all []*azqueue.CORSRule
	for _, r := range rules {
		w := toWire(r)
		all = append(all, &azqueue.CORSRule{AllowedOrigins: w.origins, AllowedMethods: w.methods,
			AllowedHeaders: w.allowed, ExposedHeaders: w.exposed, MaxAgeInSeconds: w.maxAge})
	}
	_, err := a.client.SetProperties(ctx, &azqueue.SetPropertiesOptions{CORS: all})
	return err
}

type tableAccount struct{ client *aztables.ServiceClient }

func openTable(connection string) (account, error) {
	c, err := aztables.NewServiceClientFromConnectionString(connection, &aztables.ClientOptions{ClientOptions: clientOptions()})
	return tableAccount{c}, err
}

func (a tableAccount) rules(ctx context.Context) (rules []azure.CORSRule, err error) {
	resp, err := a.client.GetProperties(ctx, nil)
	if err != nil {
		return nil, err
	}
	for _, r := range resp.Cors {
		rules = append(rules, fromWire(wire{r.AllowedOrigins, r.AllowedMethods, r.AllowedHeaders, r.ExposedHeaders, r.MaxAgeInSeconds}))
	}
	return rules, nil
}

func (a tableAccount) setRules(ctx context.Context, rules []azure.CORSRule) error {
	var all []*aztables.CorsRule
	for _, r := range rules {
		w := toWire(r)
		all = append(all, &aztables.CorsRule{AllowedOrigins: w.origins, AllowedMethods: w.methods,
			AllowedHeaders: w.allowed, ExposedHeaders: w.exposed, MaxAgeInSeconds: w.maxAge})
	}
	_, err := a.client.SetProperties(ctx, aztables.ServiceProperties{Cors: all}, nil)
	return err
}

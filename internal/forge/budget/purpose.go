package budget

import (
	"context"
	"sync/atomic"
)

// Purpose says what a request is for.
type Purpose string

// The purposes, by what they give way to: a person to nobody, a crawl to all.
const (
	Person       Purpose = "person"
	Webhook      Purpose = "webhook"
	Crawl        Purpose = "crawl"
	Organization Purpose = "organization"
)

// reserve is the share of a quota that a purpose leaves to those before it.
func (p Purpose) reserve() float64 {
	switch p {
	case Person:
		return 0
	case Webhook:
		return 0.05
	}
	return 0.20
}

type payer struct {
	provider string
	purpose  Purpose
}

type payerKey struct{}

// For says which source pays for the requests that ctx is given to, and what they are for. Without it a person waits.
func For(ctx context.Context, provider string, purpose Purpose) context.Context {
	return context.WithValue(ctx, payerKey{}, payer{provider, purpose})
}

func payerOf(ctx context.Context) payer {
	if p, ok := ctx.Value(payerKey{}).(payer); ok {
		return p
	}
	return payer{purpose: Person}
}

// Counter counts requests.
type Counter struct{ n atomic.Int64 }

// Take returns what was counted since the last time.
func (c *Counter) Take() int64 { return c.n.Swap(0) }

type counterKey struct{}

// Counted has requests with ctx counted by c.
func Counted(ctx context.Context, c *Counter) context.Context {
	return context.WithValue(ctx, counterKey{}, c)
}

// Note counts a request that goes another way than through a Budget.
func Note(ctx context.Context) {
	if c, ok := ctx.Value(counterKey{}).(*Counter); ok {
		c.n.Add(1)
	}
}

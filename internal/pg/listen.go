package pg

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	listenIdle       = 5 * time.Second // silence after which the connection is asked whether it lives
	listenPing       = 2 * time.Second // within which it must say so
	listenBackoffMin = 50 * time.Millisecond
	listenBackoffMax = 250 * time.Millisecond // an answer may wait for what is told here
)

// Listen calls notify with the payload of each notification on channel until ctx ends, whose error
// it returns. It keeps a connection of its own, outside the pool, and reconnects for ever, with
// waits of 50 to 375 ms; a connection that died in silence is found within 7 s.
//
// onReconnect is called each time that listening has begun, the first time included: notifications
// sent before it are lost, so the caller reads again what it follows. Both functions run on the
// calling goroutine, and while they run nothing is received (the server keeps up to 8 GB for us).
func Listen(ctx context.Context, pool *Pool, channel string, notify func(payload string), onReconnect func()) error {
	cc := pool.Config().ConnConfig
	cc.RuntimeParams["application_name"] += " listen"
	wait := listenBackoffMin
	told := false // one line an outage
	for {
		err := listenOnce(ctx, cc, channel, notify, func() {
			wait = listenBackoffMin
			if told {
				slog.InfoContext(ctx, "pg: listening again", "channel", channel)
				told = false
			}
			onReconnect()
		})
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if !told {
			slog.WarnContext(ctx, "pg: the listening connection is lost; reconnecting", "channel", channel, "err", err)
			told = true
		}
		select {
		case <-time.After(wait + rand.N(wait/2)):
		case <-ctx.Done():
			return ctx.Err()
		}
		wait = min(2*wait, listenBackoffMax)
	}
}

// listenOnce listens over one connection until that breaks or ctx ends.
func listenOnce(ctx context.Context, cc *pgx.ConnConfig, channel string, notify func(string), listening func()) error {
	conn, err := pgx.ConnectConfig(ctx, cc.Copy())
	if err != nil {
		return err
	}
	defer func() {
		cctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		conn.Close(cctx) // nothing was written, so nothing can be lost
	}()
	if _, err := conn.Exec(ctx, "LISTEN "+pgx.Identifier{channel}.Sanitize()); err != nil {
		return err
	}
	listening()
	for {
		idle, cancel := context.WithTimeout(ctx, listenIdle)
		n, err := conn.WaitForNotification(idle)
		cancel()
		switch {
		case err == nil:
			notify(n.Payload)
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, context.DeadlineExceeded) && !conn.IsClosed():
			ping, cancel := context.WithTimeout(ctx, listenPing)
			err := conn.Ping(ping)
			cancel()
			if err != nil {
				return err
			}
		default:
			return err
		}
	}
}

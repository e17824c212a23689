package audit

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"

	"portico/internal/errs"
	"portico/internal/pg"
)

// What an expiry is recorded as.
const (
	expireActor  = "system:retention"
	expireAction = "audit.expire"
	expireTarget = "audit"
)

// expiry is the detail of a record of expiry: which records went, and the digest of the last of them, which the oldest
// that is kept goes on from.
type expiry struct {
	From   int64  `json:"from"`
	UpTo   int64  `json:"upTo"`
	Digest Digest `json:"digest"`
	// OnTrust is set where nothing had said what became of the records before From.
	OnTrust bool `json:"onTrust,omitempty"`
}

// lastExpiry returns what the newest record of expiry says, zero where there is none. Whether that record is as it was
// written is for a walk to say.
func lastExpiry(ctx context.Context, db pg.DB) (e expiry, err error) {
	var text string
	err = pg.Err(db.QueryRow(ctx, `
		SELECT detail::text
		FROM audit_log
		WHERE actor = $1 AND principal = 'system' AND action = $2
		ORDER BY seq DESC LIMIT 1`, expireActor, expireAction).Scan(&text))
	switch {
	case errs.Is(err, errs.NotFound):
		return expiry{}, nil
	case err != nil:
		return expiry{}, err
	}
	if json.Unmarshal([]byte(text), &e) != nil {
		return expiry{}, nil // it names nothing
	}
	return e, nil
}

// begins says what is wrong with where the log begins, by the newest record of expiry; or that it can only be trusted:
// nothing says that retention removed what is missing, and it was so before expiry was recorded.
func (h *head) begins(e expiry) (onTrust bool, _ *Break) {
	switch said := e.UpTo; {
	case said == h.anchorSeq && (said == 0 || bytes.Equal(e.Digest, h.anchorDigest)):
		return false, nil
	case said < h.anchorSeq && h.trustedSeq == h.anchorSeq:
		return true, nil
	case said+1 == h.anchorSeq:
		return false, &Break{h.anchorSeq, "deleted", fmt.Sprintf("record %d is missing, and no record says that it expired: it was deleted", h.anchorSeq)}
	case said < h.anchorSeq:
		return false, &Break{said + 1, "deleted", fmt.Sprintf("records %d to %d are missing, and no record says that they expired: they were deleted", said+1, h.anchorSeq)}
	case said > h.anchorSeq:
		return false, &Break{h.anchorSeq + 1, "inserted", fmt.Sprintf("the log begins behind record %d, and those up to %d expired: they were put back or inserted", h.anchorSeq, said)}
	}
	return false, &Break{h.anchorSeq, "edited", fmt.Sprintf("the log does not begin behind the record %d that expired: it was written anew", h.anchorSeq)}
}

// Expire forgets the records from before a time. The digest of the last of them stays, so that what is kept can still
// be verified, and a record says so. What does not verify is not forgotten: it is evidence.
func (s *Store) Expire(ctx context.Context, before time.Time) (n int, err error) {
	defer errs.Wrap(&err, "audit: expire")
	for {
		cut, err := s.expireBatch(ctx, before)
		n += cut
		if err != nil || cut < batch {
			return n, err
		}
	}
}

// due reports whether there is something to forget. Records of expiry go along with others and not by themselves: each
// would only be followed by another.
func due(ctx context.Context, db pg.DB, before time.Time) (is bool, err error) {
	err = db.QueryRow(ctx, `
		SELECT EXISTS (SELECT FROM (SELECT at FROM audit_log ORDER BY seq LIMIT 1) AS oldest WHERE at < $1)`, before).Scan(&is)
	if err != nil || !is {
		return false, pg.Err(err)
	}
	err = db.QueryRow(ctx, `
		SELECT EXISTS (SELECT FROM audit_log WHERE at < $1 AND NOT (actor = $2 AND action = $3))`, before, expireActor, expireAction).Scan(&is)
	return is, pg.Err(err)
}

func (s *Store) expireBatch(ctx context.Context, before time.Time) (cut int, err error) {
	if is, err := due(ctx, s.DB, before); err != nil || !is { // looked at first, so that nobody waits for nothing
		return 0, err
	}
	err = pg.Transact(ctx, s.DB, pg.TxOptions{Idempotent: true}, func(tx pgx.Tx) error {
		cut = 0
		h, err := readHead(ctx, tx, "FOR UPDATE")
		if err != nil {
			return err
		}
		if is, err := due(ctx, tx, before); err != nil || !is { // another replica may have been here
			return err
		}
		e, err := lastExpiry(ctx, tx)
		if err != nil {
			return err
		}
		onTrust, wrong := h.begins(e)
		if wrong != nil {
			return keptBecause(wrong)
		}
		list, err := s.read(ctx, tx, Filter{}, ">", "ASC", 0, batch)
		if err != nil {
			return err
		}
		// A prefix: a row whose time was edited must not take along what is before it.
		for cut < len(list) && list[cut].At.Before(before) {
			cut++
		}
		if cut == 0 {
			return nil
		}
		c := chain{seq: h.anchorSeq, digest: h.anchorDigest}
		for i := range list[:cut] {
			if f := c.next(&list[i]); f != nil {
				return keptBecause(f)
			}
		}
		var b pgx.Batch
		b.Queue(`DELETE FROM audit_log WHERE seq <= $1`, c.seq)
		b.Queue(`UPDATE audit_head SET anchor_seq = $1, anchor_digest = $2, anchored_at = clock_timestamp()`, c.seq, []byte(c.digest))
		if err := tx.SendBatch(ctx, &b).Close(); err != nil {
			return err
		}
		said, err := detail(expiry{From: h.anchorSeq + 1, UpTo: c.seq, Digest: c.digest, OnTrust: onTrust}, nil)
		if err != nil {
			return err
		}
		return appendRecord(ctx, tx, &Record{Actor: expireActor, Principal: "system", Action: expireAction, Target: expireTarget, Outcome: Allowed, Detail: said})
	})
	if err != nil {
		return 0, err
	}
	return cut, nil
}

func keptBecause(b *Break) error {
	return errs.WithRemedy(errs.New(errs.Conflict, "old records of the audit log are kept, because %s", b), "look at `portico audit verify`; where a portal of before it recorded expiry removed them, docs/operating.md says how to trust that")
}

// expireEvery is the time between looks at what is over.
const expireEvery = time.Hour

// Keep expires until ctx ends. Each replica may: what one did the others do not find.
func (s *Store) Keep(ctx context.Context, age time.Duration, log *slog.Logger) {
	for {
		n, err := s.Expire(ctx, time.Now().Add(-age))
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			log.Error("the audit log was not trimmed", "error", err)
		case n > 0:
			log.Info("old records of the audit log were removed", "records", n, "older_than", age)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(expireEvery):
		}
	}
}

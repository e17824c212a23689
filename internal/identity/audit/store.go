package audit

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"portico/internal/errs"
	"portico/internal/pg"
)

// Store reads the log, and ends what is over.
type Store struct {
	DB *pg.Pool
}

// head is the one row whose lock orders the records.
type head struct {
	seq          int64
	digest       Digest
	anchorSeq    int64
	anchorDigest Digest
	trustedSeq   int64     // an anchor that may do without a record of its expiry
	now          time.Time // no earlier than the last record
}

func readHead(ctx context.Context, db pg.DB, lock string) (h head, err error) {
	err = db.QueryRow(ctx, `
		SELECT seq, digest, anchor_seq, anchor_digest, trusted_seq, greatest(at, clock_timestamp())
		FROM audit_head `+lock).Scan(&h.seq, &h.digest, &h.anchorSeq, &h.anchorDigest, &h.trustedSeq, &h.now)
	if err = pg.Err(err); errs.Is(err, errs.NotFound) {
		err = errNoHead
	}
	return h, err
}

// errNoHead keeps everybody from changing anything: what cannot be recorded is not done.
var errNoHead = errors.New("the row of audit_head is missing")

// appendRecord gives the record its place in the chain and writes it.
func appendRecord(ctx context.Context, tx pgx.Tx, r *Record) (err error) {
	defer errs.Wrap(&err, "audit: append")
	h, err := readHead(ctx, tx, "FOR UPDATE")
	if err != nil {
		return err
	}
	for _, s := range []*string{&r.Actor, &r.Principal, &r.Action, &r.Target, &r.RequestID, &r.Address} {
		*s = clean(*s)
	}
	r.Seq, r.At, r.Prev = h.seq+1, h.now.UTC(), h.digest
	r.Digest = r.sum(r.Prev)
	var b pgx.Batch
	b.Queue(`
		INSERT INTO audit_log (seq, at, actor, principal, action, target, outcome, status, detail, request_id, address, prev, digest)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
		r.Seq, r.At, r.Actor, r.Principal, r.Action, r.Target, r.Outcome, r.Status, string(r.Detail), r.RequestID, r.Address, []byte(r.Prev), []byte(r.Digest))
	b.Queue(`UPDATE audit_head SET seq = $1, digest = $2, at = $3`, r.Seq, []byte(r.Digest), r.At)
	return tx.SendBatch(ctx, &b).Close()
}

// write appends a record of what changes nothing else.
func (s *Store) write(ctx context.Context, r Record) error {
	return pg.Transact(ctx, s.DB, pg.TxOptions{Idempotent: true}, func(tx pgx.Tx) error {
		again := r
		return appendRecord(ctx, tx, &again)
	})
}

// Note records what a portal did by itself, unless the last record of the action and target says the same: of replicas that
// all do it, the first is recorded. Where first is false, nothing is recorded as long as there is no record of it at all.
func (s *Store) Note(ctx context.Context, name, action, target string, outcome Outcome, first bool, more any) (err error) {
	defer errs.Wrap(&err, "audit: note %s", action)
	text, err := detail(more, nil)
	if err != nil {
		return err
	}
	return pg.Transact(ctx, s.DB, pg.TxOptions{Idempotent: true}, func(tx pgx.Tx) error {
		if _, err := readHead(ctx, tx, "FOR UPDATE"); err != nil { // replicas ask one after the other
			return err
		}
		var last, said string
		err := pg.Err(tx.QueryRow(ctx, `
			SELECT outcome, detail::text
			FROM audit_log
			WHERE action = $1 AND target = $2
			ORDER BY seq DESC LIMIT 1`, action, target).Scan(&last, &said))
		switch {
		case errs.Is(err, errs.NotFound):
			if !first {
				return nil
			}
		case err != nil:
			return err
		case last == string(outcome) && said == string(text):
			return nil
		}
		return appendRecord(ctx, tx, &Record{Actor: name, Principal: "system", Action: action, Target: target, Outcome: outcome, Detail: text})
	})
}

const recordColumns = `seq, at, actor, principal, action, target, outcome, status, detail::text, request_id, address, prev, digest`

func scanRecord(row pgx.CollectableRow) (r Record, err error) {
	var text string
	var prev, digest []byte
	err = row.Scan(&r.Seq, &r.At, &r.Actor, &r.Principal, &r.Action, &r.Target, &r.Outcome, &r.Status, &text, &r.RequestID, &r.Address, &prev, &digest)
	r.At, r.Detail, r.Prev, r.Digest = r.At.UTC(), []byte(text), prev, digest
	return r, err
}

// Filter narrows what is read. Zero fields do not.
type Filter struct {
	Actor, Action, Target string
	Outcome               Outcome
	Since, Until          time.Time // Since is included, Until is not
}

func (f Filter) where() (conditions []string, args []any) {
	add := func(condition string, arg any) {
		args = append(args, arg)
		conditions = append(conditions, fmt.Sprintf(condition, len(args)))
	}
	for _, c := range []struct{ column, value string }{
		{"actor", f.Actor}, {"action", f.Action}, {"target", f.Target}, {"outcome", string(f.Outcome)},
	} {
		if c.value != "" {
			add(c.column+" = $%d", c.value)
		}
	}
	if !f.Since.IsZero() {
		add("at >= $%d", f.Since)
	}
	if !f.Until.IsZero() {
		add("at < $%d", f.Until)
	}
	return conditions, args
}

func (s *Store) read(ctx context.Context, db pg.DB, f Filter, place, order string, from int64, limit int) ([]Record, error) {
	conditions, args := f.where()
	args = append(args, from, limit)
	conditions = append(conditions, fmt.Sprintf("seq %s $%d", place, len(args)-1))
	return pg.Collect(ctx, db, scanRecord, fmt.Sprintf(`
		SELECT %s FROM audit_log
		WHERE %s
		ORDER BY seq %s LIMIT $%d`, recordColumns, strings.Join(conditions, " AND "), order, len(args)), args...)
}

// Latest returns the newest records before one, newest first, and where the next page begins; 0: there is none.
func (s *Store) Latest(ctx context.Context, f Filter, before int64, limit int) (list []Record, next int64, err error) {
	defer errs.Wrap(&err, "audit: list")
	list, err = s.read(ctx, s.DB, f, "<", "DESC", before, limit+1)
	if err != nil || len(list) <= limit {
		return list, 0, err
	}
	list = list[:limit]
	return list, list[limit-1].Seq, nil
}

// batch is how many rows are read, or cut, at a time.
const batch = 2000

// Export hands over the records that match, oldest first, up to what is there when it begins. No transaction is open
// while they are taken.
func (s *Store) Export(ctx context.Context, f Filter, take func([]Record) error) (err error) {
	defer errs.Wrap(&err, "audit: export")
	h, err := readHead(ctx, s.DB, "")
	if err != nil {
		return err
	}
	for after := int64(0); ; {
		list, err := s.read(ctx, s.DB, f, ">", "ASC", after, batch)
		if err != nil {
			return err
		}
		full := len(list) == batch
		for len(list) > 0 && list[len(list)-1].Seq > h.seq {
			list, full = list[:len(list)-1], false
		}
		if len(list) > 0 {
			after = list[len(list)-1].Seq
			if err := take(list); err != nil {
				return err
			}
		}
		if !full {
			return nil
		}
	}
}

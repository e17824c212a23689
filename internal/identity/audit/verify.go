package audit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"portico/internal/errs"
	"portico/internal/pg"
)

// Report is what walking the chain found.
type Report struct {
	OK      bool      `json:"ok"`
	Records int64     `json:"records"` // that were looked at and hold
	First   int64     `json:"first"`   // the oldest record that is kept, 0 where there is none
	UpTo    int64     `json:"verifiedUpTo"`
	At      time.Time `json:"verifiedAt"`
	Digest  Digest    `json:"digest"` // of the record UpTo: with it, a copy elsewhere proves all before
	Broken  *Break    `json:"broken"`
}

// Break is the first place where the chain does not hold.
type Break struct {
	Seq     int64  `json:"seq"`
	Problem string `json:"problem"` // edited, deleted, inserted
	Message string `json:"message"`
}

func (b *Break) String() string { return b.Message }

// chain is how far a walk has come.
type chain struct {
	seq    int64
	digest Digest
}

// next goes one record on, or says why it is not the next one.
func (c *chain) next(r *Record) *Break {
	want := c.seq + 1
	switch {
	case r.Seq > want+1:
		return &Break{want, "deleted", fmt.Sprintf("records %d to %d are missing: they were deleted", want, r.Seq-1)}
	case r.Seq > want:
		return &Break{want, "deleted", fmt.Sprintf("record %d is missing: it was deleted", want)}
	case r.Seq < want:
		return &Break{r.Seq, "inserted", fmt.Sprintf("record %d stands before the place from which the log is kept: it was put back or inserted", r.Seq)}
	case !bytes.Equal(r.Prev, c.digest), !bytes.Equal(r.Digest, r.sum(r.Prev)):
		return &Break{r.Seq, "edited", fmt.Sprintf("record %d is not as it was written: it was edited, or another took its place", r.Seq)}
	}
	c.seq, c.digest = r.Seq, r.Digest
	return nil
}

// end says what is wrong with where the walk ended.
func (c *chain) end(h head) *Break {
	switch {
	case c.seq+1 == h.seq:
		return &Break{h.seq, "deleted", fmt.Sprintf("record %d, the last one, is missing: it was deleted", h.seq)}
	case c.seq < h.seq:
		return &Break{c.seq + 1, "deleted", fmt.Sprintf("records %d to %d, the last ones, are missing: they were deleted", c.seq+1, h.seq)}
	case c.seq > h.seq:
		return &Break{h.seq + 1, "inserted", fmt.Sprintf("record %d stands behind the last one that was written: it was inserted, or the head was set back", h.seq+1)}
	case !bytes.Equal(c.digest, h.digest):
		return &Break{h.seq, "edited", fmt.Sprintf("record %d, the last one, is not the one that was written last", h.seq)}
	}
	return nil
}

// Verify walks the chain from the oldest record to the head, as of one moment, and stops at the first break.
func (s *Store) Verify(ctx context.Context) (rep Report, err error) {
	defer errs.Wrap(&err, "audit: verify")
	err = pg.Transact(ctx, s.DB, pg.TxOptions{Isolation: pgx.RepeatableRead, ReadOnly: true}, func(tx pgx.Tx) error {
		h, err := readHead(ctx, tx, "")
		if errors.Is(err, errNoHead) {
			rep.Broken = &Break{0, "deleted", "the head of the audit log is missing: it was deleted"}
			return nil
		}
		if err != nil {
			return err
		}
		rep.At = time.Now().UTC()
		c := chain{seq: h.anchorSeq, digest: h.anchorDigest}
		for after := int64(-1); rep.Broken == nil; {
			list, err := s.read(ctx, tx, Filter{}, ">", "ASC", after, batch)
			if err != nil {
				return err
			}
			for i := range list {
				if rep.Broken = c.next(&list[i]); rep.Broken != nil {
					break
				}
				if rep.Records++; rep.First == 0 {
					rep.First = list[i].Seq
				}
			}
			if len(list) < batch {
				break
			}
			after = list[len(list)-1].Seq
		}
		if rep.Broken == nil {
			rep.Broken = c.end(h)
		}
		rep.UpTo, rep.Digest = c.seq, c.digest
		return nil
	})
	rep.OK = err == nil && rep.Broken == nil
	return rep, err
}

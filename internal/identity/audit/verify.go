package audit

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
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
	Head    Mark      `json:"head"`   // UpTo and Digest, to be kept elsewhere and expected later
	// OnTrust is set where no record says that those before the first expired: they went before expiry was recorded. The
	// next expiry ends that.
	OnTrust bool   `json:"beginsOnTrust"`
	Broken  *Break `json:"broken"`
}

// Mark is a record by its number and digest, "17:04be…" as a text. The digests are not keyed: whoever writes to the
// database can make a chain that holds, but none with a record of that number and digest that says anything else.
type Mark struct {
	Seq    int64
	Digest Digest
}

func (m Mark) String() string {
	return strconv.FormatInt(m.Seq, 10) + ":" + hex.EncodeToString(m.Digest)
}

// MarshalText writes String.
func (m Mark) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText reads what MarshalText wrote. Errors: errs.Invalid.
func (m *Mark) UnmarshalText(text []byte) (err error) {
	seq, digest, _ := strings.Cut(string(text), ":")
	n, err := strconv.ParseInt(seq, 10, 64)
	d, bad := hex.DecodeString(digest)
	if err != nil || bad != nil || n < 0 || len(d) != sha256.Size {
		return errs.WithRemedy(errs.New(errs.Invalid, "%.100q is no head of the audit log: it is the number of a record, a colon, and 64 hexadecimal digits", text),
			"give it as `portico audit verify` printed it")
	}
	*m = Mark{n, d}
	return nil
}

// differs says what is wrong where a record, or the place before the oldest, is not the one that was marked.
func (m *Mark) differs(c *chain) *Break {
	if m == nil || m.Seq != c.seq || bytes.Equal(m.Digest, c.digest) {
		return nil
	}
	return &Break{m.Seq, "edited", fmt.Sprintf("record %d is not the one that is expected: the log was written anew, up to there or farther back", m.Seq)}
}

// absent says what is wrong where the walk, that began behind a record and ended at another, did not pass the marked one.
func (m *Mark) absent(from, to int64) *Break {
	switch {
	case m == nil:
		return nil
	case m.Seq > to:
		return &Break{to + 1, "deleted", fmt.Sprintf("record %d, which is expected, is missing: the log ends at %d, what came after was deleted", m.Seq, to)}
	case m.Seq < from && m.Seq > 0:
		return &Break{m.Seq, "deleted", fmt.Sprintf("record %d, which is expected, is missing: the log is kept from %d on; expect a later one, if that is so by portico.audit.retention", m.Seq, from+1)}
	}
	return nil
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

// Verify walks the chain from the oldest record to the head, as of one moment, and stops at the first break. What is
// missing before the oldest must have expired, by a record that says so. Where a record is expected, it must be on the way; nil expects none.
func (s *Store) Verify(ctx context.Context, expected *Mark) (rep Report, err error) {
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
		e, err := lastExpiry(ctx, tx)
		if err != nil {
			return err
		}
		if rep.OnTrust, rep.Broken = h.begins(e); rep.Broken != nil {
			return nil
		}
		c := chain{seq: h.anchorSeq, digest: h.anchorDigest}
		rep.Broken = expected.differs(&c)
		for after := int64(-1); rep.Broken == nil; {
			list, err := s.read(ctx, tx, Filter{}, ">", "ASC", after, batch)
			if err != nil {
				return err
			}
			for i := range list {
				if rep.Broken = c.next(&list[i]); rep.Broken != nil {
					break
				}
				if rep.Broken = expected.differs(&c); rep.Broken != nil {
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
		if rep.Broken == nil {
			rep.Broken = expected.absent(h.anchorSeq, c.seq)
		}
		rep.UpTo, rep.Digest = c.seq, c.digest
		rep.Head = Mark{c.seq, c.digest}
		return nil
	})
	rep.OK = err == nil && rep.Broken == nil
	return rep, err
}

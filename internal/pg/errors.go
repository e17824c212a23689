package pg

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/puddle/v2"

	"portico/internal/errs"
)

// SQLSTATEs that decide something here. https://www.postgresql.org/docs/current/errcodes-appendix.html
const (
	codeUnique            = "23505"
	codeReadOnly          = "25006" // we reached a standby, or a primary that was just demoted
	codeSerialization     = "40001"
	codeDeadlock          = "40P01"
	codeDiskFull          = "53100"
	codeLockNotAvailable  = "55P03"
	codeQueryCanceled     = "57014"
	codeUndefinedTable    = "42P01"
	codeInvalidPassword   = "28P01"
	codeInvalidAuth       = "28000"
	codeNoDatabase        = "3D000"
	codeDuplicateDatabase = "42P04"
)

const retryRemedy = "try again in a moment; if this lasts, whoever runs this portal looks at `portico doctor`"

// Err gives an error of the driver the kind that it stands for; an error that has a kind already,
// or that says nothing about the server's state, comes back as it is.
//
//   - pgx.ErrNoRows is errs.NotFound;
//   - a server that cannot be reached, shuts down, starts, refuses connections, is read-only, out of
//     disk or cut the statement short is errs.Unavailable, with a sentence fit for anyone (no host)
//     and a remedy.
func Err(err error) error {
	if err == nil {
		return nil
	}
	var kinded *errs.Error
	if errors.As(err, &kinded) {
		return err
	}
	if errors.Is(err, pgx.ErrNoRows) {
		return errs.Public(errs.NotFound, "there is no such thing here", err)
	}
	if s := unavailable(err); s != "" {
		return errs.WithRemedy(errs.Public(errs.Unavailable, s, err), retryRemedy)
	}
	return err
}

// unavailable returns the sentence for an error that says that the server cannot do its work now,
// and "" for every other error.
func unavailable(err error) string {
	var pe *pgconn.PgError
	if errors.As(err, &pe) {
		switch {
		case pe.Code == codeDiskFull:
			return "the database's disk is full"
		case pe.Code == codeReadOnly:
			return "the database takes no changes at the moment"
		case pe.Code == codeQueryCanceled:
			return "the database took too long over this"
		case pe.Code == codeLockNotAvailable, pe.Code == codeSerialization, pe.Code == codeDeadlock:
			return "another change was in the way"
		case strings.HasPrefix(pe.Code, "53"):
			return "the database has no room for another connection"
		case strings.HasPrefix(pe.Code, "08"), strings.HasPrefix(pe.Code, "57P"):
			return "the database does not answer"
		}
		// A connection refused for a reason of authentication falls through: the portal is
		// configured wrongly, yet to those who use it the database is not there.
	}
	var connect *pgconn.ConnectError
	if errors.As(err, &connect) {
		return "the database does not answer"
	}
	if pe != nil || errors.Is(err, context.Canceled) {
		return ""
	}
	var ne net.Error
	if errors.As(err, &ne) || pgconn.Timeout(err) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, pgconn.ErrConnClosed) || errors.Is(err, puddle.ErrClosedPool) {
		return "the database does not answer"
	}
	return ""
}

// IsUnique reports whether err is a violation of the unique constraint or index of that name; ""
// stands for any.
func IsUnique(err error, constraint string) bool {
	var pe *pgconn.PgError
	return errors.As(err, &pe) && pe.Code == codeUnique && (constraint == "" || pe.ConstraintName == constraint)
}

// hasCode reports whether err is an error of the server with one of the SQLSTATEs.
func hasCode(err error, codes ...string) bool {
	var pe *pgconn.PgError
	if !errors.As(err, &pe) {
		return false
	}
	for _, c := range codes {
		if pe.Code == c {
			return true
		}
	}
	return false
}

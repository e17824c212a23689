package audit

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/netip"
	"testing"
	"time"

	"portico/internal/httpx"
)

func denial(name, address, action, path string) httpx.Denial {
	return httpx.Denial{
		Caller: httpx.Caller{Name: name, Address: netip.MustParseAddr(address), RequestID: "id"},
		Action: action, Method: "POST", Path: path, Status: 403, Reason: "no",
	}
}

func TestDenialsAreRecorded(t *testing.T) {
	t.Parallel()
	b := newBook(t)
	d := &Denials{Store: b.Store, Log: slog.New(slog.DiscardHandler)}
	for i := range 1000 {
		d.Note(t.Context(), denial("", "192.0.2.1", "catalog.entity.remove", fmt.Sprintf("/%d\x00", i)))
	}
	d.Note(t.Context(), denial("service:ci", "192.0.2.1", "catalog.entity.remove", "/x"))
	if list := b.list(); len(list) != 2 || list[1].Actor != "unknown" || list[1].Outcome != Denied || list[1].Status != 403 || list[1].Target != "/0\uFFFD" ||
		string(list[1].Detail) != `{"method":"POST","reason":"no"}` || list[0].Actor != "service:ci" {
		t.Fatalf("%+v", list)
	}
	for _, r := range d.due(time.Now().Add(window), false) {
		d.write(t.Context(), r)
	}
	list := b.list()
	if len(list) != 3 || list[0].Target != "/0\uFFFD" {
		t.Fatalf("%+v", list)
	}
	var counted struct{ Times int }
	mustDecode(t, list[0].Detail, &counted)
	if counted.Times != 999 || len(d.open) != 0 || len(d.callers) != 0 {
		t.Errorf("counted %d, kept %d", counted.Times, len(d.open))
	}
	if rep := b.verify(); !rep.OK {
		t.Errorf("%+v", rep)
	}
}

// Whoever is denied all day long, from as many addresses as they like, writes a bounded number of records.
func TestDenialsAreBounded(t *testing.T) {
	d := new(Denials)
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	written, told := 0, 0
	count := func(list []Record) {
		for _, r := range list {
			var c struct{ Times int }
			mustDecode(t, r.Detail, &c)
			written, told = written+1, told+c.Times
		}
	}
	const minutes, each = 120, 5000
	most := 0
	for m := range minutes {
		for i := range each {
			n := i % 3000
			at := now.Add(time.Duration(i) * window / each)
			if _, ok := d.admit(denial("", fmt.Sprintf("10.%d.%d.%d", m%200, n/250, n%250), fmt.Sprintf("a%d", i%3), "/"), at); ok {
				written, told = written+1, told+1
			}
			most = max(most, len(d.open))
		}
		now = now.Add(window)
		count(d.due(now, false))
	}
	count(d.due(now, true))
	if told != minutes*each {
		t.Errorf("%d attempts are told of, there were %d", told, minutes*each)
	}
	if limit := burst + minutes*(perMinute+1) + 2; written > limit {
		t.Errorf("%d records, want at most %d", written, limit)
	}
	if most > burst+2*perMinute {
		t.Errorf("%d kinds of attempts in memory", most)
	}
}

func TestACallerHasAShare(t *testing.T) {
	d := new(Denials)
	now := time.Now()
	ok := 0
	for i := range 100 { // one subscriber of IPv6
		if _, yes := d.admit(denial("", fmt.Sprintf("2001:db8::%x", i+1), fmt.Sprintf("a%d", i), "/"), now); yes {
			ok++
		}
	}
	if ok != perCaller {
		t.Errorf("%d records, want %d", ok, perCaller)
	}
	if _, yes := d.admit(denial("", "192.0.2.1", "a1", "/"), now); !yes {
		t.Error("another caller has none left")
	}
}

func mustDecode(t testing.TB, text json.RawMessage, v any) {
	t.Helper()
	if err := json.Unmarshal(text, v); err != nil {
		t.Fatal(err)
	}
}

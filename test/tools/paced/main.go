// Command paced asks a catalog for what a portal is asked for at a steady rate over a number of connections, and prints one JSON
// line a request: how long answers took, counted from the moment at which each request was due.
//
//	go run ./test/tools/paced -base http://127.0.0.1:7007 -token TOKEN -rate 4000 -conns 16 -for 5s
//
// A load generator that asks as fast as it is answered measures how often the kernel changes between it and the server, once both
// have used up the processors; this one leaves them idle in between, as people and programs do.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
)

type options struct {
	base, token string
	rate, conns int
	length      time.Duration
}

// request is one way to ask; the bodies and paths of an operation are taken in turns.
type request struct{ method, path, body string }

func main() {
	var o options
	flag.StringVar(&o.base, "base", "", "address of the server")
	flag.StringVar(&o.token, "token", "", "bearer token")
	flag.IntVar(&o.rate, "rate", 4000, "requests a second")
	flag.IntVar(&o.conns, "conns", 16, "connections")
	flag.DurationVar(&o.length, "for", 5*time.Second, "how long each request is measured")
	flag.Parse()
	if o.base == "" || o.rate < 1 || o.conns < 1 || flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	if err := run(o, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "paced:", err)
		os.Exit(1)
	}
}

func run(o options, out io.Writer) error {
	o.base = strings.TrimSuffix(o.base, "/") + "/api/catalog"
	ops, err := operations(o)
	if err != nil {
		return err
	}
	enc := json.NewEncoder(out)
	for _, op := range ops {
		took, failed, err := measure(o, op.requests)
		if err != nil {
			return fmt.Errorf("%s: %w", op.name, err)
		}
		if err := enc.Encode(map[string]any{
			"figure": "paced_" + op.name, "rate": o.rate, "conns": o.conns, "requests": len(took), "failed": failed,
			"p50_ms": at(took, 0.50), "p90_ms": at(took, 0.90), "p99_ms": at(took, 0.99), "max_ms": at(took, 1),
		}); err != nil {
			return err
		}
	}
	return nil
}

// at is a quantile in milliseconds, to the hundredth.
func at(sorted []time.Duration, q float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	i := min(int(q*float64(len(sorted))), len(sorted)-1)
	return float64(sorted[i].Microseconds()/10) / 100
}

// measure asks at the given rate. Each connection has its own turn, so that one that is late does not delay the others.
func measure(o options, requests []request) (took []time.Duration, failed int, err error) {
	var mu sync.Mutex
	var wg sync.WaitGroup
	every := time.Duration(o.conns) * time.Second / time.Duration(o.rate)
	start := time.Now().Add(100 * time.Millisecond)
	for c := range o.conns {
		wg.Go(func() {
			client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 1, DisableCompression: true}, Timeout: 30 * time.Second}
			defer client.CloseIdleConnections()
			var mine []time.Duration
			bad := 0
			for i := 0; ; i++ {
				due := start.Add(every*time.Duration(i) + every*time.Duration(c)/time.Duration(o.conns))
				if due.Sub(start) >= o.length {
					break
				}
				time.Sleep(time.Until(due))
				if e := ask(client, o, requests[(i*o.conns+c)%len(requests)], io.Discard); e != nil {
					bad++
					mu.Lock()
					err = e
					mu.Unlock()
					continue
				}
				mine = append(mine, time.Since(due))
			}
			mu.Lock()
			defer mu.Unlock()
			took, failed = append(took, mine...), failed+bad
		})
	}
	wg.Wait()
	if failed > 0 {
		return nil, failed, fmt.Errorf("%d requests failed, the last with: %w", failed, err)
	}
	slices.Sort(took)
	return took, failed, nil
}

func ask(client *http.Client, o options, q request, into io.Writer) error {
	r, err := http.NewRequest(q.method, o.base+q.path, strings.NewReader(q.body))
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+o.token)
	if q.body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	resp, err := client.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(into, resp.Body); err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s %s answers %s", q.method, q.path, resp.Status)
	}
	return nil
}

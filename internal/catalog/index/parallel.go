package index

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// inOrder works on [0,n) in stretches: several goroutines work, each with a function of its own, while
// the caller's goroutine uses the results in their order. With one processor, or little to do, all of
// it happens on the caller's goroutine.
func inOrder[T any](n, stretch int, worker func() func(lo, hi int, into *T), use func(lo, hi int, from *T)) {
	workers := min(runtime.GOMAXPROCS(0), (n+stretch-1)/stretch)
	if workers < 2 {
		if n == 0 {
			return
		}
		work, t := worker(), new(T)
		for lo := 0; lo < n; lo += stretch {
			hi := min(lo+stretch, n)
			work(lo, hi, t)
			use(lo, hi, t)
		}
		return
	}
	spare := make(chan *T, workers+2) // bounds what is worked out ahead of its use
	for range cap(spare) {
		spare <- new(T)
	}
	done := make([]chan *T, (n+stretch-1)/stretch)
	for i := range done {
		done[i] = make(chan *T, 1)
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			work := worker()
			for t := range spare {
				i := int(next.Add(1)) - 1
				if i >= len(done) {
					return
				}
				work(i*stretch, min((i+1)*stretch, n), t)
				done[i] <- t
			}
		})
	}
	for i := range done {
		t := <-done[i]
		use(i*stretch, min((i+1)*stretch, n), t)
		spare <- t
	}
	close(spare)
	wg.Wait()
}

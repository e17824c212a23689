package app

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"time"
)

// How much garbage may stand beside what lives. The catalog lives for long and is mostly bytes that hold no
// pointers, so that marking it is cheap: collecting twice as often as Go does by itself costs little and saves a
// quarter of the memory. A small catalog is left more room, in bytes no more than a large one has: otherwise
// loading it, or a storm of requests, would collect dozens of times a second.
const (
	gcPercent    = 50
	gcPercentMax = 800
	gcRoom       = 64 << 20 // bytes
)

// tuneMemory keeps to it from now on: it is the process's, so once. GOGC and GOMEMLIMIT overrule it.
var tuneMemory = sync.OnceFunc(func() {
	if os.Getenv("GOGC") == "" && os.Getenv("GOMEMLIMIT") == "" {
		debug.SetGCPercent(gcPercentMax)
		tuneAfterCollection(gcPercentMax)
	}
})

// tuneAfterCollection sets the percentage anew after each collection, from what lived through it. now is what
// it is set to.
func tuneAfterCollection(now int) {
	sentinel := new([16]byte) // garbage at once, so that its cleanup runs when the next collection is done
	runtime.AddCleanup(sentinel, func(now int) {
		live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
		metrics.Read(live)
		next := percentFor(live[0].Value.Uint64())
		if next != now {
			debug.SetGCPercent(next)
		}
		tuneAfterCollection(next)
	}, now)
}

// percentFor is the garbage, in percent of the live bytes, that may stand beside them.
func percentFor(live uint64) int {
	return int(max(gcPercent, min(gcPercentMax, gcRoom*100/max(live, 1))))
}

// releaseMemory gives back what loading the catalog needed and running does not.
func releaseMemory() {
	runtime.GC()
	debug.FreeOSMemory()
}

const (
	settleAfter = 3 * time.Second // without another reading
	worthwhile  = 64 << 20        // bytes that would be given back
)

// settler gives memory back once sources have been read, when it is worth it.
type settler struct {
	mu    sync.Mutex
	timer *time.Timer
}

// touch says that a source was just read.
func (s *settler) touch() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.timer != nil {
		s.timer.Reset(settleAfter)
		return
	}
	s.timer = time.AfterFunc(settleAfter, func() {
		if spare() > worthwhile {
			releaseMemory()
		}
	})
}

func (s *settler) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.timer != nil {
		s.timer.Stop()
	}
}

// spare is how many bytes the process holds that are not in use: dead objects, and free pages that
// were not given back.
func spare() uint64 {
	samples := []metrics.Sample{
		{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/heap/free:bytes"},
		{Name: "/memory/classes/heap/unused:bytes"}, {Name: "/gc/heap/live:bytes"},
	}
	metrics.Read(samples)
	objects, free, unused, live := samples[0].Value.Uint64(), samples[1].Value.Uint64(), samples[2].Value.Uint64(), samples[3].Value.Uint64()
	return free + unused + objects - min(objects, live)
}

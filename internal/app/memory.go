package app

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"time"
)

// gcPercent is how much garbage may stand beside what lives. The catalog lives for long and is mostly
// bytes that hold no pointers, so that marking it is cheap: collecting twice as often as Go does by
// itself costs little and saves a quarter of the memory. GOGC and GOMEMLIMIT overrule it.
const gcPercent = 50

// tuneMemory sets it, once: it is the process's.
var tuneMemory = sync.OnceFunc(func() {
	if os.Getenv("GOGC") == "" && os.Getenv("GOMEMLIMIT") == "" {
		debug.SetGCPercent(gcPercent)
	}
})

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

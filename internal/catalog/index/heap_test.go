package index

import (
	"os"
	"runtime"
	"runtime/pprof"
	"testing"
	"time"
)

func TestHeapTmp(t *testing.T) {
	runtime.MemProfileRate = 1
	rows := synth(100000)
	runtime.GC()
	runtime.MemProfileRate = 512
	t0 := time.Now()
	x := New(Options{})
	x.Apply(rows, 1)
	t.Log(time.Since(t0))
	rows = nil
	runtime.GC()
	runtime.GC()
	f, _ := os.Create("/tmp/idx.heap")
	pprof.WriteHeapProfile(f)
	f.Close()
	runtime.KeepAlive(x)
}

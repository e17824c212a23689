//go:build unix

package discovery

import (
	"io/fs"
	"syscall"
)

// inode tells a file from another that took its place.
func inode(info fs.FileInfo) uint64 {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return st.Ino
	}
	return 0
}

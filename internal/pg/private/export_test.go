//go:build unix

package private

import "context"

// WatchByShell is what systems without a parent-death signal use; it is tested on all.
var WatchByShell = watchByShell

// FindAs is Find for the user nobody, as root would have it when there is no user postgres.
func FindAs(ctx context.Context, s Search) (Binaries, error) {
	return find(ctx, s, 0, account{uid: nobody, gid: nobody, become: true})
}

//go:build unix && !aix && !solaris

package private

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// account is the user that the server runs as.
type account struct {
	uid, gid uint32
	become   bool // we are root and change to it
}

func (a account) String() string {
	if u, err := user.LookupId(strconv.Itoa(int(a.uid))); err == nil {
		return "the user " + u.Username
	}
	return fmt.Sprintf("the user with id %d", a.uid)
}

// nobody is the id of the user without rights on all systems that matter here.
const nobody = 65534

// defaultAccount is ourselves, or for root the user postgres where there is one, else nobody.
func defaultAccount() (account, error) {
	if euid := os.Geteuid(); euid != 0 {
		return account{uid: uint32(euid), gid: uint32(os.Getegid())}, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		// Not in the list, or no list at all, as in a bare container.
		return account{uid: nobody, gid: nobody, become: true}, nil
	}
	uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
	gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
	if err := errors.Join(err1, err2); err != nil {
		return account{}, fmt.Errorf("the user postgres: %w", err)
	}
	return account{uid: uint32(uid), gid: uint32(gid), become: true}, nil
}

// accountFor is the owner of the data where root may become that, and the default otherwise. So
// data stays whose it is when the portal is started once by root and once by somebody else.
func accountFor(dataDir string) (account, error) {
	a, err := defaultAccount()
	if err != nil {
		return a, err
	}
	fi, err := os.Stat(dataDir)
	if errors.Is(err, fs.ErrNotExist) {
		return a, nil
	}
	if err != nil {
		return a, err
	}
	st := fi.Sys().(*syscall.Stat_t)
	if a.become && st.Uid != 0 {
		a.uid, a.gid = st.Uid, st.Gid
	}
	return a, nil
}

// prepare makes cmd run as the account, in the root folder, knowing little of our environment: PG*
// variables would change what the server does.
func (a account) prepare(cmd *exec.Cmd) {
	cmd.Dir = "/"
	cmd.Env = []string{"PATH=/usr/bin:/bin", "LC_ALL=C", "TZ=UTC"}
	for _, key := range []string{"LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TMPDIR"} {
		if v, ok := os.LookupEnv(key); ok {
			cmd.Env = append(cmd.Env, key+"="+v)
		}
	}
	// Its own process group: Ctrl-C at the terminal is for us, and we need the server to the end.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if a.become {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: a.uid, Gid: a.gid}
	}
}

// own gives a tree to the account.
func (a account) own(root string) error {
	if !a.become {
		return nil
	}
	return filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, int(a.uid), int(a.gid))
	})
}

// reaches reports whether the account may come to path and, where that is a file, run it. It is
// asked only for root, who sees more than the account; the rest find out by trying.
func (a account) reaches(path string) bool {
	if !a.become {
		return true
	}
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return false
	}
	for {
		fi, err := os.Stat(real)
		if err != nil || !a.mayExecute(fi) {
			return false
		}
		up := filepath.Dir(real)
		if up == real {
			return true
		}
		real = up
	}
}

// mayExecute reads the x bit that counts for the account; for a folder it means "may go through".
func (a account) mayExecute(fi fs.FileInfo) bool {
	st := fi.Sys().(*syscall.Stat_t)
	mode := fi.Mode().Perm()
	switch {
	case st.Uid == a.uid:
		return mode&0o100 != 0
	case st.Gid == a.gid:
		return mode&0o010 != 0
	default:
		return mode&0o001 != 0
	}
}

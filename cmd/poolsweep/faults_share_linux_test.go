package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"poolsweep/ingest"
	"poolsweep/ingest/store"
)

// shareIs waits until the folder is trusted, or is not for this reason.
func (tr *trial) shareIs(want ingest.Reason) {
	tr.t.Helper()
	err := tr.eventually(30*time.Second, func(st *status) []string {
		if len(st.Shares) == 1 && st.Shares[0].Reason == want {
			return nil
		}
		return []string{"the folder is not yet " + string(want)}
	})
	if err != nil {
		tr.t.Fatal(err)
	}
}

// recorded counts the readings that the watcher told of.
func (tr *trial) recorded() int {
	text, err := os.ReadFile(tr.log.Name())
	if err != nil {
		tr.t.Fatal(err)
	}
	return strings.Count(string(text), `msg="drop recorded"`)
}

func (tr *trial) must(errs ...error) {
	tr.t.Helper()
	switch err := errors.Join(errs...); {
	case errors.Is(err, errCannot):
		tr.t.Skip(err)
	case err != nil:
		tr.t.Fatal(err)
	}
}

// drop writes a good log of a machine and waits until it is analysed.
func (tr *trial) drop(machine string, n int) *site {
	tr.t.Helper()
	s := &site{tr, filepath.Join(tr.dir, "drop", machine)}
	tr.must(os.MkdirAll(s.dir, 0o700), s.put("x.log", n), s.until("x.log", "analysed"))
	return s
}

// TestFaultsOfShares takes the watched folder away, in turn in all ways that can be
// made here, and gives it back: nothing counts as gone, nothing is read twice.
func TestFaultsOfShares(t *testing.T) {
	tr := newTrial(t, waits)
	folder, aside := filepath.Join(tr.dir, "drop"), filepath.Join(tr.dir, "away", "drop")
	passwd := filepath.Join(tr.dir, "away", "etc")
	tr.must(os.MkdirAll(passwd, 0o700), os.WriteFile(filepath.Join(passwd, "x.log"), append(logText(1, "", true), secret...), 0o600))
	tr.drop("LAB-1", 1)
	outages := []struct {
		id         string
		away, back func() error
	}{
		{"A10, swapped for a link", func() error { return errors.Join(os.Rename(folder, aside), os.Symlink(passwd, folder)) },
			func() error { return errors.Join(os.Remove(folder), os.Rename(aside, folder)) }},
		{"gone", func() error { return os.Rename(folder, aside) }, func() error { return os.Rename(aside, folder) }},
		{"F1, empty", func() error { return errors.Join(os.Rename(folder, aside), os.Mkdir(folder, 0o700)) },
			func() error { return errors.Join(os.Remove(folder), os.Rename(aside, folder)) }},
		{"F15, another folder mounted over it", func() error { return tr.mount(passwd, folder, "", unix.MS_BIND) },
			func() error { return unix.Unmount(folder, 0) }},
		{"F1, an empty disk mounted over it", func() error { return tr.mount("tmpfs", folder, "tmpfs", 0) },
			func() error { return unix.Unmount(folder, 0) }},
	}
	before := tr.recorded()
	for i, o := range outages {
		if err := o.away(); errors.Is(err, errCannot) {
			t.Logf("%s: %v", o.id, err)
			continue
		} else if err != nil {
			t.Fatal(err)
		}
		tr.shareIs(ingest.ReasonShareSuspect)
		tr.must(o.back())
		tr.shareIs("")
		tr.drop("LAB-2", i)
		before++
	}
	if n := tr.recorded(); n != before {
		t.Errorf("%d readings, want %d: something was read again", n, before)
	}
	tr.wantCounts(store.Gone, 0)
	tr.ended()
}

func (tr *trial) wantCounts(state store.State, want int) {
	tr.t.Helper()
	st, err := tr.status()
	if err != nil || st.Counts[string(state)] != want {
		tr.t.Errorf("%d drops are %s, want %d (%v)", st.Counts[string(state)], state, want, err)
	}
}

// TestMountedShare watches a disk that is unmounted between two scans and mounted
// again with other numbers, F1, F2 and F13, is read only, F11, and fills, F12.
func TestMountedShare(t *testing.T) {
	tr := newTrial(t, waits)
	folder, keep := filepath.Join(tr.dir, "drop"), filepath.Join(tr.dir, "away", "keep")
	tr.kill()
	tr.must(os.Mkdir(keep, 0o700), tr.mount("tmpfs", folder, "tmpfs", 0))
	tr.start(t)
	tr.drop("LAB-1", 1)
	tr.must(exec.Command("cp", "-a", folder+"/.", keep).Run())
	tr.must(tr.unmount(folder))
	tr.shareIs(ingest.ReasonShareSuspect)
	tr.must(unix.Mount("tmpfs", folder, "tmpfs", 0, "size=4M"), exec.Command("cp", "-a", keep+"/.", folder).Run())
	tr.shareIs("")
	tr.must((&site{tr, folder + "/LAB-1"}).until("x.log", "analysed"))
	tr.wantCounts(store.Gone, 0)

	s := &site{tr, folder + "/LAB-2"}
	tr.must(os.MkdirAll(s.dir, 0o700), s.put("x.log", 2))
	tr.must(unix.Mount("", folder, "", unix.MS_REMOUNT|unix.MS_RDONLY, ""))
	tr.must(s.until("x.log", "analysed"))
	tr.must(unix.Mount("", folder, "", unix.MS_REMOUNT, "size=4M"))

	full := append(s.text(3), make([]byte, 8<<20)...)
	for i := range full[5000:] {
		full[5000+i] = " word\n"[i%6]
	}
	if err := os.WriteFile(s.at("full.log"), full, 0o600); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("the disk should be full: %v", err)
	}
	tr.must(s.until("full.log", "incomplete INCOMPLETE"))
	tr.ended()
	tr.wantDocuments(map[string]int{"LAB-1": 1, "LAB-2": 2})
}

// unmount unmounts a folder, which the watcher must not hold but for an instant.
func (tr *trial) unmount(folder string) (err error) {
	for range 50 {
		if err = unix.Unmount(folder, 0); !errors.Is(err, syscall.EBUSY) {
			return err
		}
		time.Sleep(7 * time.Millisecond)
	}
	return err
}

// TestForeignLogs has a watcher without rights of its own over logs of others: what
// it may not read is refused until it may, A14.
func TestForeignLogs(t *testing.T) {
	tr := newTrial(t, waits)
	tr.kill()
	tr.watchAs(65534)
	tr.start(t)
	good := &site{tr, filepath.Join(tr.dir, "drop", "LAB-1")}
	s := &site{tr, filepath.Join(tr.dir, "drop", "LAB-2")}
	for _, s := range []*site{good, s} {
		tr.must(os.Mkdir(s.dir, 0o755), s.put("x.log", 1))
	}
	tr.must(os.Chmod(s.at("x.log"), 0), os.Chmod(good.at("x.log"), 0o644))
	tr.must(good.until("x.log", "analysed"), s.until("x.log", "refused PERMISSION"))
	tr.must(os.Chmod(s.at("x.log"), 0o644), s.until("x.log", "analysed"))
	tr.must(os.Chmod(s.dir, 0), good.put("y.log", 2), os.Chmod(good.at("y.log"), 0o644), good.until("y.log", "analysed"))
	tr.wantCounts(store.Gone, 0)
	tr.must(os.Chmod(s.dir, 0o755))
	tr.ended()
}

// watchAs has the watcher run as another user, with folders of its own.
func (tr *trial) watchAs(user int) {
	if os.Geteuid() != 0 {
		return // then there are no rights to give up
	}
	own, err := os.ReadFile(os.Args[0])
	program := filepath.Join(tr.dir, "program")
	tr.must(err, os.WriteFile(program, own, 0o755), os.Chmod(filepath.Dir(tr.dir), 0o755), os.Chmod(tr.dir, 0o755),
		os.Chmod(filepath.Join(tr.dir, "poolsweep.yaml"), 0o644), os.Chmod(filepath.Join(tr.dir, "drop"), 0o755))
	for _, name := range []string{"state", "out"} {
		dir := filepath.Join(tr.dir, name)
		tr.must(os.RemoveAll(dir), os.Mkdir(dir, 0o755), os.Chown(dir, user, user))
	}
	tr.prepare = func(cmd *exec.Cmd) {
		cmd.Path = program
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(user), Gid: uint32(user)}}
	}
}

package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"poolsweep/ingest/store"
)

var long = flag.Bool("long", false, "also the faults that take minutes or gigabytes")

// secret stands in files that nobody gave us to read.
const secret = "canary-of-root-7f3a"

// fault is something that goes wrong in a machine's folder while other machines
// drop good logs.
type fault struct {
	id  string
	do  func(*site) error
	end fates
}

// fates tell by name below the machine's folder what has to become of it: a state,
// and one of the reasons behind it. "absent" is what is no drop.
type fates map[string]string

// site is the folder that a fault has for itself.
type site struct {
	*trial
	dir string
}

// trial is a watcher with faults around it.
type trial struct {
	*lab
	t *testing.T
}

func (s *site) at(name string) string { return s.dir + "/" + name }

// put writes a good log, the n-th of this machine.
func (s *site) put(name string, n int) error {
	return os.WriteFile(s.at(name), s.text(n), 0o600)
}

func (s *site) text(n int) []byte {
	sum := sha256.Sum256([]byte(s.dir))
	return logText(n*1000+int(sum[0])+256*int(sum[1]), "", true)
}

// puts writes good logs under these names.
func puts(names ...string) func(*site) error {
	return func(s *site) error {
		for i, name := range names {
			if err := s.put(name, i); err != nil {
				return err
			}
		}
		return nil
	}
}

// all gives one fate to several names.
func all(fate string, names ...string) fates {
	end := fates{}
	for _, name := range names {
		end[name] = fate
	}
	return end
}

// until waits for the fate of a drop.
func (s *site) until(name, fate string) error {
	return s.eventually(30*time.Second, func(st *status) []string { return s.misses(st, s.dir, fates{name: fate}) })
}

// eventually asks for the status until nothing is missing in it.
func (tr *trial) eventually(within time.Duration, missing func(*status) []string) error {
	for deadline := time.Now().Add(within); ; time.Sleep(250 * time.Millisecond) {
		st, err := tr.status()
		if err == nil {
			m := missing(st)
			if len(m) == 0 {
				return nil
			}
			err = errors.New(strings.Join(m, "\n"))
		}
		if time.Now().After(deadline) {
			return err
		}
	}
}

// poolsweep runs a command beside the watcher.
func (tr *trial) poolsweep(args ...string) ([]byte, error) {
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env, cmd.Dir = append(os.Environ(), asPoolsweep+"=1"), tr.dir
	return cmd.Output()
}

func (tr *trial) status() (*status, error) {
	out, err := tr.poolsweep("status", "--json", "--config", "poolsweep.yaml")
	if err != nil {
		return nil, err
	}
	st := &status{}
	return st, json.Unmarshal(out, st)
}

// misses lists the drops whose fate is another one. One that was read has to have
// been read as it lies there.
func (tr *trial) misses(st *status, dir string, end fates) []string {
	drops := map[string]statusDrop{}
	for _, d := range st.Drops {
		drops[exactly(d)] = d
	}
	var out []string
	for name, fate := range end {
		d, known := drops[filepath.ToSlash(dir+"/"+name)]
		got := strings.TrimSpace(string(d.State) + " " + string(d.Reason))
		if !known {
			got = "absent"
		}
		if fits := slices.ContainsFunc(strings.Split(fate, ", "), func(f string) bool { return f == got }); !fits {
			out = append(out, fmt.Sprintf("%s/%q: %s, want %s", filepath.Base(dir), name, got, fate))
		} else if d.State == store.Analysed && d.SHA256 != sumOf(dir+"/"+name) {
			out = append(out, fmt.Sprintf("%s/%q: was read as it is no more", filepath.Base(dir), name))
		}
	}
	return out
}

var escapedByte = regexp.MustCompile(`\\x[0-9a-f]{2}`)

// exactly returns the bytes of a drop's path, also where they are no text.
func exactly(d statusDrop) string {
	if d.Escaped == "" {
		return d.Path
	}
	return escapedByte.ReplaceAllStringFunc(d.Escaped, func(hex string) string {
		b, _ := strconv.ParseUint(hex[2:], 16, 8)
		return string([]byte{byte(b)})
	})
}

func sumOf(file string) string {
	text, err := os.ReadFile(file)
	if err != nil {
		return err.Error()
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// run lets all faults happen around one watcher. For each, a good log of another
// machine is dropped in the same second, and has to be analysed.
func (tr *trial) run(faults []fault) {
	t := tr.t
	var doing sync.WaitGroup
	skipped := make([]bool, len(faults))
	dirs := make([]string, len(faults))
	for i, f := range faults {
		s := &site{tr, filepath.Join(tr.dir, "drop", "LAB-"+f.id)}
		dirs[i] = s.dir
		if err := os.MkdirAll(s.dir, 0o700); err != nil {
			t.Fatal(err)
		}
		good := &plan{machine: "GOOD-" + f.id, path: filepath.Join(tr.dir, "drop", "GOOD-"+f.id, "good.log"), text: logText(500_000+i, "", true), habit: steady}
		tr.plans = append(tr.plans, good)
		doing.Go(func() {
			good.write(t)
			if err := f.do(s); err != nil {
				skipped[i] = errors.Is(err, errCannot)
				t.Logf("%s: %v", f.id, err)
				if !skipped[i] {
					t.Errorf("%s could not be done", f.id)
				}
			}
		})
	}
	doing.Wait()
	err := tr.eventually(60*time.Second, func(st *status) []string {
		out := unaccounted(st)
		for i, f := range faults {
			if !skipped[i] {
				out = append(out, tr.misses(st, dirs[i], f.end)...)
			}
		}
		for _, p := range tr.plans {
			out = append(out, tr.misses(st, filepath.Dir(p.path), fates{filepath.Base(p.path): "analysed"})...)
		}
		return out
	})
	if err != nil {
		t.Error(err)
	}
}

// unaccounted says when there are files in a folder that have no state.
func unaccounted(st *status) (out []string) {
	files, told := 0, 0
	for _, sh := range st.Shares {
		files += sh.Files
	}
	for state, n := range st.Counts {
		if state != string(store.Gone) {
			told += n
		}
	}
	if told < files || len(st.Shares) == 0 {
		out = append(out, fmt.Sprintf("of %d files, %d have a state: %v", files, told, st.Counts))
	}
	return out
}

// errCannot is a fault that cannot be made here.
var errCannot = errors.New("cannot be made here")

func cannot(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w: %w", errCannot, err)
}

// ended ends the watcher and looks at all that it left behind.
func (tr *trial) ended() {
	tr.t.Helper()
	if err := tr.eventually(60*time.Second, reportsMissing); err != nil {
		tr.t.Error(err)
	}
	tr.settle(tr.t)
	tr.wantTidy()
	tr.wantSilent(secret)
}

// reportsMissing lists the reports that are due, and their folder when it is empty.
func reportsMissing(st *status) (out []string) {
	for _, o := range st.Outputs {
		if o.Due {
			out = append(out, "due: "+o.Path+" "+o.Reason)
		}
	}
	if len(st.Outputs) == 0 {
		out = append(out, "no report was ever due")
	}
	return out
}

var (
	ourFiles  = regexp.MustCompile(`^(cases/PS-[0-9A-F]{8}\.(pdf|json)|poolsweep\.(xlsx|json)|overview\.pdf)$`)
	logRecord = regexp.MustCompile(`^time=\S+ level=(INFO|WARN|ERROR) msg=`)
)

// wantTidy makes sure that all reports have names of ours, and that each line of
// the log is one record.
func (tr *trial) wantTidy() {
	tr.t.Helper()
	out := os.DirFS(filepath.Join(tr.dir, "out"))
	err := fs.WalkDir(out, ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && name != "." && name != "cases" && (!ourFiles.MatchString(name) || !d.Type().IsRegular()) {
			tr.t.Errorf("among the reports: %q", name)
		}
		return err
	})
	if err != nil {
		tr.t.Fatal(err)
	}
	text, err := os.ReadFile(tr.log.Name())
	if err != nil {
		tr.t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if !logRecord.MatchString(line) || strings.ContainsFunc(strings.TrimSuffix(line, "\n"), func(r rune) bool { return r < ' ' }) {
			tr.t.Errorf("in the log: %q", line)
		}
	}
}

// wantSilent makes sure that a text stands nowhere in the state, the reports and
// the log.
func (tr *trial) wantSilent(texts ...string) {
	tr.t.Helper()
	for _, place := range []string{"state", "out", "log"} {
		err := filepath.WalkDir(filepath.Join(tr.dir, place), func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			text, err := os.ReadFile(name)
			for _, s := range texts {
				if bytes.Contains(text, []byte(s)) {
					tr.t.Errorf("%s holds %q", name, s)
				}
			}
			return err
		})
		if err != nil {
			tr.t.Error(err)
		}
	}
}

func newTrial(t *testing.T, config string) *trial {
	if testing.Short() {
		t.Skip("not a short test")
	}
	return &trial{newLab(t, config), t}
}

// TestFaultsOfFileKinds drops what is no file, or not only ours to read.
func TestFaultsOfFileKinds(t *testing.T) {
	tr := newTrial(t, waits)
	outside := filepath.Join(tr.dir, "away", "secret")
	if err := os.WriteFile(outside, append(logText(7, "", true), secret...), 0o600); err != nil {
		t.Fatal(err)
	}
	link := func(target string, names ...string) func(*site) error {
		return func(s *site) (err error) {
			for _, name := range names {
				err = errors.Join(err, os.Symlink(target, s.at(name)))
			}
			return err
		}
	}
	tr.run([]fault{
		{"A1", func(s *site) error { return unix.Mkfifo(s.at("a.log"), 0o644) }, fates{"a.log": "refused NOT_REGULAR"}},
		{"A2", func(s *site) error {
			return cannot(unix.Mknod(s.at("z.log"), unix.S_IFCHR|0o666, int(unix.Mkdev(1, 5))))
		}, fates{"z.log": "refused NOT_REGULAR"}},
		{"A3", func(s *site) error { return unix.Mknod(s.at("x.log"), unix.S_IFSOCK|0o666, 0) }, fates{"x.log": "refused NOT_REGULAR"}},
		{"A4", link(outside, "s.log"), fates{"s.log": "refused SYMLINK"}},
		{"A5", func(s *site) error { return errors.Join(s.put("ok.log", 1), os.Symlink("ok.log", s.at("l.log"))) },
			fates{"ok.log": "analysed", "l.log": "refused SYMLINK"}},
		{"A6", func(s *site) error {
			return errors.Join(link("loop.log", "loop.log")(s), link("nowhere", "dangling.log")(s), link("/proc/self/mem", "mem.log")(s))
		}, all("refused SYMLINK", "loop.log", "dangling.log", "mem.log")},
		{"A7", func(s *site) error { return os.Link(outside, s.at("h.log")) }, fates{"h.log": hardLinkFate()}},
		{"A8", func(s *site) error {
			err := errors.Join(os.WriteFile(filepath.Join(tr.dir, "away", "x"), s.text(1), 0o600), os.Link(filepath.Join(tr.dir, "away", "x"), s.at("x.log")))
			time.Sleep(time.Second)
			return errors.Join(err, os.Remove(filepath.Join(tr.dir, "away", "x")))
		}, fates{"x.log": "analysed"}},
		{"A9", func(s *site) error { return s.swap(outside) }, fates{"x.log": "analysed", "y.log": "refused SYMLINK"}},
		{"A11", func(s *site) error {
			return errors.Join(s.mountOn("tmpfs", "tmpfs", "sub"), s.bindOn(outside, "file.log"))
		},
			all("refused XDEV", "sub", "file.log")},
		{"A12", func(s *site) error {
			return os.MkdirAll(s.at("x.log"+strings.Repeat("/d", 500)), 0o700)
		}, fates{"x.log": "refused TOO_DEEP"}},
		{"A13", func(s *site) error {
			return errors.Join(os.WriteFile(s.at("s.log"), nil, 0o600), cannot(os.Truncate(s.at("s.log"), 1<<40)))
		}, fates{"s.log": "refused TOO_BIG"}},
		{"A15", func(s *site) error {
			err := errors.Join(s.put("x.log", 1), cannot(unix.Setxattr(s.at("x.log"), "user.x", make([]byte, 3000), 0)))
			return errors.Join(err, s.chattr("a", "x.log"))
		}, fates{"x.log": "analysed"}},
		{"A14", func(s *site) error { return errors.Join(s.put("x.log", 1), s.chattr("i", "x.log")) }, fates{"x.log": "analysed"}},
	})
	tr.ended()
}

// hardLinkFate is how a file with a second name stands: it waits for a minute for
// that to be taken away.
func hardLinkFate() string {
	if *long {
		return "refused HARDLINK"
	}
	return "waiting HARDLINK"
}

// swap has a good log and a link to a secret change places all the time.
func (s *site) swap(target string) error {
	err := errors.Join(s.put("x.log", 1), os.Symlink(target, s.at("y.log")))
	for i := 0; err == nil && i < 4000; i++ {
		err = unix.Renameat2(unix.AT_FDCWD, s.at("x.log"), unix.AT_FDCWD, s.at("y.log"), unix.RENAME_EXCHANGE)
		if i%20 == 0 {
			time.Sleep(5 * time.Millisecond)
		}
	}
	return err
}

// mountOn mounts a file system in the machine's folder.
func (s *site) mountOn(source, kind, name string) error {
	return errors.Join(os.Mkdir(s.at(name), 0o700), s.mount(source, s.at(name), kind, 0))
}

// bindOn shows a file under another name in the machine's folder.
func (s *site) bindOn(file, name string) error {
	return errors.Join(os.WriteFile(s.at(name), nil, 0o600), s.mount(file, s.at(name), "", unix.MS_BIND))
}

// mount mounts for one test.
func (tr *trial) mount(source, target, kind string, flags uintptr) error {
	if err := unix.Mount(source, target, kind, flags, ""); err != nil {
		return cannot(err)
	}
	tr.t.Cleanup(func() { _ = unix.Unmount(target, unix.MNT_DETACH) })
	return nil
}

// chattr sets an attribute of ext file systems.
func (s *site) chattr(attribute, name string) error {
	if err := exec.Command("chattr", "+"+attribute, s.at(name)).Run(); err != nil {
		return cannot(err)
	}
	s.t.Cleanup(func() { _ = exec.Command("chattr", "-"+attribute, s.at(name)).Run() })
	return nil
}

// TestFaultsOfNames drops logs under names that mean something to a program, a
// shell or a terminal. A log is read whatever its name, and no name is a path.
func TestFaultsOfNames(t *testing.T) {
	tr := newTrial(t, waits)
	names := func(id string, names ...string) fault { return fault{id, puts(names...), all("analysed", names...)} }
	helpers := []string{".x.log", "x.log.tmp", "x.part", "x.filepart", "~$x", ".nfs000", "Thumbs.db", "desktop.ini", "x.log.swp", "..log", "..."}
	faults := []fault{
		names("B1", "CON.log", "NUL", "COM1", "COM¹", "LPT9.txt", "AUX"),
		names("B2", "a.log.", "a.log ", "a:b.log", "x.log::$DATA"),
		names("B3", `a..\b`, `C:\x.log`, `\\?\x`, `\..\..\x.log`),
		names("B4", "a\nINFO fake.log", "a\rb.log", "a\tb.log", "a\x1b[2Jb.log", "a\ab.log"),
		names("B5", "x\u202Egol.exe", "x\u2066.log"),
		names("B6", "\xff\xfe.log", "\xc0.log"),
		names("B7", "a.log", "A.log", "e\u0301.log", "\u00e9.log"),
		names("B8", strings.Repeat("x", 255), strings.Repeat("é", 127)),
		names("B9", "-rf", "~", "%s%n", "$(x)", "`x`", "*", "a b"),
		{"B10", puts(helpers...), all("absent", helpers...)},
		{"B11", func(s *site) error {
			return errors.Join(s.put("x.log", 1), s.until("x.log", "analysed"), s.put("x.log", 2))
		}, fates{"x.log": "analysed"}},
	}
	for i, machine := range hostileMachines {
		f := names(machine, "x.log")
		f.do = func(s *site) error { return s.put("x.log", i) }
		faults = append(faults, f)
	}
	tr.run(faults)
	out, err := tr.poolsweep("status", "--all", "--config", "poolsweep.yaml")
	if err != nil || bytes.ContainsAny(out, "\x1b\a\r\u202e\u2066\u2028") {
		t.Errorf("status prints what a terminal obeys, or fails: %v", err)
	}
	tr.ended()
}

// hostileMachines are the ends of names of folders, and so of machines.
var hostileMachines = []string{
	"\x1b[31m", "a\nb", `..\..\up`, "=1+1", "<script>", "\u202Egol", "\xff", "LАB", "%s%n", "$(reboot)", "`id`", "'; DROP TABLE drop;--",
	"CON", "a:b", strings.Repeat("long", 60), "_x0041_",
}

// TestFaultsOfWriting writes logs as no good program would.
func TestFaultsOfWriting(t *testing.T) {
	tr := newTrial(t, waits)
	tr.run([]fault{
		{"C8", func(s *site) error { go s.grow("g.log"); return nil }, fates{"g.log": "waiting CHANGING, waiting INCOMPLETE, waiting OPEN_FOR_WRITE"}},
		{"C10", func(s *site) (err error) {
			for i := range 20 {
				err = errors.Join(err, s.put("next.tmp", i), os.Rename(s.at("next.tmp"), s.at("x.log")))
				time.Sleep(40 * time.Millisecond)
			}
			return err
		}, fates{"x.log": "analysed"}},
		{"C11", (*site).forge, fates{"x.log": "analysed"}},
		{"C12", func(s *site) (err error) {
			for i := range 20 {
				name := fmt.Sprintf("x%d.log", i)
				err = errors.Join(err, s.put(name, i))
				time.Sleep(time.Duration(i) * 5 * time.Millisecond)
				err = errors.Join(err, os.Remove(s.at(name)))
			}
			return err
		}, fates{}},
		{"C13", func(s *site) error {
			return errors.Join(s.put("x.log", 1), s.until("x.log", "analysed"), s.add("x.log", s.text(2)))
		}, fates{"x.log": "analysed"}},
		{"C14", func(s *site) error {
			err := s.put("x.log", 1)
			time.Sleep(30 * time.Millisecond)
			return errors.Join(err, s.add("x.log", s.text(2)))
		}, fates{"x.log": "analysed"}},
		{"C15", func(s *site) error {
			text := s.text(1)
			return errors.Join(os.WriteFile(s.at("x.log"), text[:len(text)/2], 0o600), os.Truncate(s.at("x.log"), 1<<20))
		}, fates{"x.log": "incomplete NUL_TAIL"}},
		{"C16", func(s *site) error { text := s.text(1); return os.WriteFile(s.at("x.log"), text[:len(text)/2], 0o600) },
			fates{"x.log": "incomplete INCOMPLETE"}},
		{"C17", func(s *site) error {
			err := s.put("a.log", 1)
			for range 200 {
				err = errors.Join(err, os.Rename(s.at("a.log"), s.at("b.log")), os.Rename(s.at("b.log"), s.at("a.log")))
				time.Sleep(5 * time.Millisecond)
			}
			return err
		}, fates{"a.log": "analysed, duplicate"}},
		{"C18", func(s *site) error {
			err := puts("old.log", "new.log", "zero.log")(s)
			for name, year := range map[string]int{"old.log": 2001, "new.log": 2099, "zero.log": 1970} {
				err = errors.Join(err, os.Chtimes(s.at(name), time.Time{}, time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC)))
			}
			return err
		}, all("analysed", "old.log", "new.log", "zero.log")},
		{"C19", func(s *site) error {
			err := errors.Join(s.put("first.log", 1), s.until("first.log", "analysed"))
			for i := range 200 {
				err = errors.Join(err, s.put(fmt.Sprintf("again%d.log", i), 1))
			}
			return err
		}, all("duplicate", "again0.log", "again99.log", "again199.log")},
		{"C20", func(s *site) error {
			text := s.text(1)
			err := os.WriteFile(s.at(".x.log.AbC123"), text[:len(text)/2], 0o600)
			time.Sleep(2 * time.Second) // longer than a log without an end would wait
			return errors.Join(err, s.add(".x.log.AbC123", text[len(text)/2:]), os.Rename(s.at(".x.log.AbC123"), s.at("x.log")))
		}, fates{"x.log": "analysed", ".x.log.AbC123": "absent"}},
		{"GZ", (*site).pack, fates{"x.log.gz": "analysed", "LAB-GZ.tar.gz": "analysed", "half.log.gz": "incomplete INCOMPLETE", "half.tar.gz": "incomplete INCOMPLETE"}},
	})
	tr.ended()
	tr.wantDocuments(map[string]int{"LAB-C11": 2, "LAB-C13": 1, "LAB-C14": 1, "LAB-C17": 1, "LAB-C19": 1, "LAB-C20": 1})
}

// pack writes compressed logs in place, whole and broken off.
func (s *site) pack() error {
	whole, tarred := squeezed(s.text(1)), squeezed(inTar("x.log", s.text(2)))
	half, tarredHalf := squeezed(s.text(3)), squeezed(inTar("x.log", s.text(4)))
	return errors.Join(
		os.WriteFile(s.at("x.log.gz"), whole, 0o600), os.WriteFile(s.at("half.log.gz"), half[:len(half)-100], 0o600),
		os.WriteFile(s.at("LAB-GZ.tar.gz"), tarred, 0o600), os.WriteFile(s.at("half.tar.gz"), tarredHalf[:len(tarredHalf)-4], 0o600))
}

func squeezed(text []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write(text)
	_ = z.Close()
	return b.Bytes()
}

func inTar(name string, text []byte) []byte {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	_ = w.WriteHeader(&tar.Header{Name: name, Size: int64(len(text)), Mode: 0o600})
	_, _ = w.Write(text)
	_ = w.Close()
	return b.Bytes()
}

// grow adds to a log until the test ends.
func (s *site) grow(name string) {
	for s.t.Context().Err() == nil && s.add(name, []byte(" one more line\n")) == nil {
		time.Sleep(10 * time.Millisecond)
	}
}

func (s *site) add(name string, text []byte) error {
	f, err := os.OpenFile(s.at(name), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Close())
}

// forge writes other bytes of the same length and gives the old time back.
func (s *site) forge() error {
	err := errors.Join(s.put("x.log", 1), s.until("x.log", "analysed"))
	info, statErr := os.Stat(s.at("x.log"))
	if err = errors.Join(err, statErr); err != nil {
		return err
	}
	other := bytes.Replace(s.text(1), []byte("some driver's"), []byte("same driver's"), 1)
	return errors.Join(os.WriteFile(s.at("x.log"), other, 0o600), os.Chtimes(s.at("x.log"), time.Time{}, info.ModTime()))
}

// wantDocuments compares how many documents count for each of these machines.
func (tr *trial) wantDocuments(want map[string]int) {
	tr.t.Helper()
	db, err := store.Open(context.Background(), filepath.Join(tr.dir, "state"))
	if err != nil {
		tr.t.Fatal(err)
	}
	defer db.Close()
	for machine, n := range want {
		held, err := db.Documents(context.Background(), machine, time.Time{})
		if err != nil || len(held) != n {
			tr.t.Errorf("%s: %d documents count, want %d (%v)", machine, len(held), n, err)
		}
	}
}

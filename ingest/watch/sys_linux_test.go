package watch

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"poolsweep/ingest"
)

// traps puts all into the folder that is no file, and returns what each is refused
// for.
func (l *lab) traps() map[string]ingest.Reason {
	l.t.Helper()
	want := map[string]ingest.Reason{}
	l.must(unix.Mkfifo(l.at("fifo.log"), 0o644))
	want["fifo.log"] = ingest.ReasonNotRegular
	socket, err := net.Listen("unix", l.at("socket.log"))
	l.must(err)
	l.t.Cleanup(func() { _ = socket.Close() })
	want["socket.log"] = ingest.ReasonNotRegular
	l.must(os.MkdirAll(l.at("LAB01/sub.log"), 0o755))
	want["LAB01/sub.log"] = ingest.ReasonTooDeep
	for name, target := range map[string]string{
		"outside.log": "/etc/passwd", "inside.log": "good.log", "loop.log": "loop.log", "dangling.log": "nowhere",
		"mem.log": "/proc/self/mem", "folder.log": "/etc", "zero.log": "/dev/zero", "LAB01/up.log": "../good.log",
		"fd.log": "/proc/self/fd/0",
	} {
		l.must(os.Symlink(target, l.at(name)))
		want[name] = ingest.ReasonSymlink
	}
	if err := unix.Mknod(l.at("device.log"), unix.S_IFCHR|0o666, int(unix.Mkdev(1, 5))); err != nil {
		l.t.Logf("no device node is tried: %v", err)
	} else {
		want["device.log"] = ingest.ReasonNotRegular
	}
	return want
}

func TestWhatIsNoFileIsRefusedAtOnce(t *testing.T) {
	l := newLab(t, Options{})
	want := l.traps()
	l.write("good.log", closing)
	for range 3 {
		s := l.poll(time.Minute)
		for name, reason := range want {
			l.want(s, name, Refused, reason)
		}
	}
	l.want(l.poll(1), "good.log", Ready, "")
	var refusal *ingest.Refusal
	for name, reason := range want {
		if name == "LAB01/sub.log" {
			reason = ingest.ReasonNotRegular
		}
		if _, err := l.f.Open(name); !errors.As(err, &refusal) || refusal.Reason != reason {
			t.Errorf("%s opened: %v, want %s", name, err, reason)
		}
	}
	if _, err := l.f.Open("folder.log/passwd"); !errors.As(err, &refusal) || refusal.Reason != ingest.ReasonNotRegular {
		t.Errorf("opened through a link: %v", err)
	}
}

func TestOldKernelsRefuseTheSame(t *testing.T) {
	l := newLab(t, Options{})
	want := l.traps()
	l.write("good.log", closing)
	for _, old := range []bool{false, true} {
		d, _, err := openRoot(l.path)
		l.must(err)
		if d.old {
			t.Log("this kernel has no openat2")
		}
		d.old = old || d.old
		for name, reason := range want {
			if strings.Contains(name, "/") {
				continue
			}
			h, s, err := d.open(name)
			if err != nil && refusalOf(err) != reason {
				t.Errorf("%s, old %v: %v", name, old, err)
			}
			if err == nil {
				closeHandle(h)
				if s.kind == regular {
					t.Errorf("%s, old %v: is a file", name, old)
				}
			}
		}
		for _, name := range []string{"folder.log", "fifo.log"} {
			if _, err := d.sub(name); err == nil {
				t.Errorf("%s, old %v: is a folder", name, old)
			}
		}
		h, s, err := d.open("good.log")
		l.must(err)
		closeHandle(h)
		if s.kind != regular || s.Size != int64(len(closing)) || s.links != 1 || s.dev != d.dev {
			t.Errorf("%+v", s)
		}
		sub, err := d.sub("LAB01")
		l.must(err)
		sub.close()
		d.close()
	}
}

// A file and a link change places all the time: what is read is never the target.
func TestSwappedForALinkIsNeverRead(t *testing.T) {
	const secret = "SECRET"
	l := newLab(t, Options{})
	hidden := filepath.Join(filepath.Dir(l.path), "hidden")
	l.must(os.WriteFile(hidden, []byte(secret+closing), 0o644))
	l.write("x.log", closing)
	l.must(os.Symlink(hidden, l.at("y.log")))
	l.poll(0)
	l.poll(time.Minute)
	stop := make(chan struct{})
	var swapper sync.WaitGroup
	swapper.Go(func() {
		for n := 0; ; n++ {
			select {
			case <-stop:
				return
			default:
				_ = unix.Renameat2(unix.AT_FDCWD, l.at("x.log"), unix.AT_FDCWD, l.at("y.log"), unix.RENAME_EXCHANGE)
			}
		}
	})
	defer swapper.Wait()
	defer close(stop)
	read := 0
	for i := range 3000 {
		file, err := l.f.Open("x.log")
		if err == nil {
			b, err := io.ReadAll(file)
			if strings.Contains(string(b), secret) {
				t.Fatalf("read %q, %v", b, err)
			}
			l.must(file.Close())
			read++
		}
		if i%10 != 0 {
			continue
		}
		l.now += time.Second
		s, err := l.f.Poll(l.now)
		for _, e := range s.Entries {
			if e.Stamp.Size == int64(len(secret+closing)) {
				t.Fatalf("the target was looked at: %+v, %v", e, err)
			}
		}
	}
	t.Logf("%d of 3000 opens found the file", read)
}

// asNobody runs with the rights of nobody on files, and without CAP_LEASE. The
// thread that had them taken away is not used again.
func asNobody(t *testing.T, do func()) {
	t.Helper()
	if os.Getuid() != 0 {
		do()
		return
	}
	done := make(chan error)
	go func() {
		runtime.LockOSThread()
		done <- func() error {
			header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
			var data [2]unix.CapUserData
			if err := unix.Capget(&header, &data[0]); err != nil {
				return err
			}
			for _, bit := range []int{unix.CAP_LEASE, unix.CAP_DAC_OVERRIDE, unix.CAP_DAC_READ_SEARCH} {
				data[bit/32].Effective &^= 1 << (bit % 32)
			}
			if err := unix.Capset(&header, &data[0]); err != nil {
				return err
			}
			if _, err := unix.SetfsuidRetUid(65534); err != nil {
				return err
			}
			do()
			return nil
		}()
	}()
	if err := <-done; err != nil {
		t.Skipf("rights cannot be given up: %v", err)
	}
}

func TestPermissionIsRetried(t *testing.T) {
	l := newLab(t, Options{})
	l.must(os.Chmod(filepath.Dir(filepath.Dir(l.path)), 0o755))
	l.must(os.Chmod(filepath.Dir(l.path), 0o755))
	l.settled("LAB01/a.log", "b.log")
	l.write("x.log", closing)
	l.must(os.Chmod(l.at("x.log"), 0))
	l.must(os.Chmod(l.at("LAB01"), 0))
	asNobody(t, func() {
		for range 3 {
			l.now += time.Hour
			s, err := l.f.Poll(l.now)
			l.must(err)
			e := l.want(s, "x.log", Refused, ingest.ReasonPermission)
			if !errors.Is(e.Err, os.ErrPermission) {
				t.Errorf("%v", e.Err)
			}
			l.want(s, "LAB01", Refused, ingest.ReasonPermission)
			l.want(s, "LAB01/a.log", 0, "")
			if s.Counts[Settled] != 1 {
				t.Fatalf("%v", s.Counts)
			}
		}
		var refusal *ingest.Refusal
		if _, err := l.f.Open("x.log"); !errors.As(err, &refusal) || refusal.Reason != ingest.ReasonPermission {
			t.Errorf("opened: %v", err)
		}
	})
	l.must(os.Chmod(l.at("x.log"), 0o644))
	l.must(os.Chmod(l.at("LAB01"), 0o755))
	s := l.poll(time.Second)
	l.want(s, "x.log", Waiting, ingest.ReasonChanging)
	if s.Counts[Settled] != 2 {
		t.Errorf("%v", s.Counts)
	}
	l.want(l.poll(2*time.Second), "x.log", Ready, "")
}

func TestProbeThatIsRefusedIsShownAndCostsTime(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can make a file that belongs to somebody else")
	}
	l := newLab(t, Options{})
	l.must(os.Chmod(filepath.Dir(filepath.Dir(l.path)), 0o755))
	l.must(os.Chmod(filepath.Dir(l.path), 0o755))
	l.write("x.log", closing)
	poll := func(after time.Duration) (s Scan) {
		asNobody(t, func() {
			var err error
			l.now += after
			s, err = l.f.Poll(l.now)
			l.must(err)
		})
		return s
	}
	poll(0)
	s := poll(5*time.Second - 1)
	l.want(s, "x.log", Waiting, ingest.ReasonChanging)
	if s.Unprobed != 1 {
		t.Errorf("%d unprobed", s.Unprobed)
	}
	s = poll(1)
	l.want(s, "x.log", Ready, "")
	if s.Unprobed != 1 {
		t.Errorf("%d unprobed", s.Unprobed)
	}
}

func TestProbeIsGivenBackAtOnce(t *testing.T) {
	l := newLab(t, Options{})
	l.write("x.log", closing)
	d, _, err := openRoot(l.path)
	l.must(err)
	defer d.close()
	h, _, err := d.open("x.log")
	l.must(err)
	defer closeHandle(h)
	if got := writersOf(d, h, "x.log"); got != noWriter {
		t.Fatalf("got %d", got)
	}
	// A lease that is held would turn a writer away who does not want to wait.
	fd, err := unix.Open(l.at("x.log"), unix.O_WRONLY|unix.O_NONBLOCK, 0)
	l.must(err)
	if got := writersOf(d, h, "x.log"); got != someWriter {
		t.Errorf("with a writer: %d", got)
	}
	l.must(unix.Close(fd))
}

// Samba holds a write lease on what its clients have open.
func TestLeaseOfAnotherIsAWriter(t *testing.T) {
	l := newLab(t, Options{})
	l.write("x.log", closing)
	l.write("good.log", closing)
	file, err := os.OpenFile(l.at("x.log"), os.O_RDWR, 0)
	l.must(err)
	if _, err := unix.FcntlInt(file.Fd(), unix.F_SETLEASE, unix.F_WRLCK); err != nil {
		t.Skipf("no lease to be had: %v", err)
	}
	l.want(l.poll(time.Minute), "x.log", Waiting, ingest.ReasonOpenForWrite)
	l.want(l.poll(time.Minute), "good.log", Ready, "")
	_, _ = unix.FcntlInt(file.Fd(), unix.F_SETLEASE, unix.F_UNLCK)
	l.must(file.Close())
	l.poll(time.Minute)
	l.want(l.poll(time.Minute), "x.log", Ready, "")
}

// mount mounts for one test, or skips it.
func (l *lab) mount(source, target, kind string, flags uintptr) {
	l.t.Helper()
	if err := unix.Mount(source, target, kind, flags, ""); err != nil {
		l.t.Skipf("nothing can be mounted here: %v", err)
	}
	l.t.Cleanup(func() { _ = unix.Unmount(target, unix.MNT_DETACH) })
}

func TestMountsInTheFolderAreRefused(t *testing.T) {
	l := newLab(t, Options{})
	l.write("good.log", closing)
	l.write("file.log", "")
	l.must(os.Mkdir(l.at("same"), 0o755))
	l.must(os.Mkdir(l.at("other"), 0o755))
	beside := l.beside("beside")
	l.must(os.WriteFile(filepath.Join(beside, "y.log"), []byte(closing), 0o644))
	l.mount(beside, l.at("same"), "", unix.MS_BIND)
	l.mount("tmpfs", l.at("other"), "tmpfs", 0)
	l.must(os.WriteFile(l.at("other/z.log"), []byte(closing), 0o644))
	l.mount("/proc/self/maps", l.at("file.log"), "", unix.MS_BIND)
	for range 2 {
		l.now += time.Minute
		s, err := l.f.Poll(l.now)
		l.must(err)
		l.want(s, "same", Refused, ingest.ReasonOtherDevice)
		l.want(s, "other", Refused, ingest.ReasonOtherDevice)
		l.want(s, "file.log", Refused, ingest.ReasonOtherDevice)
		if total(s) != 4 {
			t.Errorf("%v", s.Counts)
		}
	}
	l.want(l.poll(1), "good.log", Ready, "")
}

// A share is unmounted, and something else mounted, while nobody scans.
func TestUnmountedShareIsMissedAndKnownAgain(t *testing.T) {
	l := newLab(t, Options{})
	l.mount("tmpfs", l.path, "tmpfs", 0)
	l.settled("a.log", "LAB01/b.log")
	keep := l.beside("keep")
	l.must(exec.Command("cp", "-a", l.path+"/.", keep).Run())
	if err := unix.Unmount(l.path, 0); err != nil { // busy if a handle were held
		t.Fatal(err)
	}
	for range 20 {
		l.pollSuspect(time.Hour)
	}
	l.mount("tmpfs", l.path, "tmpfs", 0)
	l.pollSuspect(time.Hour)
	l.must(os.WriteFile(l.at("z.log"), []byte(closing), 0o644))
	_, err := l.pollSuspect(time.Hour)
	if !errors.Is(err, errOther) {
		t.Errorf("%v", err)
	}
	l.must(exec.Command("cp", "-a", keep+"/.", l.path).Run())
	s := l.poll(time.Second)
	if s.Counts[Waiting] != 3 || s.Counts[Gone] != 0 {
		t.Errorf("%v", s.Counts)
	}
}

func TestReadOnlyMountIsEnough(t *testing.T) {
	l := newLab(t, Options{})
	l.write("LAB01/x.log", closing)
	l.mount(l.path, l.path, "", unix.MS_BIND)
	l.mount("", l.path, "", unix.MS_BIND|unix.MS_REMOUNT|unix.MS_RDONLY)
	l.poll(0)
	l.want(l.poll(time.Minute), "LAB01/x.log", Ready, "")
	l.settle("LAB01/x.log")
	if s := l.poll(0); s.Counts[Settled] != 1 {
		t.Errorf("%v", s.Counts)
	}
}

func TestAnyNameIsADrop(t *testing.T) {
	l := newLab(t, Options{})
	names := []string{
		"CON.log", "NUL", "COM1", "a.log.", "a.log ", "a:b.log", "x.log::$DATA", "...", `a..\b`, `C:\x.log`,
		"a\nINFO fake.log", "a\rb", "a\x1b[2J", "LAB\u202Egol.exe", "LАB1", "\xff\xfe.log", "a.log", "A.log",
		"e\u0301.log", "\u00e9.log", strings.Repeat("x", 255), "-rf", "~", "%s%n", "$(x)", "`x`", " ", "*",
	}
	var plain []string
	for _, name := range names {
		if !IsHelper([]byte(name)) {
			plain = append(plain, name, "LAB01/"+name)
		}
	}
	l.settled(plain...)
	for _, name := range plain {
		text, _, _, _ := l.read(name)
		if text != name+closing {
			t.Errorf("%q holds %q", name, text)
		}
	}
}

func TestDescriptorsRunOutAndComeBack(t *testing.T) {
	l := newLab(t, Options{})
	l.settled("a.log")
	l.write("x.log", closing)
	l.poll(0)
	var limit unix.Rlimit
	l.must(unix.Getrlimit(unix.RLIMIT_NOFILE, &limit))
	open, err := os.ReadDir("/proc/self/fd")
	l.must(err)
	// ReadDir counts its own; one more is the folder, none is left for the file.
	few := unix.Rlimit{Cur: uint64(len(open)), Max: limit.Max}
	for few.Cur > 0 {
		l.must(unix.Setrlimit(unix.RLIMIT_NOFILE, &few))
		s, err := l.f.Poll(l.now)
		l.must(unix.Setrlimit(unix.RLIMIT_NOFILE, &limit))
		if err != nil {
			if s.Share != ingest.ReasonShareSuspect || !errors.Is(err, unix.EMFILE) {
				t.Fatalf("%q, %v", s.Share, err)
			}
			break
		}
		if e := entry(s, "x.log"); e.Reason == ingest.ReasonIOError && !errors.Is(e.Err, unix.EMFILE) {
			t.Fatalf("%+v", e)
		}
		few.Cur--
	}
	l.want(l.poll(time.Minute), "x.log", Ready, "")
}

// Nothing stays open between polls.
func TestNoDescriptorIsKept(t *testing.T) {
	l := newLab(t, Options{})
	l.traps()
	l.settled("a.log", "LAB01/b.log")
	count := func() int {
		open, err := os.ReadDir("/proc/self/fd")
		l.must(err)
		return len(open)
	}
	before := count()
	for i := range 20 {
		l.write(fmt.Sprintf("LAB%02d/x.log", i), closing)
		l.poll(time.Second)
		_, _ = l.f.Open("none.log")
		_, _ = l.f.Open("fifo.log")
	}
	if after := count(); after != before {
		t.Errorf("%d open before, %d after", before, after)
	}
}

func TestKindsOfFileSystems(t *testing.T) {
	for fsType, want := range map[uint32]string{
		unix.EXT4_SUPER_MAGIC: local, unix.XFS_SUPER_MAGIC: local, unix.BTRFS_SUPER_MAGIC: local,
		unix.TMPFS_MAGIC: local, unix.OVERLAYFS_SUPER_MAGIC: local, unix.SMB_SUPER_MAGIC: smb,
		unix.CIFS_SUPER_MAGIC: smb, unix.SMB2_SUPER_MAGIC: smb, unix.NFS_SUPER_MAGIC: nfs,
		unix.FUSE_SUPER_MAGIC: fuse, unix.V9FS_MAGIC: fuse, unix.AFS_SUPER_MAGIC: fuse, unix.CEPH_SUPER_MAGIC: fuse,
	} {
		if got := kindOf(fsType); got != want {
			t.Errorf("%#x: %s, want %s", fsType, got, want)
		}
	}
}

func TestDeviceNumbers(t *testing.T) {
	for _, c := range [][2]uint32{{0, 52}, {8, 1}, {259, 3}, {4095, 1048575}, {4096, 255}} {
		dev := unix.Mkdev(c[0], c[1])
		if major(dev) != uint64(c[0]) || minor(dev) != uint64(c[1]) {
			t.Errorf("%v: %d:%d", c, major(dev), minor(dev))
		}
	}
}

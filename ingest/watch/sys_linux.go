package watch

import (
	"encoding/binary"
	"errors"
	"io"
	"os"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"

	"poolsweep/ingest"
)

// resolve keeps every open below the folder it starts from, whatever is swapped
// while it goes on: O_NOFOLLOW alone guards only the last element.
const resolve = unix.RESOLVE_BENEATH | unix.RESOLVE_NO_SYMLINKS |
	unix.RESOLVE_NO_MAGICLINKS | unix.RESOLVE_NO_XDEV

// dir is an open folder.
type dir struct {
	fd  int
	dev uint64
	old bool // the kernel has no openat2 (before 5.6), or a sandbox forbids it
}

// openRoot opens the folder that is watched and tells what it is. A link in its
// place is refused: whoever may write above the folder could turn it elsewhere.
func openRoot(path string) (*dir, identity, error) {
	fd, err := retry(func() (int, error) {
		return unix.Open(path, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	})
	if err != nil {
		return nil, identity{}, &os.PathError{Op: "open", Path: path, Err: err}
	}
	d := &dir{fd: fd}
	id, err := d.identify()
	if err != nil {
		d.close()
		return nil, identity{}, &os.PathError{Op: "stat", Path: path, Err: err}
	}
	d.dev = id.dev
	self, err := d.openat(".", unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC)
	if err == nil {
		_ = unix.Close(self)
	}
	d.old = errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.EPERM)
	return d, id, nil
}

func (d *dir) close() { _ = unix.Close(d.fd) }

// identify tells which folder of which file system this is.
func (d *dir) identify() (identity, error) {
	s, err := statHandle(d.fd)
	if err != nil {
		return identity{}, err
	}
	var fs unix.Statfs_t
	if err := unix.Fstatfs(d.fd, &fs); err != nil {
		return identity{}, err
	}
	id := identity{dev: s.dev, id: s.ID, fsType: uint32(fs.Type), kind: kindOf(uint32(fs.Type))}
	if id.kind == local {
		// Numbers are soon used again, births are not. A file server that knows none
		// makes one up from the other times.
		id.id ^= uint64(s.birth)
	}
	return id, nil
}

// File systems by the number that statfs gives, from statfs(2) and linux/magic.h.
// What is on neither list lies on a disk of this machine.
func kindOf(fsType uint32) string {
	switch fsType {
	case 0x517B, 0xFF534D42, 0xFE534D42: // smb, cifs, smb2
		return smb
	case 0x6969: // nfs
		return nfs
	case 0x65735546, 0x01021997, 0x00C36400, 0x5346414F, 0x73757245, 0x0BD00BD0, 0x786F4256, 0xBACBACBC:
		return fuse // fuse, 9p, ceph, afs, coda, lustre, vboxsf, vmhgfs: far away or foreign
	}
	return local
}

// sub opens a folder in this one.
func (d *dir) sub(name string) (*dir, error) {
	fd, err := d.openat(name, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC)
	if err != nil {
		return nil, err
	}
	s, err := statHandle(fd)
	if err == nil && s.dev != d.dev {
		err = unix.EXDEV
	}
	if err != nil {
		_ = unix.Close(fd)
		return nil, err
	}
	return &dir{fd: fd, dev: d.dev, old: d.old}, nil
}

// open opens a file in this folder for reading and tells what it is by its handle.
// It may be none: an open that is not refused says nothing about the kind.
func (d *dir) open(name string) (handle, sighting, error) {
	fd, err := d.openat(name, openFile)
	if err != nil {
		return -1, sighting{}, err
	}
	s, err := statHandle(fd)
	if err == nil && s.dev != d.dev {
		err = unix.EXDEV
	}
	if err != nil {
		_ = unix.Close(fd)
		return -1, sighting{}, err
	}
	return fd, s, nil
}

// openat opens one element of a path. Without openat2 the element is looked at
// first, so that no device or pipe is opened, and O_NOFOLLOW refuses a link that
// has taken its place since.
func (d *dir) openat(name string, flags int) (int, error) {
	if !d.old {
		how := unix.OpenHow{Flags: uint64(flags), Resolve: resolve}
		return retry(func() (int, error) { return unix.Openat2(d.fd, name, &how) })
	}
	var st unix.Stat_t
	if err := unix.Fstatat(d.fd, name, &st, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return -1, err
	}
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFLNK:
		return -1, unix.ELOOP
	case unix.S_IFREG, unix.S_IFDIR:
		return retry(func() (int, error) { return unix.Openat(d.fd, name, flags, 0) })
	}
	return -1, unix.ENXIO
}

// list calls visit for all names in the folder, in the order of the file system.
// Names are good until visit returns. What vanishes meanwhile is passed over.
func (d *dir) list(visit func(name []byte, s sighting, err error)) error {
	if _, err := unix.Seek(d.fd, 0, io.SeekStart); err != nil {
		return err
	}
	buf := make([]byte, 64<<10)
	for {
		n, err := retry(func() (int, error) { return unix.Getdents(d.fd, buf) })
		if err != nil || n <= 0 {
			return err
		}
		for rest := buf[:n]; len(rest) > 0; {
			// struct linux_dirent64: inode 8, offset 8, length 2, type 1, name with its NUL.
			length := binary.NativeEndian.Uint16(rest[16:])
			name := rest[19:length]
			rest = rest[length:]
			end := leadingText(name)
			if string(name[:end]) == "." || string(name[:end]) == ".." {
				continue
			}
			s, err := statx(d.fd, &name[0], unix.AT_SYMLINK_NOFOLLOW)
			if err == unix.ENOENT {
				continue
			}
			visit(name[:end:end], s, err)
		}
	}
}

// leadingText returns how many bytes stand before the first NUL.
func leadingText(b []byte) int {
	for i, c := range b {
		if c == 0 {
			return i
		}
	}
	return len(b)
}

// statHandle tells what an open file is.
func statHandle(fd handle) (sighting, error) {
	var empty [1]byte
	return statx(fd, &empty[0], unix.AT_EMPTY_PATH)
}

// statx looks at a name that ends in NUL. The call is made bare because
// unix.Statx makes a string of each of the names of a large folder. Statx, in the
// kernel since 4.11, tells of all processors the same, and the time of birth.
func statx(fd int, name *byte, flags int) (sighting, error) {
	var st unix.Statx_t
	for {
		_, _, errno := unix.Syscall6(unix.SYS_STATX, uintptr(fd), uintptr(unsafe.Pointer(name)),
			uintptr(flags|unix.AT_NO_AUTOMOUNT), unix.STATX_BASIC_STATS|unix.STATX_BTIME,
			uintptr(unsafe.Pointer(&st)), 0)
		if errno == unix.EINTR {
			continue
		}
		if errno != 0 {
			return sighting{}, errno
		}
		break
	}
	runtime.KeepAlive(name)
	s := sighting{
		Stamp: Stamp{Size: int64(st.Size), Modified: nanos(st.Mtime), Changed: nanos(st.Ctime), ID: st.Ino},
		links: st.Nlink,
		dev:   unix.Mkdev(st.Dev_major, st.Dev_minor),
	}
	if st.Mask&unix.STATX_BTIME != 0 {
		s.birth = nanos(st.Btime)
	}
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFREG:
		s.kind = regular
	case unix.S_IFDIR:
		s.kind = folder
	case unix.S_IFLNK:
		s.kind = link
	}
	return s, nil
}

func nanos(t unix.StatxTimestamp) int64 { return t.Sec*1e9 + int64(t.Nsec) }

// writersOf finds out whether somebody has the open file open for writing. A read
// lease is granted only while nobody has: fcntl(2), F_SETLEASE. It is given back at
// once, because a writer that opens the file meanwhile is held up. On a file of
// somebody else it takes CAP_LEASE.
func writersOf(_ *dir, fd handle, _ string) writers {
	_, err := retry(func() (int, error) { return unix.FcntlInt(uintptr(fd), unix.F_SETLEASE, unix.F_RDLCK) })
	if err == unix.EAGAIN {
		return someWriter
	}
	if err != nil {
		return writersUnknown
	}
	_, _ = unix.FcntlInt(uintptr(fd), unix.F_SETLEASE, unix.F_UNLCK)
	return noWriter
}

// probes reports whether writersOf can tell anything: a file server tells no one
// who has a file open.
func probes(kind string) bool { return kind == local }

// refusalOf tells by its error why something could not be opened.
func refusalOf(err error) ingest.Reason {
	switch {
	case errors.Is(err, unix.ELOOP):
		return ingest.ReasonSymlink
	case errors.Is(err, unix.EXDEV):
		return ingest.ReasonOtherDevice
	case errors.Is(err, unix.ENXIO), errors.Is(err, unix.ENODEV), errors.Is(err, unix.EISDIR),
		errors.Is(err, unix.ENOTDIR):
		return ingest.ReasonNotRegular
	case errors.Is(err, unix.EACCES), errors.Is(err, unix.EPERM):
		return ingest.ReasonPermission
	case errors.Is(err, unix.EAGAIN):
		// Somebody holds a write lease, as Samba does for its clients: open(2), EWOULDBLOCK.
		return ingest.ReasonOpenForWrite
	}
	return ingest.ReasonIOError
}

// mountInfo is where Linux lists what is mounted with which options.
const mountInfo = "/proc/self/mountinfo"

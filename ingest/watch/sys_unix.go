//go:build unix && !linux

package watch

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"

	"poolsweep/ingest"
)

// Unix systems other than Linux are where people try things out; a service runs on
// Linux or Windows. So what follows is as safe as on Linux without openat2, and
// neither knows kinds of file systems nor asks for writers.

// openDir refuses a link in a folder's place.
const openDir = unix.O_RDONLY | unix.O_DIRECTORY | unix.O_NOFOLLOW | unix.O_CLOEXEC

// dir is an open folder.
type dir struct {
	fd  int
	dev uint64
}

// openRoot opens the folder that is watched and tells what it is.
func openRoot(path string) (*dir, identity, error) {
	fd, err := unix.Open(path, openDir, 0)
	if err != nil {
		return nil, identity{}, &os.PathError{Op: "open", Path: path, Err: err}
	}
	s, err := statHandle(fd)
	if err != nil {
		closeHandle(fd)
		return nil, identity{}, &os.PathError{Op: "stat", Path: path, Err: err}
	}
	return &dir{fd, s.dev}, identity{dev: s.dev, id: s.ID, kind: local}, nil
}

func (d *dir) close() { closeHandle(d.fd) }

// sub opens a folder in this one.
func (d *dir) sub(name string) (*dir, error) {
	fd, _, err := d.openat(name, openDir)
	if err != nil {
		return nil, err
	}
	return &dir{fd, d.dev}, nil
}

// open opens a file in this folder for reading and tells what it is by its handle.
func (d *dir) open(name string) (handle, sighting, error) { return d.openat(name, openFile) }

// openat opens one element of a path. It is looked at first, so that no device or
// pipe is opened, and O_NOFOLLOW refuses a link that has taken its place since.
func (d *dir) openat(name string, flags int) (handle, sighting, error) {
	s, err := d.lstat(name)
	switch {
	case err != nil:
		return -1, sighting{}, err
	case s.kind == link:
		return -1, sighting{}, unix.ELOOP
	case s.kind == 0:
		return -1, sighting{}, unix.ENXIO
	}
	fd, err := unix.Openat(d.fd, name, flags, 0)
	if err != nil {
		return -1, sighting{}, err
	}
	s, err = statHandle(fd)
	if err == nil && s.dev != d.dev {
		err = unix.EXDEV
	}
	if err != nil {
		closeHandle(fd)
		return -1, sighting{}, err
	}
	return fd, s, nil
}

// list calls visit for all names in the folder. What vanishes meanwhile is passed
// over.
func (d *dir) list(visit func(name []byte, s sighting, err error)) error {
	fd, err := unix.Openat(d.fd, ".", openDir, 0)
	if err != nil {
		return err
	}
	f := os.NewFile(uintptr(fd), ".")
	defer f.Close() // read only
	names, err := f.Readdirnames(-1)
	for _, name := range names {
		s, err := d.lstat(name)
		if err == unix.ENOENT {
			continue
		}
		visit([]byte(name), s, err)
	}
	return err
}

func (d *dir) lstat(name string) (sighting, error) {
	var st unix.Stat_t
	if err := unix.Fstatat(d.fd, name, &st, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return sighting{}, err
	}
	return sightingOf(&st), nil
}

// statHandle tells what an open file is.
func statHandle(fd handle) (sighting, error) {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return sighting{}, err
	}
	return sightingOf(&st), nil
}

func sightingOf(st *unix.Stat_t) sighting {
	s := sighting{Stamp: Stamp{Size: st.Size, Modified: st.Mtim.Nano(), Changed: st.Ctim.Nano(), ID: uint64(st.Ino)},
		links: uint32(st.Nlink), dev: uint64(st.Dev)}
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFREG:
		s.kind = regular
	case unix.S_IFDIR:
		s.kind = folder
	case unix.S_IFLNK:
		s.kind = link
	}
	return s
}

func writersOf(*dir, handle, string) writers { return writersUnknown }

func probes(string) bool { return false }

// refusalOf tells by its error why something could not be opened.
func refusalOf(err error) ingest.Reason {
	switch {
	case errors.Is(err, unix.ELOOP):
		return ingest.ReasonSymlink
	case errors.Is(err, unix.EXDEV):
		return ingest.ReasonOtherDevice
	case errors.Is(err, unix.ENXIO), errors.Is(err, unix.EISDIR), errors.Is(err, unix.ENOTDIR):
		return ingest.ReasonNotRegular
	case errors.Is(err, unix.EACCES), errors.Is(err, unix.EPERM):
		return ingest.ReasonPermission
	}
	return ingest.ReasonIOError
}

// mountInfo is a file of Linux; without it the defaults hold.
const mountInfo = ""

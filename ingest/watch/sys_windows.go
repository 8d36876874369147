package watch

import (
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"unsafe"

	"golang.org/x/sys/windows"

	"poolsweep/ingest"
)

// handle is an open file.
type handle = windows.Handle

// shareAll lets everybody else do to a file what they want while it is open here.
const shareAll = windows.FILE_SHARE_READ | windows.FILE_SHARE_WRITE | windows.FILE_SHARE_DELETE

// errReparse refuses symbolic links, junctions, mount points and all else that
// would lead on to something else.
var errReparse = errors.New("is a reparse point")

// dir is an open folder.
type dir struct {
	handle handle
	dev    uint64
}

// openRoot opens the folder that is watched and tells what it is.
func openRoot(path string) (*dir, identity, error) {
	d, id, err := root(path)
	if err != nil {
		return nil, identity{}, &os.PathError{Op: "open", Path: path, Err: err}
	}
	return d, id, nil
}

func root(path string) (*dir, identity, error) {
	wide, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return nil, identity{}, err
	}
	h, err := windows.CreateFile(wide,
		windows.FILE_LIST_DIRECTORY|windows.FILE_READ_ATTRIBUTES|windows.SYNCHRONIZE,
		shareAll, nil, windows.OPEN_EXISTING,
		windows.FILE_FLAG_BACKUP_SEMANTICS|windows.FILE_FLAG_OPEN_REPARSE_POINT, 0)
	if err != nil {
		return nil, identity{}, err
	}
	s, err := statHandle(h)
	switch {
	case err != nil:
	case s.kind == link:
		err = errReparse
	case s.kind != folder:
		err = windows.ERROR_DIRECTORY
	}
	var flags uint32
	if err == nil {
		err = windows.GetVolumeInformationByHandle(h, nil, 0, nil, nil, &flags, nil, 0)
	}
	if err != nil {
		closeHandle(h)
		return nil, identity{}, err
	}
	id := identity{dev: s.dev, id: s.ID, fsType: flags, kind: kindOf(h)}
	return &dir{handle: h, dev: s.dev}, id, nil
}

// kindOf tells by its full path whether a folder lies on a server.
func kindOf(h handle) string {
	wide := make([]uint16, windows.MAX_LONG_PATH)
	n, err := windows.GetFinalPathNameByHandle(h, &wide[0], uint32(len(wide)), 0)
	if err != nil || int(n) > len(wide) {
		return smb // the slower times
	}
	full := windows.UTF16ToString(wide[:n])
	if strings.HasPrefix(full, `\\?\UNC\`) {
		return smb
	}
	drive, err := windows.UTF16PtrFromString(filepath.VolumeName(strings.TrimPrefix(full, `\\?\`)) + `\`)
	if err != nil || windows.GetDriveType(drive) == windows.DRIVE_REMOTE {
		return smb
	}
	return local
}

func (d *dir) close() { closeHandle(d.handle) }

// sub opens a folder in this one.
func (d *dir) sub(name string) (*dir, error) {
	h, s, err := d.openat(name, windows.FILE_LIST_DIRECTORY, shareAll, windows.FILE_DIRECTORY_FILE)
	if err != nil {
		return nil, err
	}
	if s.kind != folder {
		closeHandle(h)
		return nil, windows.ERROR_DIRECTORY
	}
	return &dir{handle: h, dev: d.dev}, nil
}

// open opens a file in this folder for reading and tells what it is by its handle.
func (d *dir) open(name string) (handle, sighting, error) {
	return d.openat(name, windows.FILE_READ_DATA, shareAll, windows.FILE_NON_DIRECTORY_FILE)
}

// openat opens one element of a path from the handle of its folder, so that
// nothing above it can be turned elsewhere, and follows nothing.
func (d *dir) openat(name string, access, share, options uint32) (handle, sighting, error) {
	h, err := d.create(name, access, share, options)
	if err != nil {
		return windows.InvalidHandle, sighting{}, err
	}
	s, err := statHandle(h)
	if err == nil && s.kind == link {
		err = errReparse
	}
	if err != nil {
		closeHandle(h)
		return windows.InvalidHandle, sighting{}, err
	}
	return h, s, nil
}

// create is CreateFile relative to a folder.
func (d *dir) create(name string, access, share, options uint32) (handle, error) {
	wide, err := windows.NewNTUnicodeString(name)
	if err != nil {
		return windows.InvalidHandle, err
	}
	attributes := windows.OBJECT_ATTRIBUTES{
		RootDirectory: d.handle, ObjectName: wide, Attributes: windows.OBJ_CASE_INSENSITIVE,
	}
	attributes.Length = uint32(unsafe.Sizeof(attributes))
	var h handle
	var status windows.IO_STATUS_BLOCK
	err = windows.NtCreateFile(&h, access|windows.FILE_READ_ATTRIBUTES|windows.SYNCHRONIZE, &attributes, &status,
		nil, 0, share, windows.FILE_OPEN,
		options|windows.FILE_OPEN_REPARSE_POINT|windows.FILE_SYNCHRONOUS_IO_NONALERT, 0, 0)
	var nt windows.NTStatus
	if errors.Is(err, windows.STATUS_FILE_IS_A_DIRECTORY) { // Windows itself makes it "access denied"
		return windows.InvalidHandle, windows.ERROR_DIRECTORY_NOT_SUPPORTED
	}
	if errors.As(err, &nt) {
		return windows.InvalidHandle, nt.Errno()
	}
	return h, err
}

// list calls visit for all names in the folder. A listing tells the times and the
// number of each file, but of a file that is being written it may be late.
func (d *dir) list(visit func(name []byte, s sighting, err error)) error {
	buf := make([]byte, 64<<10)
	class := uint32(windows.FileIdBothDirectoryRestartInfo)
	for {
		err := windows.GetFileInformationByHandleEx(d.handle, class, &buf[0], uint32(len(buf)))
		if errors.Is(err, windows.ERROR_NO_MORE_FILES) {
			return nil
		}
		if err != nil {
			return err
		}
		class = windows.FileIdBothDirectoryInfo
		d.entries(buf, visit)
	}
}

// entries visits what lies in one buffer of FILE_ID_BOTH_DIR_INFO records:
// next 0, created 8, written 24, changed 32, size 40, attributes 56, length of the
// name in bytes 60, number of the file 96, name 104.
func (d *dir) entries(buf []byte, visit func(name []byte, s sighting, err error)) {
	for {
		attributes := binary.LittleEndian.Uint32(buf[56:])
		wide := make([]uint16, binary.LittleEndian.Uint32(buf[60:])/2)
		for i := range wide {
			wide[i] = binary.LittleEndian.Uint16(buf[104+2*i:])
		}
		s := sighting{
			Stamp: Stamp{
				Size:     int64(binary.LittleEndian.Uint64(buf[40:])),
				Modified: nanos(int64(binary.LittleEndian.Uint64(buf[24:]))),
				Changed:  nanos(int64(binary.LittleEndian.Uint64(buf[32:]))),
				ID:       binary.LittleEndian.Uint64(buf[96:]),
			},
			kind: kindBy(attributes), birth: nanos(int64(binary.LittleEndian.Uint64(buf[8:]))), dev: d.dev,
		}
		if name := windows.UTF16ToString(wide); name != "." && name != ".." {
			visit([]byte(name), s, nil)
		}
		next := binary.LittleEndian.Uint32(buf)
		if next == 0 {
			return
		}
		buf = buf[next:]
	}
}

func kindBy(attributes uint32) kind {
	switch {
	case attributes&windows.FILE_ATTRIBUTE_REPARSE_POINT != 0:
		return link
	case attributes&windows.FILE_ATTRIBUTE_DIRECTORY != 0:
		return folder
	case attributes&windows.FILE_ATTRIBUTE_DEVICE != 0:
		return 0
	}
	return regular
}

// statHandle tells what an open file is.
func statHandle(h handle) (sighting, error) {
	var info windows.ByHandleFileInformation
	if err := windows.GetFileInformationByHandle(h, &info); err != nil {
		return sighting{}, err
	}
	// FILE_BASIC_INFO: created, accessed, written, changed, attributes.
	var basic [40]byte
	err := windows.GetFileInformationByHandleEx(h, windows.FileBasicInfo, &basic[0], uint32(len(basic)))
	if err != nil {
		return sighting{}, err
	}
	return sighting{
		Stamp: Stamp{
			Size:     int64(info.FileSizeHigh)<<32 | int64(info.FileSizeLow),
			Modified: nanos(int64(binary.LittleEndian.Uint64(basic[16:]))),
			Changed:  nanos(int64(binary.LittleEndian.Uint64(basic[24:]))),
			ID:       uint64(info.FileIndexHigh)<<32 | uint64(info.FileIndexLow),
		},
		kind:  kindBy(info.FileAttributes),
		birth: nanos(int64(binary.LittleEndian.Uint64(basic[0:]))),
		links: info.NumberOfLinks,
		dev:   uint64(info.VolumeSerialNumber),
	}, nil
}

// nanos turns 100 ns since 1601 into nanoseconds since 1970.
func nanos(filetime int64) int64 {
	if filetime == 0 {
		return 0
	}
	return (filetime - 116444736000000000) * 100
}

// readAt fills a part from an open file.
func readAt(h handle, part []byte, at int64) error {
	for len(part) > 0 {
		var n uint32
		place := windows.Overlapped{Offset: uint32(at), OffsetHigh: uint32(at >> 32)}
		err := windows.ReadFile(h, part, &n, &place)
		if errors.Is(err, windows.ERROR_HANDLE_EOF) || err == nil && n == 0 {
			return errShort
		}
		if err != nil {
			return err
		}
		part, at = part[n:], at+int64(n)
	}
	return nil
}

func closeHandle(h handle) { _ = windows.CloseHandle(h) }

// fileOf makes a file of a handle, which it takes over.
func fileOf(h handle, name string) *os.File { return os.NewFile(uintptr(h), name) }

// probes reports whether writersOf can tell anything: servers know, too.
func probes(string) bool { return true }

// writersOf finds out whether somebody has a file open for writing: then it cannot
// be opened by one who wants it to himself. It is closed at once, because nobody can
// open it for writing meanwhile.
func writersOf(d *dir, _ handle, name string) writers {
	h, err := d.create(name, windows.FILE_READ_DATA, windows.FILE_SHARE_READ|windows.FILE_SHARE_DELETE,
		windows.FILE_NON_DIRECTORY_FILE)
	switch {
	case err == nil:
		closeHandle(h)
		return noWriter
	case isShared(err):
		return someWriter
	}
	return writersUnknown
}

func isShared(err error) bool {
	return errors.Is(err, windows.ERROR_SHARING_VIOLATION) || errors.Is(err, windows.ERROR_LOCK_VIOLATION)
}

func nameUnsafe(name []byte) bool { return unsafeOnWindows(string(name)) }

// refusalOf tells by its error why something could not be opened.
func refusalOf(err error) ingest.Reason {
	switch {
	case errors.Is(err, errReparse):
		return ingest.ReasonSymlink
	case errors.Is(err, windows.ERROR_DIRECTORY), errors.Is(err, windows.ERROR_DIRECTORY_NOT_SUPPORTED):
		return ingest.ReasonNotRegular
	case errors.Is(err, windows.ERROR_ACCESS_DENIED):
		return ingest.ReasonPermission
	case isShared(err):
		return ingest.ReasonOpenForWrite
	}
	return ingest.ReasonIOError
}

// mountInfo does not exist here: a file server is asked by Windows' own client.
const mountInfo = ""

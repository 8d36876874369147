package watch

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"
)

// Kinds of file systems, by how late they tell what others write.
const (
	local = "local"
	smb   = "smb"
	nfs   = "nfs"
	fuse  = "fuse" // and what else is neither known nor near
)

// times is how long a drop has to stand still.
type times struct {
	end   time.Duration // with an end line as its last
	quiet time.Duration // at least, without one
	long  time.Duration // when nothing shows an end
}

// A writer that pauses for longer than quiet is common, longer than long is rare: a
// command of the debugger over a slow cable may be silent for minutes. Shares show
// sizes and times from a cache, so all takes longer there; 5 s is one poll.
var kindTimes = map[string]times{
	local: {2 * time.Second, 10 * time.Second, 10 * time.Minute},
	smb:   {5 * time.Second, 30 * time.Second, 30 * time.Minute},
	nfs:   {5 * time.Second, 30 * time.Second, 30 * time.Minute},
	fuse:  {5 * time.Second, 30 * time.Second, 30 * time.Minute},
}

// timesFor returns the times of a kind of file system, with the user's own.
func (f *Folder) timesFor(kind string) times {
	t := kindTimes[kind]
	if kind == nfs {
		t.quiet = max(t.quiet, f.cache+5*time.Second)
	}
	override(&t.end, f.o.EndWait)
	override(&t.quiet, f.o.QuietWait)
	override(&t.long, f.o.LongWait)
	return t
}

func override(d *time.Duration, with time.Duration) {
	if with != 0 {
		*d = with
	}
}

// identity tells a folder from any other that may turn up at its path: an empty
// mount point, another share, a folder put in its place.
type identity struct {
	dev, id uint64
	fsType  uint32
	kind    string
}

// Why a folder is not trusted. Nothing in it is read, and nothing counts as gone.
var (
	errEmpty  = errors.New("holds no drop, but did before: is the share mounted?")
	errOther  = errors.New("is another folder than before, and none of its drops is known")
	errMarker = errors.New("lacks its marker file")
)

// trust decides whether what lies at the path is the folder that is watched. A
// share that comes back under another device number is known by its marker or, if
// it has none, by any drop of the same name, size and time.
func (w *walk) trust(root *dir, id identity) error {
	if w.o.Kind != "" {
		id.kind = w.o.Kind
	}
	before := w.share.Load()
	switch {
	case w.o.Marker != "":
		if err := w.marked(root); err != nil {
			return err
		}
	case before != nil && *before == id, !w.knows():
	default:
		known := walk{Folder: w.Folder, dry: true}
		if err := known.folder(root, 1); err != nil {
			return err
		}
		if known.files == 0 {
			return fmt.Errorf("folder %q %w", w.Folder.path, errEmpty)
		}
		if !known.matched {
			return fmt.Errorf("folder %q %w", w.Folder.path, errOther)
		}
	}
	if before == nil || *before != id {
		w.adopt(id)
	}
	return nil
}

// trusted makes sure that an open folder is the one that a poll trusted. Who never
// polls goes by the marker alone.
func (f *Folder) trusted(root *dir, id identity) error {
	if f.o.Unpolled {
		return f.marked(root)
	}
	if f.o.Kind != "" {
		id.kind = f.o.Kind
	}
	if known := f.share.Load(); known == nil || *known != id {
		return errOther
	}
	return nil
}

// marked makes sure that the marker file is there, if there is to be one.
func (f *Folder) marked(root *dir) error {
	if f.o.Marker == "" {
		return nil
	}
	h, _, err := root.open(f.o.Marker)
	if err != nil {
		return fmt.Errorf("folder %q %w %q: %w", f.path, errMarker, f.o.Marker, err)
	}
	closeHandle(h)
	return nil
}

// knows reports whether any drop was ever seen or handed back.
func (f *Folder) knows() bool { return len(f.settled)+len(f.pending) > 0 }

// adopt takes the folder as the one that is watched.
func (f *Folder) adopt(id identity) {
	f.share.Store(&id)
	f.cache = f.o.AttributeCache
	if id.kind == nfs && f.cache == 0 {
		table, _ := os.ReadFile(mountInfo) // without it the default holds
		f.cache = attributeCache(table, id.dev)
	}
}

// attributeCache finds out for how long an NFS mount may show old attributes of a
// file: its option acregmax, which is listed only when it is not 60 s (nfs(5)). A
// line of the table:
//
//	98 27 0:52 / /srv/drop rw,relatime shared:4 - nfs4 lab:/drop rw,vers=4.2,acregmax=10,hard
func attributeCache(table []byte, dev uint64) time.Duration {
	wanted := fmt.Sprintf("%d:%d", major(dev), minor(dev))
	for line := range bytes.Lines(table) {
		fields := bytes.Fields(line)
		if len(fields) < 10 || string(fields[2]) != wanted {
			continue
		}
		for option := range bytes.SplitSeq(fields[len(fields)-1], []byte(",")) {
			if string(option) == "noac" {
				return 0
			}
			if value, ok := bytes.CutPrefix(option, []byte("acregmax=")); ok {
				if seconds, err := strconv.Atoi(string(value)); err == nil {
					return time.Duration(seconds) * time.Second
				}
			}
		}
	}
	return time.Minute
}

// major and minor take a device number of Linux apart, as makedev(3) puts it
// together.
func major(dev uint64) uint64 { return dev>>8&0xfff | dev>>32&0xfffff000 }
func minor(dev uint64) uint64 { return dev&0xff | dev>>12&0xffffff00 }

package unpack

import (
	"errors"
	"fmt"
	"io"
	"sync/atomic"
)

// Limits bound what an archive may cost. What breaks one is refused; the way
// around is always to unpack the archive by hand and give the folder.
type Limits struct {
	Bytes   int64 // unpacked from one archive given, with all archives in it
	Entry   int64 // unpacked of one file
	Ratio   int64 // unpacked bytes for each packed one, once there are more than Free
	Free    int64
	Entries int64 // files and folders in one archive given, with all archives in it
	Depth   int   // archives inside each other; ".tar.gz" counts as one
	Held    int64 // size of a zip or 7z inside an archive: read from its end, it lies in memory
	Window  int64 // memory that unpacking may ask for
}

// DefaultLimits returns limits that a lab's archives stay far below.
func DefaultLimits() Limits {
	const mib = 1 << 20
	return Limits{
		Bytes:   32 << 10 * mib, // a run of 500 machines with a log of 64 MiB each
		Entry:   8 << 10 * mib,  // eight times the longest log seen, ten million instances
		Ratio:   200,            // such a log packs 25:1 in xz, 15:1 in gzip; zeros 1000:1 and more
		Free:    64 * mib,       // no harm at any ratio: two seconds
		Entries: 20_000,         // a run with 40 files a machine
		Depth:   3,              // run.zip holds LAB-014.zip holds kd.log.gz
		Held:    64 * mib,       // a machine's logs; several are held at a time
		Window:  128 * mib,      // the most that zstd --ultra and xz -9 ask for
	}
}

// LimitError tells which limit was broken.
type LimitError struct {
	Limit string // name of the field of Limits
	What  string // "unpacks to more than 8 GiB"
}

// Error words the breach and the way around it.
func (e *LimitError) Error() string {
	return fmt.Sprintf("%s (limit %q); unpack it by hand and give the folder", e.What, e.Limit)
}

// size words a limit of bytes, which are round numbers.
func size(n int64) string {
	units := []string{"bytes", "KiB", "MiB", "GiB"}
	i := 0
	for n >= 1024 && n%1024 == 0 && i+1 < len(units) {
		n /= 1024
		i++
	}
	return fmt.Sprintf("%d %s", n, units[i])
}

// budget is what one archive given may still cost.
type budget struct {
	Limits
	packed  int64 // size of the archive given
	bytes   atomic.Int64
	entries atomic.Int64
	broken  atomic.Pointer[LimitError] // a limit of the whole archive that was broken
	failed  atomic.Pointer[error]      // why the archive itself could not be read
}

// count takes one more entry.
func (b *budget) count() error {
	if b.entries.Add(1) > b.Entries {
		return b.crowded()
	}
	return nil
}

// crowded refuses an archive with too many entries.
func (b *budget) crowded() *LimitError {
	return &LimitError{"Entries", fmt.Sprintf("holds more than %d files and folders", b.Entries)}
}

// afford takes up an entry of known size, unless it is too big. Deciding by what
// is stated, in the order of the entries, gives the same answer however many are
// unpacked at a time.
func (b *budget) afford(out, packed int64) error {
	if out > b.Entry {
		return &LimitError{"Entry", "unpacks to more than " + size(b.Entry)}
	}
	if out > b.Free && out/b.Ratio > packed {
		return b.swollen(b.Ratio)
	}
	all := b.bytes.Add(out)
	switch {
	case all > b.Bytes:
		b.bytes.Add(-out)
		return &LimitError{"Bytes", "would make it more than " + size(b.Bytes) + " unpacked from one archive"}
	case all > b.Free && all/b.Ratio/2 > b.packed:
		b.bytes.Add(-out)
		return b.swollen(2 * b.Ratio)
	}
	return nil
}

func (b *budget) swollen(times int64) *LimitError {
	return &LimitError{"Ratio", fmt.Sprintf("unpacks to more than %d times its size", times)}
}

// breach ends the whole archive.
func (b *budget) breach(e *LimitError) *LimitError {
	b.broken.CompareAndSwap(nil, e)
	return b.broken.Load()
}

// metered counts what comes out of a decompressor.
type metered struct {
	*budget
	r      io.Reader
	out    int64
	packed func() int64 // bytes that went in so far
}

// Read unpacks on, unless a limit is broken.
func (m *metered) Read(p []byte) (int, error) {
	if e := m.broken.Load(); e != nil {
		return 0, e
	}
	n, err := m.r.Read(p)
	m.out += int64(n)
	all := m.bytes.Add(int64(n))
	switch {
	case m.out > m.Free && m.out/m.Ratio > m.packed():
		return n, m.swollen(m.Ratio)
	case all > m.Bytes:
		return n, m.breach(&LimitError{"Bytes", "unpacks to more than " + size(m.Bytes)})
	case all > m.Free && all/m.Ratio/2 > m.budget.packed: // good ones beside a bad one pass
		return n, m.breach(m.swollen(2 * m.Ratio))
	}
	return n, err
}

// counted counts the bytes read from r, and keeps apart what fails below the
// archive, a share that is gone, from what is wrong with the archive.
type counted struct {
	*budget
	r    io.Reader
	read int64
}

// Read passes on the next bytes.
func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.read += int64(n)
	c.note(err)
	return n, err
}

func (c *counted) taken() int64 { return c.read }

// countedAt is counted for access at any place. It bounds how much is read before
// the table of contents is known.
type countedAt struct {
	*budget
	r    io.ReaderAt
	left atomic.Int64
	open bool // the table of contents is known
}

// ReadAt passes on bytes.
func (c *countedAt) ReadAt(p []byte, at int64) (int, error) {
	if !c.open && c.left.Add(-int64(len(p))) < 0 {
		return 0, c.crowded()
	}
	n, err := c.r.ReadAt(p, at)
	c.note(err)
	return n, err
}

// note keeps an error of the source. Broken limits of an archive around are none.
func (b *budget) note(err error) {
	var limit *LimitError
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF && !errors.As(err, &limit) {
		b.failed.CompareAndSwap(nil, &err)
	}
}

package unpack

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"

	"github.com/bodgit/sevenzip"
)

// sevenZip reads a 7z. Its files are mostly packed one behind the other, in one
// stream, so they are read in their order and not at the same time.
func (w *walk) sevenZip(at *countedAt, a Archive) error {
	err := w.checkToc(at, a.Size)
	var z *sevenzip.Reader
	if err == nil {
		z, err = sevenzip.NewReader(at, a.Size)
	}
	if err != nil {
		if encrypted(err) {
			return errLocked
		}
		return fmt.Errorf("its table of contents cannot be read: %w", w.cause(err))
	}
	at.open = true
	for _, f := range z.File {
		if f.FileInfo().IsDir() {
			if err := w.count(); err != nil {
				return err
			}
			continue
		}
		e := &Entry{Name: label(f.Name), Link: f.Mode()&fs.ModeType != 0}
		e.open = func() (*Content, error) { return w.openSevenZip(f, a.Size) }
		if err := w.entry(e); err != nil {
			return err
		}
	}
	return nil
}

// openSevenZip opens a file. Its share of the packed bytes is not known, so the
// whole archive counts for it.
func (w *walk) openSevenZip(f *sevenzip.File, packed int64) (*Content, error) {
	r, err := f.Open()
	switch {
	case encrypted(err):
		return nil, errLocked
	case err != nil:
		return nil, fmt.Errorf("open entry: %w", w.cause(err))
	}
	m := &metered{budget: &w.budget, r: locked{r}, packed: func() int64 { return packed }}
	return &Content{budget: &w.budget, r: m, close: r.Close}, nil
}

var errLocked = errors.New("is encrypted; unpack it with its password first")

// locked words what comes of reading an encrypted file: it only looks damaged.
type locked struct{ io.Reader }

// Read unpacks on.
func (l locked) Read(p []byte) (int, error) {
	n, err := l.Reader.Read(p)
	if encrypted(err) {
		err = errLocked
	}
	return n, err
}

// encrypted reports whether an error of sevenzip is about a password.
func encrypted(err error) bool {
	var read *sevenzip.ReadError
	return errors.As(err, &read) && read.Encrypted
}

// The library allocates what the counts in a 7z's table of contents say, before it
// finds out that nothing is behind them, and no recover helps a process out of
// memory. So the counts are checked before: here is as much of a reader as that
// takes. Numbers of the format are in hexadecimal, with their names behind.

// errToc refuses a table of contents that makes no sense.
var errToc = errors.New("its parts do not fit together")

// The fixed part at the front of a 7z: magic, version, checksum of what follows,
// then place (counted from behind this part), size and checksum of the table.
const (
	tocStart = 32
	tocAt    = 12
)

// checkToc refuses a 7z with more files, streams or folders than there may be.
func (w *walk) checkToc(at io.ReaderAt, size int64) error {
	var front [tocStart]byte
	if _, err := at.ReadAt(front[:], 0); err != nil {
		return err
	}
	begin := tocStart + int64(binary.LittleEndian.Uint64(front[tocAt:]))
	length := int64(binary.LittleEndian.Uint64(front[tocAt+8:]))
	if length == 0 {
		return nil // without files
	}
	if begin < tocStart || length < 0 || length > size || begin > size-length {
		return io.ErrUnexpectedEOF
	}
	if length > w.Entries*inIndex {
		return w.crowded()
	}
	toc := make([]byte, length)
	if _, err := at.ReadAt(toc, begin); err != nil {
		return err
	}
	locks := bytes.Contains(toc, []byte("\x06\xf1\x07\x01")) // with a password it unpacks to nonsense
	if toc[0] == 0x17 {                                      // it is packed itself
		t := table{budget: &w.budget, b: toc[1:]}
		if t.streams(); t.err != nil {
			return t.err
		}
		var err error
		if toc, err = w.unpackToc(at, front, begin, toc[1:]); err != nil {
			return err
		}
	}
	t := table{budget: &w.budget, b: toc}
	err := t.check()
	if errors.Is(err, errToc) && locks {
		return errLocked
	}
	return err
}

// unpackToc unpacks a table of contents as if it were the one file of an archive:
// the same bytes with another table behind them.
func (w *walk) unpackToc(at io.ReaderAt, front [tocStart]byte, begin int64, streams []byte) ([]byte, error) {
	toc := append([]byte{0x01, 0x04}, streams...)                                     // header, main streams
	toc = append(toc, 0x05, 1, 0x11, 5, 0, 't', 0, 0, 0, 0x00, 0x00)                  // one file, its name
	binary.LittleEndian.PutUint64(front[tocAt+8:], uint64(len(toc)))                  // size
	binary.LittleEndian.PutUint32(front[tocAt+16:], crc32.ChecksumIEEE(toc))          // checksum
	binary.LittleEndian.PutUint32(front[tocAt-4:], crc32.ChecksumIEEE(front[tocAt:])) // of the front
	both := &patched{at, []patch{{0, front[:]}, {begin, toc}}}
	z, err := sevenzip.NewReader(both, begin+int64(len(toc)))
	if err != nil {
		return nil, err
	}
	if len(z.File) != 1 {
		return nil, errToc
	}
	r, err := z.File[0].Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	most := w.Entries * inIndex
	out, err := io.ReadAll(io.LimitReader(r, most+1))
	if int64(len(out)) > most {
		return nil, w.crowded()
	}
	return out, err
}

// patched is a source with other bytes at some places.
type patched struct {
	io.ReaderAt
	patches []patch
}

// patch is what stands at one place instead.
type patch struct {
	at    int64
	bytes []byte
}

// ReadAt reads on, up to the next change between patches and the source.
func (p *patched) ReadAt(b []byte, at int64) (int, error) {
	done := 0
	for done < len(b) {
		n, err := p.piece(b[done:], at+int64(done))
		done += n
		if err != nil && done < len(b) {
			return done, err
		}
	}
	return done, nil
}

// piece reads from one patch, or from the source up to the next one.
func (p *patched) piece(b []byte, at int64) (int, error) {
	for _, patch := range p.patches {
		switch {
		case at >= patch.at && at < patch.at+int64(len(patch.bytes)):
			return copy(b, patch.bytes[at-patch.at:]), nil
		case at < patch.at:
			b = b[:min(int64(len(b)), patch.at-at)]
		}
	}
	n, err := p.ReaderAt.ReadAt(b, at)
	if n == 0 && err == nil {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// table is a table of contents on its way through the checks.
type table struct {
	*budget
	b      []byte
	err    error
	folder []packedFolder
}

// packedFolder is what 7z calls a folder: streams that are packed together.
type packedFolder struct {
	outs    uint64 // streams out of its coders
	streams uint64 // files in it
	summed  bool   // its checksum is known
}

// fail ends the checks: nothing behind nonsense has a meaning.
func (t *table) fail() {
	if t.err == nil {
		t.err = errToc
	}
	t.b = nil
}

func (t *table) skip(n uint64) {
	if n > uint64(len(t.b)) {
		t.fail()
		return
	}
	t.b = t.b[n:]
}

func (t *table) byte() byte {
	if len(t.b) == 0 {
		t.fail()
		return 0
	}
	c := t.b[0]
	t.b = t.b[1:]
	return c
}

// number reads a number: the leading ones of the first byte say how many bytes
// follow, its other bits are the highest.
func (t *table) number() uint64 {
	first := t.byte()
	var v uint64
	mask := byte(0x80)
	for i := 0; i < 8; i++ {
		if first&mask == 0 {
			return v | uint64(first&(mask-1))<<(8*i)
		}
		v |= uint64(t.byte()) << (8 * i)
		mask >>= 1
	}
	return v
}

// count reads how many of something there are.
func (t *table) count() uint64 {
	n := t.number()
	if n > uint64(t.Entries) && t.err == nil {
		t.err, t.b = t.crowded(), nil
	}
	if t.err != nil {
		return 0
	}
	return n
}

// numbers passes over numbers that nothing is allocated for.
func (t *table) numbers(n uint64) {
	for range n {
		t.number()
	}
}

// sums reads n checksums, or those that are known, and tells which.
func (t *table) sums(n uint64) []bool {
	known := make([]bool, n)
	all := t.byte() != 0
	var bits byte
	for i := range known {
		if i%8 == 0 && !all {
			bits = t.byte()
		}
		known[i] = all || bits<<(i%8)&0x80 != 0
	}
	for _, is := range known {
		if is {
			t.skip(4)
		}
	}
	return known
}

// check reads up to the number of files, from which all else follows.
func (t *table) check() error {
	if t.byte() != 0x01 { // header
		t.fail()
	}
	for t.err == nil {
		switch t.byte() {
		case 0x00: // end
			return t.err
		case 0x02: // properties of the archive
			for t.byte() != 0 {
				t.skip(t.number())
			}
		case 0x03, 0x04: // additional streams, main streams
			t.streams()
		case 0x05: // files
			t.count()
			return t.err
		default:
			t.fail()
		}
	}
	return t.err
}

// streams reads where the packed streams lie and what comes out of them.
func (t *table) streams() {
	for t.err == nil {
		switch t.byte() {
		case 0x00: // end
			return
		case 0x06: // packed streams
			t.number()
			t.sized(t.count())
		case 0x07: // folders
			t.folders()
		case 0x08: // files in folders
			t.files()
		default:
			t.fail()
		}
	}
}

// sized reads n sizes and checksums of packed streams.
func (t *table) sized(n uint64) {
	for t.err == nil {
		switch t.byte() {
		case 0x00: // end
			return
		case 0x09: // sizes
			t.numbers(n)
		case 0x0a: // checksums
			t.sums(n)
		default:
			t.fail()
		}
	}
}

// folders reads how the packed streams are unpacked, a folder at a time, what
// sizes come out of each coder, and the checksums of the last ones.
func (t *table) folders() {
	for t.err == nil {
		switch t.byte() {
		case 0x00: // end
			return
		case 0x0b: // folders
			n := t.count()
			if t.byte() != 0 { // they are elsewhere
				t.fail()
			}
			for i := uint64(0); i < n && t.err == nil; i++ {
				t.folder = append(t.folder, packedFolder{outs: t.coders(), streams: 1})
			}
		case 0x0c: // sizes
			for _, f := range t.folder {
				t.numbers(f.outs)
			}
		case 0x0a: // checksums
			for i, known := range t.sums(uint64(len(t.folder))) {
				t.folder[i].summed = known
			}
		default:
			t.fail()
		}
	}
}

// mostCoders is what the format allows in one folder.
const mostCoders = 32

// coders reads how the streams of a folder are packed, and returns how many come out.
func (t *table) coders() (outs uint64) {
	var ins uint64
	n := t.number()
	for i := uint64(0); i < n && t.err == nil; i++ {
		flags := t.byte()
		t.skip(uint64(flags & 0x0f)) // its name
		in, out := uint64(1), uint64(1)
		if flags&0x10 != 0 {
			in, out = t.number(), t.number()
		}
		if flags&0x20 != 0 {
			t.skip(t.number()) // its properties
		}
		if ins, outs = ins+in, outs+out; n > mostCoders || in > mostCoders || out > mostCoders {
			t.fail()
		}
	}
	if outs == 0 || ins+1 < outs {
		t.fail()
		return 0
	}
	t.numbers(2 * (outs - 1)) // which stream goes where
	if packed := ins + 1 - outs; packed > 1 {
		t.numbers(packed)
	}
	return outs
}

// files reads how many files each folder holds. Nothing said means one each. The
// last size of a folder is what the others leave of it, so it is not stored; nor
// is the checksum of a single file whose folder has one.
func (t *table) files() {
	for t.err == nil {
		switch t.byte() {
		case 0x00: // end
			return
		case 0x0d: // how many in each folder
			var all uint64
			for i := range t.folder {
				t.folder[i].streams = t.count()
				if all += t.folder[i].streams; all > uint64(t.Entries) && t.err == nil {
					t.err = t.crowded()
				}
			}
		case 0x09: // sizes of all but the last
			for _, f := range t.folder {
				t.numbers(max(f.streams, 1) - 1)
			}
		case 0x0a: // checksums of those that have none yet
			var n uint64
			for _, f := range t.folder {
				if f.streams != 1 || !f.summed {
					n += f.streams
				}
			}
			t.sums(n)
		default:
			t.fail()
		}
	}
}

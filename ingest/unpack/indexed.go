package unpack

import (
	"archive/zip"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"sync"
	"unicode/utf8"

	"github.com/klauspost/compress/flate"
)

// inIndex is how many bytes a table of contents has for one entry, at most.
const inIndex = 512

// indexed reads an archive with a table of contents.
func (w *walk) indexed(kind string, a Archive, r io.Reader) error {
	if a.At == nil {
		held, err := io.ReadAll(io.LimitReader(r, w.Held+1))
		switch {
		case err != nil:
			return err
		case int64(len(held)) > w.Held:
			return &LimitError{"Held", fmt.Sprintf("is a %s of more than %s inside an archive", kind, size(w.Held))}
		}
		a.At, a.Size = bytes.NewReader(held), int64(len(held))
	}
	at := &countedAt{budget: &w.budget, r: a.At}
	at.left.Store(max(w.Entries*inIndex, 1<<20))
	if kind == Zip {
		return w.zip(at, a)
	}
	return w.sevenZip(at, a)
}

// cause returns what made an archive unreadable, our own reasons first.
func (w *walk) cause(err error) error {
	if e := w.broken.Load(); e != nil {
		return e
	}
	if e := w.failed.Load(); e != nil {
		return *e
	}
	return err
}

// zip reads a zip. Each of its files is packed by itself, so they can be read at
// the same time.
func (w *walk) zip(at *countedAt, a Archive) error {
	z, err := zip.NewReader(at, a.Size)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) { // names are labels
		if at.left.Load() < 0 {
			return w.crowded()
		}
		return fmt.Errorf("its table of contents cannot be read: %w", w.cause(err))
	}
	at.open = true
	z.RegisterDecompressor(zip.Deflate, w.inflate)
	names := zipNames(z.File)
	shared := overlapping(z.File)
	for _, f := range z.File {
		if f.FileInfo().IsDir() {
			if err := w.count(); err != nil {
				return err
			}
			continue
		}
		e := &Entry{Name: label(names(f)), Lasting: a.Inside == 0, Link: f.Mode()&fs.ModeType != 0}
		refused := w.refuseZip(f, shared[f])
		e.open = func() (*Content, error) { return w.openZip(f, refused) }
		if err := w.entry(e); err != nil {
			return err
		}
	}
	return nil
}

// inflater is a decompressor on loan.
type inflater struct {
	io.ReadCloser
	pool *sync.Pool
}

// inflate starts to unpack a stream. What it needs would be most of the cost of a
// short entry if it were made anew.
func (u *Unpacker) inflate(r io.Reader) io.ReadCloser {
	if z, ok := u.inflaters.Get().(io.ReadCloser); ok && z.(flate.Resetter).Reset(r, nil) == nil {
		return &inflater{z, &u.inflaters}
	}
	return &inflater{flate.NewReader(r), &u.inflaters}
}

// Read unpacks on. The end comes by itself: zip drops what comes together with an
// end it did not expect.
func (i *inflater) Read(p []byte) (int, error) {
	n, err := i.ReadCloser.Read(p)
	if n > 0 && err == io.EOF {
		err = nil
	}
	return n, err
}

// Close gives the decompressor back.
func (i *inflater) Close() error {
	i.pool.Put(i.ReadCloser)
	return nil
}

// zipNames returns how to decode the names in a zip. All are in one encoding.
func zipNames(files []*zip.File) func(*zip.File) string {
	var sample []byte
	for _, f := range files {
		if f.NonUTF8 {
			sample = append(append(sample, f.Name...), '\n')
		}
	}
	enc := nameEncoding(sample, cp437)
	return func(f *zip.File) string {
		if !f.NonUTF8 || utf8.ValidString(f.Name) {
			return f.Name
		}
		name, _ := enc.append(nil, []byte(f.Name))
		return string(name)
	}
}

// overlapping returns the entries whose data lies within that of another one, as
// only bombs have it.
func overlapping(files []*zip.File) map[*zip.File]bool {
	type span struct {
		f          *zip.File
		begin, end int64
	}
	spans := make([]span, 0, len(files))
	for _, f := range files {
		if begin, err := f.DataOffset(); err == nil && f.CompressedSize64 > 0 {
			spans = append(spans, span{f, begin, begin + int64(min(f.CompressedSize64, 1<<62))})
		}
	}
	slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(a.begin, b.begin) })
	shared := map[*zip.File]bool{}
	var end int64
	for _, s := range spans {
		if s.begin < end {
			shared[s.f] = true
		}
		end = max(end, s.end)
	}
	return shared
}

// deflate64 is a method that no library here reads. Windows Explorer uses it for
// files above 2 GiB.
const deflate64 = 9

// deflated is how many bytes one can unpack to at most in the method of most
// zips; a bigger size than that is forged or damaged, and not believed.
const deflated = 1032

// refuseZip says why an entry cannot be opened, or returns nil. An encrypted one
// would only look corrupt.
func (w *walk) refuseZip(f *zip.File, shared bool) error {
	switch {
	case f.Flags&1 != 0:
		return errLocked
	case f.Method == deflate64:
		return errors.New("is packed with deflate64, as Windows does above 2 GiB; unpack it first")
	case f.Method != zip.Store && f.Method != zip.Deflate:
		return fmt.Errorf("is packed with method %d of zip, which cannot be read; unpack it first", f.Method)
	case shared:
		return errors.New("lies over another entry in the zip, as only made-up archives have it")
	}
	packed := min(f.CompressedSize64, 1<<48)
	return w.afford(int64(min(f.UncompressedSize64, packed*deflated+deflated)), int64(packed))
}

func (w *walk) openZip(f *zip.File, refused error) (*Content, error) {
	if refused != nil {
		return nil, refused
	}
	r, err := f.Open()
	if err != nil {
		return nil, fmt.Errorf("open entry: %w", w.cause(err))
	}
	return &Content{budget: &w.budget, r: r, close: r.Close}, nil
}

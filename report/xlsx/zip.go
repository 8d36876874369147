package xlsx

import (
	"archive/zip"
	"bytes"
	"cmp"
	"errors"
	"io"
	"io/fs"
	"slices"
	"strings"

	"github.com/klauspost/compress/flate"
)

// parts takes the parts of a workbook as excelize makes them, which for a table is
// a sheet without its rows, and writes them in a fixed order, without a date. So a
// workbook takes the memory of its frame, whatever its length.
type parts struct {
	done []*part
	// finish has by a part's name what completes it on its way out.
	finish map[string]func(to io.Writer, xml []byte) error
}

type part struct {
	name string
	bytes.Buffer
}

// Create begins the next part.
func (p *parts) Create(name string) (io.Writer, error) {
	next := &part{name: name}
	p.done = append(p.done, next)
	return next, nil
}

// AddFS is there for excelize's interface; no workbook of ours holds files.
func (p *parts) AddFS(fs.FS) error { return errors.ErrUnsupported }

// Close has nothing to complete: nothing is written before writeTo.
func (p *parts) Close() error { return nil }

// sheetFolder holds the sheets, "sheet1.xml" first.
const sheetFolder = "xl/worksheets/"

// order sorts parts by name and the sheets in their order behind them: sheet2
// before sheet10. [Content_Types].xml, which readers expect first, also sorts first.
func order(a, b *part) int {
	length := func(p *part) int {
		if strings.HasPrefix(p.name, sheetFolder+"sheet") {
			return len(p.name)
		}
		return 0
	}
	return cmp.Or(cmp.Compare(length(a), length(b)), cmp.Compare(a.name, b.name))
}

// writeTo writes the archive.
func (p *parts) writeTo(w io.Writer) error {
	slices.SortFunc(p.done, order)
	z := zip.NewWriter(w)
	d := &deflater{}
	z.RegisterCompressor(zip.Deflate, d.open)
	for _, part := range p.done {
		to, err := z.CreateHeader(&zip.FileHeader{Name: part.name, Method: zip.Deflate})
		if err != nil {
			return err
		}
		if finish := p.finish[part.name]; finish != nil {
			err = finish(to, part.Bytes())
		} else {
			_, err = to.Write(mended(part.name, part.Bytes()))
		}
		if err != nil {
			return err
		}
	}
	return z.Close()
}

// deflateLevel is where smaller files begin to cost far more time.
const deflateLevel = 5

// deflater is one compressor for all parts: a new one for each would cost more than
// the small parts themselves.
type deflater struct {
	*flate.Writer
}

// open begins a part; the part before it is complete.
func (d *deflater) open(w io.Writer) (io.WriteCloser, error) {
	if d.Writer != nil {
		d.Reset(w)
		return d, nil
	}
	var err error
	d.Writer, err = flate.NewWriter(w, deflateLevel)
	return d, err
}

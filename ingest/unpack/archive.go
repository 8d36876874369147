package unpack

import (
	"archive/tar"
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"path"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"
)

// Kinds of archives, as Kind names them.
const (
	Zip    = "zip"
	SevenZ = "7z"
	Tar    = "tar"
	Gzip   = "gzip"
	Zstd   = "zstd"
	XZ     = "xz"
)

// Sniffed is how many bytes of a file Kind needs.
const Sniffed = 512

var magics = []struct{ start, kind string }{
	{"PK\x03\x04", Zip},
	{"PK\x05\x06", Zip}, // without entries
	{"7z\xbc\xaf\x27\x1c", SevenZ},
	{"\x1f\x8b", Gzip},
	{"\x28\xb5\x2f\xfd", Zstd},
	{"\xfd7zXZ\x00", XZ},
}

// Kind names the kind of an archive by its first bytes, never by its name. It
// returns "" for anything else.
func Kind(head []byte) string {
	for _, m := range magics {
		if bytes.HasPrefix(head, []byte(m.start)) {
			return m.kind
		}
	}
	if len(head) >= 262 && string(head[257:262]) == "ustar" {
		return Tar
	}
	return ""
}

// Archive is an archive to unpack: one that was given, or one found inside another.
type Archive struct {
	Name   string // last element of its path
	Inside int    // how many archives it lies in
	Reader io.Reader
	At     io.ReaderAt // nil when it can only be read from front to back
	Size   int64       // of At
}

// Entry is one file in an archive.
type Entry struct {
	// Name is a label with forward slashes. It may hold "..", or begin with a slash
	// or a drive: it must never be used as a path.
	Name string
	// Alone says that the archive is nothing but this file, compressed.
	Alone bool
	// Link says that it is no file but a link or a device.
	Link bool
	// Lasting entries may be opened after visit has returned, at the same time as
	// others; the others must be read before.
	Lasting bool

	open func() (*Content, error)
}

// Open begins to unpack the entry.
func (e *Entry) Open() (*Content, error) { return e.open() }

// Content is what an entry holds.
type Content struct {
	*budget
	r      io.Reader
	close  func() error
	read   int64
	damage error
}

// Read unpacks on. Where the archive is damaged the content ends, and Damage tells
// why; an error is a broken limit or a failure to read the archive.
func (c *Content) Read(p []byte) (int, error) {
	if c.damage != nil {
		return 0, io.EOF
	}
	n, err := c.r.Read(p)
	c.read += int64(n)
	if c.read > c.Entry {
		return 0, &LimitError{"Entry", "unpacks to more than " + size(c.Entry)}
	}
	var limit *LimitError
	switch {
	case err == nil, err == io.EOF, errors.As(err, &limit):
		return n, err
	case c.failed.Load() != nil:
		return n, *c.failed.Load()
	}
	c.damage = err
	return n, io.EOF
}

// Damage returns why the content is not all there, or not as it was packed.
func (c *Content) Damage() error { return c.damage }

// Close ends the unpacking.
func (c *Content) Close() error {
	if c.close == nil {
		return nil
	}
	return c.close()
}

// Unpacker unpacks one archive that was given and the archives found in it, all
// within the same limits.
type Unpacker struct {
	budget
	inflaters sync.Pool
}

// NewUnpacker returns an Unpacker for an archive of size bytes.
func NewUnpacker(limits Limits, size int64) *Unpacker {
	return &Unpacker{budget: budget{Limits: limits, packed: size}}
}

// Walk hands all files in the archive to visit, in the order they lie in it. It
// returns the error of visit, or what ended the archive early: files handed out
// before are good.
func (u *Unpacker) Walk(a Archive, visit func(*Entry) error) error {
	if a.Inside >= u.Depth {
		return &LimitError{"Depth", fmt.Sprintf("lies in %d archives inside each other", a.Inside)}
	}
	src := &counted{budget: &u.budget, r: a.Reader}
	head := bufio.NewReaderSize(src, 64<<10)
	start, err := head.Peek(Sniffed)
	if err != nil && err != io.EOF {
		return err
	}
	w := &walk{u, visit, map[string]int{}}
	switch kind := Kind(start); kind {
	case Zip, SevenZ:
		return w.indexed(kind, a, head)
	case Tar:
		return w.tar(head)
	case Gzip, Zstd, XZ:
		return w.packed(kind, a.Name, src, head)
	}
	return errors.New("is no archive")
}

// walk is one pass over one archive.
type walk struct {
	*Unpacker
	visit func(*Entry) error
	names map[string]int
}

// entry hands out one entry, unless there are too many.
func (w *walk) entry(e *Entry) error {
	if err := w.count(); err != nil {
		return err
	}
	if w.names[e.Name]++; w.names[e.Name] > 1 {
		e.Name = fmt.Sprintf("%s#%d", e.Name, w.names[e.Name])
	}
	return w.visit(e)
}

// packed reads what one compressor made: a tar, or one file.
func (w *walk) packed(kind, name string, src *counted, head *bufio.Reader) error {
	r, done, err := w.decompressor(kind, head)
	if err != nil {
		return err
	}
	defer done()
	out := bufio.NewReaderSize(&metered{budget: &w.budget, r: r, packed: src.taken}, 64<<10)
	if start, _ := out.Peek(Sniffed); Kind(start) == Tar {
		if err := w.tar(out); err != nil {
			return err
		}
		_, err := io.Copy(io.Discard, out) // up to the checksum of it all
		return err
	}
	return w.entry(&Entry{Name: strip(label(name)), Alone: true, open: func() (*Content, error) {
		return &Content{budget: &w.budget, r: out}, nil
	}})
}

// packings end the names of compressed files.
var packings = []string{".gz", ".zst", ".xz", ".gzip", ".zstd"}

// strip returns the name that a compressed file had before.
func strip(name string) string {
	for _, ending := range packings {
		if stem, ok := strings.CutSuffix(strings.ToLower(name), ending); ok && stem != "" {
			return name[:len(stem)]
		}
	}
	return name
}

// Stem returns the name of an archive without the endings of archives: the name of
// the folder that it was made of, more often than not.
func Stem(name string) string {
	stem := strip(name)
	for _, ending := range []string{".zip", ".7z", ".tar", ".tgz", ".txz", ".tzst"} {
		if cut, ok := strings.CutSuffix(strings.ToLower(stem), ending); ok && cut != "" {
			return stem[:len(cut)]
		}
	}
	return stem
}

// decompressor starts to unpack r, and returns what to call at the end.
func (w *walk) decompressor(kind string, r *bufio.Reader) (io.Reader, func(), error) {
	nothing := func() {}
	switch kind {
	case Gzip:
		z, err := gzip.NewReader(r)
		return z, nothing, err
	case Zstd:
		z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
			zstd.WithDecoderMaxWindow(uint64(w.Window)))
		if err != nil {
			return nil, nil, err
		}
		return roomy{z, w.Window}, z.Close, nil
	}
	z, err := xz.NewReader(bufio.NewReader(&blockGuard{r: r, window: w.Window}))
	return z, nothing, err
}

// roomy words what zstd says when a frame asks for too much memory.
type roomy struct {
	r      io.Reader
	window int64
}

// Read unpacks on.
func (z roomy) Read(p []byte) (int, error) {
	n, err := z.r.Read(p)
	if errors.Is(err, zstd.ErrWindowSizeExceeded) || errors.Is(err, zstd.ErrDecoderSizeExceeded) {
		err = &LimitError{"Window", "needs more than " + size(z.window) + " of memory to unpack"}
	}
	return n, err
}

// blockGuard refuses xz blocks that ask for too much memory: the library allocates
// what the header says. It looks ahead of the library, at all places where a
// header may stand; a checksum in the header makes sure that one does.
type blockGuard struct {
	r      *bufio.Reader
	at     int // modulo 4: everything in xz begins at a multiple of it
	window int64
}

// blockHeader is the longest header of a block.
const blockHeader = 1024

// Read passes on the next bytes.
func (g *blockGuard) Read(p []byte) (int, error) {
	p = p[:min(len(p), 16<<10)]
	ahead, _ := g.r.Peek(len(p) + blockHeader)
	for i := (4 - g.at) % 4; i < min(len(p), len(ahead)); i += 4 {
		if dictionary(ahead[i:]) > g.window {
			return 0, &LimitError{"Window", "needs more than " + size(g.window) + " of memory to unpack"}
		}
	}
	n, err := g.r.Read(p)
	g.at = (g.at + n) % 4
	return n, err
}

// dictionary returns the memory that a block asks for, 0 when no block begins
// here. Its header has its size, flags, two optional sizes, and for text one
// filter: LZMA2 (0x21) with one byte of properties; a checksum ends it.
func dictionary(block []byte) int64 {
	if len(block) < 8 || block[0] == 0 || block[1]&0x3f != 0 {
		return 0
	}
	end := (int(block[0]) + 1) * 4
	at := 2
	for _, flag := range []byte{0x40, 0x80} {
		for more := block[1]&flag != 0; more && at < len(block); at++ {
			more = block[at] >= 0x80
		}
	}
	if end > len(block) || at+2 >= end || block[at] != 0x21 || block[at+1] != 1 || block[at+2] > 40 ||
		binary.LittleEndian.Uint32(block[end-4:]) != crc32.ChecksumIEEE(block[:end-4]) {
		return 0
	}
	bits := block[at+2]
	return int64(2|bits&1) << (bits/2 + 11)
}

// tar reads a tar. Links and devices are handed out as such, folders are not.
func (w *walk) tar(r io.Reader) error {
	t := tar.NewReader(r)
	for {
		h, err := t.Next()
		switch {
		case err == io.EOF:
			return nil
		case w.failed.Load() != nil:
			return *w.failed.Load()
		case errors.Is(err, tar.ErrInsecurePath): // names are labels
		case err != nil:
			return err
		}
		if err := w.tarEntry(h, t); err != nil {
			return err
		}
	}
}

// tarEntry hands out one entry. Sparse files, whose holes cost nothing in the
// archive but as much as data when read, would slip through the ratio.
func (w *walk) tarEntry(h *tar.Header, t *tar.Reader) error {
	e := &Entry{Name: label(decodeName(h.Name, cp1252)), open: func() (*Content, error) {
		return &Content{budget: &w.budget, r: t}, nil
	}}
	switch h.Typeflag {
	case tar.TypeDir:
		return w.count()
	case tar.TypeReg, tar.TypeGNUSparse:
	default:
		e.Link = true
	}
	for key := range h.PAXRecords {
		if strings.HasPrefix(key, "GNU.sparse") {
			h.Typeflag = tar.TypeGNUSparse
		}
	}
	if h.Typeflag == tar.TypeGNUSparse {
		e.open = func() (*Content, error) { return nil, errors.New("is stored as a sparse file; unpack it first") }
	}
	return w.entry(e)
}

// longName bounds a label. File systems allow 255 bytes an element.
const longName = 1024

// label makes a name from an archive fit to be shown: forward slashes, no control
// characters, not endless.
func label(name string) string {
	name = strings.ToValidUTF8(name, "\ufffd")
	name = strings.Map(func(r rune) rune {
		switch {
		case r == '\\':
			return '/'
		case unicode.IsControl(r):
			return '\ufffd'
		}
		return r
	}, name)
	if len(name) > longName {
		name = strings.ToValidUTF8(name[:longName], "") + "…"
	}
	return name
}

// decodeName decodes a name that is not known to be UTF-8: Windows in China packs
// names in GBK, older tools in the code page of the console.
func decodeName(name string, fallback *legacy) string {
	decoded, _ := nameEncoding([]byte(name+"\n"), fallback).append(nil, []byte(name))
	return string(decoded)
}

// nameEncoding guesses the encoding of the names in sample, a line each.
func nameEncoding(sample []byte, fallback *legacy) *legacy {
	var odd []byte
	for line := range bytes.Lines(sample) {
		if len(odd) < enough && !utf8.Valid(line) {
			odd = append(odd, line...)
		}
	}
	if odd == nil {
		return damaged
	}
	return guess(odd, false, fallback)
}

// Folders returns the folders in a label, without what leads out of the archive.
func Folders(name string) (folders []string, file string) {
	for part := range strings.SplitSeq(path.Dir(strings.TrimLeft(name, "/")), "/") {
		if part != "" && part != "." && part != ".." && !strings.HasSuffix(part, ":") {
			folders = append(folders, part)
		}
	}
	return folders, path.Base(name)
}

package unpack_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"encoding/binary"
	"hash/crc32"
	"io"
	"testing"
	"unicode/utf16"

	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"
)

// file is one file to pack.
type file struct {
	name, text string
	raw        func(*zip.FileHeader, []byte) []byte // changes header and packed bytes in a zip
}

func zipOf(t testing.TB, files ...file) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, f := range files {
		h := &zip.FileHeader{Name: f.name, Method: zip.Deflate}
		if f.raw == nil {
			part, err := w.CreateHeader(h)
			check(t, err)
			_, err = io.WriteString(part, f.text)
			check(t, err)
			continue
		}
		packed := deflated(t, []byte(f.text))
		h.CRC32, h.UncompressedSize64 = crc32.ChecksumIEEE([]byte(f.text)), uint64(len(f.text))
		packed = f.raw(h, packed)
		h.CompressedSize64 = uint64(len(packed))
		part, err := w.CreateRaw(h)
		check(t, err)
		_, err = part.Write(packed)
		check(t, err)
	}
	check(t, w.Close())
	return b.Bytes()
}

func deflated(t testing.TB, text []byte) []byte {
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestSpeed)
	check(t, err)
	_, err = w.Write(text)
	check(t, err)
	check(t, w.Close())
	return b.Bytes()
}

func tarOf(t testing.TB, headers ...tar.Header) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, h := range headers {
		text := h.Linkname
		if h.Typeflag == 0 || h.Typeflag == tar.TypeReg {
			h.Typeflag, h.Size, h.Linkname = tar.TypeReg, int64(len(text)), ""
		} else {
			text = ""
		}
		h.Mode = 0o644
		check(t, w.WriteHeader(&h))
		_, err := io.WriteString(w, text)
		check(t, err)
	}
	check(t, w.Close())
	return b.Bytes()
}

// tarred is a file for tarOf, which takes the text in place of a link's aim.
func tarred(name, text string) tar.Header { return tar.Header{Name: name, Linkname: text} }

func gzipOf(t testing.TB, data []byte) []byte {
	var b bytes.Buffer
	return closed(t, &b, gzip.NewWriter(&b), data)
}

func zstdOf(t testing.TB, data []byte) []byte {
	var b bytes.Buffer
	w, err := zstd.NewWriter(&b, zstd.WithEncoderConcurrency(1))
	check(t, err)
	return closed(t, &b, w, data)
}

func xzOf(t testing.TB, data []byte) []byte {
	var b bytes.Buffer
	w, err := xz.NewWriter(&b)
	check(t, err)
	return closed(t, &b, w, data)
}

func closed(t testing.TB, b *bytes.Buffer, w io.WriteCloser, data []byte) []byte {
	t.Helper()
	_, err := w.Write(data)
	check(t, err)
	check(t, w.Close())
	return b.Bytes()
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// sevenZipOf makes a 7z that stores its files without packing them, one after
// the other in one folder. count may claim another number of files.
func sevenZipOf(files []file, count uint64) []byte {
	var data, h bytes.Buffer
	for _, f := range files {
		data.WriteString(f.text)
	}
	num := func(v uint64) { h.WriteByte(0xff); _ = binary.Write(&h, binary.LittleEndian, v) }
	h.Write([]byte{0x01, 0x04, 0x06}) // header, streams, pack info
	num(0)                            // position
	num(1)                            // pack streams
	h.WriteByte(0x09)
	num(uint64(data.Len()))
	h.Write([]byte{0x00, 0x07, 0x0b, 0x01, 0x00, 0x01, 0x01, 0x00, 0x0c}) // one folder, one coder: copy
	num(uint64(data.Len()))
	h.Write([]byte{0x00, 0x08, 0x0d})
	num(uint64(len(files)))
	h.WriteByte(0x09)
	for _, f := range files[:len(files)-1] {
		num(uint64(len(f.text)))
	}
	h.Write([]byte{0x0a, 0x01}) // all checksums are known
	for _, f := range files {
		_ = binary.Write(&h, binary.LittleEndian, crc32.ChecksumIEEE([]byte(f.text)))
	}
	h.Write([]byte{0x00, 0x00, 0x05})
	num(count)
	var names bytes.Buffer
	names.WriteByte(0)
	for _, f := range files {
		_ = binary.Write(&names, binary.LittleEndian, append(utf16.Encode([]rune(f.name)), 0))
	}
	h.WriteByte(0x11)
	num(uint64(names.Len()))
	h.Write(names.Bytes())
	h.Write([]byte{0x00, 0x00})

	var start bytes.Buffer
	_ = binary.Write(&start, binary.LittleEndian, []uint64{uint64(data.Len()), uint64(h.Len())})
	_ = binary.Write(&start, binary.LittleEndian, crc32.ChecksumIEEE(h.Bytes()))
	out := bytes.NewBufferString("7z\xbc\xaf\x27\x1c\x00\x04")
	_ = binary.Write(out, binary.LittleEndian, crc32.ChecksumIEEE(start.Bytes()))
	out.Write(start.Bytes())
	out.Write(data.Bytes())
	out.Write(h.Bytes())
	return out.Bytes()
}

// zeros is a piece of a bomb.
const zeros = 64 << 20

// zeroDeflate packs n times 64 MiB of zeros in one deflate stream: pieces end at a
// byte, and a later one refers to the zeros of the one before.
func zeroDeflate(t testing.TB, n int) []byte {
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestCompression)
	check(t, err)
	_, err = w.Write(make([]byte, zeros))
	check(t, err)
	check(t, w.Flush())
	return append(bytes.Repeat(b.Bytes(), n), 0x01, 0x00, 0x00, 0xff, 0xff)
}

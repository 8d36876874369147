package main

import (
	"bufio"
	"bytes"
	"errors"
	"io"

	"poolsweep/ingest"
	"poolsweep/ingest/unpack"
)

// Lines of logs as reports quote them: what is longer than any row that a debugger
// prints is cut.
const (
	quoteBuffer = 64 << 10
	mostQuoted  = 240
)

// quote reads again the files that the wanted lines stand in and returns these lines
// as printed. What stands in an archive, and what can no longer be read, stays away:
// the report then gives the figure in its place.
func quote(inputs []input, wanted []ingest.Source) map[ingest.Source]string {
	files := map[string]map[int]bool{}
	for _, w := range wanted {
		if files[w.File] == nil {
			files[w.File] = map[int]bool{}
		}
		files[w.File][w.Line] = true
	}
	quoted := map[ingest.Source]string{}
	for _, in := range inputs {
		numbers := files[in.path]
		if numbers == nil {
			continue
		}
		found := map[ingest.Source]string{}
		err := eachLine(in, func(no int, text []byte) {
			if numbers[no] {
				found[ingest.Source{File: in.path, Line: no}] = string(text[:min(mostQuoted, len(text))])
			}
		})
		if err == nil { // half a file may be that of another day
			for at, text := range found {
				quoted[at] = text
			}
		}
	}
	return quoted
}

// eachLine calls see with each line of a log, counted as its reader counts them: LF,
// CRLF and CR end a line, and so does LF after several CRs.
func eachLine(in input, see func(no int, text []byte)) error {
	f, err := in.open()
	if err != nil {
		return err
	}
	defer f.Close()
	clean, _, err := unpack.Text(f)
	if err != nil {
		return err
	}
	buf := bufio.NewReaderSize(clean, quoteBuffer)
	for no := 1; ; {
		part, err := buf.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			part = bytes.Clone(part)
			for errors.Is(err, bufio.ErrBufferFull) {
				_, err = buf.ReadSlice('\n')
			}
		}
		for text := range bytes.SplitSeq(bytes.TrimRight(part, "\r\n"), []byte("\r")) {
			see(no, text)
			no++
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

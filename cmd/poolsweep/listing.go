package main

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"
)

// listing is a table of the facts in a log, set out as those of newTable are. A log
// may have millions of rows, for which a table.Writer takes much longer than reading
// them did.
type listing struct {
	header []string
	cells  []byte // all of them, row by row
	ends   []int  // where each ends
	widths []int  // of the columns
	words  []bool // columns that hold more than numbers
}

func newListing(header ...string) *listing {
	l := &listing{header: header, widths: make([]int, len(header)), words: make([]bool, len(header))}
	for i, name := range header {
		l.widths[i] = len(name)
	}
	return l
}

// row adds a row of numbers and texts.
func (l *listing) row(cells ...any) {
	for i, cell := range cells {
		from := len(l.cells)
		switch v := cell.(type) {
		case int:
			l.cells = strconv.AppendInt(l.cells, int64(v), 10)
		case int64:
			l.cells = strconv.AppendInt(l.cells, v, 10)
		case uint64:
			l.cells = strconv.AppendUint(l.cells, v, 10)
		case string:
			l.words[i] = true
			l.cells = append(l.cells, strings.ReplaceAll(v, "\t", "    ")...)
		default:
			panic(fmt.Sprintf("a cell is a %T", cell))
		}
		l.ends = append(l.ends, len(l.cells))
		l.widths[i] = max(l.widths[i], width(l.cells[from:]))
	}
}

// width returns how many columns of a terminal a text takes.
func width(cell []byte) int {
	for _, c := range cell {
		if c >= 0x80 {
			return text.StringWidthWithoutEscSequences(string(cell))
		}
	}
	return len(cell)
}

// write prints the listing. Numbers stand to the right.
func (l *listing) write(w io.Writer) {
	var line []byte
	for i, name := range l.header {
		line = l.align(line, i, []byte(strings.ToUpper(name)))
	}
	from, column := 0, 0
	for _, end := range l.ends {
		if column == 0 {
			line = endLine(w, line)
		}
		line = l.align(line, column, l.cells[from:end])
		from, column = end, (column+1)%len(l.header)
	}
	endLine(w, line)
}

// align appends a cell in the width of its column, and what parts it from the next.
func (l *listing) align(line []byte, column int, cell []byte) []byte {
	blanks := l.widths[column] - width(cell)
	if l.words[column] {
		return pad(append(line, cell...), blanks+2)
	}
	return pad(append(pad(line, blanks), cell...), 2)
}

func pad(line []byte, n int) []byte {
	for range n {
		line = append(line, ' ')
	}
	return line
}

// endLine writes a line without the blanks at its end, and returns room for the next.
func endLine(w io.Writer, line []byte) []byte {
	line = append(bytes.TrimRight(line, " "), '\n')
	_, _ = w.Write(line) // as fmt.Fprint to a terminal
	return line[:0]
}

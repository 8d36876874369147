// Package tooltext reads what tools beside the debugger print: poolmon, fltmc,
// findstr, driverquery, tasklist, and the tables of pool tags that people post.
// It knows no files and no prompts: the debugger's reader hosts these tables
// between the blocks of its own, so that one log may hold both.
package tooltext

import "poolsweep/ingest"

// Tables returns all kinds of output the package reads. Their order is the order
// in which their Begins should be asked: the surest first.
func Tables() []ingest.Table {
	return []ingest.Table{
		poolmonTable,
		fltmcTable,
		findstrTable,
		driverqueryTable,
		tasklistTable,
		processTable,
		handleTable,
		poolmonxTable,
		genericTable,
		signalTable,
		listTable,
		plainTable,
		statedTable,
	}
}

// blank reports whether c separates words. A no-break space does not: it parts
// the thousands of a number.
func blank(c byte) bool { return c == ' ' || c == '\t' }

// digit reports whether c is a decimal digit.
func digit(c byte) bool { return '0' <= c && c <= '9' }

// skipBlanks returns the first column from at on that holds no blank.
func skipBlanks(text []byte, at int) int {
	for at < len(text) && blank(text[at]) {
		at++
	}
	return at
}

// trim cuts blanks off both ends.
func trim(text []byte) []byte {
	text = text[skipBlanks(text, 0):]
	for len(text) > 0 && blank(text[len(text)-1]) {
		text = text[:len(text)-1]
	}
	return text
}

// decimal reads the digits that text begins with. It returns how many there are,
// 0 when there are none or the number does not fit.
func decimal(text []byte) (value uint64, n int) {
	for n < len(text) && digit(text[n]) {
		d := uint64(text[n] - '0')
		if value > (1<<64-1-d)/10 {
			return 0, 0
		}
		value = value*10 + d
		n++
	}
	return value, n
}

// padded returns the tag that a copy without trailing blanks shows. The caller
// knows that it has 1 to 4 bytes.
func padded(text []byte) ingest.Tag {
	tag := ingest.Tag{' ', ' ', ' ', ' '}
	copy(tag[:], text)
	return tag
}

package windbg

import (
	"bytes"
	"strconv"
	"strings"

	"poolsweep/ingest"
)

// Flags of !poolused: bit 0 prints allocations and frees apart, bits 1 and 2
// sort, bit 3 shows the pool of a session instead of the system's.
const (
	poolVerbose      = 1
	poolSortNonPaged = 2
	poolSortPaged    = 4
	poolOfTheSession = 8
)

// poolArguments splits "2", "0x3 Even" or "/t20 4". Words behind them, in any
// language, are remarks. A row limit leaves out rows as a tag does.
func poolArguments(args string) (flags uint64, tag string) {
	fields := strings.Fields(args)
	if len(fields) > 0 && strings.HasPrefix(fields[0], "/") {
		tag, fields = fields[0], fields[1:]
		if tag == "/t" && len(fields) > 0 {
			fields = fields[1:]
		}
	}
	if len(fields) == 0 {
		return 0, tag
	}
	flags, err := strconv.ParseUint(strings.TrimPrefix(fields[0], "0x"), 16, 32)
	if err != nil {
		return 0, tag
	}
	if len(fields) > 1 && len(fields[1]) <= 4 && fields[1][0] < 0x80 {
		tag += fields[1]
	}
	return flags, tag
}

// poolusedHeader recognises " Sorting by NonPaged Pool Consumed" or the column header.
func poolusedHeader(text []byte) bool {
	return isCaption(text) || columnHeader(text).each > 0
}

func isCaption(text []byte) bool {
	text, ok := bytes.CutPrefix(unindent(text), []byte("Sorting by "))
	text = trim(text)
	return ok && (string(text) == "Tag" || bytes.HasSuffix(text, []byte("Pool Consumed")))
}

// poolColumns maps the column names below "Tag" to the numbers of one pool.
// Vista prints one pool alone for flags that sort by it.
var poolColumns = []struct {
	names string
	each  int
	pools []ingest.Pool
}{
	{"Tag Allocs Used Allocs Used", 2, bothPools},
	{"Tag Allocs Frees Diff Used Allocs Frees Diff Used", 4, bothPools},
	{"Tag Allocs Used", 2, bothPools[:1]},
	{"Tag Allocs Frees Diff Used", 4, bothPools[:1]},
}

var bothPools = []ingest.Pool{ingest.NonPaged, ingest.Paged}

// columnHeader reads the line of column names. The caption above is the same for
// compact and verbose tables, only this line tells them apart.
func columnHeader(text []byte) poolHead {
	at := skipBlanks(text, 0)
	if !bytes.HasPrefix(text[at:], []byte("Tag")) || len(text) > 300 {
		return poolHead{}
	}
	names := strings.Fields(strings.Replace(string(text), " * ", " ", 1))
	for _, c := range poolColumns {
		if strings.Join(names, " ") == c.names {
			head := poolHead{each: c.each, pools: c.pools, tag: at, ends: wordEnds(text)}
			head.edge = head.ends[len(head.ends)-1]
			head.loose = bytes.HasPrefix(text[at:], []byte("Tag Allocs "))
			return head
		}
	}
	return poolHead{}
}

// wordEnds returns the columns after the words behind "Tag": the numbers below
// end there, too.
func wordEnds(header []byte) []int {
	var ends []int
	for i := bytes.Index(header, []byte("Tag")) + len("Tag"); i < len(header); i++ {
		if word := header[i] != '*' && !blank(header[i]); word && (i+1 == len(header) || blank(header[i+1])) {
			ends = append(ends, i+1)
		}
	}
	return ends
}

// poolHead is what the line "Tag Allocs Used …" tells about the rows below it.
type poolHead struct {
	each  int // numbers of one pool: 2, or 4 when verbose; 0 before the header
	pools []ingest.Pool
	tag   int   // column of the tag
	ends  []int // columns after the numbers, where they are not wider than their columns
	edge  int   // the last of them
	loose bool  // a copy that lost its columns
}

// numbers returns how many numbers a row has.
func (h poolHead) numbers() int { return h.each * len(h.pools) }

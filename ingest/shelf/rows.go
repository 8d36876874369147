package shelf

import (
	"encoding/binary"
	"strings"

	"poolsweep/ingest"
)

// rowName is what a row says beside its figures; the whole of it is one number.
type rowName struct {
	tag         ingest.Tag
	pool        ingest.Pool
	description string
}

func (n rowName) keep() rowName {
	n.description = strings.Clone(n.description)
	return n
}

// rowPlace identifies a row of a table by tag and pool.
type rowPlace uint64

func placeOf(r *ingest.TagUsage) rowPlace {
	return rowPlace(binary.BigEndian.Uint32(r.Tag[:]))<<8 | rowPlace(r.Pool)
}

// What is different about a row.
const (
	rowCounted   = 1 << iota // allocations and frees are printed
	rowHasFrees              // they are not both 0
	rowElsewhere             // it stands in another file than its snapshot
)

// rows packs rows of tags. Each stands some lines, mostly one, below the one before.
func (p *packer) rows(rows []ingest.TagUsage) {
	p.unsigned(uint64(len(rows)))
	line := 0
	for i := range rows {
		r := &rows[i]
		kind := uint64(0)
		if r.Counted {
			kind |= rowCounted
		}
		if r.Allocs != 0 || r.Frees != 0 {
			kind |= rowHasFrees
		}
		if r.File != p.file {
			kind |= rowElsewhere
		}
		p.unsigned(kind)
		p.unsigned(p.name(r))
		p.signed(r.Outstanding)
		p.unsigned(r.Bytes)
		if kind&rowHasFrees != 0 {
			p.unsigned(r.Allocs)
			p.unsigned(r.Frees)
		}
		if kind&rowElsewhere != 0 {
			p.text(r.File)
		}
		p.signed(int64(r.Line - line))
		line = r.Line
	}
}

func (u *unpacker) rows() []ingest.TagUsage {
	n := u.unsigned()
	if n == 0 {
		return nil
	}
	rows := make([]ingest.TagUsage, n)
	line := 0
	for i := range rows {
		r := &rows[i]
		kind := u.unsigned()
		name := &u.names[u.unsigned()]
		r.Tag, r.Pool, r.Description = name.tag, name.pool, name.description
		r.Counted = kind&rowCounted != 0
		r.Outstanding, r.Bytes = u.signed(), u.unsigned()
		if kind&rowHasFrees != 0 {
			r.Allocs, r.Frees = u.unsigned(), u.unsigned()
		}
		r.File = u.file
		if kind&rowElsewhere != 0 {
			r.File = u.text()
		}
		line += int(u.signed())
		r.Line = line
	}
	return rows
}

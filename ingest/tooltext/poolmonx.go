package tooltext

import (
	"bytes"

	"poolsweep/ingest"
)

// poolmonxTable describes the list of PoolMonX as it is saved or copied: columns
// parted by tabs or blanks, one row a tag with the figures of both pools.
//
//	Tag   Paged Allocs  Paged Frees  Paged Diff  Paged Usage  Non Paged Allocs  …  Source
//	Mbuf            12            4           8         1024             90412  …  mbuf.sys
var poolmonxTable = ingest.Table{
	Command: "PoolMonX",
	Names:   []string{"poolmonx"},
	Begins:  poolmonxBegins,
	New:     func(string) ingest.TableReader { return &generic{} },
}

// poolmonxBegins recognises the names of its columns.
func poolmonxBegins(text []byte) bool {
	if !bytes.HasPrefix(text, []byte("Tag")) || !bytes.Contains(text, []byte("Paged Allocs")) {
		return false
	}
	return genericBegins(text)
}

// Package tooltext reads what tools beside the debugger print: poolmon, fltmc,
// findstr, driverquery, tasklist, and the tables of pool tags that people post.
// It knows no files and no prompts: the debugger's reader hosts these tables
// between the blocks of its own, so that one log may hold both.
package tooltext

import "poolsweep/ingest"

// Tables returns all kinds of output the package reads. Their order is the order
// in which their Begins should be asked: the surest first.
func Tables() []ingest.Table {
	return []ingest.Table{}
}

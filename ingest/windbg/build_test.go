package windbg

import (
	"fmt"
	"strings"
	"testing"

	"poolsweep/ingest"
)

// usageRow is a row of a compact table: tag, numbers of both pools.
type usageRow struct {
	tag               string
	nonpaged, npBytes int64
	paged, pagedBytes int64
}

// table prints rows as !poolused 2 does, with a TOTAL row.
func table(rows ...usageRow) string {
	var b strings.Builder
	b.WriteString("\n               NonPaged                  Paged\n" +
		" Tag     Allocs         Used     Allocs         Used\n\n")
	var sum usageRow
	for _, r := range rows {
		fmt.Fprintf(&b, " %-4s %9d %12d %10d %12d\twhat %s is for\n",
			r.tag, r.nonpaged, r.npBytes, r.paged, r.pagedBytes, r.tag)
		sum.nonpaged += r.nonpaged
		sum.npBytes += r.npBytes
		sum.paged += r.paged
		sum.pagedBytes += r.pagedBytes
	}
	fmt.Fprintf(&b, "\nTOTAL%10d %12d %10d %12d\n", sum.nonpaged, sum.npBytes, sum.paged, sum.pagedBytes)
	return b.String()
}

// total prints the TOTAL row of a compact table.
func total(n, bytes int64) string { return fmt.Sprintf("TOTAL%10d %12d %10d %12d\n", n, bytes, 0, 0) }

// read reads a log given as text and checks the invariants.
func read(t *testing.T, log string) *ingest.Document {
	t.Helper()
	d := mustRead(t, strings.NewReader(log))
	checkInvariants(t, d)
	return d
}

// only reads a log that must give exactly one snapshot.
func only(t *testing.T, log string) *ingest.Snapshot {
	t.Helper()
	d := read(t, log)
	if len(d.Snapshots) != 1 {
		t.Fatalf("%d snapshots:\n%s", len(d.Snapshots), dumped(d))
	}
	return d.Snapshots[0]
}

// oneBlock reads a log that must give exactly one snapshot of one block.
func oneBlock(t *testing.T, log string) (*ingest.Snapshot, ingest.Block) {
	t.Helper()
	s := only(t, log)
	if len(s.Blocks) != 1 {
		t.Fatalf("blocks %+v", s.Blocks)
	}
	return s, s.Blocks[0]
}

// messages joins the warnings of a snapshot.
func messages(s *ingest.Snapshot) string {
	var all []string
	for _, w := range s.Warnings {
		all = append(all, w.Message)
	}
	return strings.Join(all, "\n")
}

package judge

import (
	"cmp"
	"slices"

	"poolsweep/analyze"
	"poolsweep/ingest"
)

// familySize is how many tags with the same first prefixSize bytes make a family:
// drivers number their tags, as SEY1 to SEYD.
const (
	familySize = 3
	prefixSize = 3
)

// cleared returns the private tags that were all freed again, families first.
// An engineer looks at his own tags first; that they balance is worth saying,
// and it does not clear the driver of keeping references.
func (e *exam) cleared() []analyze.Cleared {
	families := map[[prefixSize]byte][]ingest.TagUsage{}
	open := map[[prefixSize]byte]bool{}
	for i := range e.Tags {
		row := &e.Tags[i]
		prefix := [prefixSize]byte(row.Tag[:])
		if open[prefix] || e.tells(*row) < 2 {
			continue
		}
		if !row.Counted || row.Outstanding != 0 || row.Allocs != row.Frees {
			open[prefix] = true
			continue
		}
		families[prefix] = append(families[prefix], *row)
	}
	var out []analyze.Cleared
	for prefix, rows := range families {
		if !open[prefix] && distinct(rows) >= familySize {
			out = append(out, newCleared(string(prefix[:])+"*", rows))
		}
	}
	slices.SortFunc(out, func(a, b analyze.Cleared) int {
		return cmp.Or(cmp.Compare(b.Allocs, a.Allocs), cmp.Compare(a.Name, b.Name))
	})
	return out
}

func distinct(rows []ingest.TagUsage) int {
	var tags []ingest.Tag
	for _, r := range rows {
		tags = appendOnce(tags, r.Tag)
	}
	return len(tags)
}

func newCleared(name string, rows []ingest.TagUsage) analyze.Cleared {
	slices.SortStableFunc(rows, func(a, b ingest.TagUsage) int { return a.Tag.Compare(b.Tag) })
	c := analyze.Cleared{Name: name, Tags: rows}
	for _, r := range rows {
		c.Allocs += r.Allocs
		c.Frees += r.Frees
		c.Open += r.Outstanding
		c.Sources = append(c.Sources, r.Source)
	}
	return c
}

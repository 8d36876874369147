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
	for i := range e.Tags {
		if row := &e.Tags[i]; balanced(row) && e.tellsMost(i) {
			families[prefix(row)] = append(families[prefix(row)], *row)
		}
	}
	for i := range e.Tags { // nearly all rows are balanced, or of no family
		if row := &e.Tags[i]; !balanced(row) && families[prefix(row)] != nil && e.tellsMost(i) {
			delete(families, prefix(row))
		}
	}
	var out []analyze.Cleared
	for prefix, rows := range families {
		if distinct(rows) >= familySize {
			out = append(out, newCleared(string(prefix[:])+"*", rows))
		}
	}
	slices.SortFunc(out, func(a, b analyze.Cleared) int {
		return cmp.Or(cmp.Compare(b.Allocs, a.Allocs), cmp.Compare(a.Name, b.Name))
	})
	return out
}

func prefix(row *ingest.TagUsage) [prefixSize]byte { return [prefixSize]byte(row.Tag[:]) }

// balanced reports whether all that a tag ever allocated was freed.
func balanced(row *ingest.TagUsage) bool {
	return row.Counted && row.Outstanding == 0 && row.Allocs == row.Frees
}

// tellsMost reports whether the dictionary does not know the tag of a row.
func (e *exam) tellsMost(row int) bool { return tells(e.of(row).info, &e.Tags[row]) == 2 }

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

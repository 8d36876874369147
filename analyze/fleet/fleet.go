// Package fleet compares machines: it puts together the cases that are one defect,
// and tells where and since when each was seen, what its machines have in common, and
// what is usual on the others.
package fleet

import (
	"cmp"
	"slices"

	"poolsweep/analyze"
	"poolsweep/ingest"
)

// tagPool is a row's identity: the same tag in the other pool is another row.
type tagPool struct {
	tag  ingest.Tag
	pool ingest.Pool
}

// TagRow is a row of a machine's newest pool table with what it says of its tag.
type TagRow struct {
	Row    ingest.TagUsage
	Owner  analyze.Attribution
	Above  bool // it is far above what is usual,
	Banded bool // and something says what that is
}

// TagSums sums each tag over the newest snapshots of all machines.
type TagSums struct {
	facts  map[tagPool]*analyze.TagFact
	counts map[tagPool][]int64
}

// NewTagSums returns sums of no machine.
func NewTagSums() *TagSums {
	return &TagSums{map[tagPool]*analyze.TagFact{}, map[tagPool][]int64{}}
}

// Add adds a machine. Of several that say the same the first counts.
func (t *TagSums) Add(machine string, rows []TagRow) {
	for i := range rows {
		row, who := &rows[i].Row, rows[i].Owner
		key := tagPool{row.Tag, row.Pool}
		f := t.facts[key]
		if f == nil {
			f = &analyze.TagFact{Tag: row.Tag, Pool: row.Pool, Description: row.Description, Owner: who}
			t.facts[key] = f
		}
		if who.Weight > f.Owner.Weight {
			f.Owner, f.Description = who, row.Description
		}
		f.Machines++
		f.Bytes += row.Bytes
		f.Banded += one(rows[i].Banded)
		f.Above += one(rows[i].Banded && rows[i].Above)
		t.counts[key] = append(t.counts[key], row.Outstanding)
		if f.MostOn == "" || row.Outstanding > f.Most {
			f.Most, f.MostOn = row.Outstanding, machine
		}
	}
}

// Facts returns the tags with the cases that they are part of, largest first.
func (t *TagSums) Facts(cases []analyze.Case) []analyze.TagFact {
	var out []analyze.TagFact
	for key, f := range t.facts {
		f.Median = median(t.counts[key]) // sorts them
		f.P95 = percentile95(t.counts[key])
		f.Cases = casesWith(cases, key)
		out = append(out, *f)
	}
	slices.SortFunc(out, func(a, b analyze.TagFact) int {
		return cmp.Or(cmp.Compare(b.Bytes, a.Bytes), a.Tag.Compare(b.Tag), cmp.Compare(a.Pool, b.Pool))
	})
	return out
}

func casesWith(cases []analyze.Case, key tagPool) []string {
	var ids []string
	for _, c := range cases {
		for _, members := range [][]analyze.Member{c.Core, c.Followers, c.Related} {
			for _, m := range members {
				if m.Tag == key.tag && m.Pool == key.pool {
					ids = addOnce(ids, c.ID)
				}
			}
		}
	}
	return ids
}

// one counts what is so.
func one(is bool) int {
	if is {
		return 1
	}
	return 0
}

// percentile95 returns the value that 19 of 20 sorted counts do not exceed.
func percentile95(sorted []int64) int64 { return sorted[(95*len(sorted)+99)/100-1] }

// median returns the middle count, the lower one of two.
func median(counts []int64) int64 {
	slices.Sort(counts)
	return counts[(len(counts)-1)/2]
}

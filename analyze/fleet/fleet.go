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
	Row    *ingest.TagUsage
	Owner  *analyze.Attribution // nil: the text of the row tells
	Above  bool                 // it is far above what is usual,
	Banded bool                 // and something says what that is
}

// TagSums sums each tag over the newest snapshots of all machines.
type TagSums struct {
	owner  func(*ingest.TagUsage) analyze.Attribution
	facts  map[tagPool]*analyze.TagFact
	counts map[tagPool][]int64
}

// NewTagSums returns sums of no machine. owner tells who allocates a tag by the text of
// a row: the same for rows with one text.
func NewTagSums(owner func(*ingest.TagUsage) analyze.Attribution) *TagSums {
	return &TagSums{owner, map[tagPool]*analyze.TagFact{}, map[tagPool][]int64{}}
}

// Add adds a machine. Of several that say the same the first counts.
func (t *TagSums) Add(machine string, rows []TagRow) {
	for i := range rows {
		row := rows[i].Row
		key := tagPool{row.Tag, row.Pool}
		f := t.facts[key]
		if f == nil {
			f = &analyze.TagFact{Tag: row.Tag, Pool: row.Pool, Description: row.Description, Owner: t.ownerOf(&rows[i])}
			t.facts[key] = f
		} else if rows[i].Owner != nil || row.Description != f.Description {
			if who := t.ownerOf(&rows[i]); who.Weight > f.Owner.Weight {
				f.Owner, f.Description = who, row.Description
			}
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

func (t *TagSums) ownerOf(r *TagRow) analyze.Attribution {
	if r.Owner != nil {
		return *r.Owner
	}
	return t.owner(r.Row)
}

// Facts returns the tags with the cases that they are part of, largest first.
func (t *TagSums) Facts(cases []analyze.Case) []analyze.TagFact {
	out := make([]analyze.TagFact, 0, len(t.facts))
	in := casesByTag(cases)
	for key, f := range t.facts {
		f.Median = median(t.counts[key]) // sorts them
		f.P95 = percentile95(t.counts[key])
		f.Cases = in[key]
		out = append(out, *f)
	}
	slices.SortFunc(out, func(a, b analyze.TagFact) int {
		return cmp.Or(cmp.Compare(b.Bytes, a.Bytes), a.Tag.Compare(b.Tag), cmp.Compare(a.Pool, b.Pool))
	})
	return out
}

// casesByTag returns the ids of the cases that each tag is part of, in order.
func casesByTag(cases []analyze.Case) map[tagPool][]string {
	out := map[tagPool][]string{}
	for i := range cases {
		c := &cases[i]
		for _, members := range [][]analyze.Member{c.Core, c.Followers, c.Related} {
			for j := range members {
				key := tagPool{members[j].Tag, members[j].Pool}
				out[key] = addOnce(out[key], c.ID)
			}
		}
	}
	return out
}

// Link tells each machine its cases.
func Link(res *analyze.Result) {
	machines := map[string]*analyze.Machine{}
	for i := range res.Machines {
		machines[res.Machines[i].Name] = &res.Machines[i]
	}
	for i := range res.Cases {
		for _, name := range res.Cases[i].Machines {
			m := machines[name]
			m.Cases = append(m.Cases, res.Cases[i].ID)
		}
	}
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

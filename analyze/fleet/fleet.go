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

// Tags sums each tag over the newest snapshots of all machines. owner says of a row
// who allocates it, above whether it is far above what is usual, and whether
// anything says what that is.
func Tags(res *analyze.Result, owner func(*ingest.Snapshot, ingest.TagUsage) analyze.Attribution,
	above func(*ingest.Snapshot, ingest.TagUsage) (is, known bool)) []analyze.TagFact {
	rows := map[tagPool]*analyze.TagFact{}
	counts := map[tagPool][]int64{}
	for i := range res.Machines {
		m := &res.Machines[i]
		s := m.Latest()
		for _, t := range s.Tags {
			key, who := tagPool{t.Tag, t.Pool}, owner(s, t)
			f := rows[key]
			if f == nil {
				f = &analyze.TagFact{Tag: t.Tag, Pool: t.Pool, Description: t.Description, Owner: who}
				rows[key] = f
			}
			if who.Weight > f.Owner.Weight {
				f.Owner, f.Description = who, t.Description
			}
			f.Machines++
			f.Bytes += t.Bytes
			if is, known := above(s, t); known {
				f.Banded++
				f.Above += one(is)
			}
			counts[key] = append(counts[key], t.Outstanding)
			if f.MostOn == "" || t.Outstanding > f.Most {
				f.Most, f.MostOn = t.Outstanding, m.Name
			}
		}
	}
	var out []analyze.TagFact
	for key, f := range rows {
		f.Median = median(counts[key]) // sorts them
		f.P95 = percentile95(counts[key])
		f.Cases = casesWith(res.Cases, key)
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

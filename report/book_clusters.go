package report

import "poolsweep/analyze"

// clusterRow is one tag of a case with its part in it.
type clusterRow struct {
	c    *analyze.Case
	m    *analyze.Member
	part string // "core", "follower", "related"
}

// clusterSheet lists the tags of each case with how closely they follow its events.
func (b *binder) clusterSheet() Sheet {
	sheet := b.sheet("clusters")
	var rows []clusterRow
	for i := range b.in.Result.Cases {
		c := &b.in.Result.Cases[i]
		for _, group := range []struct {
			part    string
			members []analyze.Member
		}{{"core", c.Core}, {"follower", c.Followers}, {"related", c.Related}} {
			for j := range group.members {
				rows = append(rows, clusterRow{c, &group.members[j], group.part})
			}
		}
	}
	cluster := func(figure func(*analyze.Cluster) any) func(int) any {
		return func(i int) any { return rows[i].ofCluster(figure) }
	}
	l := b.rows(&sheet, len(rows))
	l.add("case", KindLink, 15, func(i int) any { return b.caseLink(rows[i].c.ID) })
	l.add("hex", KindText, 11, func(i int) any { return rows[i].m.Tag.Hex() })
	l.add("tag", KindText, 7, func(i int) any { return rows[i].m.Tag.String() })
	l.add("pool", KindText, 11, func(i int) any { return b.pool(rows[i].m.Pool) })
	l.add("part", KindText, 12, func(i int) any { return b.label("part." + rows[i].part) })
	l.add("outstanding", KindCount, 14, func(i int) any { return printed(rows[i].m.Outstanding, rows[i].m.Bytes) })
	l.add("gained", KindCount, 12, func(i int) any { return orEmpty(rows[i].m.Gained) })
	l.add("events", KindCount, 12, func(i int) any { return orEmpty(rows[i].c.Events) })
	l.add("ratio", KindRatio, 10, func(i int) any { return orEmpty(rows[i].m.Ratio) })
	l.add("integer-ratio", KindText, 12, func(i int) any {
		if rows[i].m.Per == 0 {
			return nil
		}
		return b.ratio(*rows[i].m)
	})
	l.add("delta", KindCount, 12, func(i int) any { return rows[i].delta() })
	l.add("error", KindShare, 10, func(i int) any { return rows[i].error() })
	l.add("tolerance", KindCount, 11, cluster(func(c *analyze.Cluster) any { return c.Tolerance }))
	l.add("chance-tags", KindChance, 14, cluster(func(c *analyze.Cluster) any { return c.Chance }))
	l.add("chance-cluster", KindChance, 14, cluster(func(c *analyze.Cluster) any { return c.ByLuck }))
	l.add("bytes", KindBytes, 17, func(i int) any { return rows[i].m.Bytes }).Bars = true
	l.add("owner", KindText, 18, func(i int) any { return b.module(rows[i].m.Owner) })
	return sheet
}

// delta is by how much the count misses the integer ratio; empty where there is none.
func (r *clusterRow) delta() any {
	if r.m.Per == 0 {
		return nil
	}
	return r.m.Surplus
}

// error is the same as a share of what the ratio gives.
func (r *clusterRow) error() any {
	expected := r.m.ClusterCount() - r.m.Surplus
	if r.m.Per == 0 || expected <= 0 {
		return nil
	}
	return float64(r.m.Surplus) / float64(expected)
}

// ofCluster is a figure of the cluster for its members; empty for what is none.
func (r *clusterRow) ofCluster(figure func(*analyze.Cluster) any) any {
	if r.c.Cluster == nil || r.m.Per == 0 {
		return nil
	}
	return figure(r.c.Cluster)
}

package fleet

import (
	"maps"
	"math"
	"slices"
	"time"

	"poolsweep/analyze"
	"poolsweep/ingest"
)

// Drivers lists what the newest list of each machine says is loaded, and how each
// version is spread over machines with a case and healthy ones.
func Drivers(res *analyze.Result, tracks []analyze.Track) []analyze.DriverFact {
	var of analyze.DriverCounts
	counts := map[[2]string]*analyze.DriverCounts{}
	since := changedSince(tracks)
	var out []analyze.DriverFact
	for i := range res.Machines {
		m := &res.Machines[i]
		list := driverList(m.Drivers)
		if len(list) == 0 {
			continue
		}
		affected, healthy := one(m.Verdict.Alarm()), one(m.Verdict == analyze.Healthy)
		of.OfAffected, of.OfHealthy = of.OfAffected+affected, of.OfHealthy+healthy
		for _, key := range slices.Sorted(maps.Keys(list)) {
			d := list[key]
			c := counts[[2]string{key, d.version}]
			if c == nil {
				c = &analyze.DriverCounts{}
				counts[[2]string{key, d.version}] = c
			}
			c.Affected, c.Healthy = c.Affected+affected, c.Healthy+healthy
			out = append(out, analyze.DriverFact{Machine: m.Name, Name: d.name, Version: d.version,
				Since: since[[2]string{ingest.MachineKey(m.Name), key}], Counts: c})
		}
	}
	for _, c := range counts {
		c.OfAffected, c.OfHealthy = of.OfAffected, of.OfHealthy
		c.Chance = fisher(c.Affected, c.OfAffected, c.Healthy, c.OfHealthy)
	}
	return out
}

// changedSince returns when each driver of a machine was last seen to change.
func changedSince(tracks []analyze.Track) map[[2]string]time.Time {
	out := map[[2]string]time.Time{}
	for _, t := range tracks {
		for _, c := range t.Changes {
			if c.Kind == analyze.ChangedDriver {
				out[[2]string{ingest.MachineKey(t.Machine), ingest.ModuleKey(c.Name)}] = c.At
			}
		}
	}
	return out
}

// fisher returns how often luck spreads a thing over two groups as unevenly as k of n
// and l of m, or more so: the sum of the chances of all spreads that are no likelier.
func fisher(k, n, l, m int) float64 {
	if n == 0 || m == 0 {
		return 1
	}
	have := k + l
	chance := func(i int) float64 {
		return math.Exp(logBinomial(n, i) + logBinomial(m, have-i) - logBinomial(n+m, have))
	}
	const asLikely = 1 + 1e-9 // equal but for rounding
	seen, sum := chance(k), 0.0
	for i := max(0, have-m); i <= min(n, have); i++ {
		if c := chance(i); c <= seen*asLikely {
			sum += c
		}
	}
	return min(1, sum)
}

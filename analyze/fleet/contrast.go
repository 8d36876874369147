package fleet

import (
	"cmp"
	"maps"
	"slices"

	"poolsweep/analyze"
	"poolsweep/ingest"
)

// inventory is what a machine's newest lists say is loaded: versions by folded
// name. nil: no log prints the list.
type inventory struct {
	drivers, filters map[string]string
}

// Contrasts fills in what the machines of each case have in common.
func Contrasts(res *analyze.Result) {
	spelled := map[string]string{}
	has := make([]inventory, len(res.Machines))
	for i := range res.Machines {
		has[i] = takeInventory(&res.Machines[i], spelled)
	}
	for i := range res.Cases {
		c := &res.Cases[i]
		affected := make([]bool, len(res.Machines))
		for j := range res.Machines {
			_, affected[j] = slices.BinarySearch(c.Machines, res.Machines[j].Name)
		}
		var drivers, filters []analyze.Shared
		var names [2]int
		c.Contrast.Drivers, drivers, names[0] = compare(has, affected, func(v inventory) map[string]string { return v.drivers })
		c.Contrast.Filters, filters, names[1] = compare(has, affected, func(v inventory) map[string]string { return v.filters })
		for j := range filters {
			filters[j].Filter = true
		}
		c.Contrast.Names = names[0] + names[1]
		c.Contrast.Rows = append(filters, drivers...)
		for j := range c.Contrast.Rows {
			c.Contrast.Rows[j].Name = spelled[c.Contrast.Rows[j].Name]
		}
		sortRows(&c.Contrast)
	}
}

func sortRows(c *analyze.Contrast) {
	slices.SortStableFunc(c.Rows, func(a, b analyze.Shared) int {
		return cmp.Or(-cmp.Compare(a.Margin(c.Of(a)), b.Margin(c.Of(b))), -cmp.Compare(a.Affected, b.Affected),
			cmp.Compare(a.Name, b.Name), cmp.Compare(a.Version, b.Version))
	})
}

// takeInventory reads the newest lists of a machine, and how names are spelled.
func takeInventory(m *analyze.Machine, spelled map[string]string) inventory {
	var v inventory
	if len(m.Drivers) > 0 {
		v.drivers = map[string]string{}
	}
	for _, d := range m.Drivers {
		if !d.Unloaded {
			note(v.drivers, spelled, d.Name, d.Version)
		}
	}
	if m.Attached != nil {
		v.filters = map[string]string{}
	}
	for _, name := range m.Attached {
		note(v.filters, spelled, name, "")
	}
	return v
}

// Inventory fills in the newest lists of a machine's drivers and filters.
func Inventory(m *analyze.Machine) {
	for _, s := range slices.Backward(m.Snapshots) {
		if m.Drivers == nil && len(s.Modules) > 0 {
			m.Drivers = s.Modules
		}
		if m.Attached == nil && s.FilterSet {
			m.Attached = []string{}
			for _, f := range s.Filters {
				m.Attached = append(m.Attached, f.Name)
			}
		}
	}
}

func note(into, spelled map[string]string, name, version string) {
	key := ingest.ModuleKey(name)
	into[key] = version
	if spelled[key] == "" {
		spelled[key] = name
	}
}

// tally counts who has a thing.
type tally struct{ affected, unaffected int }

// compare counts each name over the machines, and each version of a name where the
// machines have several. What all of them have, and what fewer than half of the
// machines with the case have, is not in common. The last result is how many names
// there are.
func compare(has []inventory, affected []bool, list func(inventory) map[string]string) (analyze.Listed,
	[]analyze.Shared, int) {
	var of analyze.Listed
	names, versions := map[string]*tally{}, map[string]*tally{}
	perName := map[string][]string{}
	for i, v := range has {
		loaded := list(v)
		addMachine(&of, loaded != nil, affected[i])
		for name, version := range loaded {
			count(names, name, affected[i])
			if version == "" {
				continue
			}
			if key := name + " " + version; versions[key] == nil {
				perName[name] = append(perName[name], version)
			}
			count(versions, name+" "+version, affected[i])
		}
	}
	var rows []analyze.Shared
	for _, name := range slices.Sorted(maps.Keys(names)) {
		t := names[name]
		if t.affected == of.Affected && t.unaffected == of.Unaffected {
			of.Common++
		}
		rows = t.shared(rows, name, "", of)
		if len(perName[name]) > 1 {
			for _, version := range slices.Sorted(slices.Values(perName[name])) {
				rows = versions[name+" "+version].shared(rows, name, version, of)
			}
		}
	}
	return of, rows, len(names)
}

// addMachine counts a machine.
func addMachine(l *analyze.Listed, printed, affected bool) {
	switch {
	case !printed:
		l.Unknown++
	case affected:
		l.Affected++
	default:
		l.Unaffected++
	}
}

func count(into map[string]*tally, key string, affected bool) {
	t := into[key]
	if t == nil {
		t = &tally{}
		into[key] = t
	}
	if affected {
		t.affected++
	} else {
		t.unaffected++
	}
}

// shared adds a row for what machines with the case have more often than others.
func (t *tally) shared(rows []analyze.Shared, name, version string, of analyze.Listed) []analyze.Shared {
	row := analyze.Shared{Name: name, Version: version, Affected: t.affected, Unaffected: t.unaffected}
	if of.Unaffected == 0 || 2*t.affected < of.Affected || row.Margin(of) <= 0 {
		return rows
	}
	row.Chance = fisher(row.Affected, of.Affected, row.Unaffected, of.Unaffected)
	row.Least = fisher(of.Affected, of.Affected, 0, of.Unaffected)
	return append(rows, row)
}

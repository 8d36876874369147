package fleet

import (
	"cmp"
	"maps"
	"slices"

	"poolsweep/analyze"
	"poolsweep/ingest"
)

// Contrasts fills in what the machines of each case have in common.
func Contrasts(res *analyze.Result) {
	spelled, at := map[string]string{}, map[string]int{}
	drivers, filters := newInventory(len(res.Machines)), newInventory(len(res.Machines))
	for i := range res.Machines {
		m := &res.Machines[i]
		at[m.Name] = i
		takeLists(m, drivers, filters, i, spelled)
	}
	for i := range res.Cases {
		c := &res.Cases[i]
		affected := make([]int, len(c.Machines))
		for j, name := range c.Machines {
			affected[j] = at[name]
		}
		var rows [2][]analyze.Shared
		c.Contrast.Drivers, rows[0] = drivers.compare(affected)
		c.Contrast.Filters, rows[1] = filters.compare(affected)
		for j := range rows[1] {
			rows[1][j].Filter = true
		}
		c.Contrast.Names = len(drivers.names) + len(filters.names)
		c.Contrast.Rows = append(rows[1], rows[0]...)
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

// takeLists reads the newest lists of a machine, and how names are spelled.
func takeLists(m *analyze.Machine, drivers, filters *inventory, at int, spelled map[string]string) {
	if len(m.Drivers) > 0 {
		list := map[string]string{}
		for _, d := range m.Drivers {
			if !d.Unloaded {
				note(list, spelled, d.Name, d.Version)
			}
		}
		drivers.add(at, list)
	}
	if m.Attached != nil {
		list := map[string]string{}
		for _, name := range m.Attached {
			note(list, spelled, name, "")
		}
		filters.add(at, list)
	}
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

// inventory is what the newest lists of one sort say is loaded, and how many machines
// have it. Each case asks for its own machines only; the others are the rest.
type inventory struct {
	lists   []map[string]string // by machine, versions by folded name; nil: no log prints the list
	printed int                 // machines that print the list
	names   map[string]int      // machines, by name
	loaded  map[versioned]int   // machines, by name and version
	several map[string][]string // the versions of a name
}

type versioned struct{ name, version string }

func newInventory(machines int) *inventory {
	return &inventory{lists: make([]map[string]string, machines), names: map[string]int{}, loaded: map[versioned]int{},
		several: map[string][]string{}}
}

// add takes the list of a machine.
func (v *inventory) add(machine int, list map[string]string) {
	v.lists[machine] = list
	v.printed++
	for name, version := range list {
		v.names[name]++
		if version == "" {
			continue
		}
		if v.loaded[versioned{name, version}] == 0 {
			v.several[name] = append(v.several[name], version)
		}
		v.loaded[versioned{name, version}]++
	}
}

// compare counts each name over the machines, and each version of a name where the
// machines have several. What all of them have, and what fewer than half of the
// machines with the case have, is not in common.
func (v *inventory) compare(affected []int) (analyze.Listed, []analyze.Shared) {
	names, versions := map[string]int{}, map[versioned]int{}
	of := analyze.Listed{Unknown: len(v.lists) - v.printed}
	for _, i := range affected {
		if v.lists[i] == nil {
			continue
		}
		of.Affected++
		for name, version := range v.lists[i] {
			names[name]++
			versions[versioned{name, version}]++
		}
	}
	of.Unaffected = v.printed - of.Affected
	for _, n := range v.names {
		of.Common += one(n == v.printed)
	}
	var rows []analyze.Shared
	for _, name := range slices.Sorted(maps.Keys(names)) {
		rows = shared(rows, analyze.Shared{Name: name, Affected: names[name]}, v.names[name], of)
		if len(v.several[name]) > 1 {
			for _, version := range slices.Sorted(slices.Values(v.several[name])) {
				key := versioned{name, version}
				rows = shared(rows, analyze.Shared{Name: name, Version: version, Affected: versions[key]}, v.loaded[key], of)
			}
		}
	}
	return of, rows
}

// shared adds a row for what machines with the case have more often than others; all is
// how many machines have it.
func shared(rows []analyze.Shared, row analyze.Shared, all int, of analyze.Listed) []analyze.Shared {
	row.Unaffected = all - row.Affected
	if of.Unaffected == 0 || 2*row.Affected < of.Affected || row.Margin(of) <= 0 {
		return rows
	}
	row.Chance = fisher(row.Affected, of.Affected, row.Unaffected, of.Unaffected)
	row.Least = fisher(of.Affected, of.Affected, 0, of.Unaffected)
	return append(rows, row)
}

package judge

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"poolsweep/analyze"
	"poolsweep/ingest"
)

// drivers adds loaded modules, "name" or "name 1.2".
func (m made) drivers(names ...string) made {
	for _, n := range names {
		var name, version string
		fmt.Sscan(n, &name, &version)
		m = m.module(name, 0, 0)
		m.Modules[len(m.Modules)-1].Version = version
	}
	return m
}

func rows(c *analyze.Contrast) []string {
	var out []string
	for _, r := range c.Rows {
		of := c.Of(r)
		out = append(out, fmt.Sprintf("%s %s %d/%d %d/%d", r.Name, r.Version, r.Affected, of.Affected, r.Unaffected, of.Unaffected))
	}
	return out
}

func TestWhatAffectedMachinesShare(t *testing.T) {
	leak := func(name string, drivers ...string) made { return on(name, leaking(250_000), 0).drivers(drivers...) }
	sound := func(name string, drivers ...string) made { return on(name, healthy(), time.Hour).drivers(drivers...) }
	r := judge(t,
		leak("A1", "nt", "ntfs", "acme 2.0", "other"), leak("A2", "nt", "ntfs", "ACME.sys 2.0"), leak("A3"),
		sound("H1", "nt", "ntfs", "acme 1.0"), sound("H2", "nt", "ntfs", "third"), sound("H3", "nt", "third"), sound("H4"))
	c := onlyCase(t, r)
	want := []string{"acme 2.0 2/2 0/3", "acme  2/2 1/3", "other  1/2 0/3", "ntfs  2/2 2/3"}
	if got := rows(&c.Contrast); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if d := c.Contrast.Drivers; d.Common != 1 || d.Unknown != 2 {
		t.Errorf("%+v: nt is on all, two machines print no list", d)
	}
}

func TestHalfOfTheAffectedIsTheLeastInCommon(t *testing.T) {
	list := func(name string, m made, has bool) made {
		if has {
			m = m.filter("AcmeFlt", "320000", 3)
		}
		return on(name, m.filter("luafv", "135000", 3), 0)
	}
	for _, c := range []struct{ have, of, want int }{{1, 2, 1}, {1, 3, 0}, {2, 3, 1}} {
		all := []made{list("H", healthy(), false)}
		for i := range c.of {
			all = append(all, list(fmt.Sprint("A", i), leaking(250_000), i < c.have))
		}
		k := onlyCase(t, judge(t, all...))
		if len(k.Contrast.Rows) != c.want || k.Contrast.Filters.Common != 1 {
			t.Errorf("on %d of %d: rows %q, common %d", c.have, c.of, rows(&k.Contrast), k.Contrast.Filters.Common)
		}
	}
}

func TestWithoutAnUnaffectedListThereIsNothingToCompare(t *testing.T) {
	k := onlyCase(t, judge(t, leaking(250_000).drivers("nt", "acme"), on("H", healthy(), 0)))
	if len(k.Contrast.Rows) != 0 || k.Contrast.Drivers != (analyze.Listed{Affected: 1, Unknown: 1, Common: 2}) {
		t.Errorf("%+v", k.Contrast)
	}
	gone := leaking(250_000).drivers("acme")
	gone.Modules[0] = ingest.Module{Name: "acme", Unloaded: true}
	k = onlyCase(t, judge(t, gone, on("H", healthy().drivers("nt"), 0)))
	if len(k.Contrast.Rows) != 0 {
		t.Errorf("an unloaded driver counts: %q", rows(&k.Contrast))
	}
}

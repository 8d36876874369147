package analyze

// Shared is a driver or filter that the machines with a case have in common, with
// how many of the others have it. It is a count and no verdict: few machines share
// many things by luck.
type Shared struct {
	Name       string // as the first machine's log spells it
	Version    string // empty: whatever the version
	Filter     bool   // a minifilter, else a driver
	Affected   int    // machines with the case that have it
	Unaffected int    // machines without the case that have it
	// Chance is how often as uneven a spread or more comes about by luck alone: Fisher's
	// exact test, both sides. Least is the smallest that so many machines can show.
	Chance, Least float64
}

// Listed counts the machines that one sort of list was compared on.
type Listed struct {
	Affected, Unaffected int // machines that print the list
	Unknown              int // machines that do not
	Common               int // names that each of them has, left out
}

// Contrast is what the machines with a case have in common and others lack.
type Contrast struct {
	Drivers, Filters Listed
	Names            int      // that were compared
	Rows             []Shared // by contrast, largest first
}

// ByLuck is how many names would be spread as unevenly as a row by luck alone.
func (c *Contrast) ByLuck(s Shared) float64 { return float64(c.Names) * s.Chance }

// Of returns the lists that a row was counted on.
func (c *Contrast) Of(s Shared) Listed {
	if s.Filter {
		return c.Filters
	}
	return c.Drivers
}

// Margin is by how much more often machines with the case have it, 0 to 1.
func (s Shared) Margin(of Listed) float64 {
	return share(s.Affected, of.Affected) - share(s.Unaffected, of.Unaffected)
}

// share returns the part of n that k is, 0 for none.
func share(k, n int) float64 {
	if n == 0 {
		return 0
	}
	return float64(k) / float64(n)
}

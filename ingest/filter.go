package ingest

import (
	"cmp"
	"strings"
)

// Altitude is a minifilter's place in the stack: a decimal number of unlimited
// precision ("385250.5"), kept as printed because no float and no integer holds
// it. See "Load order groups and altitudes for minifilter drivers" in the
// Windows driver documentation.
type Altitude string

// Compare orders altitudes by value: -1 when a is lower in the stack than b.
// Altitudes that are no decimal numbers sort below all others, by text.
func (a Altitude) Compare(b Altitude) int {
	if aOK, bOK := a.Valid(), b.Valid(); !aOK || !bOK {
		if aOK != bOK {
			return cmp.Compare(b2i(aOK), b2i(bOK))
		}
		return cmp.Compare(a, b)
	}
	aInt, aFrac := a.parts()
	bInt, bFrac := b.parts()
	if c := cmp.Compare(len(aInt), len(bInt)); c != 0 {
		return c
	}
	if c := cmp.Compare(aInt, bInt); c != 0 {
		return c
	}
	return cmp.Compare(aFrac, bFrac)
}

// Valid reports whether the altitude is a decimal number such as 145300 or 385250.5.
func (a Altitude) Valid() bool {
	whole, frac, dot := strings.Cut(string(a), ".")
	return digits(whole) && (!dot || digits(frac))
}

// parts returns the digits before and after the point without meaningless zeros.
func (a Altitude) parts() (whole, frac string) {
	whole, frac, _ = strings.Cut(string(a), ".")
	return strings.TrimLeft(whole, "0"), strings.TrimRight(frac, "0")
}

func digits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Filter is a minifilter driver registered with the filter manager.
type Filter struct {
	Frame     string // "Frame 0", or "0" from fltmc
	Name      string // "WdFilter"
	Altitude  Altitude
	Address   uint64
	Instances []Instance // grouped; Attached sums them
	Legacy    bool       // a legacy filter driver: fltmc lists it without instances
	Source
}

// Attached returns how many instances the filter has on all volumes.
func (f Filter) Attached() int {
	n := 0
	for _, i := range f.Instances {
		n += i.Count
	}
	return n
}

// Instance is a group of attachments of one filter that print alike: the same
// instance name, altitude, volume and status. A listing of ten million attachments is
// counted while it is read and never stored line by line.
type Instance struct {
	Name     string // "WdFilter Instance"
	Altitude Altitude
	Volume   string // empty: !fltkd.filters prints none
	Detached bool   // the volume is gone, and held open: fltmc prints "Detached"
	Count    int
	First    []uint64 // addresses of the first few attachments, in print order
	Source            // of the first attachment in the group
}

// KeptAddresses is how many attachment addresses a group keeps.
const KeptAddresses = 4

package ingest

import (
	"cmp"
	"encoding/hex"
	"fmt"
	"strings"
)

// Tag is a pool tag: four bytes chosen by the driver that allocates. Case
// matters, and blanks are part of it ("Irp " and "AGP " are tags), so a Tag is
// never trimmed or folded.
type Tag [4]byte

// ParseTag returns the tag that s spells. Tags shorter than four bytes are
// padded with blanks on the right, as the debugger prints them.
func ParseTag(s string) (Tag, error) {
	if len(s) == 0 || len(s) > 4 {
		return Tag{}, fmt.Errorf("parse tag %q: want 1 to 4 bytes, have %d", s, len(s))
	}
	t := Tag{' ', ' ', ' ', ' '}
	copy(t[:], s)
	return t, nil
}

// MustTag is ParseTag for tags written in our own source.
func MustTag(s string) Tag {
	t, err := ParseTag(s)
	if err != nil {
		panic(err)
	}
	return t
}

// String returns the four characters, bytes outside printable ASCII as dots,
// the way the debugger prints them.
func (t Tag) String() string {
	b := t
	for i, c := range b {
		if c < 0x20 || c > 0x7e {
			b[i] = '.'
		}
	}
	return string(b[:])
}

// Hex returns the four bytes in memory order as eight hex digits. It is the key
// to use wherever text is compared without case, as spreadsheets do.
func (t Tag) Hex() string { return strings.ToUpper(hex.EncodeToString(t[:])) }

// Compare orders tags by their bytes.
func (t Tag) Compare(o Tag) int { return cmp.Compare(string(t[:]), string(o[:])) }

// Pool is one of the two kernel pools; 0 where a table does not say which.
type Pool uint8

const (
	_ Pool = iota
	NonPaged
	Paged
)

var pools = [...]string{"unknown", "nonpaged", "paged"}

// String returns "nonpaged", "paged", or "unknown" for a table that does not say.
func (p Pool) String() string { return pools[p] }

// Usage is what one tag, or a whole pool, holds at one moment.
type Usage struct {
	Outstanding int64  // allocations not yet freed; the verbose tables call it Diff, the short ones Allocs
	Bytes       uint64 // held by the outstanding allocations
	Allocs      uint64 // made since boot; only when Counted
	Frees       uint64 // made since boot; only when Counted
	Counted     bool   // the table printed allocations and frees apart
}

// FreedShare returns the freed part of all allocations ever made, 0 to 1, and
// whether it is known.
func (u Usage) FreedShare() (float64, bool) {
	if !u.Counted || u.Allocs == 0 {
		return 0, false
	}
	return float64(u.Frees) / float64(u.Allocs), true
}

// BytesEach returns the mean size of an outstanding allocation in bytes, 0 when
// nothing is outstanding.
func (u Usage) BytesEach() float64 {
	if u.Outstanding <= 0 {
		return 0
	}
	return float64(u.Bytes) / float64(u.Outstanding)
}

// TagUsage is one tag's row in one pool. A printed row holds both pools; its
// empty half is left out.
type TagUsage struct {
	Tag  Tag
	Pool Pool
	Usage
	Description string // as printed, for example "Process objects , Binary: nt!ps"
	Source
}

// LargerFirst orders rows by bytes, largest first, then by tag.
func LargerFirst(a, b TagUsage) int {
	return cmp.Or(cmp.Compare(b.Bytes, a.Bytes), a.Tag.Compare(b.Tag))
}

// Binary returns the module the description names after "Binary:", without what
// follows the first blank, or "".
func (u TagUsage) Binary() string {
	_, after, found := strings.Cut(u.Description, "Binary:")
	if !found {
		_, after, found = strings.Cut(u.Description, "Binary :")
	}
	if fields := strings.Fields(after); found && len(fields) > 0 {
		return fields[0]
	}
	return ""
}

// Unknown reports whether the debugger's dictionary has no line for the tag.
func (u TagUsage) Unknown() bool { return strings.HasPrefix(u.Description, "UNKNOWN pooltag") }

// PoolTotal is the TOTAL row of a table for one pool, as printed.
type PoolTotal struct {
	Pool Pool
	Usage
	Source
}

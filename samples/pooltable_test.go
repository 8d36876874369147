package samples_test

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"math"
	"slices"
	"strings"
)

// tagLine is what a healthy machine holds under one tag: how many allocations
// in each pool and how large each is. A size that is a multiple of the pool's
// granularity is an object's exact size, any other one an average.
type tagLine struct {
	tag              string
	np, npEach       int64
	paged, pagedEach int64
	desc, binary     string
}

// usage is one half of a !poolused row.
type usage struct{ allocs, frees, bytes int64 }

// held is the debugger's "Diff": allocations not yet freed.
func (u usage) held() int64 { return u.allocs - u.frees }

// row is one tag of a !poolused table with its text behind the numbers.
type row struct {
	tag       string
	np, paged usage
	desc      string
}

// table is a whole !poolused table, in no order yet.
type table []row

// describe gives the text behind the numbers: with the binary, with a trailing
// blank when there is none, or the complaint that pooltag.txt lacks the tag.
func describe(tag, desc, binary string) string {
	switch {
	case desc == "":
		return "UNKNOWN pooltag '" + tag + "', please update pooltag.txt"
	case binary == "":
		return desc + " "
	}
	return desc + " , Binary: " + binary
}

// machine tells how a background table is varied: seed names the machine, scale
// its size, granule the pool's step (8 on 32-bit, 16 on 64-bit).
type machine struct {
	seed    string
	scale   float64
	granule int64
	event   int64 // count of the leaking event; no background count may resemble it
}

// background makes a machine's table from the usual holdings.
func (m machine) background(lines ...tagLine) table {
	var t table
	s := spacing{event: m.event}
	for _, l := range lines {
		r := row{tag: l.tag, desc: describe(l.tag, l.desc, l.binary)}
		r.np = m.vary(&s, l.tag+"/n", l.np, l.npEach)
		r.paged = m.vary(&s, l.tag+"/p", l.paged, l.pagedEach)
		t = append(t, r)
	}
	return t
}

// vary moves a usual count by up to 14 % and gives it a past of frees.
func (m machine) vary(s *spacing, key string, count, each int64) usage {
	if count == 0 {
		return usage{}
	}
	held := count
	if count > 8 {
		held = max(8, int64(float64(count)*m.scale*(1+0.28*(noise(m.seed+key)-0.5))))
	}
	held = s.place(held)
	bytes := held * each
	if each%m.granule != 0 {
		bytes = int64(float64(bytes) * (1 + 0.06*(noise(m.seed+key+"b")-0.5)))
		bytes = max(bytes-bytes%m.granule, held*m.granule)
	}
	return usage{allocs: held + m.frees(key, held), frees: m.frees(key, held), bytes: bytes}
}

// frees invents how often a tag was freed since boot. Small holdings often stem
// from the start of the machine and were never freed; large ones always turn over.
func (m machine) frees(key string, held int64) int64 {
	u := noise(m.seed + key + "f")
	if held < 120 && u < 0.3 {
		return 0
	}
	rate := math.Exp(u*6.5 - 1)
	if busy, ok := churn[key[:4]]; ok {
		rate = busy * (0.8 + 0.4*u)
	}
	return int64(float64(held)*rate) + int64(noise(key+m.seed)*997)
}

// churn is how many times over the busiest tags were freed since boot.
var churn = map[string]float64{
	"File": 480, "Irp ": 6100, "Mdl ": 2900, "Even": 260, "IoNm": 520, "Io  ": 410, "Strg": 2400,
	"Toke": 140, "SeTd": 150, "SeAc": 9000, "SeSc": 180, "Sect": 110, "Key ": 160, "Thre": 31, "Proc": 22,
}

// noise is a fixed number in [0, 1) that belongs to a key.
func noise(key string) float64 {
	h := fnv.New64a()
	h.Write([]byte(key))
	x := h.Sum64()
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	return float64(x>>11) / (1 << 53)
}

// spacing keeps background counts apart, from each other and from the counts
// that one leaking event explains: tags that agree by chance would be a cluster
// the sample does not mean to show.
type spacing struct {
	used  []int64
	event int64
}

// place returns the count, moved up until it resembles no other.
func (s *spacing) place(n int64) int64 {
	for s.clash(n) {
		n += n/97 + 1
	}
	s.used = append(s.used, n)
	return n
}

func (s *spacing) clash(n int64) bool {
	for _, k := range []float64{0.25, 1.0 / 3, 0.5, 1, 2, 3, 4} {
		if near(float64(n), k*float64(s.event), 0.012) {
			return true
		}
	}
	return n > 1000 && slices.ContainsFunc(s.used, func(u int64) bool {
		a, b := float64(n), float64(u)
		return near(a, b, 0.004) || near(a, 2*b, 0.0012) || near(2*a, b, 0.0012)
	})
}

func near(a, b, tolerance float64) bool { return math.Abs(a-b) <= tolerance*b }

// set puts rows into the table, in place of rows with the same tag.
func (t *table) set(rows ...row) {
	for _, r := range rows {
		if old := t.find(r.tag); old != nil {
			*old = r
			continue
		}
		*t = append(*t, r)
	}
}

// find returns the row of a tag, or nil.
func (t table) find(tag string) *row {
	for i := range t {
		if t[i].tag == tag {
			return &t[i]
		}
	}
	return nil
}

// total sums the table's halves.
func (t table) total() (np, paged usage) {
	for _, r := range t {
		np, paged = np.plus(r.np), paged.plus(r.paged)
	}
	return np, paged
}

func (u usage) plus(v usage) usage {
	return usage{u.allocs + v.allocs, u.frees + v.frees, u.bytes + v.bytes}
}

// sorted orders rows by the bytes of one half, largest first. Rows without any
// come last, in the order of the kernel's hash table: none a reader could see.
func (t table) sorted(half func(row) usage) table {
	s := slices.Clone(t)
	slices.SortFunc(s, func(a, b row) int {
		return cmp.Or(cmp.Compare(half(b).bytes, half(a).bytes), cmp.Compare(bucket(a.tag), bucket(b.tag)))
	})
	return s
}

// bucket scatters tags but keeps those of one driver, alike in three letters, together.
func bucket(tag string) float64 { return noise(tag[:3]) + noise(tag)*1e-9 }

func nonpaged(r row) usage { return r.np }
func paged(r row) usage    { return r.paged }

// captions of the two orders, in the wording of the newer and the older extension.
const (
	byNonPaged    = " Sorting by NonPaged Pool Consumed\n"
	byPaged       = " Sorting by Paged Pool Consumed\n"
	byNonPagedOld = "   Sorting by  NonPaged Pool Consumed\n"
)

// compact prints the four-column layout: counts outstanding and bytes, for each pool.
func (t table) compact(caption string) string {
	var b strings.Builder
	b.WriteString(caption + "\n               NonPaged                  Paged\n")
	b.WriteString(" Tag     Allocs         Used     Allocs         Used\n\n")
	const numbers = " %9d %12d %10d %12d"
	for _, r := range t {
		fmt.Fprintf(&b, " %-4s"+numbers+"\t%s\n",
			r.tag, r.np.held(), r.np.bytes, r.paged.held(), r.paged.bytes, r.desc)
	}
	np, paged := t.total()
	fmt.Fprintf(&b, "\nTOTAL"+numbers+"\n", np.held(), np.bytes, paged.held(), paged.bytes)
	return b.String()
}

// verbose prints the eight-column layout of the newer extension.
func (t table) verbose(caption string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%36s%46s\n", caption, "NonPaged", "Paged")
	b.WriteString(" Tag       Allocs       Frees      Diff         Used")
	b.WriteString("       Allocs       Frees      Diff         Used\n\n")
	const numbers = " %11d %11d %9d %12d %12d %11d %9d %12d"
	for _, r := range t {
		fmt.Fprintf(&b, " %-4s"+numbers+"\t%s\n", append(append([]any{r.tag}, eight(r.np, r.paged)...), r.desc)...)
	}
	np, paged := t.total()
	fmt.Fprintf(&b, "\nTOTAL"+numbers+"\n", eight(np, paged)...)
	return b.String()
}

// starred prints the eight-column layout of the older extension, with a star
// between the pools and a TOTAL row that stands one blank in and has no star.
func (t table) starred() string {
	var b strings.Builder
	b.WriteString(byNonPagedOld + "\n  Pool Used:\n            NonPaged                    Paged\n")
	b.WriteString(" Tag    Allocs    Frees     Diff     Used *  Allocs    Frees     Diff     Used\n")
	for _, r := range t {
		fmt.Fprintf(&b, " %-4s %8d %8d %8d %8d * %7d %8d %8d %8d\t%s\n",
			append(append([]any{r.tag}, eight(r.np, r.paged)...), r.desc)...)
	}
	np, paged := t.total()
	fmt.Fprintf(&b, " TOTAL    %8d %8d %8d %8d %8d %8d %8d %8d\n", eight(np, paged)...)
	return b.String()
}

func eight(np, paged usage) []any {
	return []any{np.allocs, np.frees, np.held(), np.bytes, paged.allocs, paged.frees, paged.held(), paged.bytes}
}

// trim drops rows that would outrank the last published row of a table.
func (t *table) trim(below int64) {
	*t = slices.DeleteFunc(*t, func(r row) bool { return r.np.bytes >= below })
}

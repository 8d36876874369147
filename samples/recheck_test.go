package samples_test

import (
	"encoding/binary"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"

	"poolsweep/samples"
)

// These tests read the logs as text, knowing nothing of the generator: what is
// printed must agree with itself, or the demo would show findings of our making.

var (
	tagRow      = regexp.MustCompile(`(?m)^ (.{4})((?: +\d+)+(?: \*(?: +\d+)+)?)\t`)
	totalRow    = regexp.MustCompile(`(?m)^ ?TOTAL((?: +\d+)+)$`)
	poolCommand = regexp.MustCompile(`(?ms)^\d: kd> !poolused (\d)\n(.*?)(?:^\d: kd> |\z)`)
	listCommand = regexp.MustCompile(`(?ms)^\d: kd> !fltkd\.filters\n(.*?)^\d: kd> `)
	instanceRow = regexp.MustCompile(`(?m)^      FLT_INSTANCE: ([0-9a-f]+) ".+" "[\d.]+"$`)
)

// printed is a table as read back: the columns of each tag, and of TOTAL.
type printed struct {
	order string
	tags  []string
	rows  map[string][]int64
	total []int64
}

// read decodes an embedded log as its byte order mark says.
func read(t *testing.T, name string) string {
	t.Helper()
	b, err := samples.Logs.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	if strings.HasPrefix(text, "\xff\xfe") {
		units := make([]uint16, len(b)/2)
		for i := range units {
			units[i] = binary.LittleEndian.Uint16(b[2*i:])
		}
		text = string(utf16.Decode(units[1:]))
	}
	return strings.ReplaceAll(text, "\r\n", "\n")
}

// tables reads every !poolused of a log.
func tables(t *testing.T, text string) []printed {
	t.Helper()
	var all []printed
	for _, m := range poolCommand.FindAllStringSubmatch(text, -1) {
		p := printed{order: m[1], rows: map[string][]int64{}}
		for _, r := range tagRow.FindAllStringSubmatch(m[2], -1) {
			if p.rows[r[1]] != nil {
				t.Errorf("tag %q is printed twice", r[1])
			}
			p.tags = append(p.tags, r[1])
			p.rows[r[1]] = numbers(r[2])
		}
		if r := totalRow.FindStringSubmatch(m[2]); r != nil {
			p.total = numbers(r[1])
		}
		all = append(all, p)
	}
	if len(all) == 0 {
		t.Error("no !poolused")
	}
	return all
}

func numbers(text string) []int64 {
	var ns []int64
	for _, f := range strings.Fields(strings.ReplaceAll(text, "*", "")) {
		n, _ := strconv.ParseInt(f, 10, 64)
		ns = append(ns, n)
	}
	return ns
}

// held returns the columns of outstanding counts, bytes those of the bytes.
func (p printed) held(tag string) []int64 { return p.columns(tag, 0, 2) }

func (p printed) bytes(tag string) []int64 { return p.columns(tag, 1, 3) }

func (p printed) columns(tag string, short, long int) []int64 {
	row := p.rows[tag]
	switch len(row) {
	case 4:
		return []int64{row[short], row[short+2]}
	case 8:
		return []int64{row[long], row[long+4]}
	}
	return []int64{0, 0}
}

func each(t *testing.T, f func(*testing.T, string, string)) {
	for _, s := range all {
		t.Run(s.path, func(t *testing.T) { f(t, s.path, read(t, s.path)) })
	}
}

func TestRowsSumToTheirTotal(t *testing.T) {
	each(t, func(t *testing.T, path, text string) {
		for _, p := range tables(t, text) {
			if strings.HasPrefix(path, "cut-off/") {
				if p.total != nil {
					t.Error("a cut-off table has a TOTAL")
				}
				continue
			}
			sum := make([]int64, len(p.total))
			for tag, row := range p.rows {
				if len(row) != len(sum) {
					t.Fatalf("%q has %d columns, TOTAL %d", tag, len(row), len(sum))
				}
				for i, n := range row {
					sum[i] += n
				}
			}
			if len(sum) == 0 || !slices.Equal(sum, p.total) {
				t.Errorf("!poolused %s: rows sum to %d, TOTAL is %d", p.order, sum, p.total)
			}
		}
	})
}

func TestVerboseRowsAddUp(t *testing.T) {
	each(t, func(t *testing.T, path, text string) {
		for _, p := range tables(t, text) {
			for tag, r := range p.rows {
				if len(r) == 8 && (r[0]-r[1] != r[2] || r[4]-r[5] != r[6]) {
					t.Errorf("%q: allocs - frees is not the difference: %d", tag, r)
				}
				h, b := p.held(tag), p.bytes(tag)
				if (h[0] == 0 && b[0] != 0) || (h[1] == 0 && b[1] != 0) || b[0] < 8*h[0] || b[1] < 8*h[1] {
					t.Errorf("%q: counts %d do not go with bytes %d", tag, h, b)
				}
			}
		}
	})
}

func TestTablesAreSortedAsTheirCaptionSays(t *testing.T) {
	each(t, func(t *testing.T, path, text string) {
		for _, p := range tables(t, text) {
			half := 0
			if p.order == "4" || p.order == "5" {
				half = 1
			}
			for i := 1; i < len(p.tags); i++ {
				if p.bytes(p.tags[i-1])[half] < p.bytes(p.tags[i])[half] {
					t.Errorf("!poolused %s: %q stands behind %q", p.order, p.tags[i], p.tags[i-1])
				}
			}
		}
	})
}

func TestListedInstancesAreAllOutstanding(t *testing.T) {
	each(t, func(t *testing.T, path, text string) {
		m := listCommand.FindStringSubmatch(text)
		if m == nil {
			if !strings.HasPrefix(path, "process-leak") {
				t.Error("no !fltkd.filters")
			}
			return
		}
		found := instanceRow.FindAllStringSubmatch(m[1], -1)
		distinct := map[string]bool{}
		for _, i := range found {
			distinct[i[1]] = true
		}
		if len(distinct) != len(found) {
			t.Errorf("%d instances at %d addresses", len(found), len(distinct))
		}
		for _, p := range tables(t, text) {
			if p.rows["FMis"] == nil && strings.HasPrefix(path, "cut-off/") {
				continue // the table ends before it
			}
			if fmis := p.held("FMis")[0]; fmis != int64(len(found)) {
				t.Errorf("FMis %d, %d instances listed", fmis, len(found))
			}
		}
	})
}

// TestBackgroundMakesNoCluster checks that in the leaking logs nothing but the
// leak has counts near its multiples, or equal to one another.
func TestBackgroundMakesNoCluster(t *testing.T) {
	for _, c := range []struct {
		path  string
		event float64
		real  string
	}{
		{all[0].path, 10841, "tsni FMvo SBcx Devi FMis Drti FMrr FMct Pp   Io   File Thre SEY4 FMwi"},
		{all[2].path, 12979, "Proc SePa SeTd"},
		{all[3].path, 4310, "Proc SePa SeTd"},
	} {
		p := tables(t, read(t, c.path))[0]
		seen := map[int64]string{}
		for _, tag := range p.tags {
			if strings.Contains(c.real, tag) {
				continue
			}
			for _, n := range p.held(tag) {
				if other := seen[n]; n > 1000 && other != "" {
					t.Errorf("%s: %q and %q both hold %d", c.path, tag, other, n)
				}
				seen[n] = tag
				for _, k := range []float64{0.25, 1.0 / 3, 0.5, 1, 2, 3, 4} {
					if math.Abs(float64(n)-k*c.event) < 0.01*k*c.event {
						t.Errorf("%s: %q holds %d, %.3g times the event", c.path, tag, n, k)
					}
				}
			}
		}
	}
}

// TestNothingElseIsKeptSinceBoot checks that in the verbose tables no background
// tag of size was hardly ever freed: that is a leak's own sign.
func TestNothingElseIsKeptSinceBoot(t *testing.T) {
	each(t, func(t *testing.T, path, text string) {
		for _, p := range tables(t, text) {
			for tag, r := range p.rows {
				if len(r) != 8 || tag == "Proc" {
					continue
				}
				for _, half := range [][]int64{r[:4], r[4:]} {
					if half[2] >= 500 && half[1]*5 < half[2] {
						t.Errorf("%q: %d held, freed only %d times", tag, half[2], half[1])
					}
				}
			}
		}
	})
}

// TestPublishedFigures keeps the figures of the two articles as they were printed there.
func TestPublishedFigures(t *testing.T) {
	for path, want := range map[string][]string{
		all[0].path: {
			"\n tsni     62403     33947232          0            0\tUNKNOWN pooltag 'tsni', please update",
			"\n Pp       10822       779184        287        33456\tUNKNOWN pooltag 'Pp  ', please update",
			"\n SEY4      2970       332752          0            0\tUNKNOWN pooltag 'SEY4', please update",
			"\n   FLT_FILTER: 8971bb58 \"WavxDMgr\" \"145300\"\n      FLT_INSTANCE: 89cf58b0 \"WavxDMgr Instance\"",
			"\na7e10ba3  74 73 6e 69 68 14 02 00-00 53 53 53 68 e0 f2 e0  tsnih....SSSh...\n",
			"\na7ddb000 a7e14180   WavxDMgr   (deferred)             \n",
		},
		all[2].path: {
			"\n Proc    12980        1    12979  8618056 *       0        0        0        0\tProcess objects ,",
			"\n SeTd   372125   359104    13021   833344 *  372125   359104    13021  1145088\tSecurity Token",
			"\n SEYD  1419958  1419958        0        0 *       0        0        0        0\tUNKNOWN pooltag",
			"\n TOTAL    79306657 79234060    72597 22806272 38472704 38412253    60451 29841272\n",
		},
	} {
		text := read(t, path)
		for _, w := range want {
			if !strings.Contains(text, w) {
				t.Errorf("%s lacks %q", path, w)
			}
		}
	}
}

func TestInstancesOfTheRunawayFilter(t *testing.T) {
	for path, want := range map[string]int{all[0].path: 10826, all[1].path: 4} {
		if n := strings.Count(read(t, path), `"WavxDMgr Instance"`); n != want {
			t.Errorf("%s: %d instances of WavxDMgr, want %d", path, n, want)
		}
	}
}

func TestModulesDoNotOverlap(t *testing.T) {
	module := regexp.MustCompile("(?m)^([0-9a-f`]{8,17}) ([0-9a-f`]{8,17})   (\\w+) +\\(")
	each(t, func(t *testing.T, path, text string) {
		_, list, ok := strings.Cut(text, "kd> lm\n")
		if !ok {
			if !strings.HasPrefix(path, "cut-off/") {
				t.Error("no lm")
			}
			return
		}
		found := module.FindAllStringSubmatch(list, -1)
		if len(found) < 50 {
			t.Errorf("only %d modules", len(found))
		}
		for i := range found[1:] {
			if found[i][1] >= found[i][2] || found[i][2] > found[i+1][1] {
				t.Errorf("%s overlaps %s", found[i][3], found[i+1][3])
			}
		}
	})
}

// TestProcessLists checks the object gap: one machine with it, one without.
func TestProcessLists(t *testing.T) {
	for path, want := range map[string]struct{ listed, held int }{
		all[3].path: {41, 4310},
		all[4].path: {150, 159},
	} {
		text := read(t, path)
		ids := map[string]bool{}
		for _, m := range regexp.MustCompile(`Cid: ([0-9a-f]{4}) `).FindAllStringSubmatch(text, -1) {
			ids[m[1]] = true
		}
		listed := len(regexp.MustCompile(`(?m)^PROCESS [0-9a-f]+`).FindAllString(text, -1))
		held := tables(t, text)[0].held("Proc")[0]
		if listed != want.listed || len(ids) != listed || held != int64(want.held) {
			t.Errorf("%s: %d listed with %d identifiers, %d held, want %v", path, listed, len(ids), held, want)
		}
	}
}

func TestPoolUsageOfVMCoversTheTags(t *testing.T) {
	line := regexp.MustCompile(`(?m)^\t?(NonPagedPool|NonPagedPoolNx|PagedPool) Usage: +(\d+) \( *(\d+) Kb\)$`)
	each(t, func(t *testing.T, path, text string) {
		usage := map[string]int64{}
		for _, m := range line.FindAllStringSubmatch(text, -1) {
			pages, kb := numbers(m[2])[0], numbers(m[3])[0]
			if kb != 4*pages {
				t.Errorf("%s: %d pages are not %d Kb", m[1], pages, kb)
			}
			usage[m[1]] += pages * 4096
		}
		for _, p := range tables(t, text) {
			if len(usage) == 0 || p.total == nil {
				continue
			}
			sum := printed{rows: map[string][]int64{"TOTAL": p.total}}.bytes("TOTAL")
			rest := []int64{usage["NonPagedPool"] + usage["NonPagedPoolNx"] - sum[0], usage["PagedPool"] - sum[1]}
			for half, r := range rest {
				if r <= 0 || r > sum[half]/10 {
					t.Errorf("half %d: !vm exceeds the tags by %d bytes of %d", half, r, sum[half])
				}
			}
		}
	})
}

func TestEncodings(t *testing.T) {
	got := map[string]int{}
	for _, s := range all {
		b, err := samples.Logs.ReadFile(s.path)
		if err != nil {
			t.Fatal(err)
		}
		switch text := string(b); {
		case strings.HasPrefix(text, "\xff\xfe"):
			got["UTF-16LE"]++
		case strings.Contains(text, "\r\n"):
			got["CRLF"]++
		default:
			got["LF"]++
		}
	}
	if s := fmt.Sprint(got); s != "map[CRLF:3 LF:3 UTF-16LE:1]" {
		t.Error(s)
	}
}

// TestCutOffEndsInsideANumber keeps the cut where it hurts: behind a part of the
// nonpaged bytes, without a line end.
func TestCutOffEndsInsideANumber(t *testing.T) {
	text := read(t, all[6].path)
	last := text[strings.LastIndex(text, "\n")+1:]
	if !regexp.MustCompile(`^ .{4} +\d+ +\d+$`).MatchString(last) || len(last) >= 28 {
		t.Errorf("the last line is %q", last)
	}
}

package tooltext

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"poolsweep/ingest"
)

func TestWordsOf(t *testing.T) {
	for name, want := range map[string]string{
		"":                          "",
		"Tag":                       "tag",
		"NonPagedUsed":              "nonpaged used",
		"NP_MB":                     "np mb",
		"PagedUsedMB":               "paged used mb",
		"Non Paged Allocs":          "nonpaged allocs",
		"Non-paged pool (MB)":       "nonpaged pool mb",
		"non sense":                 "non sense",
		"NPBytes":                   "np bytes",
		"Outstanding (live)":        "outstanding live",
		"Bytes/alloc":               "bytes alloc",
		"Δ count":                   "δ count",
		"非分页 字节":                    "非分页 字节",
		"Per Alloc":                 "per alloc",
		"`allocs - frees`":          "allocs frees",
		"T0":                        "t0",
		"delta over 4.91 days":      "delta over 4 91 days",
		"  Leading and trailing   ": "leading and trailing",
	} {
		if got := strings.Join(wordsOf(name), " "); got != want {
			t.Errorf("wordsOf(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestColumnOf(t *testing.T) {
	const np, pp = ingest.NonPaged, ingest.Paged
	for _, c := range []struct {
		name string
		want column
	}{
		{"Tag", column{role: roleTag}},
		{"PoolTag", column{role: roleTag}},
		{"Pool Tag", column{role: roleTag}},
		{"tag name", column{role: roleTag}},
		{"标签", column{role: roleTag}},
		{"Tag count", column{role: roleOutstanding}},
		{"Type", column{role: rolePool}},
		{"Pool", column{role: rolePool}},
		{"PoolType", column{role: rolePool}},
		{"Allocs", column{role: roleAllocs}},
		{"Allocations", column{role: roleAllocs}},
		{"PagedAllocs", column{role: roleAllocs, pool: pp}},
		{"Non Paged Allocs", column{role: roleAllocs, pool: np}},
		{"Frees", column{role: roleFrees}},
		{"Freed", column{role: roleFrees}},
		{"NonPagedFrees", column{role: roleFrees, pool: np}},
		{"Diff", column{role: roleOutstanding}},
		{"Outstanding", column{role: roleOutstanding}},
		{"Outstanding allocations (`allocs - frees`)", column{role: roleOutstanding}},
		{"allocs - frees", column{role: roleOutstanding}},
		{"Live", column{role: roleOutstanding}},
		{"Count", column{role: roleOutstanding}},
		{"Current allocations", column{role: roleOutstanding, late: 1}},
		{"Current bytes", column{role: roleBytes, late: 1}},
		{"Current", column{role: roleFigure, count: true, late: 1}},
		{"Bytes in use", column{role: roleBytes}},
		{"Used", column{role: roleBytes}},
		{"Used by", column{role: roleText}},
		{"Size (KB)", column{role: roleBytes, unit: 1 << 10}},
		{"NP_MB", column{role: roleBytes, pool: np, unit: 1 << 20}},
		{"Paged GiB", column{role: roleBytes, pool: pp, unit: 1 << 30}},
		{"NonPagedUsed", column{role: roleBytes, pool: np}},
		{"TotalUsed", column{role: roleBytes, total: true}},
		{"NonPaged", column{role: roleFigure, pool: np}},
		{"Paged", column{role: roleFigure, pool: pp}},
		{"Bytes before", column{role: roleBytes, late: -1}},
		{"Bytes after", column{role: roleBytes, late: 1}},
		{"Pre-reboot", column{role: roleFigure, count: true, late: -1}},
		{"Post-reboot baseline", column{role: roleFigure, count: true, late: 1}},
		{"delta over 4.91 days", column{role: roleFigure, count: true, delta: true}},
		{"Delta bytes", column{role: roleBytes, delta: true}},
		{"Freed bytes", column{role: roleOther}},
		{"ratio vs WCxx", column{role: roleOther}},
		{"share", column{role: roleOther}},
		{"% freed", column{role: roleOther}},
		{"Per Alloc", column{role: roleOther}},
		{"Peak bytes", column{role: roleOther}},
		{"Limit (MB)", column{role: roleOther, unit: 1 << 20}},
		{"Description", column{role: roleText}},
		{"Source Description", column{role: roleText}},
		{"Binary", column{role: roleBinary}},
		{"Mapped_Driver", column{role: roleBinary}},
		{"DateTime", column{role: roleTime}},
		{"Commit", column{role: roleOther}},
		{"", column{role: roleOther}},
	} {
		if got := columnOf(c.name); got != c.want {
			t.Errorf("columnOf(%q) = %+v, want %+v", c.name, got, c.want)
		}
	}
}

// chosen names the columns of a layout that are used: role, pool.
func chosen(l layout) string {
	roles := map[role]string{roleTag: "tag", rolePool: "pool", roleAllocs: "allocs", roleFrees: "frees",
		roleOutstanding: "live", roleBytes: "bytes", roleFigure: "figure", roleText: "text", roleBinary: "binary",
		roleTime: "time", roleOther: "-", roleChange: "change"}
	var names []string
	for _, c := range l.columns {
		name := roles[c.role]
		if c.pool != 0 {
			name += fmt.Sprintf("/%s", c.pool)
		}
		names = append(names, name)
	}
	return strings.Join(names, " ")
}

func TestLayoutOf(t *testing.T) {
	for _, c := range []struct{ names, want string }{
		{"Tag|Bytes", "tag bytes"},
		{"Tag|Type|Allocs|Frees|Diff|Bytes|Per Alloc", "tag pool allocs frees live bytes -"},
		{"Tag|NP_MB|share", "tag bytes/nonpaged -"},
		{"Tag|NP_MB|Allocs|Frees", "tag bytes/nonpaged allocs/nonpaged frees/nonpaged"},
		{"DateTime|Tag|PagedUsedBytes|Binary|Description", "time tag bytes/paged binary text"},
		{"Tag|PagedAllocs|PagedFrees|PagedUsed|NonPagedAllocs|NonPagedFrees|NonPagedUsed|TotalUsed",
			"tag allocs/paged frees/paged bytes/paged allocs/nonpaged frees/nonpaged bytes/nonpaged -"},
		{"Tag|Type|Allocs|NonPagedUsed|PagedUsed", "tag pool live bytes/nonpaged bytes/paged"},
		{"Tag|Allocs|Bytes", "tag live bytes"},
		{"Tag|Bytes before|Bytes after", "tag bytes bytes"},
		{"Tag|Before|After", "tag figure figure"},
		{"Tag|Delta|Count", "tag change live"},
		{"Tag|Bytes before|Live|Bytes after", "tag - live bytes"},
		{"Tag|Allocs|Frees|Delta", "tag allocs frees -"},
		{"tag|delta over 2 days|ratio", "tag figure -"},
		{"Tag|Used MB|Used KB|Used bytes", "tag - - bytes"},
		{"Tag|NonPaged|Paged", "tag figure/nonpaged figure/paged"},
		{"Tag|PagedUsed|TotalUsed", "tag bytes/paged -"},
		{"Bytes|Tag", "bytes tag"},
	} {
		l, ok := layoutOf(strings.Split(c.names, "|"))
		if got := chosen(l); got != c.want || !ok {
			t.Errorf("layoutOf(%q) = %q %v, want %q", c.names, got, ok, c.want)
		}
	}
}

func TestLayoutOfRefuses(t *testing.T) {
	for _, names := range []string{
		"Tag", "Tag|Commit|Date", "Type|Count", "signal|before|after", "Tag|Description", "Bytes|Count",
		"Tag|Allocs|Used|Allocs|Used", "Image Name|PID|Mem Usage", "Tag|share|ratio", "Condition|Non-paged pool growth",
	} {
		if l, ok := layoutOf(strings.Split(names, "|")); ok {
			t.Errorf("layoutOf(%q) = %q", names, chosen(l))
		}
	}
}

func TestLayoutOfTellsDifferencesAndTimes(t *testing.T) {
	if l, _ := layoutOf([]string{"Tag", "Growth in bytes", "Added allocs"}); !l.deltas || l.timed {
		t.Errorf("layout %+v", l)
	}
	if l, _ := layoutOf([]string{"Time", "Tag", "Delta", "Bytes"}); l.deltas || !l.timed {
		t.Errorf("layout %+v", l)
	}
}

func TestPoolNamed(t *testing.T) {
	for pool, names := range map[ingest.Pool][]string{
		ingest.NonPaged: {"Nonp", "NonPaged", "nonpaged", "Non-paged", "NP", "NPP", "N", "NPNX", "NonPagedNx",
			"NonPagedPool", "**NonPaged**", "`Nonp`", "非分页"},
		ingest.Paged: {"Paged", "paged", "PP", "P", "PagedPool", "Paged pool", "分页"},
		0:            {"", "File", "both", "Session", strings.Repeat("Paged ", 10), "Process"},
	} {
		for _, name := range names {
			if got := poolNamed([]byte(name)); got != pool {
				t.Errorf("poolNamed(%q) = %d, want %d", name, got, pool)
			}
		}
	}
}

func TestRolesOfEveryListAreReached(t *testing.T) {
	lists := map[role][]string{
		roleFrees: freeWords, roleAllocs: allocWords, roleOutstanding: slices.Concat(liveWords, countWords),
		roleBytes: byteWords, roleText: textWords, roleBinary: ownerWords, roleTime: timeWords,
	}
	for want, words := range lists {
		for _, w := range words {
			if got := columnOf(w).role; got != want {
				t.Errorf("columnOf(%q) has role %d, want %d", w, got, want)
			}
		}
	}
}

package report

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"poolsweep/analyze"
	"poolsweep/analyze/knowledge"
	"poolsweep/ingest"
)

// sectionOf returns the dump of one section of a case's write-up, "" when it has
// none.
func sectionOf(t *testing.T, c analyze.Case, number int) string {
	t.Helper()
	for _, s := range writeup(t, fleet(t), c).Sections {
		if s.Number == number {
			var d dumper
			d.section(s)
			return d.String()
		}
	}
	return ""
}

func TestTitlesSayTheSignatureInWords(t *testing.T) {
	for _, c := range []struct {
		name  string
		alter func(*analyze.Case)
		want  string
	}{
		{"held", func(*analyze.Case) {}, "AcmeVault is attached 7,204 times, 3.84 KB of pool each"},
		{"nobody holds", func(c *analyze.Case) { c.Holder.Module = "" },
			"7,204 minifilter instances are attached, 3.84 KB of pool each"},
		{"no bytes per event", func(c *analyze.Case) { c.BytesPerEvent = 0 }, "AcmeVault is attached 7,204 times"},
		{"object", func(c *analyze.Case) { *c = objectCase() }, "5,120 thread objects are kept and not released"},
		{"held object", func(c *analyze.Case) { *c = objectCase(); c.Holder.Module = "drv" },
			"5,120 thread objects are kept and not released: drv holds the references"},
		{"uncounted object", func(c *analyze.Case) { *c = objectCase(); c.Events = 0 },
			"thread objects are kept and not released"},
		{"share", func(c *analyze.Case) { *c = shareCase(); c.Pools = c.Pools[:1] },
			"Big1 holds 64 MB of nonpaged pool"},
		{"owned share", func(c *analyze.Case) { *c = shareCase(); c.Pools, c.Owner.Module = c.Pools[1:], "big" },
			"Big1 holds 64 MB of paged pool, owned by big"},
		{"no frees", func(c *analyze.Case) { *c = shareCase(); c.Class = analyze.NoFrees; c.Holder.Module = "big" },
			"Big1 is allocated and hardly ever freed: 64 MB of nonpaged and paged pool, kept by big"},
		{"lockstep", func(c *analyze.Case) { c.Kind, c.Class = analyze.PoolLeak, analyze.Lockstep },
			"FMis, 'Ac  ' and FMvo leak in lockstep: 7,204 events hold 27 MB of nonpaged pool, kept by AcmeVault"},
	} {
		k := runawayCase()
		c.alter(&k)
		if got := writeup(t, fleet(t), k).Title; got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestEveryKindClassAndVerdictHasItsWords(t *testing.T) {
	kinds := []analyze.Kind{analyze.PoolLeak, analyze.ObjectLeak, analyze.RunawayAttachment}
	classes := []analyze.Class{analyze.NoFrees, analyze.ObjectGap, analyze.Lockstep, analyze.PeerGap,
		analyze.Share}
	for _, kind := range kinds {
		for _, class := range classes {
			for _, verdict := range verdictsWorstFirst {
				k := runawayCase()
				k.Kind, k.Class, k.Verdict = kind, class, verdict
				w := writeup(t, fleet(t), k)
				if w.Title == "" || w.Band.Class == "" || w.Band.Verdict == "" {
					t.Errorf("%s, %s, %s: something is not worded", kind, class, verdict)
				}
			}
		}
	}
}

func TestCountersShowTheLargestOthers(t *testing.T) {
	k := runawayCase()
	for i := range 30 {
		k.Lead.Tags = append(k.Lead.Tags, usage(fmt.Sprintf("T%02d", i), 10, uint64(1000+i), 100+i))
	}
	got := sectionOf(t, k, 4)
	if !strings.Contains(got, "Other tags: the 20 largest of 31") {
		t.Errorf("caption: %s", got)
	}
	// File holds 1 MB, then T29 down to T11.
	if file, last := strings.Index(got, "File"), strings.Index(got, "T11"); file < 0 || last < file {
		t.Errorf("order: %s", got)
	}
	if strings.Contains(got, "T10") {
		t.Errorf("more than 20: %s", got)
	}
}

func TestCountersKeepTheOtherPoolOfATag(t *testing.T) {
	k := runawayCase()
	paged := usage("FMis", 1, 64, 99)
	paged.Pool = ingest.Paged
	k.Lead.Tags = append(k.Lead.Tags, paged)
	if got := sectionOf(t, k, 4); !strings.Contains(got, "FMis | 464D6973 | paged | 1 | 64") {
		t.Errorf("the paged row is missing: %s", got)
	}
}

func TestClusterStatesChanceInWords(t *testing.T) {
	for _, c := range []struct {
		luck, chance float64
		want         string
	}{
		{0.00002, 0.031,
			"By chance alone, fewer than 0.0001 clusters of this size would be expected in this very table, and 0.0310 single tags that"},
		{0.0123, 0.00001,
			"By chance alone, 0.0123 clusters of this size would be expected in this very table, and fewer than 0.0001 single tags"},
		{0.5, 0, "By chance alone, 0.500 clusters of this size would be expected in this very table."},
	} {
		k := runawayCase()
		k.Cluster.ByLuck, k.Cluster.Chance = c.luck, c.chance
		if got := sectionOf(t, k, 5); !strings.Contains(got, c.want) {
			t.Errorf("luck %g, chance %g: %s", c.luck, c.chance, got)
		}
	}
}

func TestClusterLeavesOutEmptyTables(t *testing.T) {
	k := runawayCase()
	k.Followers, k.Related = nil, nil
	got := sectionOf(t, k, 5)
	if strings.Contains(got, "follow") || strings.Contains(got, "no integer ratio") {
		t.Errorf("tables without rows: %s", got)
	}
}

func TestFiltersNameTheMachineWhenThereAreSeveral(t *testing.T) {
	k := runawayCase()
	if got := sectionOf(t, k, 6); strings.Contains(got, "Machine") {
		t.Errorf("one machine: %s", got)
	}
	other := k.Filters[0]
	other.Machine = "LAB-015"
	k.Filters = append(k.Filters, other)
	if got := sectionOf(t, k, 6); !strings.Contains(got, "LAB-015 | 320500.5 | ScanFlt") {
		t.Errorf("two machines: %s", got)
	}
}

func TestReconciliationSaysWhatWasNotPrinted(t *testing.T) {
	for _, c := range []struct {
		name  string
		alter func(*analyze.PoolFacts)
		want  string
	}{
		{"all", func(*analyze.PoolFacts) {},
			"6 | 50,331,648 | 50,331,648 | yes <good> | 55,574,528 | +5,242,880 | 268,435,456 | 18.8 %"},
		{"no total", func(p *analyze.PoolFacts) { p.Total, p.Agrees = nil, false },
			"50,331,648 | not printed | 55,574,528"},
		{"wrong total", func(p *analyze.PoolFacts) { p.Agrees = false }, "50,331,648 | no <notice> | 55,574,528"},
		{"no !vm", func(p *analyze.PoolFacts) { p.VM, p.Rest = 0, 0 }, "yes <good> | not printed | 268,435,456"},
		{"less in !vm", func(p *analyze.PoolFacts) { p.Rest = -4096 }, "55,574,528 | -4,096 |"},
		{"no ceiling", func(p *analyze.PoolFacts) {
			p.Ceiling, p.Basis = 0, because(analyze.RuleCeilingUnknown, analyze.Facts{"pool": "nonpaged"})
		}, "Ceiling of nonpaged pool: the log does not say how large"},
	} {
		k := runawayCase()
		c.alter(&k.Pool[0])
		if got := sectionOf(t, k, 7); !strings.Contains(got, c.want) {
			t.Errorf("%s: %s", c.name, got)
		}
	}
}

func TestArgumentNamesTheLosersAndTheCleared(t *testing.T) {
	got := sectionOf(t, objectCase(), 9)
	for _, want := range []string{"QXY* | 7 | 90,210 | 90,210 | 0 <good>", "QZ   | 1 | 12"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing: %s", want, got)
		}
	}
	if strings.Contains(got, "rejected") {
		t.Errorf("nobody was considered: %s", got)
	}
	if got := sectionOf(t, runawayCase(), 9); !strings.Contains(got,
		"Holder of the references | fltmgr.sys | 0.05 |") {
		t.Errorf("the loser is missing: %s", got)
	}
}

func TestFirstPageNamesTheFirstStepsOnly(t *testing.T) {
	k := runawayCase()
	w := writeup(t, fleet(t), k)
	if len(w.Next) != firstSteps || w.Next[2].Where != "" || w.Next[1].Where != "command prompt" {
		t.Errorf("next: %+v", w.Next)
	}
	all := sectionOf(t, k, 11)
	for _, step := range k.Next {
		if !strings.Contains(all, step.Command) {
			t.Errorf("section 11 lacks %q", step.Command)
		}
	}
	ticket := sectionOf(t, k, 14)
	for _, step := range k.Next {
		if step.Command != "" && !strings.Contains(ticket, "|     "+step.Command+"\n") {
			t.Errorf("the ticket lacks %q on its own line", step.Command)
		}
	}
}

func TestKnownIssueSaysWhatIsPublished(t *testing.T) {
	k := runawayCase()
	k.Known = &knowledge.Issue{ID: "bare", Title: inEnglish("Bare issue")}
	if got, want := sectionOf(t, k, 13), "\n13 Known issue (appendix)\nsame picture as: Bare issue (bare)\n"; got != want {
		t.Errorf("bare: %q, want %q", got, want)
	}
	if got := sectionOf(t, runawayCase(), 13); !strings.Contains(got,
		"A lost detach.\n[References]\n- ACME note 12 <>") {
		t.Errorf("full: %s", got)
	}
}

func TestTicketHasAllOfTheFirstPage(t *testing.T) {
	w := writeup(t, fleet(t), runawayCase())
	code := w.Sections[slices.Index(numbers(w), 14)].Blocks[1].Code
	text := strings.Join(strings.Fields(strings.Join(code, " ")), " ")
	want := []string{w.Title, w.ID, w.Band.Verdict, w.Footer.Hash, w.Footer.Tool,
		"v1|runaway-attachment|peer-gap|nonpaged"}
	for _, p := range append(w.Figures, w.Notes[0].Pair, w.Notes[1].Pair) {
		want = append(want, p.Value)
	}
	for _, p := range w.Points {
		want = append(want, p.Items...)
	}
	for _, a := range w.Attribution {
		want = append(want, a.Basis)
	}
	for _, part := range want {
		if !strings.Contains(text, part) {
			t.Errorf("the ticket lacks %q", part)
		}
	}
}

func TestContrastSaysWhatSoFewMachinesCanShow(t *testing.T) {
	for _, c := range []struct {
		name          string
		chance, least float64
		names         int
		want          string
	}{
		{"too few machines", 0.1, 0.1, 143, "(Fisher p = 0.100). So few machines cannot tell a cause from luck: at best p = 0.100."},
		{"many names", 0.004, 0.0001, 150, "150 names were compared, so about 0.600 would differ as much by luck."},
		{"sure", 0.00002, 0.00002, 150, "(Fisher p < 0.0001). 150 names were compared, and luck would hardly do that to any."},
	} {
		k := objectCase()
		k.Contrast.Names, k.Contrast.Rows[0].Chance, k.Contrast.Rows[0].Least = c.names, c.chance, c.least
		w := writeup(t, fleet(t), k)
		if got := w.Notes[0].Value; !strings.Contains(got, c.want) {
			t.Errorf("%s: page one: %s", c.name, got)
		}
		if got := sectionOf(t, k, 8); strings.Contains(got, c.want) || !strings.Contains(got, "| 0 of 3 | ") {
			t.Errorf("%s: section 8 says it again, or has no figures: %s", c.name, got)
		}
	}
}

func TestRepeatedAttachmentsAreListedAndBounded(t *testing.T) {
	k := runawayCase()
	for i := range 14 {
		k.Filters[1].Groups = append(k.Filters[1].Groups, ingest.Instance{Name: "AcmeVault Instance", Volume: fmt.Sprintf(`\Device\V%d`, i),
			Count: 500 + i, Source: ingest.Source{File: "acme.log", Line: 40 + i}})
	}
	k.Filters[0].Groups = []ingest.Instance{{Name: "single", Volume: "C:", Count: 1},
		{Name: "lost", Volume: "E:", Count: 1, Detached: true}}
	got := sectionOf(t, k, 6)
	for _, want := range []string{"a volume that is gone (5 more in the log)]", "ScanFlt | lost | E: (gone) | 1",
		`AcmeVault | AcmeVault Instance | \Device\V0 | 500 | acme.log:40`} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing: %s", want, got)
		}
	}
	if strings.Contains(got, "single") {
		t.Errorf("an ordinary attachment is listed: %s", got)
	}
}

func TestReferencesLeadToThePageTheyName(t *testing.T) {
	for text, want := range map[string]string{
		"github.com/microsoft/WSL issues 40804": "https://github.com/microsoft/WSL",
		"jpwinsup.github.io, 2022-04-19, FMfn":  "https://jpwinsup.github.io",
		"http://example.org/note, page 3":       "https://example.org/note",
		"Vendor's note 2.6.3":                   "",
		"Driver author's write-up":              "",
	} {
		if got := (&speaker{}).references([]string{text})[0]; got.URL != want || got.Text != text {
			t.Errorf("%q leads to %q, want %q", text, got.URL, want)
		}
	}
}

func TestLimitsTellWhatWouldChangeTheVerdict(t *testing.T) {
	k := runawayCase()
	k.Expect = []analyze.Expectation{{Tag: ingest.MustTag("FMis"), AtLeast: 7000, Why: because(analyze.ExpectStays,
		analyze.Facts{"tag": ingest.MustTag("FMis"), "count": int64(7000)})}}
	k.Missed = []analyze.Reason{because(analyze.MissBusy, analyze.Facts{"tag": ingest.MustTag("File"), "count": int64(9)})}
	got := sectionOf(t, k, 10)
	for _, want := range []string{"If the verdict is right", "FMis stays at 7,000 allocations or more", "Signs that came near", "File is large"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing: %s", want, got)
		}
	}
}

func TestTheRestOfAPoolIsExplained(t *testing.T) {
	k := runawayCase()
	k.Pool[0].Rest = -4096
	if got := sectionOf(t, k, 7); !strings.Contains(got, "sum to more than !vm counts") {
		t.Error(got)
	}
	k.Pool[0].VM, k.Pool[0].Rest = 0, 0
	if got := sectionOf(t, k, 7); strings.Contains(got, "!vm counts") {
		t.Error(got)
	}
}

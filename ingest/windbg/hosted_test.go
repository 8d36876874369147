package windbg

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"poolsweep/ingest"
)

// countTable stands for the tables of other tools: "TOOL" and rows "tag n".
var countTable = ingest.Table{
	Command: "tool list", Names: []string{"tool"},
	Begins: func(text []byte) bool { return bytes.HasPrefix(text, []byte("TOOL")) },
	New:    func(string) ingest.TableReader { return &counts{} },
}

type counts struct{ lines []ingest.Line }

func (c *counts) Read(l ingest.Line, warn func(string)) ingest.LineKind {
	switch text := string(l.Text); {
	case strings.HasPrefix(text, "TOOL") && len(c.lines) == 0:
		return ingest.LineNoise
	case strings.HasPrefix(text, "row "):
		l.Text = bytes.Clone(l.Text)
		c.lines = append(c.lines, l)
		return ingest.LineRow
	case text == "odd":
		warn("odd line")
		return ingest.LineNoise
	}
	return ingest.LineForeign
}

// Finish takes a table without rows for none.
func (c *counts) Finish(bool) ingest.BlockState {
	if len(c.lines) == 0 {
		return 0
	}
	return ingest.BlockComplete
}

func (c *counts) Merge(s *ingest.Snapshot, source func(int) ingest.Source) {
	for _, l := range c.lines {
		tag, _ := ingest.ParseTag(string(l.Text[4:8]))
		s.Tags = append(s.Tags, ingest.TagUsage{Tag: tag, Pool: ingest.NonPaged,
			Usage: ingest.Usage{Outstanding: int64(len(l.Text)), Bytes: 1}, Source: source(l.No)})
	}
}

func (c *counts) Differs(before ingest.TableReader) bool {
	old := before.(*counts)
	return len(c.lines) != len(old.lines)
}

const poolTable = `0: kd> !poolused 2
 Sorting by NonPaged Pool Consumed

               NonPaged                  Paged
 Tag     Allocs         Used     Allocs         Used

 Abcd         7          700          0            0	UNKNOWN pooltag 'Abcd', please update pooltag.txt

TOTAL         7          700          0            0
`

func TestHostedTableStandsBetweenTheDebuggersOwn(t *testing.T) {
	for name, text := range map[string]string{
		"by its first line": poolTable + "TOOL 1.0\nrow Xyz1\nodd\nrow Abcd\n\nprose\n",
		"by its command":    poolTable + "C:\\tools>tool -x\nrow Xyz1\nodd\nrow Abcd\n\nC:\\tools>dir\n",
		"in front of it":    "TOOL 1.0\nrow Xyz1\nodd\nrow Abcd\n" + poolTable,
		"skipped before it": "0: kd> !sysptes\nTOOL 0.1\nrow None\nPS C:\\> tool\nrow Xyz1\nodd\nrow Abcd\n" + poolTable,
	} {
		d, err := Read(strings.NewReader(text), "a.log", countTable)
		if err != nil {
			t.Fatal(err)
		}
		if len(d.Snapshots) != 1 {
			t.Fatalf("%s: %d snapshots, want 1", name, len(d.Snapshots))
		}
		s := d.Snapshots[0]
		if len(s.Blocks) != 2 || len(s.Tags) != 2 {
			t.Errorf("%s: %d blocks and %d tags, want 2 and 2 (Abcd once): %v", name, len(s.Blocks), len(s.Tags), s.Tags)
		}
		if len(s.Warnings) != 1 || s.Warnings[0].Message != "odd line" || s.Warnings[0].Text != "odd" {
			t.Errorf("%s: warnings %v", name, s.Warnings)
		}
		xyz := s.Find(ingest.MustTag("Xyz1"), ingest.NonPaged)
		if xyz == nil || xyz.Line != 1+strings.Count(text[:strings.Index(text, "row Xyz1")], "\n") || xyz.File != "a.log" {
			t.Errorf("%s: Xyz1 from %+v", name, xyz)
		}
	}
}

func TestHostedTableThatDiffersBeginsAnotherSnapshot(t *testing.T) {
	text := "TOOL\nrow Xyz1\n\nTOOL\nrow Xyz1\n\nTOOL\nrow Xyz1\nrow Xyz2\n"
	d, err := Read(strings.NewReader(text), "a.log", countTable)
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Snapshots) != 2 || len(d.Snapshots[0].Blocks) != 2 || len(d.Snapshots[1].Tags) != 2 {
		t.Errorf("%d snapshots", len(d.Snapshots))
	}
}

func TestHostedTableThatIsNoneIsDropped(t *testing.T) {
	d, err := Read(strings.NewReader(poolTable+"TOOL of the trade\n\nprose\n"), "a.log", countTable)
	if err != nil {
		t.Fatal(err)
	}
	if s := d.Snapshots[0]; len(s.Blocks) != 1 || len(s.Warnings) != 0 {
		t.Errorf("blocks %v, warnings %v", s.Blocks, s.Warnings)
	}
}

func TestShellPrompt(t *testing.T) {
	for text, want := range map[string]string{
		`C:\>fltmc instances`: "fltmc instances", `  D:\lab kit> poolmon -n`: "poolmon -n", `PS C:\Users\x> fltmc`: "fltmc",
		`C:\Windows\System32>`: "", `0: kd> lm`: "-", `C:\kd\a.log`: "-", `x>y`: "-", `\\srv\x>dir`: "-", `1:\>dir`: "-",
	} {
		got, ok := shellPrompt([]byte(text))
		if !ok {
			got = []byte("-")
		}
		if string(got) != want {
			t.Errorf("shellPrompt(%q) = %q, want %q", text, got, want)
		}
	}
}

// pairTable stands for tables that compare: "PAIR", then "tag n m".
var pairTable = ingest.Table{
	Command: "pair", Begins: func(text []byte) bool { return bytes.HasPrefix(text, []byte("PAIR")) },
	New: func(string) ingest.TableReader { return &pairRows{} },
}

type pairRows struct{ rows [][3]string }

func (r *pairRows) Read(l ingest.Line, warn func(string)) ingest.LineKind {
	fields := strings.Fields(string(l.Text))
	switch {
	case bytes.HasPrefix(l.Text, []byte("PAIR")) && len(r.rows) == 0:
		return ingest.LineNoise
	case len(fields) == 3 && len(fields[0]) == 4:
		r.rows = append(r.rows, [3]string(fields))
		return ingest.LineRow
	}
	return ingest.LineForeign
}

func (r *pairRows) Finish(bool) ingest.BlockState                   { return ingest.BlockComplete }
func (r *pairRows) Merge(*ingest.Snapshot, func(int) ingest.Source) { panic("merged as one moment") }
func (r *pairRows) Moments() []string                               { return []string{"then", "now"} }
func (r *pairRows) MergeMoment(i int, s *ingest.Snapshot, source func(int) ingest.Source) {
	for n, row := range r.rows {
		s.Tags = append(s.Tags, ingest.TagUsage{Tag: ingest.MustTag(row[0]), Pool: ingest.Paged,
			Usage: ingest.Usage{Outstanding: int64(len(row[i+1]))}, Source: source(n + 1)})
	}
}

func (r *pairRows) Differs(before ingest.TableReader) bool {
	return len(r.rows) > 0 && r.rows[0] != before.(*pairRows).rows[0] && r.rows[0][0] == before.(*pairRows).rows[0][0]
}

func TestHostedComparisonGivesASnapshotAMoment(t *testing.T) {
	const head, first, again = "Debug session time: Tue Jun 17 02:28:23.000 2031 (UTC - 7:00)\n",
		"PAIR\nXyz1 a bb\n\n", "PAIR\nXyz1 a bbb\n\n"
	for text, want := range map[string]string{
		first:                           "then:1 now:1",
		head + first:                    "then:1 now:1",
		first + first:                   "then:1 now:1",
		first + "PAIR\nXyz2 a b\n\n":    "then:2 now:2",
		first + again:                   "then:1 now:1 then:1 now:1",
		poolTable + first:               ":1 then:1 now:1",
		first + poolTable:               "then:1 now:1 :1",
		first + "0: kd> .time\n" + head: "then:1 now:1 :0",
		poolTable + first + poolTable:   ":1 then:1 now:1 :1",
		"0: kd> .time\n" + head + first: "then:1 now:1",
		first + head + "\n" + first:     "then:1 now:1 then:1 now:1",
	} {
		d, err := Read(strings.NewReader(text), "a.log", countTable, pairTable)
		if err != nil {
			t.Fatal(err)
		}
		checkInvariants(t, d)
		var got []string
		for _, s := range d.Snapshots {
			got = append(got, fmt.Sprintf("%s:%d", s.Label, len(s.Tags)))
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

package tooltext

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"poolsweep/ingest"
)

// rowsOf reads a log and returns its rows in short form, and its warnings.
func rowsOf(log string) (rows, warnings []string) {
	for _, s := range read([]byte(log)) {
		for _, u := range s.Tags {
			row := fmt.Sprintf("%s %s %d %d", u.Tag, u.Pool, u.Outstanding, u.Bytes)
			if u.Counted {
				row += fmt.Sprintf(" %d-%d", u.Allocs, u.Frees)
			}
			rows = append(rows, row)
		}
		for _, w := range s.Warnings {
			warnings = append(warnings, w.Message)
		}
	}
	return rows, warnings
}

// checkRows compares the rows of a log.
func checkRows(t *testing.T, log string, want ...string) {
	t.Helper()
	if rows, _ := rowsOf(log); !slices.Equal(rows, want) {
		t.Errorf("%q:\n got %q\nwant %q", log, rows, want)
	}
}

func TestPoolmonRows(t *testing.T) {
	const head = " Tag  Type     Allocs            Frees            Diff   Bytes       Per Alloc\n\n"
	for row, want := range map[string]string{
		" Mbuf Nonp    120 (   0)    20 (   0)      100    6400 (     0)     64":          "Mbuf nonpaged 100 6400 120-20",
		" Mbuf Paged   120 (   0)    20 (   0)      100    6400 (     0)     64":          "Mbuf paged 100 6400 120-20",
		" Mbuf Nonp    120           20             100    6400              64":          "Mbuf nonpaged 100 6400 120-20",
		"Mbuf Nonp    120 (   0)    20 (   0)      100    6400 (     0)     64":           "Mbuf nonpaged 100 6400 120-20",
		" Mbuf Nonp    120 ( -10)    20 (  -1)      100    6400 (  -640)     64":          "Mbuf nonpaged 100 6400 120-20",
		" Mbuf Nonp    120 (1234567)    20 (   0)      100    6400 (123456789)     64":    "Mbuf nonpaged 100 6400 120-20",
		" Mbuf Nonp    120 (   0)    20 (   0)100    6400 (     0)     64":                "Mbuf nonpaged 100 6400 120-20",
		" Mbuf Nonp    120 (   0)    20 (   0)      100    6400 (     0)     64        ":  "Mbuf nonpaged 100 6400 120-20",
		" Mbuf Nonp    120 (   0)    20 (   0)      100    6400 (     0)     64 <-- this": "Mbuf nonpaged 100 6400 120-20",
		" Mbuf Nonp    120 (   0)    20 (   0)      100    6400 (     0)     64 [mbuf]":   "Mbuf nonpaged 100 6400 120-20",
		" Dh 1 Nonp    120 (   0)    20 (   0)      100    6400 (     0)     64":          "Dh 1 nonpaged 100 6400 120-20",
		"  Lbl Nonp    120 (   0)    20 (   0)      100    6400 (     0)     64":          " Lbl nonpaged 100 6400 120-20",
		" Io   Nonp    120 (   0)    20 (   0)      100    6400 (     0)     64":          "Io   nonpaged 100 6400 120-20",
		" 1394 Nonp    120 (   0)    20 (   0)      100    6400 (     0)     64":          "1394 nonpaged 100 6400 120-20",
		" -UMD Nonp    120 (   0)    20 (   0)      100    6400 (     0)     64":          "-UMD nonpaged 100 6400 120-20",
		" Nonp Nonp    120 (   0)    20 (   0)      100    6400 (     0)     64":          "Nonp nonpaged 100 6400 120-20",
		" Mbuf Nonp     20 (   0)   120 (   0)     -100       0 (     0)      0":          "Mbuf nonpaged -100 0 20-120",
		" Mbuf Nonp     16 (   0) 4294967290 (0)     22    1408 (     0)     64":          "Mbuf nonpaged 22 1408",
		" Mbuf Nonp    120 (   0)    20 (   0)       99    6400 (     0)     64":          "Mbuf nonpaged 99 6400 120-20",
		" Mbuf Nonp 2100000000 20000000001900000000 102400000000        128":              "",
		" Mbuf Nonp 42000000002000000000 2200000000 281600000000        128":              "Mbuf nonpaged 2200000000 281600000000 4200000000-2000000000",
		" Mbuf Nonp    120 (   0)    20 (   0)      100    6400 (     0)":                 "",
		" Mbuf Nonp    120 (   0)    20 (   0)      100    6400 (     0)     64     12":   "",
		" Mbuf Nonp    120 (   x)    20 (   0)      100    6400 (     0)     64":          "",
		" Mbuf Nonp    120 (   0     20 (   0)      100    6400 (     0)     64":          "",
		" Mbuf Nonp    120 (   0)    20 (   0)      100    6400 (     0)     64K":         "",
		" Mbufx Nonp   120 (   0)    20 (   0)      100    6400 (     0)     64":          "",
		" Mbuf Nonpag  120 (   0)    20 (   0)      100    6400 (     0)     64":          "",
		" Mbuf Other   120 (   0)    20 (   0)      100    6400 (     0)     64":          "",
		" Mbuf Nonp    120 (   0)    20 (   0)      100 99999999999999999999 (0)  64":     "",
		" Mbuf Nonp    120 (   0)    20 (   0)      100 18446744073709551615 (0)  64":     "",
		" naïf Nonp    120 (   0)    20 (   0)      100    6400 (     0)     64":          "",
		"      Nonp    120 (   0)    20 (   0)      100    6400 (     0)     64":          "",
	} {
		if want == "" {
			checkRows(t, head+row+"\n")
			continue
		}
		checkRows(t, head+row+"\n", want)
	}
}

func TestPoolmonOwner(t *testing.T) {
	for text, want := range map[string]string{
		"":                              "",
		"[mbuf.sys - packet buffers]":   "packet buffers , Binary: mbuf.sys",
		"[mbuf.sys  -  packet buffers]": "packet buffers , Binary: mbuf.sys",
		"[mbuf.sys - packet buf":        "packet buf , Binary: mbuf.sys",
		"[nt!mm - pages]":               "pages , Binary: nt!mm",
		"[mbuf][mbuf.sys    -  queue]":  "queue , Binary: mbuf.sys",
		"[mbuf][packet buffers]":        "packet buffers , Binary: mbuf",
		"[mbuf]":                        "Binary: mbuf",
		"[el90xbc5]":                    "Binary: el90xbc5",
		"[Gdi Objects]":                 "Gdi Objects",
		"[Gdi - many objects]":          "many objects , Binary: Gdi",
		"[two words - of text]":         "two words - of text",
		"Unknown Driver":                "",
		"[]":                            "",
		"[":                             "",
	} {
		var p poolmon
		if got := p.owner([]byte(text)); got != want {
			t.Errorf("owner(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestPoolmonBegins(t *testing.T) {
	for _, line := range []string{
		"Memory:  260620K Avail:   96364K  PageFlts:     0   InRam Krnl: 1916K P:17856K",
		"Commit: 203500K Limit: 640916K Peak: 260632K            Pool N: 8332K P:27220K",
		"- Memory: 260620K Avail: 96364K PageFlts: 0 InRam Krnl: 1916K P: 17856K",
		"System pool information",
		"All sessions pool information",
		"Session 12 pool information",
		"Tag  Type     Allocs            Frees            Diff   Bytes       Per Alloc",
		"Tag Type Allocs Frees Diff Bytes Per Alloc Mapped_Driver",
		"## Tag   Type     Allocs         Frees         Diff    Bytes             Per Alloc",
		"Query pooltags Failed c0000002",
		"Summary1,22/05/2024 22:35:55.53,33356024,19399488,400263915,12672,935188",
		"Mbuf Nonp    120 (   0)    20 (   0)      100    6400 (     0)     64",
		"A    Nonp    120 (   0)    20 (   0)      100    6400 (     0)     64",
		"- Mbuf Nonp 120 20 100 6400 64",
	} {
		if !poolmonBegins([]byte(line)) {
			t.Errorf("%q does not begin a screen", line)
		}
	}
	for _, line := range []string{
		"", "Tag", "Memory: 12 GB are free", "Memory:", "Commit: it", "Session layer pool information",
		"Tag    NP_MB      share", "Tag Type Frees Allocs Diff Bytes Per Alloc", "Mbuf Nonp 120 20 99 6400 64",
		"NonPagedPool Usage:     9217 (     36868 Kb)", "Paged pool 1 2 3 4 5", "some Paged 5 (0) 4 (0) 1",
		"Mbufx Nonp    120 (   0)    20 (   0)      100    6400 (     0)     64", "Summary of the day, 12:00",
		"Mbuf     12       3072          0            0\tbuffers , Binary: mbuf.sys", "Query failed",
	} {
		if poolmonBegins([]byte(line)) {
			t.Errorf("%q begins a screen", line)
		}
	}
}

func TestPoolmonHeaderGivesSizes(t *testing.T) {
	for log, want := range map[string]string{
		" Memory:33473120K Avail:20055132K  PageFlts:     5   InRam Krnl:10444K P:1843072K\n" +
			" Commit:15035764K Limit:67027552K Peak:16677444K            Pool N:1023400K P:1955448K\n": "34276474880 1047961600 2002378752",
		" Memory: 16224K Avail: 4564K PageFlts: 31 InRam Krnl: 684K P: 680K\n": "16613376 0 0",
		" Commit: 24140K Limit: 24952K Peak: 24932K  Pool N: 744K P: 2180K\n":  "0 761856 2232320",
		" Commit: 24140K Limit: 24952K Peak: 24932K\n":                         "0 0 0",
		" Memory: 99999999999999999999K Avail: 4564K\n":                        "0 0 0",
		" Memory: 12M Avail: 4564K PageFlts: 31\n":                             "0 0 0",
		"Summary1,a:b,1024,2,3,4,5\nSummary2,a:b,1,2,3,64,128\n":               "1048576 65536 131072",
		"Summary1,a:b,1024\nSummary2,a:b,1,2,3,x,\n":                           "0 0 0",
	} {
		snaps := read([]byte(log))
		if len(snaps) != 1 {
			t.Fatalf("%q: %d snapshots", log, len(snaps))
		}
		var vm ingest.VM
		if snaps[0].VM != nil {
			vm = *snaps[0].VM
		}
		if got := fmt.Sprint(snaps[0].RAM, " ", vm.NonPaged, " ", vm.Paged); got != want {
			t.Errorf("%q: %s, want %s", log, got, want)
		}
	}
}

// block gives a reader the lines of a log, as one block.
func block(table ingest.Table, log string) ingest.TableReader {
	r := table.New("")
	for i, line := range strings.Split(strings.TrimSuffix(log, "\n"), "\n") {
		r.Read(ingest.Line{No: i + 1, Text: []byte(line)}, func(string) {})
	}
	return r
}

func TestPoolmonMergeKeepsWhatIsKnown(t *testing.T) {
	const log = " Memory:  1024K Avail:   96364K\n Commit: 203500K Limit: 640916K Pool N: 64K P: 128K\n" +
		" Tag  Type     Allocs            Frees            Diff   Bytes       Per Alloc\n" +
		" Mbuf Nonp    120 (   0)    20 (   0)      100    6400 (     0)     64\n" +
		" Abcd Nonp    120 (   0)    20 (   0)      100    6400 (     0)     64\n" +
		" Total Nonp   240 (   0)    40 (   0)      200   12800 (     0)     64\n"
	known := ingest.TagUsage{Tag: ingest.MustTag("Mbuf"), Pool: ingest.NonPaged, Usage: ingest.Usage{Bytes: 12}}
	s := &ingest.Snapshot{RAM: 5, VM: &ingest.VM{NonPaged: 7}, Tags: []ingest.TagUsage{known},
		Totals: []ingest.PoolTotal{{Pool: ingest.NonPaged}}}
	block(poolmonTable, log).Merge(s, at)
	if s.RAM != 5 || s.VM.NonPaged != 7 || len(s.Tags) != 2 || s.Tags[0] != known || len(s.Totals) != 1 {
		t.Errorf("snapshot %+v", s)
	}
	empty := &ingest.Snapshot{}
	block(poolmonTable, log).Merge(empty, at)
	if empty.RAM != 1<<20 || empty.VM.NonPaged != 64<<10 || len(empty.Tags) != 2 || empty.Total(ingest.NonPaged).Bytes != 12800 {
		t.Errorf("snapshot %+v", empty)
	}
}

func TestPoolmonDiffers(t *testing.T) {
	const head = " Tag  Type     Allocs            Frees            Diff   Bytes       Per Alloc\n"
	const mbuf = " Mbuf Nonp    120 (   0)    20 (   0)      100    6400 (     0)     64\n"
	const more = " Mbuf Nonp    121 (   1)    20 (   0)      101    6464 (    64)     64\n"
	const abcd = " Abcd Nonp    120 (   0)    20 (   0)      100    6400 (     0)     64\n"
	const session = " Session 1 pool information\n"
	for _, c := range []struct {
		before, now string
		want        bool
	}{
		{head + mbuf, head + mbuf, false},
		{head + mbuf, head + more, true},
		{head + mbuf, head + abcd, false},
		{head + mbuf + abcd, head + abcd + more, true},
		{head + mbuf, session + head + more, false},
		{session + head + mbuf, head + abcd, true},
		{session + head + mbuf, session + head + more, true},
		{session + head + mbuf, " Session 2 pool information\n" + head + more, false},
		{session + head, head + abcd, false},
	} {
		if got := block(poolmonTable, c.now).Differs(block(poolmonTable, c.before)); got != c.want {
			t.Errorf("%q after %q differs: %v", c.now, c.before, got)
		}
	}
	if block(poolmonTable, head+more).Differs(block(genericTable, "Tag,Bytes\nMbuf,12\n")) {
		t.Error("a screen differs from a table")
	}
}

func TestPoolmonSessionRowsCountWhereNothingElseIsKnown(t *testing.T) {
	const log = " Session 1 pool information\n Tag  Type     Allocs            Frees            Diff   Bytes       Per Alloc\n" +
		" Gdxx Paged   120 (   0)    20 (   0)      100    6400 (     0)     64\n"
	checkRows(t, log, "Gdxx paged 100 6400 120-20")
	s := &ingest.Snapshot{Tags: []ingest.TagUsage{{Tag: ingest.MustTag("Mbuf"), Pool: ingest.Paged}}}
	block(poolmonTable, log).Merge(s, at)
	if len(s.Tags) != 1 {
		t.Errorf("tags %+v", s.Tags)
	}
}

func TestPoolmonStates(t *testing.T) {
	const head = " Tag  Type     Allocs            Frees            Diff   Bytes       Per Alloc\n"
	const row = " Mbuf Nonp    120 (   0)    20 (   0)      100    6400 (     0)     64"
	for log, want := range map[string]ingest.BlockState{
		head + row + "\n":                       ingest.BlockComplete,
		head + row:                              ingest.BlockComplete,
		head + row[:len(row)-1]:                 ingest.BlockCut,
		head + row + "\n" + row[:30]:            ingest.BlockCut,
		head + row + "\n Mbu":                   ingest.BlockCut,
		head + row + "\n ...\n" + row + "\n":    ingest.BlockUnclosed,
		head + row + "\n\nThat is all.\n":       ingest.BlockComplete,
		"Query pooltags Failed c0000002\n":      ingest.BlockUnclosed,
		head + "\n" + row + "\n\n" + row + "\n": ingest.BlockComplete,
	} {
		snaps := read([]byte(log))
		if len(snaps) != 1 || snaps[0].Blocks[0].State != want {
			t.Errorf("%q: %s, want %s", log, dumped(snaps), want)
		}
	}
}

func TestUnbullet(t *testing.T) {
	for line, want := range map[string]string{
		"- Mbuf": "Mbuf", "* Mbuf": "Mbuf", "  - Mbuf": "Mbuf", "> Mbuf": "Mbuf", "## Tag": "Tag", "> - Mbuf": "- Mbuf",
		"-UMD": "-UMD", "  Mbuf": "Mbuf", "": "", "-": "-", "**bold**": "**bold**",
	} {
		if got, _ := unbullet([]byte(line)); string(got) != want {
			t.Errorf("unbullet(%q) = %q, want %q", line, got, want)
		}
	}
}

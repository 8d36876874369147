package tooltext

import (
	"slices"
	"strings"
	"testing"

	"poolsweep/ingest"
)

func TestGenericReadsEveryLayout(t *testing.T) {
	want := []string{"Mbuf nonpaged 100 6400 120-20", "D2d  paged 5 320 15-10"}
	for name, log := range map[string]string{
		"csv":          "Tag,Type,Allocs,Frees,Diff,Bytes\nMbuf,Nonp,120,20,100,6400\nD2d ,Paged,15,10,5,320\n",
		"quoted":       "\"Tag\",\"Type\",\"Allocs\",\"Frees\",\"Diff\",\"Bytes\"\n\"Mbuf\",\"Nonp\",\"120\",\"20\",\"100\",\"6,400\"\n\"D2d \",\"Paged\",\"15\",\"10\",\"5\",\"320\"\n",
		"semicolons":   "Tag;Typ;Allocs;Frees;Diff;Bytes\nMbuf;Nonp;120;20;100;6.400\nD2d ;Paged;15;10;5;320\n",
		"tabs":         "Tag\tType\tAllocs\tFrees\tDiff\tBytes\nMbuf\tNonp\t120\t20\t100\t6400\nD2d \tPaged\t15\t10\t5\t320\n",
		"markdown":     "| Tag | Type | Allocs | Frees | Diff | Bytes |\n|---|---|--:|--:|--:|--:|\n| `Mbuf` | Nonp | 120 | 20 | 100 | **6,400** |\n| `D2d ` | Paged | 15 | 10 | 5 | 320 |\n",
		"bars":         "Tag | Type | Allocs | Frees | Diff | Bytes\n--- | --- | --- | --- | --- | ---\nMbuf | Nonp | 120 | 20 | 100 | 6400\nD2d  | Paged | 15 | 10 | 5 | 320\n",
		"ruled":        "Tag  Type  Allocs Frees Diff Bytes\n---  ----  ------ ----- ---- -----\nMbuf Nonp     120    20  100  6400\nD2d  Paged     15    10    5   320\n",
		"plain":        "Tag  Type  Allocs Frees Diff Bytes\nMbuf Nonp     120    20  100  6400\nD2d  Paged     15    10    5   320\n",
		"collapsed":    "Tag Type Allocs Frees Diff Bytes\nMbuf Nonp 120 20 100 6400\nD2d Paged 15 10 5 320\n",
		"other order":  "Bytes,Diff,Frees,Allocs,Pool,Pool Tag\n6400,100,20,120,NonPaged,Mbuf\n320,5,10,15,PagedPool,D2d \n",
		"other names":  "pool tag,pool type,allocations,freed,outstanding,bytes in use\nMbuf,NP,120,20,100,6400\nD2d ,PP,15,10,5,320\n",
		"no diff":      "Tag,Pool,Allocs,Frees,Used\nMbuf,NonPagedNx,120,20,6400\nD2d ,paged pool,15,10,320\n",
		"per pool":     "Tag,PagedAllocs,PagedFrees,PagedUsed,NonPagedAllocs,NonPagedFrees,NonPagedUsed\nMbuf,0,0,0,120,20,6400\nD2d ,15,10,320,0,0,0\n",
		"kilobytes":    "Tag,Type,Allocs,Frees,Diff,Size (KB)\nMbuf,Nonp,120,20,100,6.25\nD2d ,Paged,15,10,5,0.3125\n",
		"cell units":   "Tag,Type,Allocs,Frees,Diff,Size\nMbuf,Nonp,120,20,100,6.25 KB\nD2d ,Paged,15,10,5,320 bytes\n",
		"more columns": "#,Tag,Type,Allocs,Frees,Diff,Bytes,Per Alloc,share,Note\n1,Mbuf,Nonp,120,20,100,6400,64,95%,x\n2,D2d ,Paged,15,10,5,320,64,5%,\n",
		"remarks":      "Tag  Type  Allocs Frees Diff Bytes\nMbuf Nonp     120    20  100  6400  <-- look\nD2d  Paged     15    10    5   320\n",
		"indented":     "   Tag  Type  Allocs Frees Diff Bytes\n   Mbuf Nonp     120    20  100  6400\n   D2d  Paged     15    10    5   320\n",
		"with a sum":   "Tag,Type,Allocs,Frees,Diff,Bytes\nMbuf,Nonp,120,20,100,6400\nD2d ,Paged,15,10,5,320\nTotal,,135,30,105,6720\n",
	} {
		if rows, warnings := rowsOf(log); !slices.Equal(rows, want) || len(warnings) > 0 {
			t.Errorf("%s:\n%s\n got %q %q\nwant %q", name, log, rows, warnings, want)
		}
	}
}

func TestGenericReadsWhatTheCellsSay(t *testing.T) {
	const head = "Tag;Pool;Count;Size\n"
	for cells, want := range map[string]string{
		"Mbuf;Nonp;100;6400":                  "Mbuf nonpaged 100 6400",
		"Mbuf;Nonp;1,000;1.5 MB":              "Mbuf nonpaged 1000 1572864",
		"Mbuf;Nonp;1'000;12K":                 "Mbuf nonpaged 1000 12288",
		"Mbuf;Nonp;1 000;12 kb":               "Mbuf nonpaged 1000 12288",
		"Mbuf;Nonp;2.9K;134M":                 "Mbuf nonpaged 2900 140509184",
		"Mbuf;Nonp;~583k;0,5 GB":              "Mbuf nonpaged 583000 536870912",
		"Mbuf;Nonp;-;64":                      "Mbuf nonpaged 0 64",
		"Mbuf;Nonp;12;n/a":                    "Mbuf nonpaged 12 0",
		"Mbuf;Nonp;12;":                       "Mbuf nonpaged 12 0",
		"Mbuf;Nonp;12;64 (0.1 %)":             "Mbuf nonpaged 12 64",
		"Mbuf;;12;64":                         "Mbuf unknown 12 64",
		"`D2d `;Nonp;12;64":                   "D2d  nonpaged 12 64",
		"Mbuf;Nonp;12;<5 MB":                  "",
		"Mbuf;Nonp;12;lots":                   "",
		"Mbuf;Nonp;12 MB;64":                  "",
		"Mbuf;Nonp;12.5;64":                   "",
		"Mbuf;Nonp;12;1.25":                   "",
		"Mbuf;Nonp;12;-64":                    "",
		"Mbuf;Nonp;99999999999999999999999;1": "",
		"Mbuf;Nonp;-;-":                       "",
		"Mbuffer;Nonp;12;64":                  "",
		";Nonp;12;64":                         "",
		"12;Nonp;12;64":                       "",
		"1394;Nonp;12;64":                     "1394 nonpaged 12 64",
		"Mbuf;Nonp;0;0":                       "Mbuf nonpaged 0 0",
	} {
		if want == "" {
			checkRows(t, head+cells+"\n")
			continue
		}
		checkRows(t, head+cells+"\n", want)
	}
}

func TestGenericBegins(t *testing.T) {
	for _, line := range []string{
		"Tag,Bytes", "Tag;Bytes", "tag\tbytes", "| Tag | Bytes |", "TAG  USED", "PoolTag  NP_MB", "Tag Bytes",
		"\"DateTime\",\"Tag\",\"PagedUsedBytes\"", "标签,字节", "| tag | delta over 4.91 days |",
	} {
		if !genericBegins([]byte(line)) {
			t.Errorf("%q begins no table", line)
		}
	}
	for _, line := range []string{
		"", "Tag", "Tag it", "| Tag | Commit |", "The tag of the pool, and its bytes", "Pool  Bytes",
		"Tag    Allocs     Used    Allocs     Used", "Stage  Bytes", "Image Name   PID  Mem Usage",
		"Address             Length      Tag   Caller Address", strings.Repeat("Tag,Bytes,", 200),
		" Sorting by Tag", "Vintage,Size", "标签",
	} {
		if genericBegins([]byte(line)) {
			t.Errorf("%q begins a table", line)
		}
	}
}

func TestGenericWarns(t *testing.T) {
	for log, want := range map[string]string{
		"Tag,Pool,Bytes\nMbuf,Nonp,12\nAbcd,Paged,13\n":    "",
		"Tag,Bytes\nMbuf,12\nAbcd,13\n":                    "the table does not say which pool a tag is in",
		"Tag,Pool,Growth\nMbuf,Nonp,12\nAbcd,Paged,13\n":   "the figures are differences between two moments",
		"Time,Tag,NP_KB\n1,Mbuf,12\n2,Mbuf,13\n3,Mbuf,1\n": "the table shows a tag at several times: the last one counts",
	} {
		if _, got := rowsOf(log); strings.Join(got, "|") != want {
			t.Errorf("%q: warnings %q, want %q", log, got, want)
		}
	}
}

func TestGenericTakesTheLastOfSeveralTimes(t *testing.T) {
	checkRows(t, "Time,Tag,NP_KB\n1,Mbuf,12\n1,Abcd,1\n2,Mbuf,13\n2,Abcd,2\n", "Mbuf nonpaged 0 13312", "Abcd nonpaged 0 2048")
}

func TestGenericAddsUpWhatStandsTwice(t *testing.T) {
	checkRows(t, "Tag,Pool,Diff,Bytes\nMbuf,Nonp,1,12\nMbuf,Nonp,2,24\n", "Mbuf nonpaged 3 36")
}

func TestGenericDropsTablesOfOtherThings(t *testing.T) {
	for _, log := range []string{
		"Tag,Bytes\nrelease-1,12\nrelease-2,13\n",
		"Tag,Count\n1,12\n2,13\n3,14\n",
		"Tag,Count\nMbuf,1\nlonger,2\nlongest,3\nstill longer,4\n",
		"| Tag | Size |\n|---|---|\n| v1.2.3 | 12 MB |\n",
		"Tag Bytes\n\nand then nothing\n",
	} {
		if snaps := read([]byte(log)); len(snaps) > 0 {
			t.Errorf("%q is read as\n%s", log, dumped(snaps))
		}
	}
}

func TestGenericDescribes(t *testing.T) {
	for log, want := range map[string]string{
		"Tag,NP_KB,Binary,Description\nMbuf,1,mbuf.sys,packets\n": "packets , Binary: mbuf.sys",
		"Tag,NP_KB,Driver\nMbuf,1,mbuf.sys\n":                     "Binary: mbuf.sys",
		"Tag,NP_KB,Description\nMbuf,1,\n":                        "",
		"Tag,NP_KB\n`Mbuf` (packets),1\n":                         "packets",
		"Tag,NP_KB,Note\nMbuf,1,\"say \"\"so\"\"\"\n":             `say "so"`,
	} {
		snaps := read([]byte(log))
		if len(snaps) != 1 || snaps[0].Tags[0].Description != want {
			t.Errorf("%q: %s, want %q", log, dumped(snaps), want)
		}
	}
}

func TestGenericMomentsInOneLog(t *testing.T) {
	const a, b, c = "Tag,NP_KB\nMbuf,1\n", "Tag,NP_KB\nAbcd,1\n", "Tag,NP_KB\nMbuf,2\n"
	for log, want := range map[string]int{
		a: 1, a + "\n" + a: 1, a + "\n" + b: 1, a + "\n" + c: 2, a + "\n" + b + "\n" + c: 2, a + c: 2,
	} {
		if snaps := read([]byte(log)); len(snaps) != want {
			t.Errorf("%q: %d snapshots, want %d", log, len(snaps), want)
		}
	}
}

func TestPoolmonXIsNamed(t *testing.T) {
	for _, log := range []string{
		"Tag\tPaged Allocs\tPaged Frees\tPaged Diff\tPaged Usage\nMbuf\t12\t4\t8\t64\n",
		"Tag   Paged Allocs  Paged Frees  Paged Diff  Paged Usage\nMbuf            12            4           8           64\n",
	} {
		snaps := read([]byte(log))
		if len(snaps) != 1 || snaps[0].Blocks[0].Command != "PoolMonX" {
			t.Errorf("%q: %s", log, dumped(snaps))
		}
		checkRows(t, log, "Mbuf paged 8 64 12-4")
	}
}

func TestFiguresMergeNeverDoublesATag(t *testing.T) {
	s := &ingest.Snapshot{}
	block(genericTable, "Tag,NP_KB\nMbuf,1\nAbcd,2\n").Merge(s, at)
	block(plainTable, "Mbuf 12 KB nonpaged\nEfgh 12 KB nonpaged\n").Merge(s, at)
	if len(s.Tags) != 3 || s.Tags[0].Bytes != 1024 || s.Tags[2].Tag != ingest.MustTag("Efgh") {
		t.Errorf("tags %+v", s.Tags)
	}
}

package windbg

import (
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"poolsweep/ingest"
)

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"0: kd&gt; !vm":                                  "0: kd> !vm",
		"Image&#8203;: svchost\\.exe":                    "Image: svchost.exe",
		"&nbsp; x &amp;&#x41;&bogus; &#; &":              "  x &A&bogus; &#; &",
		`<font color="#0000ff">PROCESS 89 </font> Cid`:   "PROCESS 89  Cid",
		"<snipped> <Legacy> <Data Not Accessible> 4 < 5": "<snipped> <Legacy> <Data Not Accessible> 4 < 5",
		`win7sp1\_ldr \*\*\* fffff801\` + "`14b40000":    "win7sp1_ldr *** fffff801`14b40000",
		`\Device\HarddiskVolume1 \??\C:\pagefile.sys`:    `\Device\HarddiskVolume1 \??\C:\pagefile.sys`,
		"“QzPlug” – s —a 1…":                             `"QzPlug" - s -a 1...`,
		"z\u200bero\u00a0wid\ufeffth":                    "zero width",
		"```":                                            "",
		"  ```text  ":                                    "",
		"~~~":                                            "",
		"`0: kd> lm`":                                    "0: kd> lm",
		"**0: kd> lm**":                                  "0: kd> lm",
		"********** Excessive NonPaged Pool Usage *****": "********** Excessive NonPaged Pool Usage *****",
		"省略若干重复输出":                                       "省略若干重复输出",
		"plain":                                          "plain",
		"":                                               "",
		"a\xff\xe2\x80b":                                 "a\xff\xe2\x80b",
	} {
		var s paste
		got := s.clean(line{text: []byte(in)})
		if string(got.text) != want || got.mended != (in != want) {
			t.Errorf("clean(%q) = %q, %t; want %q", in, got.text, got.mended, want)
		}
	}
}

func TestQuoteMark(t *testing.T) {
	for in, want := range map[string]int{
		"> x": 2, ">x": 1, ">> x": 3, "> > x": 4, ">": 1, "  > x": 4, "- x": 2, "* x": 2, "| x": 2, "+ x": 2,
		"-UMD": 0, "||0:0: kd> lm": 0, "x > y": 0, "": 0, "-": 0, "*": 0,
	} {
		if got := quoteMark([]byte(in)); got != want {
			t.Errorf("quoteMark(%q) = %d, want %d", in, got, want)
		}
	}
}

// TestTagsThatLookLikeMarkupStay reads a clean table of them between quoted ones.
func TestTagsThatLookLikeMarkupStay(t *testing.T) {
	rows := []usageRow{
		{"&gt;", 1, 64, 0, 0}, {"<b>x", 2, 64, 0, 0}, {"> ab", 3, 64, 0, 0}, {">abc", 4, 64, 0, 0},
		{"- ab", 5, 64, 0, 0}, {"| ab", 6, 64, 0, 0}, {`\_ab`, 7, 64, 0, 0}, {"`ab`", 8, 64, 0, 0}, {"**a*", 9, 64, 0, 0},
	}
	quoted := "> 0: kd> !vm\n> Physical Memory&#8203;: 1000 ( 4000 Kb)\n> Commit limit: 1 ( 4 Kb)\n"
	s := only(t, quoted+"0: kd> !poolused 2\n"+table(rows...)+quoted+"0: kd> ")
	for _, r := range rows {
		if u := s.Find(ingest.MustTag(r.tag), ingest.NonPaged); u == nil || u.Outstanding != r.nonpaged {
			t.Errorf("%q: %+v", r.tag, u)
		}
	}
	if s.RAM != 4000<<10 || len(s.Warnings) > 0 {
		t.Errorf("ram %d, %s", s.RAM, messages(s))
	}
}

// TestPastedOutputsAreTheSame reads every output in every kind of paste.
func TestPastedOutputsAreTheSame(t *testing.T) {
	each := func(f func(string) string) func(string) string {
		return func(text string) string {
			lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
			for i, l := range lines {
				lines[i] = f(l)
			}
			return strings.Join(lines, "\n") + "\n"
		}
	}
	pastes := map[string]func(string) string{
		"quoted":   each(func(l string) string { return "> " + l }),
		"twice":    each(func(l string) string { return "> > " + l }),
		"bullets":  each(func(l string) string { return "- " + l }),
		"entities": each(strings.NewReplacer("&", "&amp;", ">", "&gt;", `"`, "&quot;", "<", "&lt;").Replace),
		"escaped":  each(strings.NewReplacer("_", `\_`, "*", `\*`, "`", "\\`", "-", `\-`).Replace),
		"fenced":   func(text string) string { return "```\n" + text + "```\n" },
		"bold":     each(func(l string) string { return "<b>" + l + "</b>" }),
	}
	for _, o := range outputs {
		want := dumped(read(t, o.text+"\nWords.\n"))
		for name, paste := range pastes {
			got := dumped(read(t, paste(o.text)+"\nWords.\n"))
			if name == "fenced" {
				continue // the lines have other numbers
			}
			if got != want {
				t.Errorf("%s, %s:\n%s\nwant:\n%s", o.name, name, got, want)
			}
		}
	}
}

// TestReadSeeds reads two articles as they stand.
func TestReadSeeds(t *testing.T) {
	for file, want := range map[string][]string{
		"wavxdmgr-runaway-attachment.zh.txt": {"tsni 33947232", "FMvo 21825376", "Pp   779184", "filter WavxDMgr", "hit WavxDMgr"},
		"process-reference-leak.zh.txt":      {"Proc 8618056", "SEY4 0", "LSwi 2576384"},
	} {
		d := readFile(t, shared(t, filepath.Join("seeds", file))[0])
		if len(d.Snapshots) != 1 {
			t.Fatalf("%s: %d snapshots", file, len(d.Snapshots))
		}
		s := d.Snapshots[0]
		for _, w := range want {
			kind, name, _ := strings.Cut(w, " ")
			switch kind {
			case "filter":
				if f := s.Filters[len(s.Filters)-1]; f.Name != name || f.Attached() != 14 {
					t.Errorf("filter %+v", f)
				}
			case "hit":
				if m := s.ModuleAt(s.Scans[0].Hits[0].Address); m == nil || m.Name != name {
					t.Errorf("module %+v", m)
				}
			default:
				u := s.Find(ingest.MustTag(w[:4]), ingest.NonPaged)
				if u == nil || w[5:] != strconv.FormatUint(u.Bytes, 10) {
					t.Errorf("%s: %+v", w, u)
				}
			}
		}
	}
}

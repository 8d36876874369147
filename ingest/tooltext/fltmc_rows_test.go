package tooltext

import (
	"fmt"
	"strings"
	"testing"

	"poolsweep/ingest"
)

// readAs reads lines as one list, and returns what was merged and the last answer.
func readAs(command string, lines ...ingest.Line) (*ingest.Snapshot, ingest.LineKind) {
	r := fltmcTable.New(command)
	var kind ingest.LineKind
	for i, l := range lines {
		l.No = i + 1
		kind = r.Read(l, func(string) {})
	}
	s := &ingest.Snapshot{}
	r.Merge(s, at)
	return s, kind
}

func text(line string) ingest.Line { return ingest.Line{Text: []byte(line)} }

func open(line string) ingest.Line { return ingest.Line{Text: []byte(line), Open: true} }

const (
	ruleFilters   = "------------------------------  -------------  ------------  -----"
	ruleOld       = "------------------------------  -------------  -----"
	ruleInstances = "--------------------  -------------------------------------  ------------  ----------------------  -----   --------  --------"
	ruleOldInst   = "-----------------------------  -----------------------------  ----------------  --------------------"
	ruleWindows7  = "--------------------  -------------------------------------  ------------  ----------------------  -----   --------"
	ruleVolumes   = "------------------------------  ---------------------------------------  ----------   --------"
)

func TestFltmcRows(t *testing.T) {
	for _, c := range []struct{ rule, row, want string }{
		{ruleFilters, "KestrelTop   12   385251.5   0", "KestrelTop 385251.5 0 x12"},
		{ruleFilters, "KestrelTop 12 385251.5 0", "KestrelTop 385251.5 0 x12"},
		{ruleFilters, "Kestrel 2 Top 12 385251.5 0", "Kestrel 2 Top 385251.5 0 x12"},
		{ruleFilters, "KestrelTop 12 385251.5 0   by Kestrel 2", "KestrelTop 385251.5 0 x12"},
		{ruleFilters, "KestrelTop 12 385251.5 0 by Kestrel", ""},
		{ruleFilters, "KestrelTop 385251.5 0", ""},
		{ruleFilters, "KestrelTop 12 385251.5.1 0", ""},
		{ruleFilters, "KestrelTop 99999999999 385251.5 0", ""},
		{ruleFilters, "OldVault 389997.99 <Legacy>", "OldVault 389997.99  legacy x0"},
		{ruleFilters, "OldVault   <Altlast>", "OldVault   legacy x0"},
		{ruleFilters, "OldVault      3   389997.99   <Legacy>", "OldVault 389997.99  legacy x3"},
		{ruleFilters, "Old Vault 7 <Legacy>", "Old Vault 7   legacy x0"},
		{ruleFilters, "OldVault", ""},

		{ruleOld, "OldVault", "OldVault   legacy x0"},
		{ruleOld, "Old Vault", ""},
		{ruleOld, "KestrelTop 12 0", "KestrelTop  0 x12"},
		{ruleOld, `C:\>`, ""},

		{ruleInstances, "bfs   C:   150001   bfs   0   0000000f", "bfs 150001 0 bfs C: x1"},
		{ruleInstances, "bfs   C:   150001   bfs   0   0000000f  Detached", "bfs 150001 0 bfs C: detached x1"},
		{ruleInstances, "bfs C: 150001 bfs 0 0000000f Detached", "bfs 150001 0 bfs C: detached x1"},
		{ruleInstances, "bfs 150001 bfs 0 0000000f", "bfs 150001 0 bfs  x1"},
		{ruleInstances, `bfs C:\Program Files\Vault 150001 bfs 2 0 0000000f`, ""}, // 150001 or 2
		{ruleInstances, `bfs   C:\Vault 2026   150001   bfs 2   0   0000000f`, `bfs 150001 0 bfs 2 C:\Vault 2026 x1`},
		{ruleInstances, "bfs   C:   150001   <Legacy> 0000000f", "bfs 150001  legacy  C: x1"},
		{ruleInstances, "bfs   C:   150001   0   0000000f", ""},
		{ruleInstances, "bfs   C:   150001   bfs   0", ""},
		{ruleInstances, "bfs   C:   150001   bfs   0   0000000g", ""},
		{ruleInstances, "bfs   vault   150001   bfs   0   0000000f", ""},
		{ruleInstances, "bfs   C:   high   bfs   0   0000000f", ""},

		{ruleWindows7, "bfs   C:   150001   bfs   0", "bfs 150001 0 bfs C: x1"},
		{ruleWindows7, "bfs   C:   150001   bfs   0   Detached", "bfs 150001 0 bfs C: detached x1"},
		{ruleWindows7, "bfs   C:   150001   bfs 0", ""},

		{ruleOldInst, "bfs C: 150001 bfs", "bfs 150001  bfs C: x1"},
		{ruleOldInst, "bfs 150001", ""},
	} {
		s, kind := readAs("", text(c.rule), text(c.row))
		got := ""
		for _, f := range s.Filters {
			got = fmt.Sprintf("%s %s %s", f.Name, f.Altitude, f.Frame)
			if f.Legacy {
				got += " legacy"
			}
			if in := f.Instances; len(in) > 0 && in[0].Name+in[0].Volume != "" || strings.Contains(c.row, "0000000f") {
				got += " " + in[0].Name + " " + in[0].Volume
				if in[0].Detached {
					got += " detached"
				}
			}
			got += fmt.Sprintf(" x%d", f.Attached())
		}
		if got != c.want || (kind == ingest.LineRow) != (c.want != "") {
			t.Errorf("%q is %q, want %q", c.row, got, c.want)
		}
	}
}

func TestFltmcRowsCutByTheFile(t *testing.T) {
	for _, c := range []struct{ rule, row string }{
		{ruleFilters, "KestrelTop   12   385251.5   "},
		{ruleFilters, "KestrelTop   12   3852"},
		{ruleFilters, "Kestrel"},
		{ruleFilters, "OldVault   <Leg"},
		{ruleOld, "OldVau"},
		{ruleOld, "KestrelTop 1"},
		{ruleInstances, "bfs   C:   150001   bfs   0   0000000"},
		{ruleInstances, "bfs   C:   150001   bfs   0"},
		{ruleWindows7, "bfs   C:   150001   bfs   0"},
		{ruleOldInst, "bfs   C:   150001   bf"},
		{ruleVolumes, `C:   \Device\Hardd`},
	} {
		s, kind := readAs("", text(c.rule), open(c.row))
		if kind != ingest.LinePartial || len(s.Filters) > 0 || len(s.Volumes) > 0 {
			t.Errorf("%q: answer %d, filters %+v, volumes %+v", c.row, kind, s.Filters, s.Volumes)
		}
	}
}

func TestFltmcVolumes(t *testing.T) {
	for row, want := range map[string]string{
		`C:            \Device\HarddiskVolume3     NTFS`:           `C: \Device\HarddiskVolume3`,
		`              \Device\Mup                 Remote`:         `\Device\Mup \Device\Mup`,
		`C:\Vault 2    \Device\HarddiskVolume3     NTFS  Detached`: `C:\Vault 2 \Device\HarddiskVolume3`,
		`C: \Device\HarddiskVolume3 NTFS`:                          `C: \Device\HarddiskVolume3`,
		`C:            \Device\HarddiskVolume3`:                    `C: \Device\HarddiskVolume3`,
		`vault         \Device\HarddiskVolume3     NTFS`:           "",
		`C:            NTFS`:                                       "",
	} {
		s, _ := readAs("fltmc volumes", text(ruleVolumes), text(row))
		got := ""
		for _, v := range s.Volumes {
			got = v.Name + " " + v.Device
		}
		if got != want {
			t.Errorf("%q is %q, want %q", row, got, want)
		}
	}
}

func TestFailure(t *testing.T) {
	for text, want := range map[string]string{
		"Filter listing failed with error: 0x80070005":                  "error 0x80070005",
		"0x80070057 오류가 발생하여 나열하지 못했습니다.":                               "error 0x80070057",
		"Fehler 0xC0000022 beim Auflisten":                              "error 0xC0000022",
		"Access is denied.":                                             "access denied",
		"'fltmc' is not recognized as an internal or external command,": "no such command",
		"the block at 0x00000005":                                       "",
		"0x8007":                                                        "",
		"":                                                              "",
	} {
		if got := failure([]byte(text)); got != want {
			t.Errorf("failure(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestUnquoted(t *testing.T) {
	for text, want := range map[string]string{
		"> > KestrelTop": "KestrelTop", "  - KestrelTop": "KestrelTop", "# KestrelTop": "KestrelTop",
		"----  ---": "----  ---", "-KestrelTop": "-KestrelTop", ">": ">", "": "", "   ": "",
	} {
		if got := string(unquoted([]byte(text))); got != want {
			t.Errorf("unquoted(%q) = %q, want %q", text, got, want)
		}
	}
}

// TestFltmcFiltersOfTwoFrames keeps a filter of two frames apart.
func TestFltmcFiltersOfTwoFrames(t *testing.T) {
	s, _ := readAs("fltmc", text(ruleFilters), text("KestrelTop  4  385251.5  0"), text("KestrelTop  2  385251.5  1"))
	again, _ := readAs("fltmc", text(ruleFilters), text("KestrelTop  4  385251.5  0"), text("KestrelTop  2  385251.5  1"))
	addFilters(s, again.Filters)
	if len(s.Filters) != 2 || s.Filters[0].Attached() != 4 || s.Filters[1].Attached() != 2 {
		t.Errorf("filters %+v", s.Filters)
	}
}

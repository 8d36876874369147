package ingest

import (
	"slices"
	"strings"
	"testing"
)

func TestPlaceMachine(t *testing.T) {
	for _, tt := range []struct {
		path    string // below the folder given
		outside string
		name    string
		from    NameSource
	}{
		{"wavx/LAB-014/20261124_0930.log", "samples", "LAB-014", NameFromFolder},
		{"LAB-014/2026-11-24/x.log", "drop", "LAB-014", NameFromFolder},
		{"LAB-014/2026-11-24/logs/02/x.log", "drop", "LAB-014", NameFromFolder},
		{"LAB-014/20261124T093000Z/x.log", "drop", "LAB-014", NameFromFolder},
		{"LAB-014/kd-output/LAB-099_20261124.log", "drop", "LAB-014", NameFromFolder},
		{"2026-11-24/LAB-014_20261124_0930.log", "drop", "LAB-014", NameFromFile},
		{"2026-11-24/poolused.log", "LAB-014", "LAB-014", NameFromFolder},

		{"LAB-014_20261124_0930.log", "drop", "LAB-014", NameFromFile},
		{"LAB-014_2026-11-24_09-30-15.log", "drop", "LAB-014", NameFromFile},
		{"LAB-014-20261124T0930Z.txt", "drop", "LAB-014", NameFromFile},
		{"LAB-014 2026.11.24 (2).log", "drop", "LAB-014", NameFromFile},
		{"LAB-014_poolused_20261124.log", "drop", "LAB-014", NameFromFile},
		{"LAB-014-poolused-3.log", "drop", "LAB-014", NameFromFile},
		{"LAB-014_kd_log-1.log", "drop", "LAB-014", NameFromFile},
		{"windbg_LAB-014.log", "drop", "LAB-014", NameFromFile},
		{"20261124_LAB-014.log", "drop", "LAB-014", NameFromFile},
		{"LAB-014.log.txt", "drop", "LAB-014", NameFromFile},
		{"LAB-0930.log", "drop", "LAB-0930", NameFromFile},
		{"PC_07.log", "drop", "PC_07", NameFromFile},
		{"DESKTOP-AB12CD3.log", "drop", "DESKTOP-AB12CD3", NameFromFile},
		{"VM-03.log", "drop", "VM-03", NameFromFile},
		{"VM-03_vm.log", "drop", "VM-03", NameFromFile},
		{"MEMORY-LAB.log", "drop", "MEMORY-LAB", NameFromFile},
		{"实验室-03_20261124.log", "drop", "实验室-03", NameFromFile},

		{"log.log", "LAB-014", "LAB-014", NameFromFolder},
		{"log-1.log", "LAB-014", "LAB-014", NameFromFolder},
		{"kd_output_20261124.log", "LAB-014", "LAB-014", NameFromFolder},
		{"20261124_0930.log", "LAB-014", "LAB-014", NameFromFolder},
		{"vm.log", "LAB-014", "LAB-014", NameFromFolder},
		{"1.log", "LAB-014", "LAB-014", NameFromFolder},
		{"poolused.log", "logs", "poolused", NameFromFile},
		{"poolused.log", "", "poolused", NameFromFile},
		{"1.log", "002", "1", NameFromFile},
		{".log", "", ".log", NameFromFile},
	} {
		parts := strings.Split(tt.path, "/")
		last := len(parts) - 1
		p := Place{File: parts[last], Below: parts[:last], Outside: tt.outside}
		if got, want := p.Machine(), (Machine{tt.name, tt.from}); got != want {
			t.Errorf("%s below %q: got %q by %s, want %q by %s",
				tt.path, tt.outside, got.Name, got.From, want.Name, want.From)
		}
	}
}

func TestNameMachinesBelievesTheLog(t *testing.T) {
	for _, tt := range []struct {
		name, log, folder string
		warns             bool
	}{
		{"same", "LAB-014", "LAB-014", false},
		{"same but for case and domain", "lab-014.corp.example", "LAB-014", false},
		{"other machine", "LAB-014", "LAB-015", true},
		{"folder is no computer name", "LAB-014", "from the ticket", false},
		{"folder is a date", "LAB-014", "2026-11-24", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := &Snapshot{Machine: Machine{tt.log, NameFromLog}, Source: Source{File: "x.log", Line: 3}}
			d := &Document{Snapshots: []*Snapshot{s}}
			d.NameMachines(Place{File: "x.log", Below: []string{tt.folder}})
			if want := (Machine{tt.log, NameFromLog}); s.Machine != want {
				t.Errorf("machine is %v, want %v", s.Machine, want)
			}
			if got := len(s.Warnings) > 0; got != tt.warns {
				t.Fatalf("warnings %v, want some: %v", s.Warnings, tt.warns)
			}
			if !tt.warns {
				return
			}
			if w := s.Warnings[0].String(); !strings.HasPrefix(w, "x.log:3: ") ||
				!strings.Contains(w, tt.log) || !strings.Contains(w, tt.folder) {
				t.Errorf("warning %q names not the place and both machines", w)
			}
		})
	}
}

func TestNameMachinesBelievesTheCollectionHeader(t *testing.T) {
	s := &Snapshot{Machine: Machine{"LAB-014", NameFromHeader}, Source: Source{File: "x.log", Line: 1}}
	d := &Document{Snapshots: []*Snapshot{s}}
	d.NameMachines(Place{File: "x.log", Below: []string{"LAB-015"}})
	want := `the collection header names machine "LAB-014", the folder "LAB-015"; the collection header is believed`
	if s.Machine.Name != "LAB-014" || len(s.Warnings) != 1 || s.Warnings[0].Message != want {
		t.Errorf("%v, %v", s.Machine, s.Warnings)
	}
}

func TestFileRule(t *testing.T) {
	for _, tt := range []struct {
		rule, path string
		name       string
		from       NameSource
	}{
		{`^(?P<machine>[^.]+)\.`, "site7.bench2.kd.log", "site7", NameFromRule},
		{`--(?P<machine>.+?)--`, "2026--LAB-014--kd.log", "LAB-014", NameFromRule},
		{`^\d+_(?<machine>\w+)`, "20261124_bench7.log", "bench7", NameFromRule},
		{`^(?P<machine> *)x`, "  x.log", "x", NameFromFile}, // nothing but blanks is no name
		{`^(?P<machine>LAB-\d+)_`, "bench7_1.log", "bench7_1", NameFromFile},
		{`^(?P<machine>LAB-\d+)_`, "2026-11-24/LAB-7_x_kd.log", "LAB-7", NameFromRule},
		{`^(?P<machine>LAB-\d+)_`, "bench7/LAB-7_1.log", "bench7", NameFromFolder},
	} {
		rule, err := NewFileRule(tt.rule)
		if err != nil {
			t.Fatal(err)
		}
		parts := strings.Split(tt.path, "/")
		last := len(parts) - 1
		p := Place{File: parts[last], Below: parts[:last], Rule: rule}
		if got, want := p.Machine(), (Machine{tt.name, tt.from}); got != want {
			t.Errorf("%s by %s: got %q by %s, want %q by %s",
				tt.path, tt.rule, got.Name, got.From, want.Name, want.From)
		}
	}
}

func TestNewFileRuleRefuses(t *testing.T) {
	for pattern, says := range map[string]string{
		`^(LAB-\d+)_`:           "has no group (?P<machine>...)",
		`(?P<Machine>LAB)`:      "has no group (?P<machine>...)",
		`^(?P<machine>LAB-\d+_`: "missing closing )",
		"":                      "has no group (?P<machine>...)",
	} {
		if _, err := NewFileRule(pattern); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v, want %q", pattern, err, says)
		}
	}
}

func TestNameMachinesWarnsOfAnyTwo(t *testing.T) {
	rule, err := NewFileRule(`^(?P<machine>LAB-\d+)_`)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name          string
		machine       Machine // as read from the log
		folder, file  string
		want          Machine
		first, second string // warnings
	}{
		{"all agree", Machine{"LAB-1", NameFromHeader}, "lab-1", "LAB-1_a.log", Machine{"LAB-1", NameFromHeader},
			"", ""},
		{"header and folder", Machine{"LAB-1", NameFromHeader}, "LAB-2", "a.log", Machine{"LAB-1", NameFromHeader},
			`the collection header names machine "LAB-1", the folder "LAB-2"; the collection header is believed`, ""},
		{"log and rule", Machine{"LAB-1", NameFromLog}, "logs", "LAB-3_a.log", Machine{"LAB-1", NameFromLog},
			`the log names machine "LAB-1", the file-name rule "LAB-3"; the log is believed`, ""},
		{"folder and rule", Machine{}, "LAB-2", "LAB-3_a.log", Machine{"LAB-2", NameFromFolder},
			`the folder names machine "LAB-2", the file-name rule "LAB-3"; the folder is believed`, ""},
		{"all differ", Machine{"LAB-1", NameFromLog}, "LAB-2", "LAB-3_a.log", Machine{"LAB-1", NameFromLog},
			`the log names machine "LAB-1", the folder "LAB-2"; the log is believed`,
			`the log names machine "LAB-1", the file-name rule "LAB-3"; the log is believed`},
		{"a guess from the file", Machine{"LAB-1", NameFromHeader}, "logs", "bench3.log",
			Machine{"LAB-1", NameFromHeader}, "", ""},
	} {
		s := &Snapshot{Machine: tt.machine}
		d := &Document{Snapshots: []*Snapshot{s}}
		d.NameMachines(Place{File: tt.file, Below: []string{tt.folder}, Rule: rule})
		if s.Machine != tt.want {
			t.Errorf("%s: machine is %v, want %v", tt.name, s.Machine, tt.want)
		}
		var got [2]string
		for i, w := range s.Warnings {
			got[min(i, 1)] = w.Message
		}
		if got != [2]string{tt.first, tt.second} {
			t.Errorf("%s: warnings %q", tt.name, got)
		}
	}
}

func TestNameMachinesNamesEverySnapshot(t *testing.T) {
	d := &Document{Snapshots: []*Snapshot{{}, {Machine: Machine{"LAB-002", NameFromLog}}, {}}}
	d.NameMachines(Place{File: "LAB-001_20261124.log"})
	var got []string
	for _, s := range d.Snapshots {
		got = append(got, s.Machine.Name+" by "+s.Machine.From.String())
	}
	const want = "LAB-001 by file name, LAB-002 by log, LAB-001 by file name"
	if have := strings.Join(got, ", "); have != want {
		t.Errorf("got %s, want %s", have, want)
	}
}

func TestNameRuleFitsATerminal(t *testing.T) {
	for _, line := range strings.Split(NameRule, "\n") {
		if len(line) > 80 {
			t.Errorf("%d columns: %s", len(line), line)
		}
	}
}

func TestClaimGivesTheDocumentToThePlace(t *testing.T) {
	d := &Document{Snapshots: []*Snapshot{{Machine: Machine{"LAB-2", NameFromHeader}}, {Machine: Machine{"lab-1.corp.example", NameFromLog}}}}
	if !d.Claim(Machine{"LAB-1", NameFromFolder}) {
		t.Error("no mismatch was found")
	}
	if got := d.Snapshots[0]; got.Machine.Name != "LAB-1" || len(got.Warnings) != 1 || got.Warnings[0].Note {
		t.Errorf("snapshot %+v", got)
	}
	if got := d.Snapshots[1]; got.Machine.Name != "lab-1.corp.example" || len(got.Warnings) != 0 {
		t.Errorf("a name of the same machine was taken away: %+v", got)
	}
	if d.Claim(Machine{"LAB-1", NameFromFolder}) {
		t.Error("its own place is a mismatch")
	}
}

func TestPlaceBelow(t *testing.T) {
	for name, want := range map[string]Place{
		"a.log":             {File: "a.log", Below: []string{}},
		"LAB-1/a.log":       {File: "a.log", Below: []string{"LAB-1"}},
		"LAB-1/night/a.log": {File: "a.log", Below: []string{"LAB-1", "night"}},
	} {
		if got := PlaceBelow(name); got.File != want.File || !slices.Equal(got.Below, want.Below) {
			t.Errorf("PlaceBelow(%q) = %+v, want %+v", name, got, want)
		}
	}
}

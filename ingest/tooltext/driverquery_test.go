package tooltext

import (
	"slices"
	"testing"

	"poolsweep/ingest"
)

func TestDriverqueryBegins(t *testing.T) {
	for text, want := range map[string]bool{
		"Module Name  Display Name           Driver Type   Link Date":              true,
		"============ ====================== ============= ======================": true,
		`"Module Name","Display Name","Driver Type","Link Date"`:                   true,
		`"Modulname","Anzeigename","Treibertyp","Linkdatum"`:                       true,
		"Module Name:       KestrelTop":                                            true,

		"Module Name: ":         false,
		"Module Name":           false,
		`"Module Name","Bytes"`: false,
		"DeviceName                     InfName       IsSigned Manufacturer":         false,
		"============================== ============= ======== ====================": false,
		"": false,
	} {
		if got := driverqueryBegins([]byte(text)); got != want {
			t.Errorf("driverqueryBegins(%q) = %t", text, got)
		}
	}
}

func TestCutAt(t *testing.T) {
	columns := []wordAt{{from: 0, to: 4}, {from: 5, to: 9}, {from: 10, to: 12}}
	for text, want := range map[string][]string{
		"abcd efgh ij":          {"abcd", "efgh", "ij"},
		"ab   ef   ij and more": {"ab", "ef", "ij and more"},
		"ab":                    {"ab", "", ""},
		"金庫 efgh ij":            {"金庫", "efgh", "ij"}, // two columns a character
		"金庫   efgh ij":          {"金庫", "efgh", "ij"}, // one column a character
		"abcde fgh ij":          nil,
		"ab ef ij kl mn":        nil,
	} {
		cells, ok := cutAt([]byte(text), columns)
		if ok != (want != nil) || !slices.Equal(cells, want) {
			t.Errorf("cutAt(%q) = %q, %t", text, cells, ok)
		}
	}
}

func TestCommaSeparated(t *testing.T) {
	for text, want := range map[string][]string{
		`"a","b, c","d "`: {"a", "b, c", "d"},
		`"a",""`:          {"a", ""},
		`"a","b`:          nil,
		`"a"`:             nil,
		`a,b`:             nil,
		``:                nil,
	} {
		cells, ok := commaSeparated([]byte(text))
		if ok != (want != nil) || ok && !slices.Equal(cells, want) {
			t.Errorf("commaSeparated(%q) = %q, %t", text, cells, ok)
		}
	}
}

// TestDriverqueryBesideTheDebugger merges drivers into the modules that lm listed.
func TestDriverqueryBesideTheDebugger(t *testing.T) {
	s := &ingest.Snapshot{Modules: []ingest.Module{
		{Name: "kestreltop", Start: 0x1000, End: 0x2000},
		{Name: "oldvault.sys", Start: 0x3000, End: 0x4000, Unloaded: true},
	}}
	d := driverqueryTable.New("driverquery")
	for i, text := range []string{
		`"Module Name","Display Name","Driver Type","Link Date"`,
		`"KestrelTop","Kestrel","Kernel ","4/17/2026 9:12:44 AM"`,
		`"oldvault","Old Vault","File System ","4/18/2026 9:12:44 AM"`,
	} {
		d.Read(ingest.Line{No: i + 1, Text: []byte(text)}, func(string) {})
	}
	d.Merge(s, at)
	if len(s.Modules) != 3 || s.Modules[0].Built != "4/17/2026 9:12:44 AM" || s.Modules[0].Name != "kestreltop" ||
		s.Modules[1].Built != "" || s.Modules[2].Name != "oldvault" || s.Modules[2].Source != at(3) {
		t.Errorf("modules %+v", s.Modules)
	}
	if m := s.ModuleAt(0); m != nil {
		t.Errorf("a driver without addresses is found at 0: %+v", m)
	}
}

package tooltext

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"poolsweep/ingest"
)

func TestFltmcBegins(t *testing.T) {
	for _, c := range []struct {
		text string
		want bool
	}{
		{"Filter Name                     Num Instances    Altitude    Frame", true},
		{"Filter Name Num Instances Frame", true},
		{"Filter                Volume Name                            Attitude      Instance Name           Frame", true},
		{"Dos Name                        Volume Name                              FileSystem   Status", true},
		{"------------------------------  -------------  ------------  -----", true},
		{"--------------------  -------------------------------------  ------------  ----------------------  -----   ---", true},
		{"------------------------------  -------------    --------    -----", true},
		{"Unload failed with error: 0x801f0010", true},
		{"D: Volume instances:", true},
		{"KestrelTop                              3       385251.5       0", true},
		{"- KestrelTop                              3       385251.5       0", true},
		{"OldVault                                        389997.99   <Legacy>", true},
		{"FileInfo                                                         40500     FileInfo                  0     0000000f", true},
		{"FileInfo              D:                                         40500     FileInfo                  0     0000000f  Detached", true},

		{"", false},
		{"-----", false},
		{"-------  ------    -----      -----     ------     --  -- -----------", false},
		{"Filter List: ffffcb0e0b3a50d0 \"Frame 0\"", false},
		{"Filters of the machine, with altitude and volume", false},
		{"LoadLibrary failed with error: 0x80070005", false},
		{"KestrelTop 3 385251.5 0", false},
		{"lsass.exe                             904         1500         0   of them", false},
		{"FileInfo              C:                                         40500     FileInfo", false},
	} {
		if got := fltmcBegins([]byte(c.text)); got != c.want {
			t.Errorf("fltmcBegins(%q) = %t", c.text, got)
		}
	}
}

func TestFltmcAsked(t *testing.T) {
	for command, want := range map[string]asked{
		"":                                  {},
		"fltmc":                             {kind: listsFilters},
		"FLTMC.EXE Filters > f.txt":         {kind: listsFilters},
		"fltmc instances -v D:":             {kind: listsInstances, volume: "D:"},
		"fltmc instances -f Kestrel | more": {kind: listsInstances, filter: "Kestrel"},
		"fltmc instances | findstr Kestrel": {kind: listsInstances, picked: true},
		"fltmc filters | Select-String K":   {kind: listsFilters, picked: true},
		"fltmc volumes":                     {kind: listsVolumes},
		"fltmc load Kestrel":                {},
	} {
		if got := askedOf(command); got != want {
			t.Errorf("askedOf(%q) = %+v, want %+v", command, got, want)
		}
	}
}

// groups makes a list of groups of "name|volume*count".
func groupsOf(texts ...string) []ingest.Instance {
	var all []ingest.Instance
	for _, text := range texts {
		var in ingest.Instance
		name, rest, _ := strings.Cut(text, "|")
		volume, count, _ := strings.Cut(rest, "*")
		in.Name, in.Volume = name, volume
		fmt.Sscan(count, &in.Count)
		all = append(all, in)
	}
	return all
}

func TestJoinGroups(t *testing.T) {
	for _, c := range []struct {
		name       string
		a, b, want []ingest.Instance
	}{
		{"number and places", groupsOf("|*3"), groupsOf("i|C:*1", "i|*2"), groupsOf("i|C:*1", "i|*2")},
		{"places and number", groupsOf("i|C:*1", "i|*2"), groupsOf("|*3"), groupsOf("i|C:*1", "i|*2")},
		{"some places", groupsOf("|*5"), groupsOf("i|C:*1"), groupsOf("i|C:*1", "|*4")},
		{"other places", groupsOf("i|C:*1", "|*4"), groupsOf("i|D:*2"), groupsOf("i|C:*1", "i|D:*2", "|*2")},
		{"the same again", groupsOf("i|C:*7"), groupsOf("i|C:*7"), groupsOf("i|C:*7")},
		{"more now", groupsOf("|*3"), groupsOf("i|C:*4"), groupsOf("i|C:*4")},
		{"numbers", groupsOf("|*3"), groupsOf("|*3"), groupsOf("|*3")},
		{"nothing", nil, nil, nil},
	} {
		if got := joinGroups(c.a, c.b); !slices.EqualFunc(got, c.want, func(a, b ingest.Instance) bool {
			return sameGroup(a, b) && a.Count == b.Count
		}) {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}

// TestFltmcBesideTheDebugger merges a list into what the debugger listed.
func TestFltmcBesideTheDebugger(t *testing.T) {
	list := "fltmc instances\n" +
		"--------------------  -------------------------------------  ------------  ----------------------  -----\n" +
		strings.Repeat(instanceRow("KestrelTop", "C:", "385251.5", "Kestrel Instance"), 3)
	for _, c := range []struct {
		attached int
		want     string
	}{
		{3, "C:"}, // as many, and the volume is known
		{9, ""},   // the debugger listed more
	} {
		s := &ingest.Snapshot{Filters: []ingest.Filter{{Name: "KestrelTop", Altitude: "385251.5", Address: 0xffff0000, Frame: "Frame 0",
			Instances: []ingest.Instance{{Name: "Kestrel Instance", Altitude: "385251.5", Count: c.attached, First: []uint64{1}}}}}}
		read := fltmcTable.New("fltmc instances")
		for i, text := range strings.Split(list, "\n") {
			read.Read(ingest.Line{No: i + 1, Text: []byte(text)}, func(string) {})
		}
		read.Merge(s, at)
		if len(s.Filters) != 1 || s.Filters[0].Attached() != c.attached || s.Filters[0].Instances[0].Volume != c.want {
			t.Errorf("filters %+v", s.Filters)
		}
		if len(s.Volumes) != 1 || s.Volumes[0].Instances[0].Count != 3 {
			t.Errorf("volumes %+v", s.Volumes)
		}
	}
}

// instanceRow prints a row the way fltmc does.
func instanceRow(filter, volume, altitude, name string) string {
	whole, fraction, point := strings.Cut(altitude, ".")
	if point {
		fraction = "." + fraction
	}
	return fmt.Sprintf("%-20s  %-37s  %10s%-5s%-22s    0     0000000f\n", filter, volume, whole, fraction, name)
}

// TestFltmcInstancesRoundTrip prints rows of odd names and reads them again.
func TestFltmcInstancesRoundTrip(t *testing.T) {
	volumes := []string{"", "C:", `C:\Program Files\Vault 2026`, `\Device\Mup`, `\Device\Volume{7a6e2b10-93c1-4f0e-8a55-2d6c0b9f4e31}`,
		`D:\300000`, `E:\data 300000`, `\Device\HarddiskVolume300000`}
	names := []string{"FileInfo", "Kestrel - Top Instance", "CbFltMini-380852", "Vault 120002 Instance", "A Very Long Name of an Instance 7"}
	for _, filter := range []string{"bfs", "UCPD", "My Company Filter", "AFilterOfTwentyThreeChr", "卷筛选器"} {
		for _, altitude := range []string{"40500", "385251.5", "389997.99", "120001.25"} {
			for _, volume := range volumes {
				for _, name := range names {
					row := instanceRow(filter, volume, altitude, name)
					snaps := read([]byte("C:\\>fltmc instances\n" + row + "\n"))
					if len(snaps) != 1 || len(snaps[0].Filters) != 1 {
						t.Fatalf("%q: %+v", row, snaps)
					}
					f := snaps[0].Filters[0]
					in := f.Instances[0]
					if f.Name != filter || in.Name != name || in.Volume != volume || string(in.Altitude) != altitude {
						t.Errorf("%q is read as %+v", row, f)
					}
				}
			}
		}
	}
}

// TestFltmcKeepsGroupsBounded reads a list of more volumes than are told apart.
func TestFltmcKeepsGroupsBounded(t *testing.T) {
	const rows = maxGroups + 500
	r := newFltmc("fltmc instances").(*fltmc)
	warned := 0
	for i := range rows {
		row := instanceRow("KestrelTop", fmt.Sprintf(`\Device\HarddiskVolumeShadowCopy%d`, i), "385251.5", "Kestrel Instance")
		if r.Read(ingest.Line{No: i + 1, Text: []byte(strings.TrimSuffix(row, "\n"))}, func(string) { warned++ }) != ingest.LineRow {
			t.Fatalf("row %d is not read", i)
		}
	}
	var s ingest.Snapshot
	r.Merge(&s, at)
	if f := s.Filters[0]; f.Attached() != rows || len(f.Instances) != maxGroups+1 || warned != 500 {
		t.Errorf("%d attached in %d groups, %d warnings", f.Attached(), len(f.Instances), warned)
	}
}

// BenchmarkReadFltmcInstances reads one filter that is attached without end, and
// one that is attached to ever other volumes.
func BenchmarkReadFltmcInstances(b *testing.B) {
	for name, volume := range map[string]func(i int) string{
		"one volume":   func(int) string { return "C:" },
		"1000 volumes": func(i int) string { return fmt.Sprintf(`\Device\HarddiskVolumeShadowCopy%d`, i%1000) },
		"each another": func(i int) string { return fmt.Sprintf(`\Device\HarddiskVolumeShadowCopy%d`, i) },
	} {
		b.Run(name, func(b *testing.B) {
			const rows = 100_000
			var list [][]byte
			size := 0
			for i := range rows {
				row := strings.TrimSuffix(instanceRow("KestrelTop", volume(i), "385251.5", "Kestrel Instance"), "\n")
				list = append(list, []byte(row))
				size += len(row) + 1
			}
			b.SetBytes(int64(size))
			for b.Loop() {
				r := newFltmc("fltmc instances")
				for i, row := range list {
					r.Read(ingest.Line{No: i, Text: row}, func(string) {})
				}
			}
			b.ReportMetric(rows*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

// presentFilter and presentInstance know rows by plain patterns, apart from the reader.
var (
	presentFilter = regexp.MustCompile(`^[> ]*[^ :\\]+ +(\d+ +\d{5,6}(\.\d+)? +\d( .*)?|(\d{5,6}\.\d+ +)?<\w+>|\d+ \d)$`)
	presentInst   = regexp.MustCompile(`^[> ]*\S+ .*\d{5,6}(\.\d+)? .*(\d|<\w+>) +[0-9a-f]{8}( +\w*)?$|^\w+ \w: \d+ \w+$`)
)

// TestFltmcCorpus counts the rows read of public outputs kept beside the project.
func TestFltmcCorpus(t *testing.T) {
	root := filepath.Join("..", "..", "..", "shared")
	logs, _ := filepath.Glob(filepath.Join(root, "corpus", "ctx", "*fltmc*.txt"))
	more, _ := filepath.Glob(filepath.Join(root, "incidents", "*", "log*.txt"))
	if len(logs) == 0 {
		t.Skipf("no corpus in %s", root)
	}
	for _, path := range append(logs, more...) {
		log, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		present, rows, warnings := 0, 0, 0
		for _, line := range strings.Split(strings.ReplaceAll(string(log), "\r", ""), "\n") {
			if presentFilter.MatchString(line) || presentInst.MatchString(line) {
				present++
			}
		}
		for _, s := range read(log) {
			for _, b := range s.Blocks {
				if strings.HasPrefix(strings.ToLower(b.Command), "fltmc") {
					rows += b.Rows
					warnings += len(s.Warnings)
				}
			}
		}
		if name, _ := filepath.Rel(root, path); rows > 0 || strings.Contains(path, "fltmc") {
			t.Logf("%-72s rows %2d / %2d, %d warnings", name, rows, present, warnings)
			if rows < present {
				t.Errorf("%s: %d rows read, %d present", name, rows, present)
			}
		}
	}
}

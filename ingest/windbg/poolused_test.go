package windbg

import (
	"fmt"
	"strings"
	"testing"

	"poolsweep/ingest"
)

func TestPoolArguments(t *testing.T) {
	for _, c := range []struct {
		args  string
		flags uint64
		tag   string
	}{
		{"", 0, ""},
		{"2", 2, ""},
		{"0x3", 3, ""},
		{"1 Even", 1, "Even"},
		{"2 Ev*", 2, "Ev*"},
		{"/t20 4", 4, "/t20"},
		{"/t 20 4", 4, "/t"},
		{"4 sorted by paged", 4, ""},
		{"4 按用量排序", 4, ""},
		{"Even", 0, ""},
		{"c", 12, ""},
	} {
		if flags, tag := poolArguments(c.args); flags != c.flags || tag != c.tag {
			t.Errorf("poolArguments(%q) = %d, %q; want %d, %q", c.args, flags, tag, c.flags, c.tag)
		}
	}
}

// Column headers of all layouts.
const (
	headXP      = " Tag    Allocs     Used    Allocs     Used"
	headNew     = " Tag     Allocs         Used     Allocs         Used"
	headVerbose = " Tag       Allocs       Frees      Diff         Used       Allocs       Frees      Diff         Used"
	head2003    = " Tag    Allocs    Frees     Diff     Used *  Allocs    Frees     Diff     Used"
	headHalf    = " Tag    Allocs    Frees     Diff     Used"
	headLost    = "Tag Allocs Used Allocs Used"
)

func TestColumnHeader(t *testing.T) {
	for _, c := range []struct {
		text                     string
		each, pools, tag, number int
		loose                    bool
	}{
		{headXP, 2, 2, 1, 4, false},
		{headXP + " ", 2, 2, 1, 4, false},
		{headNew, 2, 2, 1, 4, false},
		{"    " + headVerbose, 4, 2, 5, 8, false},
		{"\t" + head2003, 4, 2, 2, 8, false},
		{headHalf, 4, 1, 1, 4, false},
		{" Tag    Allocs     Used", 2, 1, 1, 2, false},
		{headLost, 2, 2, 0, 4, true},
		{" Tag  Type     Allocs            Frees            Diff   Bytes       Per Alloc", 0, 0, 0, 0, false},
		{" Tags   Allocs     Used    Allocs     Used", 0, 0, 0, 0, false},
		{"Tag", 0, 0, 0, 0, false},
		{"", 0, 0, 0, 0, false},
	} {
		h := columnHeader([]byte(c.text))
		if h.each != c.each || len(h.pools) != c.pools || h.tag != c.tag || h.numbers() != c.number || h.loose != c.loose {
			t.Errorf("columnHeader(%q) = %+v", c.text, h)
		}
		if h.each > 0 && (len(h.ends) != h.numbers() || h.edge != len(strings.TrimRight(c.text, " "))) {
			t.Errorf("columnHeader(%q): ends %v, edge %d", c.text, h.ends, h.edge)
		}
	}
}

// TestRows reads one row below each header.
func TestRows(t *testing.T) {
	for _, c := range []struct{ name, head, row, want string }{
		{"new", headNew, " Qbuf     61204     31336448          0            0\tno one knows ",
			`"Qbuf" nonpaged outstanding 61204 bytes 31336448 "no one knows"`},
		{"both pools", headNew, " Io         402        25728         11         1408\tgeneral IO allocations , Binary: nt!io",
			`"Io  " nonpaged outstanding 402 bytes 25728 "general IO allocations , Binary: nt!io"
"Io  " paged outstanding 11 bytes 1408 "general IO allocations , Binary: nt!io"`},
		{"paged only", headNew, " CM31         0            0       4120     18874368\tregistry",
			`"CM31" paged outstanding 4120 bytes 18874368 "registry"`},
		{"nothing held", headNew, " Zero         0            0          0            0\tx",
			`"Zero" nonpaged outstanding 0 bytes 0 "x"`},
		{"no description", headNew, " Qbuf     61204     31336448          0            0",
			`"Qbuf" nonpaged outstanding 61204 bytes 31336448 ""`},
		{"blanks in the tag", headNew, " Dh 1         7         1792          0            0\tx",
			`"Dh 1" nonpaged outstanding 7 bytes 1792 "x"`},
		{"digits as tag", headNew, " 8042         4         3936          0            0\tx",
			`"8042" nonpaged outstanding 4 bytes 3936 "x"`},
		{"blank in front", headNew, "  Str         3          192          0            0\tx",
			`" Str" nonpaged outstanding 3 bytes 192 "x"`},
		{"dots as tag", headNew, " ....         3          192          0            0\tx",
			`"...." nonpaged outstanding 3 bytes 192 "x"`},
		{"dash in front", headNew, " -UMD         2           96          0            0\tx",
			`"-UMD" nonpaged outstanding 2 bytes 96 "x"`},
		{"wide number", headNew, " Qbuf 123456789012     31336448          0            0\tx",
			`"Qbuf" nonpaged outstanding 123456789012 bytes 31336448 "x"`},
		{"blanks for the tab", headNew, " Qbuf     61204     31336448          0            0   words  here",
			`"Qbuf" nonpaged outstanding 61204 bytes 31336448 "words  here"`},
		{"glued description", headXP, " AcpA        3      192         1      504ACPI Pooltags , Binary: acpi.sys",
			`"AcpA" nonpaged outstanding 3 bytes 192 "ACPI Pooltags , Binary: acpi.sys"
"AcpA" paged outstanding 1 bytes 504 "ACPI Pooltags , Binary: acpi.sys"`},
		{"glued digit", headXP, " 3NIC        2      640         0        03Com adapter",
			`"3NIC" nonpaged outstanding 2 bytes 640 "3Com adapter"`},
		{"glued to a number", headXP, " 3NIC        2      640         1       9680211 radio",
			`"3NIC" nonpaged outstanding 2 bytes 640 "80211 radio"
"3NIC" paged outstanding 1 bytes 96 "80211 radio"`},
		{"wide last number", headXP, " Cach        5      320         1 123456789wide",
			`"Cach" nonpaged outstanding 5 bytes 320 "wide"
"Cach" paged outstanding 1 bytes 123456789 "wide"`},
		{"trailing blank", headXP + " ", " Abc         0        0     36405 33930272 ",
			`"Abc " paged outstanding 36405 bytes 33930272 ""`},
		{"verbose", headVerbose,
			" ALPC        4528        2111      2417      1440624            0           0         0            0\tx",
			`"ALPC" nonpaged outstanding 2417 bytes 1440624 allocs 4528 frees 2111 "x"`},
		{"used up", headVerbose,
			" Gone        4528        4528         0            0            0           0         0            0\tx",
			`"Gone" nonpaged outstanding 0 bytes 0 allocs 4528 frees 4528 "x"`},
		{"2003", head2003, " Proc    12980        1    12979  8618056 *       0        0        0        0\tx",
			`"Proc" nonpaged outstanding 12979 bytes 8618056 allocs 12980 frees 1 "x"`},
		{"full columns", head2003, " VpnP  8310232  8042160   268072145831168 *       0        0        0        0\tx",
			`"VpnP" nonpaged outstanding 268072 bytes 145831168 allocs 8310232 frees 8042160 "x"`},
		{"one half", headHalf, " EtwB      304      134      170  6550080  Etw Buffer",
			`"EtwB" nonpaged outstanding 170 bytes 6550080 allocs 304 frees 134 "Etw Buffer"`},
		{"lost columns", headLost, "AGP 1 344 2 384UNKNOWN pooltag 'AGP '",
			`"AGP " nonpaged outstanding 1 bytes 344 "UNKNOWN pooltag 'AGP '"
"AGP " paged outstanding 2 bytes 384 "UNKNOWN pooltag 'AGP '"`},
		{"lost columns, digits as tag", headLost, "8042 4 3944 0 0PS/2 kb",
			`"8042" nonpaged outstanding 4 bytes 3944 "PS/2 kb"`},
		{"lost columns, blank in the tag", headLost, "Dh 1 5 344 0 0 disk",
			`"Dh 1" nonpaged outstanding 5 bytes 344 "disk"`},
		{"lost columns, number in the text", headLost, "Wlan 5 344 0 0 802 radio",
			`"Wlan" nonpaged outstanding 5 bytes 344 "802 radio"`},
		{"lost columns only in the row", headNew, " AGP 1 344 0 0 video",
			`"AGP " nonpaged outstanding 1 bytes 344 "video"`},
	} {
		s, b := oneBlock(t, "kd> !poolused\n"+c.head+"\n"+c.row+"\nkd> ")
		var got []string
		for _, u := range s.Tags {
			got = append(got, fmt.Sprintf("%q %s %s %q", u.Tag, u.Pool, usage(u.Usage), u.Description))
		}
		if strings.Join(got, "\n") != c.want || b.Rows != 1 || b.Unread != 0 {
			t.Errorf("%s: %+v\n%s\nwant:\n%s", c.name, b, strings.Join(got, "\n"), c.want)
		}
	}
}

// TestNoRows reads lines that look like rows but are none.
func TestNoRows(t *testing.T) {
	for _, row := range []string{
		" Qbuf     61204     31336448          0",
		" Qbuf     61204     31336448          0          x0",
		" Qbuf     61204     3133x448          0            0\tx",
		" Qbuf        -4     31336448          0            0\tx",
		" Qbuf     61204     31336448          0 99999999999999999999999\tx",
		"Qbuf",
	} {
		s, b := oneBlock(t, "kd> !poolused\n"+headNew+"\n"+row+"\nkd> ")
		if len(s.Tags) != 0 || b.Rows != 0 || b.Unread != 1 || b.State != ingest.BlockUnclosed || len(s.Warnings) != 1 {
			t.Errorf("%q: %+v %+v %s", row, s.Tags, b, messages(s))
		}
	}
}

// TestComplaintsOfTheDebuggerAreNoRows has them inside a table.
func TestComplaintsOfTheDebuggerAreNoRows(t *testing.T) {
	for _, text := range []string{
		"*** ERROR: Module load completed but symbols could not be loaded for qz.sys",
		"***    Your debugger is not using the correct symbols                 ***",
		"Unable to read pool track table entry 17",
	} {
		_, b := oneBlock(t, "kd> !poolused\n"+headNew+"\n"+text+"\nkd> ")
		if b.Rows != 0 || b.Unread != 0 {
			t.Errorf("%q: %+v", text, b)
		}
	}
}

// TestUnreadFirstRowLosesNoOther has a damaged row right below the header.
func TestUnreadFirstRowLosesNoOther(t *testing.T) {
	log := "kd> !poolused 2\n" + table(usageRow{"AbA1", 1, 64, 0, 0}, usageRow{"AbA2", 2, 128, 0, 0}) + "kd> "
	s, b := oneBlock(t, strings.Replace(log, "         1           64", "         1           6-", 1))
	if b.Rows != 1 || b.Unread != 1 || len(s.Tags) != 1 || s.Tags[0].Tag != ingest.MustTag("AbA2") {
		t.Errorf("%+v %+v", b, s.Tags)
	}
}

func TestTotalIsCompared(t *testing.T) {
	rows := []usageRow{{"AbA1", 1, 64, 0, 0}, {"AbA2", 2, 128, 0, 0}}
	for _, c := range []struct {
		n, bytes int64
		warning  string
	}{
		{3, 192, ""},
		{4, 192, "nonpaged rows do not add up to TOTAL: allocations 3, TOTAL 4"},
		{3, 193, "nonpaged rows do not add up to TOTAL: bytes 192, TOTAL 193"},
		{1, 64, "nonpaged rows do not add up to TOTAL: allocations 3, TOTAL 1; bytes 192, TOTAL 64"},
	} {
		log := strings.Replace(table(rows...), total(3, 192), total(c.n, c.bytes), 1)
		s, b := oneBlock(t, "kd> !poolused 2\n"+log+"kd> ")
		if messages(s) != c.warning || b.Complete() != (c.warning == "") {
			t.Errorf("TOTAL %d %d: %s, %q", c.n, c.bytes, b.State, messages(s))
		}
		if got := s.Total(ingest.NonPaged); got == nil || got.Outstanding != c.n || int64(got.Bytes) != c.bytes {
			t.Errorf("TOTAL is kept as %+v", got)
		}
	}
}

func TestTotalOfCountersThatRanOver(t *testing.T) {
	rows := table(usageRow{"AbA1", 1, 3000000000, 0, 0}, usageRow{"AbA2", 1, 3000000000, 0, 0})
	log := strings.Replace(rows, total(2, 6000000000), total(2, 6000000000-1<<32), 1)
	if s, b := oneBlock(t, "kd> !poolused 2\n"+log+"kd> "); !b.Complete() || len(s.Warnings) > 0 {
		t.Errorf("%s, %s", b.State, messages(s))
	}
}

// TestTablesOfOneMomentMerge checks what stands in the snapshot after several tables.
func TestTablesOfOneMomentMerge(t *testing.T) {
	compact := table(usageRow{"AbA1", 5, 320, 0, 0}, usageRow{"AbA2", 0, 0, 7, 448})
	verbose := "\n" + headVerbose + "\n" +
		" AbA1           9           4         5          320            0           0         0            0\tx\n" +
		" AbA2           0           0         0            0            8           1         7          448\tx\n" +
		"TOTAL           9           4         5          320            8           1         7          448\n"
	part := table(usageRow{"AbA1", 5, 320, 0, 0})
	for _, c := range []struct {
		name, log string
		counted   bool
	}{
		{"2", "kd> !poolused 2\n" + compact, false},
		{"2, 4", "kd> !poolused 2\n" + compact + "kd> !poolused 4\n" + compact, false},
		{"2, 3", "kd> !poolused 2\n" + compact + "kd> !poolused 3\n" + verbose, true},
		{"3, 2", "kd> !poolused 3\n" + verbose + "kd> !poolused 2\n" + compact, true},
		{"3, 5", "kd> !poolused 3\n" + verbose + "kd> !poolused 5\n" + verbose, true},
		{"2, 2", "kd> !poolused 2\n" + compact + "kd> !poolused 2\n" + compact, false},
		{"2 of a tag, 2", "kd> !poolused 2 AbA1\n" + part + "kd> !poolused 2\n" + compact, false},
		{"2, 2 of a tag", "kd> !poolused 2\n" + compact + "kd> !poolused 2 AbA1\n" + part, false},
	} {
		s := only(t, c.log+"kd> ")
		if len(s.Tags) != 2 || len(s.Totals) != 2 || len(s.Warnings) > 0 {
			t.Errorf("%s: %+v, %+v, %s", c.name, s.Tags, s.Totals, messages(s))
			continue
		}
		for _, u := range s.Tags {
			if u.Counted != c.counted {
				t.Errorf("%s: %+v", c.name, u)
			}
		}
		if got := s.Total(ingest.Paged); got.Bytes != 448 || got.Counted != c.counted {
			t.Errorf("%s: total %+v", c.name, got)
		}
	}
}

// TestRepeatedTables checks when the same command begins a new snapshot.
func TestRepeatedTables(t *testing.T) {
	one := table(usageRow{"AbA1", 5, 320, 0, 0}, usageRow{"AbA2", 7, 448, 0, 0})
	grown := table(usageRow{"AbA1", 6, 384, 0, 0}, usageRow{"AbA2", 7, 448, 0, 0})
	more := table(usageRow{"AbA1", 5, 320, 0, 0}, usageRow{"AbA2", 7, 448, 0, 0}, usageRow{"AbA3", 1, 64, 0, 0})
	shortened := one[:strings.Index(one, " AbA2")] + " ...\n"
	tail := strings.Replace(one, " AbA1         5          320          0            0\twhat AbA1 is for\n", "", 1)
	tail = tail[:strings.Index(tail, "\nTOTAL")]
	for _, c := range []struct {
		name, second string
		snapshots    int
	}{
		{"the same", one, 1},
		{"a tag has grown", grown, 2},
		{"a tag more", more, 2},
		{"the same, shortened", shortened, 1},
		{"the same, the other rows", tail, 1},
	} {
		d := read(t, "kd> !poolused 2\n"+one+"kd> !poolused 2\n"+c.second+"kd> ")
		if len(d.Snapshots) != c.snapshots {
			t.Errorf("%s: %d snapshots", c.name, len(d.Snapshots))
		}
	}
}

// TestSnapshotsKeepTheirOwnFigures has a verbose table replace rows in the
// second snapshot only.
func TestSnapshotsKeepTheirOwnFigures(t *testing.T) {
	one := table(usageRow{"AbA1", 5, 320, 0, 0})
	verbose := "\n" + headVerbose + "\n" +
		" AbA1           9           3         6          384            0           0         0            0\tx\n" +
		"TOTAL           9           3         6          384            0           0         0            0\n"
	d := read(t, "kd> !poolused 2\n"+one+"kd> !poolused 2\n"+table(usageRow{"AbA1", 6, 384, 0, 0})+
		"kd> !poolused 3\n"+verbose+"kd> !poolused 2\n"+table(usageRow{"AbA1", 7, 448, 0, 0})+"kd> ")
	var got []string
	for _, s := range d.Snapshots {
		got = append(got, fmt.Sprint(s.Tags[0].Outstanding, " ", s.Tags[0].Counted))
	}
	if text := strings.Join(got, ", "); text != "5 false, 6 true, 7 false" {
		t.Errorf("got %s", text)
	}
}

func TestDescriptionsAreSharedAndShortened(t *testing.T) {
	one := table(usageRow{"AbA1", 5, 320, 0, 0})
	long := strings.Replace(one, "what", strings.Repeat("w", 500), 1)
	if got := only(t, "kd> !poolused 2\n"+long+"kd> ").Tags[0].Description; len(got) != maxTagDescription {
		t.Errorf("description of %d bytes", len(got))
	}
	bad := strings.Replace(one, "what", "caf\xe9", 1)
	if got := only(t, "kd> !poolused 2\n"+bad+"kd> ").Tags[0].Description; !strings.HasPrefix(got, "caf\ufffd ") {
		t.Errorf("description %q", got)
	}
}

package windbg

import (
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"poolsweep/ingest"
)

const listHead = "0: kd> !fltkd.filters\n\nFilter List: ffffcb0e0b3a50d0 \"Frame 0\" \n"

// instances yields lines of one filter's list without holding them.
type instances struct {
	left int
	rest []byte
}

func (r *instances) Read(p []byte) (int, error) {
	if len(r.rest) == 0 {
		if r.left == 0 {
			return 0, io.EOF
		}
		for range min(r.left, 500) {
			r.left--
			r.rest = fmt.Appendf(r.rest, "      FLT_INSTANCE: ffffcb0e%08x \"QzFlt - Top Instance\" \"145300\"\n", r.left)
		}
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	if len(r.rest) == 0 {
		r.rest = nil
	}
	return n, nil
}

// TestInstancesAreCountedNotStored reads a million attachments.
func TestInstancesAreCountedNotStored(t *testing.T) {
	count := 1000000
	if testing.Short() {
		count = 20000
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	log := io.MultiReader(strings.NewReader(listHead+"   FLT_FILTER: ffffcb0e0b3ba020 \"QzFlt\" \"145300\"\n"),
		&instances{left: count}, strings.NewReader("0: kd> "))
	d := mustRead(t, log)
	runtime.ReadMemStats(&after)
	f := d.Snapshots[0].Filters[0]
	if f.Attached() != count || len(f.Instances) != 1 || len(f.Instances[0].First) != ingest.KeptAddresses {
		t.Errorf("filter %+v", f)
	}
	if b := d.Snapshots[0].Blocks[0]; b.Rows != count+1 || !b.Complete() || b.LastLine != count+4 {
		t.Errorf("block %+v", b)
	}
	if grown := int64(after.HeapInuse) - int64(before.HeapInuse); grown > 64<<20 {
		t.Errorf("heap has grown by %d bytes", grown)
	}
}

// TestInstancesBetweenOthersAreCountedEach has rows of two kinds in turn, in runs of
// several lengths, and one that is damaged.
func TestInstancesBetweenOthersAreCountedEach(t *testing.T) {
	log := strings.Builder{}
	log.WriteString(listHead + "   FLT_FILTER: ffffcb0e0b3ba020 \"QzFlt\" \"145300\"\n")
	want := [2]int{}
	for run := range 20 {
		kind := 1 - run%2
		for i := range run * run {
			fmt.Fprintf(&log, "      FLT_INSTANCE: ffffcb0e%08x \"QzFlt Instance %d\" \"145300\"\n", i, kind)
			want[kind]++
		}
	}
	log.WriteString("      FLT_INSTANCE: ffffcb0e0000000g \"QzFlt Instance 1\" \"145300\"\n0: kd> ")
	d := mustRead(t, strings.NewReader(log.String()))
	f, b := d.Snapshots[0].Filters[0], d.Snapshots[0].Blocks[0]
	if len(f.Instances) != 2 || f.Instances[0].Count != want[0] || f.Instances[1].Count != want[1] {
		t.Errorf("%d groups, the first of %d, want %v", len(f.Instances), f.Instances[0].Count, want)
	}
	if rows := 1 + want[0] + want[1]; b.Rows != rows || b.Unread != 1 || b.LastLine != rows+4 {
		t.Errorf("%d rows up to line %d, %d unread; want %d rows", b.Rows, b.LastLine, b.Unread, rows)
	}
}

func TestReadAllocatesNothingPerInstance(t *testing.T) {
	log := func(n int) string {
		text, _ := io.ReadAll(&instances{left: n})
		return listHead + "   FLT_FILTER: ffffcb0e0b3ba020 \"QzFlt\" \"145300\"\n" + string(text) + "0: kd> "
	}
	few, many := log(10), log(10000)
	a := testing.AllocsPerRun(5, func() { mustRead(t, strings.NewReader(few)) })
	b := testing.AllocsPerRun(5, func() { mustRead(t, strings.NewReader(many)) })
	if b > a+2 {
		t.Errorf("%g allocations for 10 instances, %g for 10000", a, b)
	}
}

func TestGroupsOfInstances(t *testing.T) {
	var log strings.Builder
	log.WriteString(listHead + "   FLT_FILTER: ffffcb0e0b3ba020 \"QzFlt\" \"145300\"\n")
	for i := range 60 { // three groups in turn, so that no line is like the one before
		fmt.Fprintf(&log, "      FLT_INSTANCE: ffffcb0e%08x \"Qz %d\" \"14530%d\"\n", i, i%3, i%3/2)
	}
	log.WriteString("   FLT_FILTER: ffffcb0e0b3bb020 \"Other\" \"40500\"\n      FLT_INSTANCE: ffffcb0e000000ff \"Qz 0\" \"145300\"\n0: kd> ")
	s := only(t, log.String())
	var got []string
	for _, f := range s.Filters {
		for _, i := range f.Instances {
			got = append(got, fmt.Sprintf("%s/%s/%s x%d %x :%d", f.Name, i.Name, i.Altitude, i.Count, i.First, i.Line))
		}
	}
	want := `QzFlt/Qz 0/145300 x20 [ffffcb0e00000000 ffffcb0e00000003 ffffcb0e00000006 ffffcb0e00000009] :5
QzFlt/Qz 1/145300 x20 [ffffcb0e00000001 ffffcb0e00000004 ffffcb0e00000007 ffffcb0e0000000a] :6
QzFlt/Qz 2/145301 x20 [ffffcb0e00000002 ffffcb0e00000005 ffffcb0e00000008 ffffcb0e0000000b] :7
Other/Qz 0/145300 x1 [ffffcb0e000000ff] :66`
	if text := strings.Join(got, "\n"); text != want {
		t.Errorf("got:\n%s\nwant:\n%s", text, want)
	}
}

func TestTooManyGroupsAreCountedTogether(t *testing.T) {
	var log strings.Builder
	log.WriteString(listHead + "   FLT_FILTER: ffffcb0e0b3ba020 \"QzFlt\" \"145300\"\n")
	for i := range maxGroups + 50 {
		fmt.Fprintf(&log, "      FLT_INSTANCE: ffffcb0e%08x \"Volume %d\" \"145300\"\n", i, i)
	}
	s, b := oneBlock(t, log.String()+"0: kd> ")
	f := s.Filters[0]
	if f.Attached() != maxGroups+50 || len(f.Instances) != maxGroups || b.Unread != 0 {
		t.Errorf("attached %d in %d groups, %+v", f.Attached(), len(f.Instances), b)
	}
	if want := "counted with others (and 49 more)"; !strings.HasSuffix(messages(s), want) {
		t.Errorf("warnings: %s", messages(s))
	}
}

// TestInstanceRows checks which lines count as an attachment.
func TestInstanceRows(t *testing.T) {
	for line, want := range map[string]int{
		`      FLT_INSTANCE: ffffcb0e0bb5fa80 "QzFlt Instance" "145300"`:  1,
		`FLT_INSTANCE: ffffcb0e0bb5fa80 "QzFlt Instance" "145300"`:        1,
		"\t\tFLT_INSTANCE: 8bb5fa80 \"QzFlt Instance\" \"145300\"  ":      1,
		`      FLT_INSTANCE: ffffcb0e0bb5fa80 "odd "name" here" "145300"`: 1,
		`      FLT_INSTANCE: ffffcb0e0bb5fa80 "" ""`:                      1,
		`      FLT_INSTANCE: ffffcb0e0bb5fa8 "QzFlt Instance" "145300"`:   0,
		`      FLT_INSTANCE: ffffcb0e0bb5fa80 "QzFlt Instance" "1453`:     0,
		`      FLT_INSTANCE: ffffcb0e0bb5fa80 "QzFlt Instance"`:           0,
		`      FLT_INSTANCE: `: 0,
		"PFLT_FILTER:FFFFFA800433E010\tInstances:FFFFFA8004432C60": 0,
	} {
		s, b := oneBlock(t, listHead+"   FLT_FILTER: ffffcb0e0b3ba020 \"QzFlt\" \"145300\"\n"+line+"\n0: kd> ")
		if got := s.Filters[0].Attached(); got != want || b.Unread != 1-want {
			t.Errorf("%q counts %d, %+v", line, got, b)
		}
	}
}

// TestRepeatedLists checks when a second list begins a new snapshot.
func TestRepeatedLists(t *testing.T) {
	filter := func(n int, count int) string {
		text := fmt.Sprintf("   FLT_FILTER: ffffcb0e0b3b%04x \"Qz%d\" \"%d\"\n", n, n, 400000-n)
		for i := range count {
			text += fmt.Sprintf("      FLT_INSTANCE: ffffcb0e%08x \"Qz%d Instance\" \"%d\"\n", n<<8+i, n, 400000-n)
		}
		return text
	}
	whole := listHead + filter(1, 2) + filter(2, 9) + filter(3, 1)
	for _, c := range []struct {
		name, second        string
		snapshots, attached int
	}{
		{"the same", whole, 1, 12},
		{"an instance more", listHead + filter(1, 2) + filter(2, 10) + filter(3, 1), 2, 12},
		{"a filter less", listHead + filter(1, 2) + filter(2, 9), 2, 12},
		{"shortened", listHead + filter(1, 2) + filter(2, 3) + "      ...\n", 1, 12},
	} {
		d := read(t, whole+c.second+"0: kd> ")
		if len(d.Snapshots) != c.snapshots {
			t.Errorf("%s: %d snapshots", c.name, len(d.Snapshots))
		}
		n := 0
		for _, f := range d.Snapshots[0].Filters {
			n += f.Attached()
		}
		if n != c.attached {
			t.Errorf("%s: %d attached", c.name, n)
		}
	}
}

// TestAShortenedListIsReplaced prints the whole list after an interrupted one.
func TestAShortenedListIsReplaced(t *testing.T) {
	filter := "   FLT_FILTER: ffffcb0e0b3ba020 \"QzFlt\" \"145300\"\n"
	text, _ := io.ReadAll(&instances{left: 6})
	s := only(t, listHead+filter+"      ...\n"+listHead+filter+string(text)+"0: kd> ")
	if len(s.Filters) != 1 || s.Filters[0].Attached() != 6 {
		t.Errorf("filters %+v", s.Filters)
	}
}

package windbg

import (
	"strings"
	"testing"

	"poolsweep/ingest"
)

// Outputs of every command, whole but for what follows them.
var outputs = []struct {
	name, text string
	rows       int
	closed     bool // the output has a closing line of its own
	blankEnds  bool // an empty line is as good as one
}{
	{"table", "kd> !poolused 2\n" + table(usageRow{"AbA1", 1, 64, 0, 0}, usageRow{"AbA2", 1, 64, 0, 0}), 2, true, true},
	{"filters", "kd> !fltkd.filters\n\nFilter List: ffffcb0e0b3a50d0 \"Frame 0\" \n" +
		"   FLT_FILTER: ffffcb0e0b386010 \"bindflt\" \"409800\"\n" +
		"      FLT_INSTANCE: ffffcb0e0f1e04e0 \"bindflt Instance\" \"409800\"\n", 2, false, true},
	{"modules", "kd> lm\nstart    end        module name\n80100000 801b7b40   qz   (deferred)\n80200000 80210000   nt   (deferred)\n", 2, false, false},
	{"processes", "kd> !process 0 0\n**** NT ACTIVE PROCESS DUMP ****\nPROCESS 80a02a60  Cid: 0002    Peb: 00000000  ParentCid: 0000\n" +
		"    DirBase: 00006e05  ObjectTable: 80a03788  TableSize: 150.\n    Image: System\n", 1, false, false},
	{"memory", "kd> !vm\nPhysical Memory: 1000 ( 4000 Kb)\nNonPagedPool Usage: 10 ( 40 Kb)\nCommit limit: 1 ( 4 Kb)\n", 2, true, true},
	{"hits", "kd> s -a 80000000 L?0x1000 \"tsni\"\n" +
		"a7e0f300  74 73 6e 69 14 02 00 00-68 c9 54 80 50 c9 54 80  tsni....h.T.P.T.\n", 1, false, true},
	{"time", "kd> .time\n" + "Debug session time: Wed Jan 31 14:47:08 2001\nSystem Uptime: 0 days 2:53:56\n", 2, false, false},
}

// TestEndings checks the state of every output before every kind of end.
func TestEndings(t *testing.T) {
	state := func(complete bool) ingest.BlockState {
		if complete {
			return ingest.BlockComplete
		}
		return ingest.BlockUnclosed
	}
	for _, o := range outputs {
		for _, c := range []struct {
			end, after string
			want       ingest.BlockState
		}{
			{"prompt", "kd> ", ingest.BlockComplete},
			{"empty line and prompt", "\nkd> ", ingest.BlockComplete},
			{"closing the log", "Closing open log file c:\\kd.log\n", ingest.BlockComplete},
			{"another banner", "Opened log file 'c:\\kd.log'\n", ingest.BlockComplete},
			{"prose after an empty line", "\nThat is all.\n", ingest.BlockComplete},
			{"end of the file", "", state(o.closed)},
			{"empty line at the end", "\n", state(o.closed || o.blankEnds)},
			{"the indentation of a row", "     ", ingest.BlockCut},
			{"elision", "  ...\nkd> ", state(o.closed && o.name == "table")},
		} {
			if o.closed && c.want == ingest.BlockCut {
				continue
			}
			_, b := oneBlock(t, o.text+c.after)
			if b.State != c.want || b.Rows != o.rows {
				t.Errorf("%s before %s: %s, %d rows; want %s, %d rows", o.name, c.end, b.State, b.Rows, c.want, o.rows)
			}
		}
	}
}

// TestIndentedOutputs reads every output as articles show it.
func TestIndentedOutputs(t *testing.T) {
	for _, indent := range []string{"    ", "\t", "        "} {
		for _, o := range outputs {
			text := indent + strings.ReplaceAll(strings.TrimSuffix(o.text, "\n"), "\n", "\n"+indent) + "\n\nWords.\n"
			_, b := oneBlock(t, "Words.\n\n"+text)
			if b.State != ingest.BlockComplete || b.Rows != o.rows || b.Line != 3 {
				t.Errorf("%s behind %q: %+v", o.name, indent, b)
			}
		}
	}
}

// TestOutputsWithAnEmptyLineAfterEveryLine reads what some editors make of a log.
func TestOutputsWithAnEmptyLineAfterEveryLine(t *testing.T) {
	for _, o := range outputs {
		if _, b := oneBlock(t, strings.ReplaceAll(o.text, "\n", "\n\n")+"kd> "); b.Rows != o.rows || b.State != ingest.BlockComplete {
			t.Errorf("%s: %+v", o.name, b)
		}
	}
}

// TestOutputsBehindEachOther reads all outputs in one log, in both orders.
func TestOutputsBehindEachOther(t *testing.T) {
	var up, down string
	for _, o := range outputs {
		up, down = up+o.text, o.text+down
	}
	for _, log := range []string{up, down} {
		s := only(t, log+"kd> ")
		if len(s.Blocks) != len(outputs) || len(s.Warnings) > 0 {
			t.Errorf("%s", dumped(read(t, log+"kd> ")))
		}
		if len(s.Tags) != 2 || len(s.Filters) != 1 || len(s.Modules) != 2 || s.Processes == nil || s.VM == nil || len(s.Scans) != 1 {
			t.Errorf("snapshot %+v", s)
		}
	}
}

// TestAnArticle reads prose with pasted output and follows a tag to its driver.
func TestAnArticle(t *testing.T) {
	paste := func(text string) string {
		return "\n    " + strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", "\n    ") + "\n\n"
	}
	log := "---\ntitle: one more leak\n---\n\nA machine ran out of nonpaged pool. First, # !poolused #\n" +
		paste("0: kd> !poolused 2\n\nSorting by NonPaged Pool Consumed\n\n"+
			"           NonPaged                  Paged\nTag     Allocs         Used     Allocs         Used\n\n"+
			"QZpl     51303     27947232          0            0\tUNKNOWN pooltag 'QZpl', please update pooltag.txt\n"+
			"FMis     10241      6103328          0            0\tFLT_INSTANCE structure , Binary: fltmgr.sys\n") +
		"Minifilters hold much, so I listed them:\n" +
		paste("0: kd> !fltkd.filters\n\nFilter List: 8999805c \"Frame 1\" \n   FLT_FILTER: 8971bb58 \"QzPlug\" \"145310\"\n"+
			"      FLT_INSTANCE: 89cf58b0 \"QzPlug Instance\" \"145310\"\n      FLT_INSTANCE: 8997b400 \"QzPlug Instance\" \"145310\"\n"+
			"      ... 省略若干重复输出\n") +
		"It attached more than ten thousand times.\n\n> quoted words\n\nWho uses the tag?\n" +
		paste("0: kd> !for_each_module s -a @#Base @#End \"QZpl\"\n"+
			"a7e0f300  51 5a 70 6c 14 02 00 00-68 c9 54 80 50 c9 54 80  QZpl....h.T.P.T.\n\n"+
			"0: kd> lm a a7e0f300\nstart    end        module name\na7ddb000 a7e14180   QzPlug   (deferred)             \n\n") +
		"That is the one!"
	s := only(t, log)
	var states []string
	for _, b := range s.Blocks {
		states = append(states, b.State.String())
	}
	if text := strings.Join(states, " "); text != "unclosed unclosed complete complete" {
		t.Errorf("states %s", text)
	}
	if u := s.Find(ingest.MustTag("QZpl"), ingest.NonPaged); u == nil || u.Bytes != 27947232 || !u.Unknown() {
		t.Errorf("row %+v", u)
	}
	if f := s.Filters; len(f) != 1 || f[0].Attached() != 2 {
		t.Errorf("filters %+v", f)
	}
	if m := s.ModuleAt(s.Scans[0].Hits[0].Address); m == nil || ingest.ModuleKey(m.Name) != ingest.ModuleKey(s.Filters[0].Name) {
		t.Errorf("module %+v", m)
	}
	if got := messages(s); got != "line not understood in the output of !fltkd.filters" {
		t.Errorf("warnings: %s", got)
	}
}

func TestElided(t *testing.T) {
	for text, want := range map[string]bool{
		"...": true, "  ....": true, ".... and so on": true, "<snipped>": true, "[...]": true, "   …": true,
		".UMD": false, ".": false, "": false, "kd> ...": false, "<font>": false,
	} {
		if got := elided([]byte(text)); got != want {
			t.Errorf("elided(%q) = %t", text, got)
		}
	}
}

package windbg

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"poolsweep/ingest"
)

func TestNothingKnownIsOneWarning(t *testing.T) {
	for _, log := range []string{"", "\n\n", "Dear team,\nno log today.\n", "kd> !analyze -v\nx\n", " Sorting by Tag\n", "!poolused 2\n"} {
		d := read(t, log)
		if len(d.Snapshots) != 0 || len(d.Warnings) != 1 || d.Warnings[0].Message != "no known debugger output was found" {
			t.Errorf("%q: %s", log, dumped(d))
		}
	}
}

// TestSkippedOutputGivesNoRows has tables of ours in the output of other commands.
func TestSkippedOutputGivesNoRows(t *testing.T) {
	rows := table(usageRow{"AbA1", 1, 64, 0, 0})
	filters := "Filter List: ffffcb0e0b3a50d0 \"Frame 0\"\n   FLT_FILTER: ffffcb0e0b386010 \"bindflt\" \"409800\"\n"
	modules := "start    end        module name\n80100000 801b7b40   qz   (deferred)\n"
	d := read(t, "kd> !mytable\n"+rows+"kd> !fltkd.cbd\n"+filters+"kd> x q!*\n"+modules+"0: kd> !mytable 2\n"+rows+"kd> ")
	if len(d.Snapshots) != 0 {
		t.Errorf("%s", dumped(d))
	}
	var got []string
	for _, s := range d.Skipped {
		got = append(got, fmt.Sprintf("%s x%d :%d", s.Command, s.Count, s.Line))
	}
	if text := strings.Join(got, ", "); text != "!mytable x2 :1, !fltkd.cbd x1 :9, x x1 :12" {
		t.Errorf("skipped %s", text)
	}
}

func TestQuietCommandsAreNotCounted(t *testing.T) {
	d := read(t, "kd> * a remark\nkd> $$ another\nkd> .echo x\nkd> .logopen c:\\x\nOpened log file 'c:\\x'\nkd> \nkd> "+pool(1)+"kd> ")
	if len(d.Skipped) != 0 || len(d.Snapshots) != 1 {
		t.Errorf("%s", dumped(d))
	}
}

func TestSkippedCommandsAreBounded(t *testing.T) {
	var log strings.Builder
	for i := range maxSkipped + 10 {
		fmt.Fprintf(&log, "kd> !x%d\n", i)
	}
	if d := read(t, log.String()); len(d.Skipped) != maxSkipped {
		t.Errorf("%d skipped commands", len(d.Skipped))
	}
}

// TestScriptsPrintTablesOfOurs reads the output of a script: no command is echoed.
func TestScriptsPrintTablesOfOurs(t *testing.T) {
	s := only(t, "0: kd> $$>a<collect.txt\n Sorting by NonPaged Pool Consumed\n"+table(usageRow{"AbA1", 1, 64, 0, 0})+
		"Filter List: ffffcb0e0b3a50d0 \"Frame 0\"\n   FLT_FILTER: ffffcb0e0b386010 \"bindflt\" \"409800\"\n"+
		"start    end        module name\n80100000 801b7b40   qz   (deferred)\n\n"+
		"**** NT ACTIVE PROCESS DUMP ****\nPROCESS 80a02a60  SessionId: 0  Cid: 0002    Peb: 00000000  ParentCid: 0000\n"+
		"    DirBase: 00006e05  ObjectTable: 80a03788  HandleCount: 150.\n    Image: System\n\n"+
		"*** Virtual Memory Usage ***\n\tPhysical Memory: 1000 ( 4000 Kb)\n\tCommit limit: 1 ( 4 Kb)\n0: kd> ")
	want := []string{"!poolused 2", "!fltkd.filters", "lm", "!process 0 0", "!vm"}
	if len(s.Blocks) != len(want) {
		t.Fatalf("blocks %+v", s.Blocks)
	}
	for i, b := range s.Blocks {
		if b.Command != want[i] || !b.Complete() || b.Rows != 1 {
			t.Errorf("block %+v, want %s", b, want[i])
		}
	}
}

// TestBlockLines checks where blocks begin and end.
func TestBlockLines(t *testing.T) {
	s := only(t, "words\n\n0: kd> !poolused 2\n"+table(usageRow{"AbA1", 1, 64, 0, 0})+"\n\nmore words\n\n"+
		" Sorting by Tag\n"+table(usageRow{"AbA2", 1, 64, 0, 0})+"\nend\n")
	var got []string
	for _, b := range s.Blocks {
		got = append(got, fmt.Sprintf("%s %d-%d", b.Command, b.Line, b.LastLine))
	}
	if text := strings.Join(got, ", "); text != "!poolused 2 3-10, !poolused 15-22" {
		t.Errorf("blocks %s", text)
	}
	if s.Line != 3 {
		t.Errorf("snapshot on line %d", s.Line)
	}
}

// TestUnreadLinesAreOneWarning checks that damage of any size gives few warnings.
func TestUnreadLinesAreOneWarning(t *testing.T) {
	damage := strings.Repeat("?????\n", 1000)
	log := strings.Replace(pool(1), "\nTOTAL", damage+"\nTOTAL", 1)
	s, b := oneBlock(t, log+"0: kd> ")
	if b.Unread != 1000 || b.State != ingest.BlockUnclosed {
		t.Errorf("block %+v", b)
	}
	if len(s.Warnings) != 1 || s.Warnings[0].Line != 7 || !strings.HasSuffix(s.Warnings[0].Message, "(and 999 more)") {
		t.Errorf("warnings %+v", s.Warnings)
	}
}

func TestWarningsAreBounded(t *testing.T) {
	var d doubts
	for i := range maxDoubts + 7 {
		d.add(ingest.Source{}, fmt.Sprint("message ", i), "")
	}
	all := d.list()
	if len(all) != maxDoubts || all[maxDoubts-1].Message != "message 49 (and 7 more)" {
		t.Errorf("%d warnings, last %+v", len(all), all[len(all)-1])
	}
}

// TestOutputThatFailed has a message in place of the table.
func TestOutputThatFailed(t *testing.T) {
	s, b := oneBlock(t, "0: kd> !poolused 2\nunable to get nt!PoolTrackTable\nmore\n0: kd> ")
	if b.Rows != 0 || b.State != ingest.BlockUnclosed || len(s.Warnings) != 1 {
		t.Fatalf("%+v %+v", b, s.Warnings)
	}
	if got, want := s.Warnings[0].String(), `test.log:2: no output found for !poolused 2: "unable to get nt!PoolTrackTable"`; got != want {
		t.Errorf("warning %s, want %s", got, want)
	}
}

// TestHintsNameTheCommand has the command on a line of its own above the table.
func TestHintsNameTheCommand(t *testing.T) {
	for hint, want := range map[string]string{
		"!poolused 2 AbA1": "!poolused 2 AbA1",
		"  !poolused 4  ":  "!poolused 4",
		"# !poolused 2":    "!poolused",
		"!fltkd.filters":   "!poolused",
		"!poolused2":       "!poolused",
		"lm":               "!poolused",
	} {
		_, b := oneBlock(t, hint+"\n\n"+table(usageRow{"AbA1", 1, 64, 0, 0})+"\n")
		if b.Command != want {
			t.Errorf("below %q: %q, want %q", hint, b.Command, want)
		}
	}
}

// TestSeveralCommandsOnOneLine checks that every output finds its command.
func TestSeveralCommandsOnOneLine(t *testing.T) {
	filters := "Filter List: ffffcb0e0b3a50d0 \"Frame 0\"\n   FLT_FILTER: ffffcb0e0b386010 \"bindflt\" \"409800\"\n"
	s := only(t, "kd> .reload; !poolused 4 ; !filters; r\n"+table(usageRow{"AbA1", 1, 64, 0, 0})+filters+"kd> ")
	if len(s.Blocks) != 2 || s.Blocks[0].Command != "!poolused 4" || s.Blocks[1].Command != "!filters" || s.Blocks[1].Line != 1 {
		t.Errorf("blocks %+v", s.Blocks)
	}
}

// TestPathsHaveForwardSlashes checks the name in every source.
func TestPathsHaveForwardSlashes(t *testing.T) {
	d, err := Read(strings.NewReader(pool(1)), `drop\LAB-1\kd.log`)
	if err != nil || d.File != "drop/LAB-1/kd.log" || d.Snapshots[0].Tags[0].Source.String() != "drop/LAB-1/kd.log:6" {
		t.Errorf("file %q, %v", d.File, err)
	}
}

// TestEveryLineIsAccountedFor checks that what is in no block is counted as outside or
// as passed over, or is the debugger's own.
func TestEveryLineIsAccountedFor(t *testing.T) {
	eachCase(t, func(t *testing.T, log []byte) {
		d := mustRead(t, bytes.NewReader(log))
		inBlock := make([]bool, d.Lines+1)
		for _, s := range d.Snapshots {
			for _, b := range s.Blocks {
				for no := b.Line; no <= b.LastLine; no++ {
					inBlock[no] = true
				}
			}
		}
		var rest []string
		for in := newLines(bytes.NewReader(log), make([]byte, bufferSize)); in.next(); {
			var s paste
			m, mark := s.mend(in.line)
			if len(mark) > 0 && mark[0] != '>' {
				m = in.line
			}
			_, shell := shellPrompt(m.text)
			if len(trim(m.text)) == 0 || inBlock[in.no] || shell || promptLength(in.text)+promptLength(m.text) > 0 ||
				isSessionLine(in.text) || isSessionLine(m.text) {
				continue
			}
			rest = append(rest, string(in.text))
		}
		if len(rest) != d.Outside+d.Passed {
			t.Errorf("%d outside, %d passed over, but there are %d such lines:\n%s",
				d.Outside, d.Passed, len(rest), strings.Join(rest, "\n"))
		}
	})
}

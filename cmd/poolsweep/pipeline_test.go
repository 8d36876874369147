package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"poolsweep/analyze"
	"poolsweep/analyze/knowledge"
	"poolsweep/report"
	"poolsweep/samples"
)

// known returns what poolsweep knows by itself.
func known(t testing.TB) *knowledge.Base {
	t.Helper()
	know, err := knowledge.Load()
	if err != nil {
		t.Fatal(err)
	}
	return know
}

// judged returns the judgement on all samples.
func judged(t testing.TB) *judgement {
	t.Helper()
	found := &catch{taken: map[string]bool{}}
	found.walk(samples.Logs, "samples", "")
	j, err := (&config{}).readAndJudge(t.Context(), &console{out: io.Discard, err: io.Discard}, found, known(t))
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func TestCaseFileHoldsItsCaseAlone(t *testing.T) {
	j := judged(t)
	if len(j.Result.Cases) < 2 {
		t.Fatalf("samples hold %d cases", len(j.Result.Cases))
	}
	for i := range j.Result.Cases {
		c := &j.Result.Cases[i]
		var b bytes.Buffer
		if err := j.drawCase(&b, c); err != nil {
			t.Fatal(err)
		}
		var got report.Output
		if err := json.Unmarshal(b.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		if len(got.Cases) != 1 || got.Cases[0].ID != c.ID {
			t.Errorf("%s: holds %d cases", c.ID, len(got.Cases))
		}
		if len(got.Machines) != len(c.Machines) || len(got.Inputs) == 0 {
			t.Errorf("%s: %d machines of %d, %d inputs", c.ID, len(got.Machines), len(c.Machines), len(got.Inputs))
		}
		for _, in := range got.Inputs {
			if !slices.Contains(c.Machines, in.Machine) {
				t.Errorf("%s: holds an input of %s", c.ID, in.Machine)
			}
		}
	}
	if len(j.output.Cases) != len(j.Result.Cases) {
		t.Errorf("drawing a case left %d cases in the whole", len(j.output.Cases))
	}
}

func TestTableHasARowForEachMachineAndCase(t *testing.T) {
	j := judged(t)
	var b bytes.Buffer
	j.printTable(&b)
	rows := strings.Split(strings.TrimSpace(b.String()), "\n")[1:]
	want := 0
	for _, m := range j.Result.Machines {
		want += max(1, len(m.Cases))
	}
	if len(rows) != want {
		t.Errorf("%d rows, want %d:\n%s", len(rows), want, b.String())
	}
	for _, row := range rows {
		if f := strings.Fields(row); len(f) != 5 || !strings.HasPrefix(f[4], "samples/") {
			t.Errorf("row %q has not five columns", row)
		}
	}
	if strings.Contains(b.String(), "\x1b") {
		t.Error("colours in a pipe")
	}
}

func TestPaintNeedsATerminal(t *testing.T) {
	if got := paint(analyze.Leak, false); got != "leak" {
		t.Errorf("got %q", got)
	}
	if colourful(&bytes.Buffer{}) {
		t.Error("a buffer shows colours")
	}
}

func TestPrintInputsIsShortUnlessAskedForAll(t *testing.T) {
	j := &judgement{output: &report.Output{Inputs: []report.OutputInput{
		{Path: "good.log", State: report.InputRead},
		{Path: "MEMORY.DMP", State: report.InputRefused, Reason: "is a memory dump"},
		{Path: "web.log", State: report.InputPartial, Warnings: slices.Repeat(
			[]report.OutputFact{{Text: "row not understood", File: "web.log", Line: 7}}, 5)},
	}}}
	for i := range 12 {
		j.notes = append(j.notes, fmt.Sprintf("%d.json: passed over", i))
	}
	for _, tt := range []struct {
		all  bool
		last string
	}{{false, "and 2 more; -v prints all"}, {true, "11.json: passed over"}} {
		var b bytes.Buffer
		j.printInputs(&b, tt.all)
		lines := strings.Split(strings.TrimSpace(b.String()), "\n")
		want(t, strings.Join(lines[:6], "\n"),
			"Not, or not fully, read:",
			"  MEMORY.DMP: is a memory dump",
			"  web.log:7: row not understood",
			"  web.log:7: row not understood",
			"  web.log:7: row not understood",
			"  web.log: and 2 more warnings; 'poolsweep show' prints all")
		if last := strings.TrimSpace(lines[len(lines)-1]); last != tt.last {
			t.Errorf("ends with %q, want %q", last, tt.last)
		}
	}
}

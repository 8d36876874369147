package ingest_test

import (
	"testing"

	"poolsweep/ingest"
)

func TestSourceAndWarningText(t *testing.T) {
	at := ingest.Source{File: `drop\LAB-7/kd.log`, Line: 12}
	if got := at.String(); got != `drop\LAB-7/kd.log:12` {
		t.Errorf("source %q", got)
	}
	if got := at.Base(); got != "kd.log" {
		t.Errorf("base %q", got)
	}
	if got := (ingest.Source{File: "kd.log"}).String(); got != "kd.log" {
		t.Errorf("source of a whole file %q", got)
	}
	w := ingest.Warning{Source: at, Message: "no TOTAL"}
	if got := w.String(); got != `drop\LAB-7/kd.log:12: no TOTAL` {
		t.Errorf("warning %q", got)
	}
	w.Text = "\tx"
	if got := w.String(); got != `drop\LAB-7/kd.log:12: no TOTAL: "\tx"` {
		t.Errorf("warning %q", got)
	}
}

func TestBlockStates(t *testing.T) {
	for state, want := range map[ingest.BlockState]string{
		0: "", ingest.BlockComplete: "complete", ingest.BlockUnclosed: "unclosed",
		ingest.BlockCut: "cut",
	} {
		if state.String() != want || (ingest.Block{State: state}).Complete() != (want == "complete") {
			t.Errorf("state %d is %q, want %q", state, state, want)
		}
	}
}

func TestPartialDocuments(t *testing.T) {
	block := func(state ingest.BlockState) *ingest.Document {
		return &ingest.Document{Snapshots: []*ingest.Snapshot{{Blocks: []ingest.Block{{State: state}}}}}
	}
	warned := block(ingest.BlockComplete)
	warned.Snapshots[0].Warnings = []ingest.Warning{{}}
	for _, c := range []struct {
		name    string
		doc     *ingest.Document
		partial bool
	}{
		{"empty", &ingest.Document{}, false},
		{"complete", block(ingest.BlockComplete), false},
		{"unclosed", block(ingest.BlockUnclosed), true},
		{"cut", block(ingest.BlockCut), true},
		{"a warning about a snapshot", warned, true},
		{"a warning about the file", &ingest.Document{Warnings: []ingest.Warning{{}}}, true},
	} {
		if got := c.doc.Partial(); got != c.partial {
			t.Errorf("%s: partial %t", c.name, got)
		}
	}
}

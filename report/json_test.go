package report

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"poolsweep/analyze"
	"poolsweep/ingest"
)

func output(t *testing.T, in Input) *Output {
	t.Helper()
	o, err := NewOutput(in)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestOutputGolden(t *testing.T) {
	text, err := json.MarshalIndent(output(t, fleet(t)), "", " ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "output-fleet", string(text)+"\n")
}

func TestInputsSayHowFarTheyWereRead(t *testing.T) {
	var states, reasons []string
	for _, in := range output(t, fleet(t)).Inputs {
		states, reasons = append(states, in.State), append(reasons, in.Reason)
	}
	if want := []string{"read", "read", "read", "read", "partial", "refused"}; !slices.Equal(states, want) {
		t.Errorf("states %v, want %v", states, want)
	}
	if want := []string{"", "", "", "", "1 block cut off and 1 warning", "no text"}; !slices.Equal(reasons,
		want) {
		t.Errorf("reasons %q, want %q", reasons, want)
	}
}

func TestUnknownIsNull(t *testing.T) {
	in := fleet(t)
	in.Result.Cases = []analyze.Case{shareCase()}
	c := output(t, in).Cases[0]
	if c.Events != nil || c.BytesPerEvent != nil || c.Rate != nil || c.Exhausts != nil || c.Object != nil ||
		c.Owner != nil || c.Holder != nil || c.Trigger != nil || c.Amplifier != nil || c.KnownIssue != nil ||
		c.Members[0].Allocs != nil {
		t.Errorf("something unknown is not null: %+v", c)
	}
	if c.Pool != "both" {
		t.Errorf("pool %q", c.Pool)
	}
}

func TestMachinesStartWithTheLead(t *testing.T) {
	o := output(t, fleet(t))
	if got, want := o.Cases[1].Machines, []string{"LAB-031", "LAB-007"}; !slices.Equal(got, want) {
		t.Errorf("machines %v, want %v", got, want)
	}
}

// hostile is a name with all that could be taken for markup, layout or a formula.
const hostile = "=cmd|'/c'!A1  {{.x}} <b>%d%!s\t漢字 \u202e <no value"

func TestHostileNamesPassUnchanged(t *testing.T) {
	in := fleet(t)
	k := runawayCase()
	k.Machines, k.Lead.Machine.Name = []string{hostile}, hostile
	k.Holder.Module, k.Owner.Module = hostile, hostile
	k.Filters[1].Name, k.Filters[1].Frame = hostile, hostile
	k.Lead.File, k.Lead.OS.Text = hostile, hostile
	in.Documents[0].File, in.Documents[0].Snapshots[0] = hostile, k.Lead
	in.Result.Machines[1] = judged(analyze.Runaway, 0.9, []string{k.ID}, k.Lead)
	in.Result.Machines[1].Filters = k.Filters
	in.Result.Cases[0] = k
	in.Refused[0].Path = hostile

	o := output(t, in)
	if got := []string{o.Inputs[0].Path, o.Machines[1].Name, o.Machines[1].OS, o.Cases[0].Holder.Module,
		o.Inputs[5].Path}; slices.ContainsFunc(got,
		func(s string) bool { return s != hostile }) {
		t.Errorf("JSON changed a name: %q", got)
	}
	b := book(t, in)
	if got := []any{column(t, b, "Machines", "Machine")[1], column(t, b, "Filters", "Filter")[1],
		column(t, b, "Filters", "Frame")[1]}; slices.ContainsFunc(got, func(v any) bool { return v != hostile }) {
		t.Errorf("the workbook changed a name: %q", got)
	}
	w := writeup(t, in, k)
	if w.Attribution[0].Module != hostile || w.Subtitle != "Machine "+hostile {
		t.Errorf("the write-up changed a name: %q, %q", w.Attribution[0].Module, w.Subtitle)
	}
	if !strings.HasPrefix(w.Title, hostile+" is attached 7,204 times") {
		t.Errorf("title %q", w.Title)
	}
}

func TestHostileTagsAreTold(t *testing.T) {
	in := fleet(t)
	k := shareCase()
	k.Core[0].Tag = ingest.Tag{0, '=', 0xff, ' '}
	in.Result.Cases = []analyze.Case{k}
	if got := output(t, in).Cases[0].Tags[0]; got != `\x00=\xFF ` {
		t.Errorf("JSON has %q", got)
	}
	w := writeup(t, in, k)
	if w.Evidence.Rows[0][0].Text != ".=. " || w.Evidence.Rows[0][1].Text != "003DFF20" {
		t.Errorf("evidence has %q", w.Evidence.Rows[0])
	}
}

func TestNoSentenceShowsItsSeams(t *testing.T) {
	in := fleet(t)
	in.Result.Cases = append(in.Result.Cases, shareCase())
	text := dumpBook(book(t, in))
	for _, c := range in.Result.Cases {
		text += dumpWriteup(writeup(t, in, c))
	}
	data, err := json.Marshal(output(t, in))
	if err != nil {
		t.Fatal(err)
	}
	for _, seam := range []string{"<no value>", "%!", "{{", "}}", "<nil>", "\\u0000"} {
		if strings.Contains(text+string(data), seam) {
			t.Errorf("the reports contain %q", seam)
		}
	}
}

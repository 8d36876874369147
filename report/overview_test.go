package report

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"poolsweep/analyze"
)

// quiet is a lab without a case: a healthy machine, and one whose log was cut off.
func quiet(t testing.TB) Input {
	in := fleet(t)
	in.Documents, in.Refused = in.Documents[3:5], nil
	in.Result = &analyze.Result{
		Machines: []analyze.Machine{in.Result.Machines[2], in.Result.Machines[4]},
		Tags:     in.Result.Tags[1:],
	}
	in.Result.Machines[0].Pool = []analyze.PoolFacts{{Pool: 1, Ceiling: 256 * mib, Share: 0.25, Sum: runawaySnapshot().Sum(1)}}
	in.Result.Machines[0].Reasons = []analyze.Reason{because(analyze.MachineFilters, analyze.Facts{"filters": int64(6),
		"least": int64(1), "most": int64(3)})}
	return in
}

func overview(t *testing.T, in Input) *Writeup {
	t.Helper()
	w, err := NewOverview(in)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func TestOverviewGolden(t *testing.T) { golden(t, "overview", dumpWriteup(overview(t, quiet(t)))) }

func TestOverviewTitles(t *testing.T) {
	for _, c := range []struct {
		name  string
		alter func(*analyze.Result)
		want  string
		tone  Tone
	}{
		{"both", func(*analyze.Result) {}, "No case: 1 of 2 machines is healthy, 1 could not be judged", ToneNotice},
		{"one healthy", func(r *analyze.Result) { r.Machines = r.Machines[:1] }, "The machine is healthy", ToneGood},
		{"all healthy", func(r *analyze.Result) { r.Machines[1].Verdict = analyze.Healthy }, "All 2 machines are healthy", ToneGood},
		{"one not judged", func(r *analyze.Result) { r.Machines = r.Machines[1:] },
			"The log does not suffice for a verdict", ToneNotice},
		{"none judged", func(r *analyze.Result) { r.Machines[0].Verdict = analyze.Insufficient },
			"No log of 2 machines suffices for a verdict", ToneNotice},
		{"cases since", func(r *analyze.Result) {
			r.Machines[0].Verdict, r.Cases = analyze.Leak, make([]analyze.Case, 1)
		}, "1 case on 2 machines", ToneAlarm},
	} {
		in := quiet(t)
		c.alter(in.Result)
		if w := overview(t, in); w.Title != c.want || w.Band.Tone != c.tone {
			t.Errorf("%s: %q in tone %d", c.name, w.Title, w.Band.Tone)
		}
	}
}

func TestOverviewAsksOnlyWhereSomethingIsNotJudged(t *testing.T) {
	in := quiet(t)
	if w := overview(t, in); len(w.Next) == 0 || w.Next[0].Command != "!poolused 3" {
		t.Errorf("next: %+v", w.Next)
	}
	in.Result.Machines = in.Result.Machines[:1]
	if w := overview(t, in); len(w.Next) != 0 || w.NextTitle != "" {
		t.Errorf("all is judged, yet: %+v", w.Next)
	}
}

func TestOverviewPutsMachinesWithOneReasonTogether(t *testing.T) {
	in := quiet(t)
	cut := in.Result.Machines[1]
	for i := range 30 {
		m := cut
		m.Name = fmt.Sprintf("CUT-%02d", i)
		if i%3 == 0 {
			m.Reasons = []analyze.Reason{because(analyze.MachineCut, analyze.Facts{"line": int64(i)})}
		}
		in.Result.Machines = append(in.Result.Machines, m)
	}
	w := overview(t, in)
	p := w.Points[len(w.Points)-1]
	if len(p.Items) != overviewUnjudged || !strings.HasPrefix(p.Items[0], "lab-099, CUT-01, CUT-02, CUT-04 and 18 more: The log stops") {
		t.Errorf("%d reasons, the first %q", len(p.Items), p.Items[0])
	}
	if p.More != "6 more machines in the workbook." || len(w.Evidence.Rows) != overviewMachines {
		t.Errorf("%q; %d machines", p.More, len(w.Evidence.Rows))
	}
}

func TestOverviewOfNothingDated(t *testing.T) {
	in := quiet(t)
	for _, d := range in.Documents {
		d.Snapshots[0].At = time.Time{}
	}
	in.Result.Machines[0].Pool, in.Result.Tags = nil, nil
	w := overview(t, in)
	if w.Subtitle != "No log prints when it was made" || !strings.HasPrefix(w.Figures[2].Value, "not known") || len(w.Figures) != 3 {
		t.Errorf("%q, %+v", w.Subtitle, w.Figures)
	}
}

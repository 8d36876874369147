package main

import (
	"strings"
	"testing"

	"poolsweep/analyze"
	"poolsweep/report"
)

func TestBeginningsOfIDs(t *testing.T) {
	for name, want := range map[string]bool{"PS-1A2B3C4D": true, "ps-1a2": true, "1A2B": true, "1a": true, "1": false, "PS-1": false,
		"PS-": false, "A2B": false, "PS-1A2B3C4D5": false} {
		if got := begins("PS-1A2B3C4D", name); got != want {
			t.Errorf("%q: %v, want %v", name, got, want)
		}
	}
}

// names returns the ids of the cases, or the machine, that a name means.
func (j *judgement) names(name string) string {
	cases, machine := j.named(name)
	var ids []string
	for _, c := range cases {
		ids = append(ids, c.ID)
	}
	if machine != nil {
		ids = append(ids, machine.Name)
	}
	return strings.Join(ids, " ")
}

func TestWhatANameMeans(t *testing.T) {
	j := &judgement{Input: report.Input{Result: &analyze.Result{
		Cases: []analyze.Case{
			{ID: "PS-AB000001", Signature: "v1|one", Aliases: []string{"v1|uno"}, Alternates: []analyze.Alternate{{Text: "v1|tag|x"}}},
			{ID: "PS-AB000002", Signature: "v1|two", Alternates: []analyze.Alternate{{Text: "v1|tag|x"}}},
		},
	}}}
	j.Result.Machines = make([]analyze.Machine, 2)
	j.Result.Machines[0].Name, j.Result.Machines[1].Name = "LAB-014", "AB00"
	for name, want := range map[string]string{
		"ps-ab000001": "PS-AB000001", "v1|one": "PS-AB000001", "v1|uno": "PS-AB000001", "v1|tag|x": "PS-AB000001 PS-AB000002",
		"ab0": "PS-AB000001 PS-AB000002", "AB000002": "PS-AB000002", "lab-014": "LAB-014", "ab00": "AB00", "v1|three": "", "x": "",
	} {
		if got := j.names(name); got != want {
			t.Errorf("%q means %q, want %q", name, got, want)
		}
	}
}

func TestSeveralCasesOfANameAreListed(t *testing.T) {
	j := &judgement{Input: report.Input{Result: &analyze.Result{Cases: []analyze.Case{{ID: "PS-AB000001"}, {ID: "PS-AB000002"}}}}}
	var out strings.Builder
	err := j.explain(&out, "AB")
	if err == nil || !strings.Contains(err.Error(), "2 cases: PS-AB000001, PS-AB000002") || out.Len() > 0 {
		t.Errorf("%v, printed %q", err, out.String())
	}
}

func TestWrapKeepsWordsWhole(t *testing.T) {
	long := strings.Repeat("x", explainWidth+20)
	for line, want := range map[string]string{
		"short  line":             "  short  line\n",
		long:                      "  " + long + "\n",
		long + " end":             "  " + long + "\n      end\n",
		strings.Repeat("ab ", 40): "  " + strings.TrimRight(strings.Repeat("ab ", 32), " ") + "\n      " + strings.Repeat("ab ", 8) + "\n",
	} {
		var out strings.Builder
		wrap(&out, line)
		if out.String() != want {
			t.Errorf("%q, want %q", out.String(), want)
		}
	}
}

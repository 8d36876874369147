package report

import (
	"fmt"
	"slices"

	"poolsweep/analyze"
)

// Explanation is a decision trail as text.
type Explanation struct {
	Title string
	Parts []ExplanationPart
}

// ExplanationPart is a titled list of lines. A part without lines is left out.
type ExplanationPart struct {
	Title string
	Lines []string
}

// ExplainCase tells how a case came about: what moved the odds, what was looked at
// and did not fire, who was considered, how the case was put together and what the
// next log has to show.
func ExplainCase(in Input, c *analyze.Case) (*Explanation, error) {
	s := &speaker{in: in}
	e := &Explanation{Title: c.ID + ": " + s.title(c)}
	e.part(s.label("explain.verdict"), s.verdictLines(c))
	e.part(s.label("explain.weighing"), s.trail(c))
	e.part(s.label("explain.unweighed"), s.unweighed(c))
	e.part(s.label("explain.chain"), s.cited(c.Chain))
	e.part(s.label("explain.missed"), s.cited(c.Missed))
	e.part(s.label("explain.attribution"), s.attributionLines(c))
	e.part(s.label("explain.ladder"), s.rungs(c.Ladder))
	e.part(s.label("explain.alternatives"), s.loserLines(c.Alternatives))
	e.part(s.label("explain.signature"), s.signatureLines(c))
	e.part(s.label("explain.seen"), s.presenceLines(c))
	e.part(s.label("explain.expect"), s.expectLines(c))
	return e, s.done("explanation of " + c.ID)
}

// ExplainMachine tells why a machine got its verdict.
func ExplainMachine(in Input, m *analyze.Machine) (*Explanation, error) {
	s := &speaker{in: in}
	verdict := s.label("verdict." + m.Verdict.String())
	e := &Explanation{Title: s.say("explain.machine", facts{"machine": m.Name, "verdict": verdict, "confidence": m.Confidence,
		"snapshots": len(m.Snapshots)})}
	e.part(s.label("explain.reasons"), s.cited(m.Reasons))
	e.part(s.label("explain.missed"), s.cited(m.Missed))
	e.part(s.label("column.cases"), m.Cases)
	return e, s.done("explanation of " + m.Name)
}

func (e *Explanation) part(title string, lines []string) {
	if len(lines) > 0 {
		e.Parts = append(e.Parts, ExplanationPart{title, lines})
	}
}

// cited words reasons with the lines they rest on.
func (s *speaker) cited(reasons []analyze.Reason) []string {
	var out []string
	for _, r := range reasons {
		out = append(out, s.withSources(r))
	}
	return out
}

// withSources words a reason and names its lines; those of a long list are in the
// appendix of the write-up.
func (s *speaker) withSources(r analyze.Reason) string {
	const cited = 4
	at := inOrder(r.Sources)
	if len(at) == 0 {
		return s.reason(r)
	}
	return s.say("cited", facts{"said": prose(s.reason(r)), "at": prose(s.citeAll(at[:min(cited, len(at))])), "more": max(0, len(at)-cited)})
}

func (s *speaker) verdictLines(c *analyze.Case) []string {
	return []string{s.say("explain.verdict-line", facts{"verdict": s.label("verdict." + c.Verdict.String()),
		"class": s.label("class." + c.Class.String()), "confidence": c.Confidence, "machines": len(c.Machines),
		"judged": c.Judged, "movement": s.label("movement." + c.Movement.String())})}
}

// trail shows how each reason moved the odds: its weight in log-odds, then the
// probability after it.
func (s *speaker) trail(c *analyze.Case) []string {
	var out []string
	for _, t := range c.Trail {
		out = append(out, fmt.Sprintf("%+.2f  %.2f  %s", t.Weight, t.Probability(), s.withSources(t.Reason)))
	}
	if n := len(c.Trail); n > 0 && c.Trail[n-1].Probability() > c.Confidence+0.005 {
		out = append(out, s.say("explain.capped", facts{"confidence": c.Confidence}))
	}
	return out
}

// unweighed lists what was said for, against and in doubt without moving the odds.
func (s *speaker) unweighed(c *analyze.Case) []string {
	var out []string
	for _, r := range slices.Concat(c.Why, c.WhyNot, c.Unsure, c.Limits) {
		text := s.reason(r)
		if !slices.ContainsFunc(c.Trail, func(t analyze.TrailStep) bool { return t.Rule == r.Rule && s.reason(t.Reason) == text }) {
			out = append(out, s.withSources(r))
		}
	}
	return out
}

func (s *speaker) attributionLines(c *analyze.Case) []string {
	var out []string
	for _, a := range s.attribution(c) {
		out = append(out, s.say("explain.answer", facts{"role": a.Role, "module": a.Module, "weight": a.Weight, "basis": a.Basis}))
	}
	return out
}

func (s *speaker) rungs(ladder []analyze.Rung) []string {
	var out []string
	for _, r := range ladder {
		out = append(out, s.say("explain.rung", facts{"role": s.label("role." + r.Role), "found": r.Found,
			"reason": s.withSources(r.Reason)}))
	}
	return out
}

func (s *speaker) loserLines(all []analyze.Alternative) []string {
	var out []string
	for _, a := range all {
		out = append(out, s.say("explain.loser", facts{"role": s.label("role." + a.Role), "module": s.word("module", a.Module), "weight": a.Weight,
			"reason": s.withSources(a.Lost)}))
	}
	return out
}

func (s *speaker) signatureLines(c *analyze.Case) []string {
	out := []string{c.Signature}
	for _, a := range c.Alternates {
		out = append(out, s.say("explain.alternate", facts{"text": a.Text}))
	}
	return append(out, s.cited(c.Notes)...)
}

func (s *speaker) expectLines(c *analyze.Case) []string {
	var out []string
	for _, x := range c.Expect {
		out = append(out, s.withSources(x.Why))
	}
	return out
}

package report

import "poolsweep/analyze"

// NewSummary makes the table for the terminal: a row for each machine, one more
// for each further case of it, and one for each refused file.
func NewSummary(in Input) (*Table, error) {
	s := &speaker{in: in}
	t := &Table{Columns: []Column{
		{Title: s.label("column.machine"), Share: 0.2},
		{Title: s.label("column.verdict"), Share: 0.2},
		{Title: s.label("column.case"), Share: 0.15, Mono: true},
		{Title: s.label("column.confidence"), Share: 0.1, Align: AlignRight},
		{Title: s.label("column.file"), Share: 0.35},
	}}
	for i := range in.Result.Machines {
		t.Rows = append(t.Rows, s.summaryRows(&in.Result.Machines[i])...)
	}
	for _, r := range in.Refused {
		state := Cell{Text: s.label("state.refused"), Tone: ToneNotice}
		t.Rows = append(t.Rows, []Cell{{}, state, {}, {}, {Text: r.Path}})
	}
	return t, s.done("summary")
}

// summaryRows are the rows of one machine: one for each of its cases, or its verdict
// alone. The file is its newest log, which is where a reader would look first.
func (s *speaker) summaryRows(m *analyze.Machine) [][]Cell {
	file := m.Latest().File
	row := func(v analyze.Verdict, id string, confidence float64) []Cell {
		return []Cell{{Text: m.Name}, s.verdictCell(v), {Text: id}, {Text: s.weight(confidence)}, {Text: file}}
	}
	if len(m.Cases) == 0 {
		return [][]Cell{row(m.Verdict, "", m.Confidence)}
	}
	var rows [][]Cell
	for _, id := range m.Cases {
		if c := s.in.caseByID(id); c != nil {
			rows = append(rows, row(c.Verdict, id, c.Confidence))
		}
	}
	return rows
}

// verdictCell words a verdict in its tone.
func (s *speaker) verdictCell(v analyze.Verdict) Cell {
	return Cell{Text: s.label("verdict." + v.String()), Tone: verdictTone(v)}
}

// verdictTone returns how loud a verdict is.
func verdictTone(v analyze.Verdict) Tone {
	switch v {
	case analyze.Leak, analyze.Runaway:
		return ToneAlarm
	case analyze.Suspect:
		return ToneWarning
	case analyze.Healthy:
		return ToneGood
	}
	return ToneNotice
}

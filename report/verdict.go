package report

import "poolsweep/analyze"

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

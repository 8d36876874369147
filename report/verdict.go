package report

import "poolsweep/analyze"

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

package report

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"poolsweep/ingest"
	"poolsweep/templates"
)

// This file is the only place of the package that turns a number into text. In
// words a number has three significant digits; counts and, in the sheets, bytes
// stay exact.

// count writes a whole number: 12,979.
func count(n int64) string { return templates.Count(n) }

// counter writes a number of allocations or bytes, which the debugger prints
// unsigned.
func counter(n uint64) string { return templates.Count(int64(min(n, math.MaxInt64))) }

// signed writes a difference: +30, -30, 0.
func signed(n int64) string {
	if n > 0 {
		return "+" + count(n)
	}
	return count(n)
}

// bytesEach writes the mean size of an allocation: in whole bytes, which is the
// size of the structure when all have one size, or below 100 with three digits.
func bytesEach(v float64) string {
	if v == math.Trunc(v) || v >= 100 {
		return count(int64(math.Round(v)))
	}
	return templates.Significant(v)
}

// quotient writes one count over another with five digits: one in a thousand shows.
func quotient(v float64) string {
	decimals := 4
	for limit := 10.0; v >= limit && decimals > 0; limit *= 10 {
		decimals--
	}
	return strconv.FormatFloat(v, 'f', decimals, 64)
}

// weight writes a weight or a confidence: 0.95.
func (s *speaker) weight(v float64) string { return templates.Ratio(v) }

// bytes writes an amount of memory in words: 8.22 MB.
func (s *speaker) bytes(v float64) string {
	text, err := s.in.Words.Bytes(v)
	s.fail(err)
	return text
}

// percent writes a share: 12.3 %.
func (s *speaker) percent(share float64) string {
	text, err := s.in.Words.Percent(share)
	s.fail(err)
	return text
}

// duration writes a length of time: 3 days 4 hours.
func (s *speaker) duration(d time.Duration) string {
	text, err := s.in.Words.Duration(d.Hours())
	s.fail(err)
	return text
}

// list joins names: a, b and c.
func (s *speaker) list(items []string) string {
	text, err := s.in.Words.List(items)
	s.fail(err)
	return text
}

// join puts sentences or clauses one after the other, as a template of two says.
func (s *speaker) join(link string, items []string) string {
	text, err := s.in.Words.Join(link, items)
	s.fail(err)
	return text
}

// moment writes a time that people plan by: in the lab's zone where one is given, else in
// that of the session, which is how it was printed.
func (s *speaker) moment(t time.Time) string {
	if s.in.Zone != nil {
		t = t.In(s.in.Zone)
	}
	return t.Format("2006-01-02 15:04:05 UTC-07:00")
}

// utc writes a time for comparing machines of several zones.
func utc(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05") }

// number writes a small number such as a build or a line, without separators.
func number(n int) string { return strconv.Itoa(n) }

// addresses writes an image's range the way lm does.
func addresses(m ingest.Module) string {
	digits := 8
	if m.End > math.MaxUint32 {
		digits = 16
	}
	return fmt.Sprintf("%0*x %0*x", digits, m.Start, digits, m.End)
}

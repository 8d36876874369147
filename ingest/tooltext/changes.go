package tooltext

import (
	"bytes"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"poolsweep/ingest"
)

// spanUnits are the units of time that people write behind a rate.
var spanUnits = map[string]time.Duration{
	"s": time.Second, "sec": time.Second, "second": time.Second, "seconds": time.Second,
	"m": time.Minute, "min": time.Minute, "mins": time.Minute, "minute": time.Minute, "minutes": time.Minute,
	"h": time.Hour, "hr": time.Hour, "hrs": time.Hour, "hour": time.Hour, "hours": time.Hour,
	"d": 24 * time.Hour, "day": 24 * time.Hour, "days": 24 * time.Hour,
	"week": 7 * 24 * time.Hour, "weeks": 7 * 24 * time.Hour,
}

// spread matches what a difference is spread over: "/hr", "per day", "per 30 runs",
// "over 4.91 days", "in first 4 min", "per print job".
var spread = regexp.MustCompile(`(?i)(?:(/ ?)|\b(per|every|over|in|after|within|for)(?: the)?(?: first)? )` +
	`(?:about |~ ?)?(\d+(?:\.\d+)?)?[ -]?([a-z]+(?: [a-z]+)?)`)

// over reads what a difference is spread over into the change: a time, or a number of
// events. "in use" is neither, so all but a rate need a number.
func over(text string, c *ingest.Change) {
	m := spread.FindStringSubmatch(text)
	if m == nil {
		return
	}
	rate := m[1] != "" || strings.EqualFold(m[2], "per") || strings.EqualFold(m[2], "every")
	times := 1.0
	if m[3] != "" {
		times, _ = strconv.ParseFloat(m[3], 64)
	}
	word, _, _ := strings.Cut(strings.ToLower(m[4]), " ")
	unit := spanUnits[word]
	switch {
	case !rate && m[3] == "" || times <= 0 || times > 1e9:
	case unit > 0:
		c.Per = time.Duration(times * float64(unit))
	case times == float64(int64(times)):
		c.Events, c.Event = int64(times), strings.ToLower(m[4])
	}
}

// readChange reads a difference: "+1,227", "-12 MB", "21.4 GB/hr", "+6 per print job".
// The column says what a number without a unit is. signed tells whether a sign was
// written, or a rate, which no state of a machine has.
func readChange(cell []byte, bytesOf uint64) (c ingest.Change, signed, ok bool) {
	cell = bytes.Trim(unmarked(cell), "`")
	head, tail := cell, []byte(nil)
	if m := spread.FindIndex(cell); m != nil {
		head, tail = cell[:m[0]], cell[m[0]:]
	}
	a, end := readAmount(head)
	if end == 0 || !closesChange(trim(head[end:])) {
		return c, false, false
	}
	over(string(tail), &c)
	c.Bytes = bytesOf > 0 || a.unit > 0 && !a.letter
	c.Delta, ok = a.difference(c.Bytes, bytesOf)
	return c, a.signed || c.Per > 0 || c.Events > 0, ok
}

// closesChange reports whether nothing stands behind the number of a difference but a
// remark or the name of what is counted: "0.8 GB baseline" is no difference.
func closesChange(rest []byte) bool {
	if len(rest) == 0 || rest[0] == '(' {
		return true
	}
	for _, w := range strings.Fields(strings.Trim(string(rest), ".,")) {
		if c := columnOf(w); !c.figure() && !has([]string{w}, countedWords) {
			return false
		}
	}
	return true
}

// countedWords name what differences are of, behind the number.
var countedWords = strings.Fields("handles handle threads thread processes process objects tokens files")

// difference returns the amount with its sign.
func (a amount) difference(isBytes bool, unit uint64) (int64, bool) {
	minus := a.minus
	a.minus = false
	n, ok := a.count()
	if isBytes {
		var b uint64
		b, ok = a.bytes(unit)
		n = int64(b)
	}
	if minus {
		n = -n
	}
	return n, ok
}

// subject returns what a name says a figure is of: "Non-paged pool growth",
// `Memory\Pool Nonpaged Bytes`, "kernel handles". known is false for a name with a
// meaning of its own, which stands as it is written.
func subject(name string) (what string, known bool) {
	words := wordsOf(name)
	pool := poolOf(words)
	switch {
	case has(words, []string{"user", "gdi", "desktop"}):
	case has(words, []string{"handles", "handle"}):
		if len(words) == 1 || has(words, []string{"kernel", "count", "total", "open", "all"}) {
			return ingest.ChangeHandles, true
		}
	case has(words, []string{"threads", "thread"}):
		return ingest.ChangeThreads, true
	case has(words, []string{"processes"}), slices.Equal(words, []string{"process"}):
		return ingest.ChangeProcesses, true
	case pool == ingest.NonPaged:
		return ingest.ChangeNonPaged, true
	case pool == ingest.Paged && has(words, poolWords):
		return ingest.ChangePaged, true
	}
	return strings.ToLower(strings.Trim(name, " *`:")), false
}

// quotedTag returns the tag that a name holds between backticks.
func quotedTag(name string) (tag ingest.Tag, ok bool) {
	_, after, found := strings.Cut(name, "`")
	inner, _, closed := strings.Cut(after, "`")
	if !found || !closed || len(inner) == 0 || len(inner) > len(tag) {
		return tag, false
	}
	return spelled([]byte(inner))
}

// differences keeps the differences that a table of tags states beside its figures,
// or in their place.
type differences struct {
	changes []ingest.Change
	stated  map[changeKey]bool
}

// changeKey tells changes apart that one table states.
type changeKey struct {
	what, label string
	tag         ingest.Tag
	pool        ingest.Pool
	bytes       bool
}

// state keeps a change; the first of its kind counts.
func (d *differences) state(c ingest.Change) {
	key := changeKey{c.What, c.Label, c.Tag, c.Pool, c.Bytes}
	if d.stated == nil {
		d.stated = map[changeKey]bool{}
	}
	if !d.stated[key] {
		d.stated[key] = true
		d.changes = append(d.changes, c)
	}
}

// mergeChanges adds them to the snapshot, but those that it has from another copy.
func (d *differences) mergeChanges(s *ingest.Snapshot, source func(line int) ingest.Source) {
	for _, c := range d.changes {
		again := func(o ingest.Change) bool { o.Source = c.Source; return o == c }
		if !slices.ContainsFunc(s.Changes, again) {
			c.Source = source(c.Line)
			s.Changes = append(s.Changes, c)
		}
	}
}

package tooltext

import (
	"bytes"
	"regexp"
	"strings"

	"poolsweep/ingest"
)

// rateText matches a rate of memory: "21.5 GB/hr", "512 MB per hour", "~2 GB an hour".
var rateText = regexp.MustCompile(`(?i)(\d[\d.,]*) ?([KMGT]i?B) ?(?:/ ?|per |an |a |every )` +
	`(s|sec|second|min|minute|h|hr|hour|d|day|week)\b`)

// rateHints are in every line with such a rate.
var rateHints = [][]byte{[]byte("B/"), []byte("B per "), []byte("B an "), []byte("B a "), []byte("B every "), []byte("B /")}

// risingWords say that a rate is one of growth.
var risingWords = strings.Fields("grows grow growing grew growth increases increase increasing climbs climbing rises " +
	"rising rise leaks leak leaking leaked gains")

// rate reads a sentence that tells how fast a pool or a tag grows: "The nonpaged pool
// grows by 21.5 GB/hr". It has to name one of them before the rate, and no other.
func (s *statement) rate(text []byte) {
	hint := false
	for _, h := range rateHints {
		hint = hint || bytes.Contains(text, h)
	}
	if !hint {
		return
	}
	for _, sentence := range strings.Split(string(text), ". ") {
		m := rateText.FindStringSubmatchIndex(sentence)
		if m == nil || rateText.MatchString(sentence[m[1]:]) {
			continue // several rates may be of several things
		}
		c, ok := growing(sentence[:m[0]])
		a, end := readAmount([]byte(sentence[m[2]:m[3]] + " " + sentence[m[4]:m[5]]))
		if !ok || end == 0 {
			continue
		}
		c.Bytes, c.Per = true, spanUnits[strings.ToLower(sentence[m[6]:m[7]])]
		if c.Delta, ok = a.difference(true, 0); ok {
			s.changes = append(s.changes, c)
		}
	}
}

// growing returns what the words before a rate say to grow.
func growing(words string) (c ingest.Change, ok bool) {
	all := tokens(words)
	rises := false
	for _, t := range all {
		if t.in(boundWords) || t.is("not", "no", "never", "without", "read", "write", "reads", "writes", "if") {
			return c, false
		}
		rises = rises || t.in(risingWords)
	}
	n := wordsOf(words)
	np, p := has(n, nonPagedWords), has(n, pagedWords) && has(n, poolWords)
	tag, quoted := quotedTag(words)
	switch {
	case !rises || np && p || strings.Count(words, "`") > 2:
		return c, false
	case quoted:
		c.What, c.Tag, c.Pool = ingest.ChangeTag, tag, poolOf(n)
	case np:
		c.What = ingest.ChangeNonPaged
	case p:
		c.What = ingest.ChangePaged
	}
	return c, c.What != ""
}

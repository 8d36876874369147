// Package decide reads what people decide about cases, and finds what follows from it.
// A file of decisions and the command line have one grammar:
//
//	# The vendor's fix is out, rollout runs until the 15th.
//	PS-1A2B3C4D fixed-in AcmeVault 4.3.0.2
//	PS-1A2B3C4D snooze until 2026-12-15
//	PS-0000BEEF dup PS-1A2B3C4D
package decide

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"poolsweep/analyze"
	"poolsweep/analyze/knowledge"
	"poolsweep/ingest"
)

// Line is one line that is neither empty nor a comment.
type Line struct {
	Number int
	Text   string // words with one blank between
	Note   string // the comment lines right above, joined
}

// Longest line and note that are read, in bytes; what is longer is cut, and a
// statement that was cut is a fault.
const longest = 600

// Lines divides a text into its lines. A byte order mark, CR before LF and blanks
// around words mean nothing.
func Lines(text string) []Line {
	var out []Line
	var note []string
	number := 0
	for raw := range strings.SplitSeq(strings.TrimPrefix(text, "\uFEFF"), "\n") {
		number++
		words := strings.Fields(strings.ToValidUTF8(raw, "\uFFFD"))
		switch {
		case len(words) == 0:
			note = nil
		case strings.HasPrefix(words[0], "#"):
			note = append(note, strings.TrimSpace(strings.TrimLeft(strings.Join(words, " "), "#")))
		default:
			out = append(out, Line{number, cut(strings.Join(words, " ")), cut(strings.Join(note, " "))})
			note = nil
		}
	}
	return out
}

func cut(s string) string {
	if len(s) <= longest {
		return s
	}
	return strings.ToValidUTF8(s[:longest], "") + "…"
}

// Parse reads one line. One that cannot be read is a fault, which says what was found
// and what is expected there.
func Parse(text string, at ingest.Source) (*analyze.Decision, *analyze.Fault) {
	p := parser{words: strings.Fields(text)}
	d := analyze.Decision{Source: at}
	switch i := slices.IndexFunc([]rune(text), unprintable); {
	case i >= 0:
		p.fail(analyze.WantPrintable, "")
	case len(text) > longest:
		p.fail(analyze.WantShorter, "")
	default:
		p.statement(&d)
	}
	if p.why.Rule != "" {
		return nil, &analyze.Fault{Source: at, Text: text, Why: p.why}
	}
	return &d, nil
}

// unprintable tells what has no place in a line that is printed again: control
// characters and those that turn the direction of writing.
func unprintable(r rune) bool { return !unicode.IsPrint(r) || r == utf8.RuneError }

// parser takes a statement apart word by word.
type parser struct {
	words []string
	why   analyze.Reason // the first that does not fit
}

func (p *parser) fail(want analyze.Rule, found string) {
	if p.why.Rule == "" {
		p.why = analyze.Reason{Rule: want, Facts: analyze.Facts{"found": found}}
	}
}

// next takes a word that fits, or fails.
func (p *parser) next(want analyze.Rule, fits func(string) bool) string {
	word := ""
	if len(p.words) > 0 {
		word, p.words = p.words[0], p.words[1:]
	}
	if !fits(word) {
		p.fail(want, word)
	}
	return word
}

// rest takes all words that are left; a "#" by itself begins a remark.
func (p *parser) rest(want analyze.Rule) string {
	p.trim()
	text := strings.Join(p.words, " ")
	p.words = nil
	if text == "" {
		p.fail(want, "")
	}
	return text
}

// trim takes off a remark.
func (p *parser) trim() {
	if i := slices.Index(p.words, "#"); i >= 0 {
		p.words = p.words[:i]
	}
}

// end makes sure that nothing is left but a remark.
func (p *parser) end() {
	p.trim()
	if len(p.words) > 0 {
		p.fail(analyze.WantEnd, p.words[0])
	}
}

var (
	caseID = regexp.MustCompile(`(?i)^PS-[0-9A-F]{8}$`)
	date   = regexp.MustCompile(`^\d{4}-\d\d-\d\d$`)
)

func isCase(word string) bool { return caseID.MatchString(word) }

func isVersion(word string) bool { return knowledge.IsVersion(word) }

func is(word string) func(string) bool {
	return func(s string) bool { return strings.EqualFold(s, word) }
}

// statement reads CASE VERB and what belongs to the verb.
func (p *parser) statement(d *analyze.Decision) {
	d.Case = strings.ToUpper(p.next(analyze.WantCase, isCase))
	word := p.next(analyze.WantVerb, func(s string) bool { return verb(s) != 0 || strings.EqualFold(s, "clear") })
	if d.Clear = strings.EqualFold(word, "clear"); d.Clear {
		word = p.next(analyze.WantCleared, func(s string) bool { return verb(s) != 0 })
	}
	d.Verb = verb(word)
	if !d.Clear && p.why.Rule == "" {
		p.object(d)
	}
	p.end()
}

// verb finds a verb by its word, 0 when there is none.
func verb(word string) analyze.Verb {
	for _, v := range analyze.Verbs {
		if strings.EqualFold(word, v.String()) {
			return v
		}
	}
	return 0
}

// object reads what belongs to a verb.
func (p *parser) object(d *analyze.Decision) {
	switch d.Verb {
	case analyze.Dup:
		d.Other = strings.ToUpper(p.next(analyze.WantOther, func(s string) bool {
			return isCase(s) && !strings.EqualFold(s, d.Case)
		}))
	case analyze.FixedIn:
		d.Module = p.next(analyze.WantModule, func(s string) bool { return s != "" && !isVersion(s) })
		d.Version = p.next(analyze.WantVersion, isVersion)
	case analyze.Snooze:
		p.next(analyze.WantUntil, is("until"))
		p.until(d)
	case analyze.Owner:
		d.Text = p.rest(analyze.WantTeam)
	case analyze.Ticket:
		d.Text = p.next(analyze.WantURL, isURL)
	case analyze.NotABug:
		p.next(analyze.WantBecause, is("because"))
		d.Text = p.rest(analyze.WantBecause)
	}
}

// until reads DATE, worse, VERSION or MODULE VERSION.
func (p *parser) until(d *analyze.Decision) {
	word := p.next(analyze.WantUntil, func(s string) bool { return s != "" && (!date.MatchString(s) || isDate(s)) })
	switch {
	case strings.EqualFold(word, "worse"):
		d.Worse = true
	case isDate(word):
		d.Until = word
	case isVersion(word):
		d.Version = word
	default:
		d.Module = word
		d.Version = p.next(analyze.WantUntil, isVersion)
	}
}

func isDate(word string) bool {
	_, err := time.Parse(time.DateOnly, word)
	return err == nil
}

// isURL accepts what may be a link in a mail: a page, and no script or local file.
func isURL(word string) bool {
	u, err := url.Parse(word)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.User == nil
}

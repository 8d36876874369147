package report

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// What stands in a ticket comes from logs, and from names that anybody may give to a
// file or a driver. No such text may end a table's cell or a block, call a person,
// link somewhere or show a picture: each markup has one function that all texts of a
// ticket pass through.

// oneLine makes a text one line: what breaks a line, steers a terminal or turns the
// direction of reading becomes a blank.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, s)
}

// Markdown prints the ticket for GitHub, GitLab and Gitea.
func (t *Ticket) Markdown() []string {
	lines := []string{"### " + markdown(t.Title), ""}
	for _, n := range t.Notices {
		lines = append(lines, "**"+markdown(n)+"**", "")
	}
	for _, p := range t.Facts {
		lines = append(lines, "- **"+markdown(p.Label)+":** "+markdown(p.Value))
	}
	if len(t.Evidence.Rows) > 0 {
		lines = append(lines, "", "#### "+markdown(t.EvidenceTitle), "")
		lines = append(lines, t.Evidence.markdown()...)
	}
	for _, p := range t.Points {
		lines = append(lines, "", "#### "+markdown(p.Title), "")
		for _, item := range p.all() {
			lines = append(lines, "- "+markdown(item))
		}
	}
	if len(t.Next) > 0 {
		lines = append(lines, "", "#### "+markdown(t.NextTitle))
	}
	for _, step := range t.Next {
		lines = append(lines, "", markdown(step.Why))
		if step.Command != "" {
			lines = append(lines, "")
			lines = append(lines, fenced(oneLine(step.Command))...)
		}
	}
	lines = append(lines, "", "**"+markdown(t.Signature.Label)+":**", "",
		"```", oneLine(t.Signature.Value), "```", "", markdown(t.Tool))
	for _, c := range t.Closing {
		lines = append(lines, "", markdown(c))
	}
	return lines
}

// fenced is a code block with a fence longer than any in the code.
func fenced(code string) []string {
	fence := "```"
	for strings.Contains(code, fence) {
		fence += "`"
	}
	return []string{fence, code, fence}
}

func (t *Table) markdown() []string {
	head, rule := "|", "|"
	for _, c := range t.Columns {
		head += " " + markdown(c.Title) + " |"
		if c.Align == AlignRight {
			rule += " ---: |"
		} else {
			rule += " --- |"
		}
	}
	lines := []string{head, rule}
	for _, row := range t.Rows {
		line := "|"
		for i, cell := range row {
			text := markdown(cell.Text)
			if t.Columns[i].Mono && codeSafe(cell.Text) {
				text = "`" + cell.Text + "`"
			}
			line += " " + text + " |"
		}
		lines = append(lines, line)
	}
	return lines
}

// codeSafe reports whether a text means itself between backticks, also in a table's
// cell: nothing can be escaped there.
func codeSafe(s string) bool { return s != "" && s == oneLine(s) && !strings.ContainsAny(s, "`|\\") }

// markdownStart begins a list, a heading's line or a rule at the start of a text.
var markdownStart = regexp.MustCompile(`^(?:\d+[.)](?: |$)|[-+=])`)

// apart is an empty comment. GitHub and GitLab look for people, issues, labels, symbols
// and links after the markup was read, where a backslash is gone already; what a
// comment parts is none of them to either.
const apart = "<!-- -->"

// markdown makes a text mean itself in Markdown, also in a table's cell.
func markdown(s string) string {
	s = strings.TrimSpace(oneLine(s))
	start := len(strings.TrimRight(markdownStart.FindString(s), " ")) - 1
	var b strings.Builder
	for i, r := range s {
		before, after := s[:i], s[i+utf8.RuneLen(r):]
		switch {
		case r == '$': // two may enclose a formula
			b.WriteString("<span>$</span>")
			continue
		case strings.ContainsRune("\\`*_{}[]<>|&~#", r), i == start:
			b.WriteByte('\\')
		case r == '.' && endsIn(before, "www"):
			b.WriteString(apart)
		}
		b.WriteRune(r)
		if calls(before, r, after) {
			b.WriteString(apart)
		}
	}
	return b.String()
}

// calls reports whether a mark and what follows it may be read as a name of something:
// @person, #12, !12, ~label, %plan, &12, ^alert, :face:, gh-12, http://.
func calls(before string, mark rune, after string) bool {
	next, _ := utf8.DecodeRuneInString(after)
	named := unicode.IsLetter(next) || unicode.IsDigit(next)
	switch mark {
	case '@', '#', '~', '%', '^', '&':
		return named || next == '"' || next == '_'
	case '!':
		return unicode.IsDigit(next)
	case ':':
		last, _ := utf8.DecodeLastRuneInString(before)
		return unicode.IsLetter(next) || strings.ContainsRune("/+-_", next) || named && !unicode.IsDigit(last)
	case '-':
		return named && endsIn(before, "gh")
	}
	return false
}

// endsIn reports whether a text ends in a word, in any case.
func endsIn(s, word string) bool {
	return len(s) >= len(word) && strings.EqualFold(s[len(s)-len(word):], word)
}

// Jira prints the ticket in Jira's wiki markup.
func (t *Ticket) Jira() []string {
	lines := []string{"h3. " + jira(t.Title)}
	for _, n := range t.Notices {
		lines = append(lines, "* *"+jira(n)+"*")
	}
	for _, p := range t.Facts {
		lines = append(lines, "* *"+jira(p.Label)+":* "+jira(p.Value))
	}
	if len(t.Evidence.Rows) > 0 {
		lines = append(lines, "", "h4. "+jira(t.EvidenceTitle))
		lines = append(lines, t.Evidence.jira()...)
	}
	for _, p := range t.Points {
		lines = append(lines, "", "h4. "+jira(p.Title))
		for _, item := range p.all() {
			lines = append(lines, "* "+jira(item))
		}
	}
	if len(t.Next) > 0 {
		lines = append(lines, "", "h4. "+jira(t.NextTitle))
	}
	for _, step := range t.Next {
		lines = append(lines, "* "+jira(step.Why))
		if step.Command != "" {
			lines = append(lines, verbatim(oneLine(step.Command))...)
		}
	}
	lines = append(lines, "", "*"+jira(t.Signature.Label)+":*")
	lines = append(lines, verbatim(oneLine(t.Signature.Value))...)
	lines = append(lines, "* "+jira(t.Tool))
	for _, c := range t.Closing {
		lines = append(lines, "* "+jira(c))
	}
	return lines
}

// verbatim is a block that Jira shows as it stands. It has no way to hold a brace that
// ends it: such a text is escaped instead.
func verbatim(code string) []string {
	if strings.Contains(code, "{") {
		return []string{"* " + jira(code)}
	}
	return []string{"{noformat}", code, "{noformat}"}
}

func (t *Table) jira() []string {
	head := "||"
	for _, c := range t.Columns {
		head += " " + jira(c.Title) + " ||"
	}
	lines := []string{head}
	for _, row := range t.Rows {
		line := "|"
		for _, cell := range row {
			line += " " + jira(cell.Text) + " |"
		}
		lines = append(lines, line)
	}
	return lines
}

// jiraStart begins a heading or a quotation at the start of a text.
var jiraStart = regexp.MustCompile(`(?i)^(bq|h[1-6])\.`)

// jira makes a text mean itself in Jira's wiki markup, also in a table's cell.
func jira(s string) string {
	s = strings.TrimSpace(oneLine(s))
	start := len(jiraStart.FindString(s)) - 1
	var b strings.Builder
	for i, r := range s {
		before, _ := utf8.DecodeLastRuneInString(s[:i])
		after, _ := utf8.DecodeRuneInString(s[i+utf8.RuneLen(r):])
		word := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
		switch {
		case r == '\\', // two of them break the line, so none can escape another
			r == '&' && (after == '#' || unicode.IsLetter(after)),
			r == ':' && after != ' ' && after != utf8.RuneError && !unicode.IsDigit(after), // a link, or a face
			i == start:
			fmt.Fprintf(&b, "&#%d;", r)
			continue
		case strings.ContainsRune("{}[]|*_+^~!?#()", r),
			r == '-' && !(word(before) && word(after)): // strikes out, or is drawn longer
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

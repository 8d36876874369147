package report

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"poolsweep/ingest"
)

func ticketOf(t *testing.T) *Ticket {
	t.Helper()
	k := runawayCase()
	ticket, err := NewTicket(fleet(t), &k)
	if err != nil {
		t.Fatal(err)
	}
	return ticket
}

// printers are the three forms of a ticket.
var printers = []struct {
	name  string
	print func(*Ticket) []string
}{{"plain", (*Ticket).Plain}, {"markdown", (*Ticket).Markdown}, {"jira", (*Ticket).Jira}}

func TestTicketForms(t *testing.T) {
	for _, p := range printers {
		golden(t, "ticket-"+p.name, strings.Join(p.print(ticketOf(t)), "\n")+"\n")
	}
}

func TestTicketWithoutTagsHasNoTable(t *testing.T) {
	ticket := ticketOf(t)
	ticket.Evidence.Rows, ticket.Next = nil, nil
	for _, p := range printers {
		text := strings.Join(p.print(ticket), "\n")
		for _, title := range []string{ticket.EvidenceTitle, ticket.NextTitle} {
			if strings.Contains(text, title) {
				t.Errorf("%s: heading %q without anything below it", p.name, title)
			}
		}
	}
}

// intruders are texts that mean something in one of the markups, or in a terminal.
var intruders = []string{
	"a|b", `a\|b`, `a\\|b`, "a||b", "`code`", "```", "````\nx", "{noformat}", "{code:java}x{code}", "{{x}}", "{color:red}",
	"@everyone", "a@b.example", "[~admin]", "[text](http://evil.example)", "[x|http://evil.example]", "http://evil.example",
	"www.evil.example", "mailto:a@b.example", "![x](y.png)", "!x.png!", "***", "---", "----", "___", "===", "# x", "## x", "1. x", "2) x",
	"- x", "+ x", "* x", "> x", "bq. x", "h1. x", "    x", "<script>x</script>", "<!-- x", "-->", "&lt;b&gt;", "&#64;x", "#12", "!12", "~bug",
	"%plan", "$\\frac{1}{2}$", "$12", "&12", "^alert#1", ":bug:", ":100:", "gh-12", "GH-12", "(x)", ":)", ":D", ";)", "(/)", "\\", "a\\", "\\\\",
	"a\nb", "a\r\n|b|\r\n", "a\u2028b", "\x1b[31mred", "\u202egnp.exe", "\ufffd", "\xff\xfe", "", " ", "-a-", "a--b", "??x??", "+x+", "^x^", "~x~", "_x_",
}

// skeleton is what a line is in the eyes of the markup: how it begins, and how many
// cells it has.
func skeleton(line string) string {
	begin := regexp.MustCompile("^(#+ |- \\*\\*|- |\\* \\*|\\* |h[34]\\. |\\|\\||\\||`{3,}|\\{noformat\\}|\\*\\*|\\*)?").FindString(line)
	bare := regexp.MustCompile("`[^`|]*`").ReplaceAllString(line, "")
	bare = regexp.MustCompile(`\\.`).ReplaceAllString(bare, "")
	return fmt.Sprintf("%s %d", strings.TrimLeft(begin, "`"), strings.Count(bare, "|"))
}

// No text leaves its place: whatever stands in a ticket, its lines stay what they are.
func TestHostileTextStaysInItsPlace(t *testing.T) {
	for _, text := range intruders {
		h, plain := ticketOf(t), ticketOf(t)
		fill := func(ticket *Ticket, s string) {
			ticket.Title = s
			ticket.Tool = s
			for i := range ticket.Facts {
				ticket.Facts[i].Value = s
			}
			for _, row := range ticket.Evidence.Rows {
				for i := range row {
					row[i].Text = s
				}
			}
			for i := range ticket.Points {
				ticket.Points[i].Items = []string{s, s}
			}
			for i := range ticket.Next {
				ticket.Next[i].Why = s
			}
		}
		fill(h, text)
		fill(plain, "x")
		for _, p := range printers[1:] {
			got, want := p.print(h), p.print(plain)
			if len(got) != len(want) {
				t.Errorf("%s, %q: %d lines, want %d", p.name, text, len(got), len(want))
				continue
			}
			for i := range got {
				if skeleton(got[i]) != skeleton(want[i]) || strings.ContainsAny(got[i], "\n\r\x1b\u2028\u202e") || !utf8.ValidString(got[i]) {
					t.Errorf("%s, %q: line %q, want one like %q", p.name, text, got[i], want[i])
				}
			}
		}
		for _, line := range h.Plain() {
			if strings.ContainsAny(line, "\n\r\x1b\u2028\u202e") || !utf8.ValidString(line) {
				t.Errorf("plain, %q: line %q", text, line)
			}
		}
	}
}

func TestMarkdownText(t *testing.T) {
	for in, want := range map[string]string{
		"LAB-014 holds 12 % of 3.5 GB": "LAB-014 holds 12 % of 3.5 GB",
		"nt!ExAllocate, !poolused 2":   "nt!ExAllocate, !poolused 2",
		"at 10:20:30":                  "at 10:20:30",
		"kd.log:12":                    "kd.log:<!-- -->12",
		"a|b `c` *d* _e_":              "a\\|b \\`c\\` \\*d\\* \\_e\\_",
		`C:\Users\[x]`:                 `C:\\Users\\\[x\]`,
		"@everyone a@b.example":        "@<!-- -->everyone a@<!-- -->b.example",
		"#12 !12 ~bug %plan &12":       `\#<!-- -->12 !<!-- -->12 \~<!-- -->bug %<!-- -->plan \&<!-- -->12`,
		":bug: gh-12 $x$":              ":<!-- -->bug: gh-<!-- -->12 <span>$</span>x<span>$</span>",
		"http://x www.x":               "http:<!-- -->//x www<!-- -->.x",
		"1. x":                         `1\. x`,
		"- x":                          `\- x`,
		"    x\ny":                     "x y",
		"<b>":                          `\<b\>`,
	} {
		if got := markdown(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestJiraText(t *testing.T) {
	for in, want := range map[string]string{
		"LAB-014 holds 12 % of 3.5 GB": "LAB-014 holds 12 % of 3.5 GB",
		"nt!ExAllocate":                `nt\!ExAllocate`,
		"kd.log:12":                    "kd.log:12",
		`C:\Users\\x`:                  "C&#58;&#92;Users&#92;&#92;x",
		"{noformat} [~admin] a|b":      `\{noformat\} \[\~admin\] a\|b`,
		"*b* _e_ -s- +u+ ^p^ ??c??":    `\*b\* \_e\_ \-s\- \+u\+ \^p\^ \?\?c\?\?`,
		"http://x (x) :D":              `http&#58;//x \(x\) &#58;D`,
		"&#64; a & b":                  "&#38;#64; a & b",
		"h1. x":                        "h1&#46; x",
		"a -- b":                       `a \-\- b`,
		"!x.png!":                      `\!x.png\!`,
	} {
		if got := jira(in); strings.ReplaceAll(got, `\#64`, "#64") != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// A command is printed as it is typed, and one that would end its block is escaped.
func TestCommandsInMarkup(t *testing.T) {
	ticket := ticketOf(t)
	ticket.Next = []Step{{Command: `!poolfind "Ac*" 0`, Why: "a"}, {Command: "dx @$x```y", Why: "b"}, {Command: "x {noformat} y", Why: "c"}}
	md, wiki := ticket.Markdown(), ticket.Jira()
	for _, block := range [][]string{{"```", `!poolfind "Ac*" 0`, "```"}, {"````", "dx @$x```y", "````"}} {
		if i := slices.Index(md, block[1]); i < 1 || !slices.Equal(md[i-1:i+2], block) {
			t.Errorf("markdown lacks %q:\n%s", block, strings.Join(md, "\n"))
		}
	}
	if i := slices.Index(wiki, `!poolfind "Ac*" 0`); i < 1 || wiki[i-1] != "{noformat}" || wiki[i+1] != "{noformat}" {
		t.Errorf("jira lacks the command:\n%s", strings.Join(wiki, "\n"))
	}
	if !slices.Contains(wiki, `* x \{noformat\} y`) {
		t.Errorf("jira has an open block:\n%s", strings.Join(wiki, "\n"))
	}
}

func TestBlanksOfATagStayInTheTable(t *testing.T) {
	ticket := ticketOf(t)
	ticket.Evidence.Rows[0][0].Text = ingest.MustTag("AB  ").String()
	if text := strings.Join(ticket.Markdown(), "\n"); !strings.Contains(text, "| `AB  ` |") {
		t.Errorf("no tag with its blanks:\n%s", text)
	}
}

func FuzzMarkup(f *testing.F) {
	for _, text := range intruders {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, got := range []string{markdown(text), jira(text)} {
			if !utf8.ValidString(got) || strings.ContainsAny(got, "\n\r\t\x1b") || strings.Trim(got, " ") != got {
				t.Errorf("%q became %q", text, got)
			}
			if bare := regexp.MustCompile(`\\.`).ReplaceAllString(got, ""); strings.ContainsAny(bare, "|{[*`") && !strings.Contains(text, "`") {
				t.Errorf("%q became %q", text, got)
			}
		}
	})
}

func TestCommentSaysItsRevisionAndWhereTheWriteupIs(t *testing.T) {
	k := runawayCase()
	for _, tt := range []struct {
		remark Remark
		says   string
	}{
		{Remark{Revision: 3}, "Revision 3 of " + k.ID + "."},
		{Remark{Revision: 3, Path: `C:\out|x\a.pdf`}, "Revision 3 of " + k.ID + `. Write-up: C:\out|x\a.pdf`},
		{Remark{Revision: 3, File: "a.pdf", Path: "/x"}, "Revision 3 of " + k.ID + ". Write-up attached: a.pdf."},
	} {
		c, err := NewComment(fleet(t), &k, tt.remark)
		if err != nil {
			t.Fatal(err)
		}
		if len(c.Closing) != 1 || c.Closing[0] != tt.says {
			t.Errorf("says %q, want %q", c.Closing, tt.says)
		}
		for _, p := range printers {
			lines := p.print(c)
			if last := strings.TrimPrefix(lines[len(lines)-1], "* "); len(lines) < 20 || !strings.HasPrefix(last, "Revision 3") {
				t.Errorf("%s ends with %q", p.name, last)
			}
		}
	}
}

// What a tracker would cut off in the middle is left out as a whole, in the order in
// which it is missed least, and the comment says so.
func TestCommentFitsItsTracker(t *testing.T) {
	k := runawayCase()
	c, err := NewComment(fleet(t), &k, Remark{Revision: 1})
	if err != nil {
		t.Fatal(err)
	}
	most := 1 << 20
	for _, has := range [][3]bool{{true, true, true}, {false, true, true}, {false, false, true}, {false, false, false}} {
		text := c.Within(most, (*Ticket).Markdown)
		got := [3]bool{strings.Contains(text, "#### "+c.EvidenceTitle), strings.Contains(text, "#### "+c.Points[0].Title),
			strings.Contains(text, "#### "+c.NextTitle)}
		if got != has || strings.Contains(text, "Shortened") == has[0] || !strings.Contains(text, "Revision 1") || len(text) > most {
			t.Errorf("within %d bytes %d: %v, want %v:\n%s", most, len(text), got, has, text)
		}
		most = len(text) - 1
	}
	if len(c.Evidence.Rows) == 0 || len(c.Closing) != 1 {
		t.Error("the comment itself was shortened")
	}
}

// Package mail makes messages: the two bodies of a mail from its model, the pictures
// in it, and the bytes that a server is handed. It is the only importer of go-mail.
package mail

import (
	"bytes"
	"fmt"
	html "html/template"
	"math"
	"strings"
	text "text/template"

	"poolsweep/report"
	"poolsweep/templates"
)

// toneColors are dark enough for white text on them, and to be text on white.
var toneColors = [...]string{
	report.TonePlain:   "#35455a",
	report.ToneMuted:   "#5a636e",
	report.ToneGood:    "#1f663b",
	report.ToneNotice:  "#755800",
	report.ToneWarning: "#a34800",
	report.ToneAlarm:   "#97161b",
}

// toneColor is the colour of a tone; it is the same in every mail, so that it needs no
// escaping.
func toneColor(t report.Tone) html.CSS {
	if int(t) >= len(toneColors) {
		t = report.TonePlain
	}
	return html.CSS(toneColors[t])
}

// outlook is markup of a layout that only Outlook reads: it knows no largest width.
func outlook(markup string) html.HTML { return html.HTML("<!--[if mso]>" + markup + "<![endif]-->") }

// percent is the width of the full part of a bar, rest that of the empty one.
func percent(share float64) int { return int(math.Round(100 * min(1, max(0, share)))) }

func rest(share float64) int { return 100 - percent(share) }

// textBar draws a bar with characters that every font has.
func textBar(share float64) string {
	const width = 20
	full := percent(share) * width / 100
	return "[" + strings.Repeat("#", full) + strings.Repeat(".", width-full) + "]"
}

// layOut returns the plain text and the HTML of a mail. They say the same.
func layOut(w *report.Weekly) (plain, page string, err error) {
	var out bytes.Buffer
	t, err := text.New("weekly.txt.tmpl").Funcs(text.FuncMap{"bar": textBar}).
		ParseFS(templates.Mail, "mail/weekly.txt.tmpl")
	if err == nil {
		err = t.Execute(&out, w)
	}
	if err != nil {
		return "", "", fmt.Errorf("lay out mail as text: %w", err)
	}
	plain = out.String()
	out.Reset()
	h, err := html.New("weekly.html.tmpl").Funcs(html.FuncMap{"color": toneColor, "outlook": outlook, "percent": percent,
		"rest": rest}).ParseFS(templates.Mail, "mail/weekly.html.tmpl")
	if err == nil {
		err = h.Execute(&out, w)
	}
	if err != nil {
		return "", "", fmt.Errorf("lay out mail as HTML: %w", err)
	}
	return plain, out.String(), nil
}

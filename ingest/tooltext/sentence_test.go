package tooltext

import (
	"fmt"
	"strings"
	"testing"
)

func TestTokens(t *testing.T) {
	for line, want := range map[string]string{
		"- `lsass.exe` has **23,000 handles**.": "- lsass.exe has 23000 handles .",
		"~1.05 million are File handles":        "1050000 are File handles",
		"134M, 1.76 M and 2.5K":                 "134000000 , 1760000 and 2500",
		"11.5 GiB paged + 512 MB nonpaged":      "12348030976B paged + 536870912B nonpaged",
		"long-lived LAB\\user:1, (PID 4) 97.1%": "long-lived LAB\\user:1 , ( PID 4 ) 97.1%",
		"+76 threads — 3-5 each":                "+76 threads - 3 +-5 each",
		"half 0.5 of 12th":                      "half 0.5? of 12th",
		"1.234 million":                         "1234000",
		"прoцессы: 12":                          "прoцессы : 12",
		"":                                      "",
	} {
		var got []string
		for _, k := range tokens(line) {
			text := k.text
			switch {
			case k.sized:
				text = fmt.Sprintf("%dB", k.bytes)
			case k.count:
				text = fmt.Sprint(k.n)
			case k.number:
				text += "?"
			}
			if k.signed {
				text = "+" + text
			}
			got = append(got, text)
		}
		if s := strings.Join(got, " "); s != want {
			t.Errorf("tokens(%q) = %q, want %q", line, s, want)
		}
	}
}

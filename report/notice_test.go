package report

import (
	"fmt"
	"strings"
	"testing"

	"poolsweep/templates"
)

func TestNoticeNamesOneCaseAndCountsSeveral(t *testing.T) {
	for _, lang := range templates.Languages() {
		in := history(t)
		words, err := templates.Load(lang)
		if err != nil {
			t.Fatal(err)
		}
		in.Words, in.Lang = words, lang
		m := mailing(&in)
		one, err := NewNotice(in, m, []string{in.Result.Cases[0].ID})
		if err != nil {
			t.Fatal(err)
		}
		c := &in.Result.Cases[0]
		for _, part := range []string{"[poolsweep]", c.ID, c.Machines[0]} {
			if !strings.Contains(one.Subject, part) {
				t.Errorf("%s: no %q in the subject %q", lang, part, one.Subject)
			}
		}
		if len(one.Cases) != 1 || one.Cases[0].ID != c.ID || !one.Brief || len(one.Lists)+len(one.Charts) > 0 {
			t.Errorf("%s: %+v", lang, one)
		}
		var ids []string
		for i := range in.Result.Cases {
			ids = append(ids, in.Result.Cases[i].ID)
		}
		all, err := NewNotice(in, m, ids)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(all.Subject, c.ID) || !strings.Contains(all.Subject, fmt.Sprint(len(ids))) || len(all.Cases) != min(len(ids), mailCases) {
			t.Errorf("%s: %q, %d cases", lang, all.Subject, len(all.Cases))
		}
	}
}

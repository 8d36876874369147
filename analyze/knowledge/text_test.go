package knowledge

import (
	"strings"
	"testing"
)

func TestTextIsGivenInOneLanguageOrSeveral(t *testing.T) {
	for _, c := range []struct{ yaml, lang, want string }{
		{"title: Npcap leaks", "en", "Npcap leaks"},
		{"title: Npcap leaks", "zh-CN", "Npcap leaks"},
		{"title: {en: Npcap leaks, zh-CN: Npcap 泄漏}", "zh-CN", "Npcap 泄漏"},
		{"title: {en: Npcap leaks, zh-CN: Npcap 泄漏}", "en", "Npcap leaks"},
		{"title: {en: Npcap leaks, zh-CN: Npcap 泄漏}", "de", "Npcap leaks"},
	} {
		var issue Issue
		if err := Decode("x.yaml", []byte(c.yaml), &issue); err != nil || issue.Title.In(c.lang) != c.want {
			t.Errorf("%s in %s: %q, %v; want %q", c.yaml, c.lang, issue.Title.In(c.lang), err, c.want)
		}
	}
}

func TestTextNeedsEnglish(t *testing.T) {
	for yaml, want := range map[string]string{
		"id: a\ntitle: {zh-CN: 泄漏}": "x.yaml:2:",
		"id: a\ntitle: [a, b]":      "x.yaml:2:",
	} {
		if err := Decode("x.yaml", []byte(yaml), new(Issue)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want an error at %s", yaml, err, want)
		}
	}
}

// What we know is printed in every language's reports.
func TestOurKnowledgeIsTranslated(t *testing.T) {
	know, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	whole := func(what string, all ...Text) {
		for _, text := range all {
			if len(text) > 0 && (text[English] == "" || text["zh-CN"] == "" || text["zh-CN"] == text[English]) {
				t.Errorf("%s: not in both languages: %v", what, text)
			}
		}
	}
	for _, i := range know.Issues {
		whole(i.ID, append([]Text{i.Title, i.Mechanism}, i.Mitigation...)...)
	}
	for _, p := range know.bands.Pools {
		whole("band of pool "+p.Pool, p.Source)
	}
	for _, b := range know.bands.Tags {
		whole("band of tag "+b.Tag, b.Source)
	}
}

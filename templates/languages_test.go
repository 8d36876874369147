package templates

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"text/template/parse"
	"unicode"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// uses are the facts a sentence asks for by name, each with what is done with it:
// the function that writes it, "condition", "plural", or "text" where it is printed
// as it is.
type uses map[string]map[string]bool

func (u uses) add(fact, how string) {
	if u[fact] == nil {
		u[fact] = map[string]bool{}
	}
	u[fact][how] = true
}

// usesOf walks a sentence, both branches of each condition included.
func usesOf(w *Words, name string) uses {
	u := uses{}
	u.walk(w.set.Lookup(name).Root)
	return u
}

func (u uses) walk(n parse.Node) {
	switch n := n.(type) {
	case *parse.ListNode:
		if n != nil {
			for _, child := range n.Nodes {
				u.walk(child)
			}
		}
	case *parse.ActionNode:
		u.pipe(n.Pipe, "text")
	case *parse.TemplateNode:
		u.add("{"+n.Name+"}", "template")
		u.pipe(n.Pipe, "template")
	case *parse.IfNode:
		u.branch(&n.BranchNode)
	case *parse.RangeNode:
		u.branch(&n.BranchNode)
	case *parse.WithNode:
		u.branch(&n.BranchNode)
	}
}

func (u uses) branch(b *parse.BranchNode) {
	u.pipe(b.Pipe, "condition")
	u.walk(b.List)
	u.walk(b.ElseList)
}

// pipe notes the facts of a pipeline. A function that writes its argument counts
// as the way it is written; one that looks a word up or chooses leaves it a text.
func (u uses) pipe(p *parse.PipeNode, how string) {
	if p == nil {
		return
	}
	for _, c := range p.Cmds {
		inner := how
		if f, ok := c.Args[0].(*parse.IdentifierNode); ok && how == "text" && f.Ident != "word" && f.Ident != "or" {
			inner = f.Ident
		}
		for _, arg := range c.Args {
			switch arg := arg.(type) {
			case *parse.PipeNode:
				u.pipe(arg, inner)
			case *parse.FieldNode:
				u.add(strings.Join(arg.Ident, "."), inner)
			case *parse.VariableNode:
				u.add(strings.TrimPrefix(strings.Join(arg.Ident, "."), "$."), inner)
			}
		}
	}
}

// facts returns the names of the facts, without those that only choose between
// singular and plural: Chinese has one form.
func (u uses) facts() []string {
	var names []string
	for name, how := range u {
		if len(how) > 1 || !how["plural"] {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// formats returns how a fact is written.
func (u uses) formats(fact string) []string {
	how := maps.Clone(u[fact])
	delete(how, "plural")
	delete(how, "condition")
	return slices.Sorted(maps.Keys(how))
}

func bothLanguages(t *testing.T) (en, other *Words) {
	t.Helper()
	en, err := Load("en")
	if err != nil {
		t.Fatal(err)
	}
	if other, err = Load(chinese); err != nil {
		t.Fatal(err)
	}
	return en, other
}

func TestLanguagesGiveTheSameFacts(t *testing.T) {
	en, zh := bothLanguages(t)
	for _, name := range en.Names() {
		if !zh.Has(name) {
			t.Errorf("%s: no such sentence in %s", name, chinese)
			continue
		}
		want, have := usesOf(en, name), usesOf(zh, name)
		if w, h := fmt.Sprint(want.facts()), fmt.Sprint(have.facts()); w != h {
			t.Errorf("%s: %s gives the facts %s, en gives %s", name, chinese, h, w)
			continue
		}
		for _, fact := range want.facts() {
			if w, h := fmt.Sprint(want.formats(fact)), fmt.Sprint(have.formats(fact)); w != h {
				t.Errorf("%s: %s writes the fact %s by %s, en by %s", name, chinese, fact, h, w)
			}
		}
	}
}

func TestLanguagesDifferInWords(t *testing.T) {
	same := []string{"unit.kb", "unit.mb", "unit.gb", "unit.tb", "column.vm", "column.sha256", "chart.clock-utc", "column.luck", "p",
		"ratio.integer", "quoted", "chart.tag-pool", "filter.bar", "source.tag", "source.total", "ticket.title", "some",
		"mitigate.issue"}
	en, zh := bothLanguages(t)
	for _, name := range en.Names() {
		if !zh.Has(name) {
			continue // another test tells
		}
		equal := en.set.Lookup(name).Root.String() == zh.set.Lookup(name).Root.String()
		if listed := slices.Contains(same, name); equal != listed {
			t.Errorf("%s: the same in en and %s: %v, listed as the same: %v", name, chinese, equal, listed)
		}
	}
}

// latin are the words that stay as they are in Chinese: names of products, of
// structures, and what the debugger prints.
var latin = regexp.MustCompile(`^(KB|MB|GB|TB|UTC|JSON|SHA|Excel|Windows|Server|System|TOTAL|CSV|PDF|IRP|MDL|poolsweep|` +
	`poolused|poolmon|vm|dps|luafv|fltmgr|sys|Detached|HandleCount|ObjectTable|PointerCount|FLT|INSTANCE|VOLUME|` +
	`nt|p|Fisher|fltkd|dll|htrace|enable|FMis|FMvo|FMfn|MmCa|Obtb|C4|R2|C|b)$`)

var word = regexp.MustCompile(`[A-Za-z][A-Za-z0-9]*`)

func TestChineseIsWrittenInChinese(t *testing.T) {
	_, zh := bothLanguages(t)
	for _, name := range zh.Names() {
		for _, text := range texts(zh.set.Lookup(name).Root, nil) {
			for _, found := range word.FindAllString(strings.NewReplacer("%d", "").Replace(text), -1) {
				if !latin.MatchString(found) {
					t.Errorf("%s: the word %q in %q", name, found, text)
				}
			}
			if r, found := halfWidthSign(text); found {
				t.Errorf("%s: the sign %q beside Chinese in %q", name, r, text)
			}
			// The face of the PDF holds the characters of GB 2312.
			if _, err := simplifiedchinese.HZGB2312.NewEncoder().String(text); err != nil {
				t.Errorf("%s: %q: %v", name, text, err)
			}
		}
	}
}

// texts appends the words of a template to a list, without the actions.
func texts(n parse.Node, list []string) []string {
	switch n := n.(type) {
	case *parse.ListNode:
		if n != nil {
			for _, child := range n.Nodes {
				list = texts(child, list)
			}
		}
	case *parse.TextNode:
		list = append(list, string(n.Text))
	case *parse.IfNode:
		list = texts(n.ElseList, texts(n.List, list))
	case *parse.RangeNode:
		list = texts(n.ElseList, texts(n.List, list))
	case *parse.WithNode:
		list = texts(n.ElseList, texts(n.List, list))
	}
	return list
}

// halfWidthSign finds a Latin comma, colon or bracket beside a Chinese character.
func halfWidthSign(text string) (rune, bool) {
	runes := []rune(text)
	for i, r := range runes {
		if !strings.ContainsRune(`,;:()?!`, r) {
			continue
		}
		if i > 0 && unicode.Is(unicode.Han, runes[i-1]) || i+1 < len(runes) && unicode.Is(unicode.Han, runes[i+1]) {
			return r, true
		}
	}
	return 0, false
}

func TestChineseHasNoBlanksOfLayout(t *testing.T) {
	_, zh := bothLanguages(t)
	for in, want := range map[string]string{
		"没有\n  微筛选器":        "没有微筛选器",
		"列出：\n  {x}，\n 共 3": "列出：{x}，共 3",
		"有 3 个  实例":         "有 3 个实例",
		"（ a b ）":           "（a b）",
	} {
		if got := zh.collapse(in); got != want {
			t.Errorf("collapse(%q) = %q, want %q", in, got, want)
		}
	}
}

// bilingual stands for a text of the knowledge in several languages.
type bilingual map[string]string

func (b bilingual) In(lang string) string { return b[lang] }

func TestAFactInSeveralLanguagesIsGivenInOurs(t *testing.T) {
	en, zh := bothLanguages(t)
	fact := map[string]any{"text": bilingual{"en": "Update  it.", chinese: "更新 驱动程序。"}}
	for w, want := range map[*Words]string{en: "Update  it.", zh: "更新 驱动程序。"} {
		if got, err := w.Sentence("mitigate.issue", fact); err != nil || got != want {
			t.Errorf("%s: %q, %v; want %q", w.Lang(), got, err, want)
		}
	}
}

func TestWordsOfTheAnalysisAreTranslated(t *testing.T) {
	_, zh := bothLanguages(t)
	for value, want := range map[string]string{"token": "令牌", "irp and work item": "IRP、工作项", "EtwRegistration": "EtwRegistration"} {
		if got, err := zh.Word("object", value); err != nil || got != want {
			t.Errorf("word of %q = %q, %v; want %q", value, got, err, want)
		}
	}
}

func TestChineseNumbers(t *testing.T) {
	_, zh := bothLanguages(t)
	for want, f := range map[string]func() (string, error){
		"3 天 4 小时":       func() (string, error) { return zh.Duration(76) },
		"12.3%":          func() (string, error) { return zh.Percent(0.123) },
		"8.22 MB":        func() (string, error) { return zh.Bytes(8618056) },
		"8,618,056 字节":   func() (string, error) { return zh.Exact(8618056) },
		"Toke、Proc、MiP2": func() (string, error) { return zh.List([]string{"Toke", "Proc", "MiP2"}) },
		"第一句。第二句。":       func() (string, error) { return zh.Join("sentences.more", []string{"第一句。", "第二句。"}) },
	} {
		if got, err := f(); err != nil || got != want {
			t.Errorf("%q, %v; want %q", got, err, want)
		}
	}
}

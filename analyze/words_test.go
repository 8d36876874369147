package analyze_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"

	"poolsweep/templates"
)

// TestEveryRuleHasItsSentence reads the rule constants out of the source, so
// that a rule without a sentence cannot land.
func TestEveryRuleHasItsSentence(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "rules.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range templates.Languages() {
		words, err := templates.Load(lang)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		ast.Inspect(file, func(node ast.Node) bool {
			lit, ok := node.(*ast.BasicLit)
			if !ok || lit.Kind != token.STRING {
				return true
			}
			name, err := strconv.Unquote(lit.Value)
			if err != nil || !strings.Contains(name, ".") {
				t.Errorf("rule %s: want \"group.name\"", lit.Value)
			}
			if !words.Has(name) {
				t.Errorf("%s: rule %q has no sentence", lang, name)
			}
			n++
			return true
		})
		if n < 60 {
			t.Errorf("%s: found %d rules, want at least 60", lang, n)
		}
	}
}

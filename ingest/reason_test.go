package ingest

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"strconv"
	"testing"
)

// TestReasonsAreAClosedList reads the constants from the source, so that a new one
// cannot be left out of the list.
func TestReasonsAreAClosedList(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "reason.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[Reason]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 {
			return true
		}
		lit, ok := spec.Values[0].(*ast.BasicLit)
		if !ok {
			return true
		}
		text, err := strconv.Unquote(lit.Value)
		if err != nil {
			t.Fatal(err)
		}
		if r := Reason(text); !r.Known() || seen[r] {
			t.Errorf("%s is not on the list, or twice", r)
		} else {
			seen[r] = true
		}
		return true
	})
	if len(seen) != len(reasons) {
		t.Errorf("%d constants, %d on the list", len(seen), len(reasons))
	}
	for _, r := range []Reason{"", "symlink", "SYMLINK "} {
		if r.Known() {
			t.Errorf("%q is known", r)
		}
	}
}

func TestRefusalTellsCodeAndCause(t *testing.T) {
	bare := &Refusal{Reason: ReasonSymlink}
	if got := bare.Error(); got != "SYMLINK" {
		t.Errorf("got %q", got)
	}
	caused := error(&Refusal{Reason: ReasonPermission, Err: fs.ErrPermission})
	if got := caused.Error(); got != "PERMISSION: permission denied" {
		t.Errorf("got %q", got)
	}
	if !errors.Is(caused, fs.ErrPermission) {
		t.Error("the cause is lost")
	}
}

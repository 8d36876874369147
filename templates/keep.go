package templates

import (
	"fmt"
	"strings"
	"text/template/parse"
)

// Blanks in the text of a template are layout and collapse; blanks in a value
// are data ('Pp  ' is another tag than 'Pp '). So every value is held apart
// while the text around it is collapsed: its blanks are escaped by a NUL and a
// letter, and released afterwards.
var (
	held     = strings.NewReplacer("\x00", "\x000", " ", "\x00s", "\t", "\x00t", "\r", "\x00r", "\n", "\x00n")
	released = strings.NewReplacer("\x000", "\x00", "\x00s", " ", "\x00t", "\t", "\x00r", "\r", "\x00n", "\n")
)

// hold is the template function that keepValues puts behind every value. A fact
// that is a text in several languages gives the one of these words.
func (w *Words) hold(v any) string {
	if text, ok := v.(interface{ In(lang string) string }); ok {
		v = text.In(w.lang)
	}
	return held.Replace(fmt.Sprint(v))
}

// keepValues appends hold to every printed pipeline below a node, the way
// html/template appends its escapers.
func keepValues(n parse.Node) {
	switch n := n.(type) {
	case *parse.ListNode:
		if n == nil {
			return
		}
		for _, child := range n.Nodes {
			keepValues(child)
		}
	case *parse.ActionNode:
		if len(n.Pipe.Decl) == 0 { // {{$x := …}} prints nothing
			n.Pipe.Cmds = append(n.Pipe.Cmds, holdCommand(n.Pos))
		}
	case *parse.IfNode:
		keepBranches(&n.BranchNode)
	case *parse.RangeNode:
		keepBranches(&n.BranchNode)
	case *parse.WithNode:
		keepBranches(&n.BranchNode)
	}
}

// keepBranches walks both branches of an if, range or with.
func keepBranches(b *parse.BranchNode) {
	keepValues(b.List)
	keepValues(b.ElseList)
}

// holdCommand is "| hold" at the end of a pipeline.
func holdCommand(pos parse.Pos) *parse.CommandNode {
	call := parse.NewIdentifier("hold").SetPos(pos)
	return &parse.CommandNode{NodeType: parse.NodeCommand, Pos: pos, Args: []parse.Node{call}}
}

package knowledge

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Builds is a range of OS builds, "7600-19045", "22000-" or "9600". The zero
// value holds every build, also an unknown one.
type Builds struct{ first, last int }

// UnmarshalYAML reads a range of builds.
func (b *Builds) UnmarshalYAML(node *yaml.Node) error {
	from, to, isRange := strings.Cut(strings.ReplaceAll(node.Value, " ", ""), "-")
	first, err := strconv.Atoi(from)
	last := first
	if isRange && err == nil {
		last = 1 << 30 // "22000-" has no end
		if to != "" {
			last, err = strconv.Atoi(to)
		}
	}
	if node.Kind != yaml.ScalarNode || err != nil || first <= 0 || last < first {
		return fmt.Errorf("line %d: want builds like 19041, 7600-19045 or 22000-, have %q", node.Line, node.Value)
	}
	b.first, b.last = first, last
	return nil
}

// Contains reports whether a build lies in the range.
func (b Builds) Contains(build int) bool {
	return b == Builds{} || b.first <= build && build <= b.last
}

// Versions is a range of file versions: ">= 7.01", "< 5.6.0", "7.01 - 7.03" or
// "1.76". A version with fewer numbers stands for all that begin with it, so
// "7.01 - 7.03" holds 7.3.0.2.
type Versions struct {
	text        string
	first, last []int // nil: open
	open        bool  // last itself is outside
}

// UnmarshalYAML reads a range of versions.
func (v *Versions) UnmarshalYAML(node *yaml.Node) error {
	text := strings.TrimSpace(node.Value)
	from, to, isRange := strings.Cut(text, " - ")
	var err error
	r := Versions{text: text}
	switch {
	case node.Kind != yaml.ScalarNode:
		err = fmt.Errorf("no text")
	case isRange:
		if r.first, err = numbers(from); err == nil {
			r.last, err = numbers(to)
		}
	case strings.HasPrefix(text, "<="):
		r.last, err = numbers(text[2:])
	case strings.HasPrefix(text, "<"):
		r.last, err = numbers(text[1:])
		r.open = true
	case strings.HasPrefix(text, ">="):
		r.first, err = numbers(text[2:])
	default:
		r.first, err = numbers(text)
		r.last = r.first
	}
	if err != nil || r.first != nil && r.last != nil && compareNumbers(r.first, r.last) > 0 {
		return fmt.Errorf(`line %d: want versions like "< 5.6.0", ">= 7.1", "7.01 - 7.03" or "1.76", have %q`,
			node.Line, text)
	}
	*v = r
	return nil
}

// String returns the range as the file spells it.
func (v Versions) String() string { return v.text }

// Contains reports whether a printed version lies in the range; one that begins
// with no number lies in none.
func (v Versions) Contains(version string) bool {
	n, err := printedNumbers(version)
	if err != nil {
		return false
	}
	if v.first != nil && compareNumbers(n, v.first) < 0 {
		return false
	}
	if v.last == nil {
		return true
	}
	if v.open {
		return compareNumbers(n, v.last) < 0
	}
	return compareNumbers(n[:min(len(n), len(v.last))], v.last) <= 0
}

// IsVersion reports whether a word is a dotted version.
func IsVersion(word string) bool {
	_, err := numbers(word)
	return err == nil
}

// AtLeast reports whether a printed version is another one or later. Without known,
// it begins with no number, and nothing can be said.
func AtLeast(version, least string) (later, known bool) {
	a, err := printedNumbers(version)
	b, errLeast := numbers(least)
	if err != nil || errLeast != nil {
		return false, false
	}
	return compareNumbers(a, b) >= 0, true
}

// printedNumbers reads a version as a debugger prints it: in "32.0.21045.1 (built by:
// main)" what follows the first blank is no number.
func printedNumbers(version string) ([]int, error) {
	word, _, _ := strings.Cut(strings.TrimSpace(version), " ")
	return numbers(word)
}

// numbers splits a dotted version. The numbers count, not the digits: 7.01 is 7.1.
func numbers(s string) ([]int, error) {
	var out []int
	for _, part := range strings.Split(strings.TrimSpace(s), ".") {
		n, err := strconv.Atoi(part)
		if err != nil || n < 0 {
			return nil, fmt.Errorf("parse version %q: want numbers with dots", s)
		}
		out = append(out, n)
	}
	return out, nil
}

// compareNumbers orders versions; a missing number counts as 0.
func compareNumbers(a, b []int) int {
	for i := range max(len(a), len(b)) {
		var x, y int
		if i < len(a) {
			x = a[i]
		}
		if i < len(b) {
			y = b[i]
		}
		if c := cmp.Compare(x, y); c != 0 {
			return c
		}
	}
	return 0
}

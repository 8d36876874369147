package tooltext

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"poolsweep/ingest"
)

// poolmonPattern is a row of poolmon: tag, pool, numbers with or without deltas.
var poolmonPattern = regexp.MustCompile(`^[ \t>-]*(\S.{0,3}?) +(Nonp|Paged) +(\d+)(?: +\( *-?\d+\))? +(\d+)` +
	`(?: +\( *-?\d+\))? +(-?\d+) +(\d+)(?: +\( *-?\d+\))? +\d+`)

// presentRows are rows of pool tags as plain patterns know them, apart from the readers.
var presentRows = []*regexp.Regexp{
	poolmonPattern,
	// Markdown: a tag in backticks, then a cell with a digit
	regexp.MustCompile("^\\| *`[^`|]{1,4}`.*\\|.*\\d"),
	// a date, a tag, a number, all in quotes
	regexp.MustCompile(`^"\d{4}-[^"]*","[^"]{1,4}","\d+"`),
	// tag and a number, a share or words behind it
	regexp.MustCompile(`^[A-Za-z]{4} +[\d.]+ +[\d.]+%`),
	regexp.MustCompile(`^[A-Za-z]{4} +[\d,]+ alloc / `),
	// a line of a list about one tag
	regexp.MustCompile("^ *- `[^`]{1,4}` tag: .*\\d"),
}

// present counts them.
func present(log []byte) int {
	n := 0
	for line := range bytes.Lines(log) {
		line = bytes.TrimRight(line, "\r\n")
		for _, re := range presentRows {
			if re.Match(line) {
				n++
				break
			}
		}
	}
	return n
}

// poolTables are the tables of pool tags alone.
var poolTables = []ingest.Table{poolmonTable, poolmonxTable, genericTable, listTable, plainTable}

// ofPoolTable reports whether one of them read the block.
func ofPoolTable(b ingest.Block) bool {
	word, _, _ := strings.Cut(strings.ToLower(b.Command), " ")
	return slices.ContainsFunc(poolTables, func(t ingest.Table) bool {
		return b.Command == t.Command || slices.Contains(t.Names, word)
	})
}

// unreadRows are rows of the corpus that tell no figure: a row that was cut.
var unreadRows = map[string]int{
	"corpus/pool/092-ps-alloc-free-live-claude91265.txt": 1,
}

// TestCorpus compares the rows read of public outputs kept beside the project
// with the rows present.
func TestCorpus(t *testing.T) {
	root := filepath.Join("..", "..", "..", "shared")
	var logs []string
	for _, glob := range []string{"corpus/pool/*.txt", "corpus/ctx/*.txt", "incidents/*/log*.txt"} {
		found, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(glob)))
		if err != nil {
			t.Fatal(err)
		}
		logs = append(logs, found...)
	}
	if len(logs) == 0 {
		t.Skipf("no corpus in %s", root)
	}
	for _, path := range logs {
		log, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			t.Fatal(err)
		}
		checkCorpus(t, filepath.ToSlash(name), log)
	}
}

// checkCorpus reads one log.
func checkCorpus(t *testing.T, name string, log []byte) {
	t.Helper()
	for line := range bytes.Lines(log) {
		checkBegins(t, bytes.Trim(line, " \t\r\n"))
	}
	snaps := read(log)
	checkSnapshots(t, snaps)
	rows, unread, tags, want := 0, 0, 0, present(log)
	var warnings []string
	for _, s := range snaps {
		tags += len(s.Tags)
		for _, b := range s.Blocks {
			if ofPoolTable(b) {
				rows, unread = rows+b.Rows, unread+b.Unread
			}
		}
		for _, w := range s.Warnings {
			warnings = append(warnings, w.Message)
		}
	}
	if want > 0 || len(snaps) > 0 {
		t.Logf("%-62s rows %3d / %3d, %d tags, %d unread; %s", name, rows, want, tags, unread, strings.Join(warnings, "; "))
	}
	if missing := want - rows; missing > unreadRows[name] {
		t.Errorf("%s: %d of %d rows are not read", name, missing, want)
	}
	checkFigures(t, name, log, usages(snaps))
	if want == 0 && strings.HasPrefix(name, "corpus/ctx/") && tags > 0 {
		t.Errorf("%s: %d tags read of what is no table of tags", name, tags)
	}
}

// checkFigures compares the figures of poolmon's rows with what the pattern finds.
func checkFigures(t *testing.T, name string, log []byte, read []ingest.TagUsage) {
	t.Helper()
	byLine := map[int]string{}
	for _, u := range read {
		byLine[u.Line] = fmt.Sprintf("%s %s %d %d %d %d", strings.TrimSpace(u.Tag.String()), u.Pool, u.Allocs, u.Frees,
			u.Outstanding, u.Bytes)
	}
	no := 0
	for line := range bytes.Lines(log) {
		no++
		m := poolmonPattern.FindStringSubmatch(string(line))
		if m == nil {
			continue
		}
		pool := map[string]ingest.Pool{"Nonp": ingest.NonPaged, "Paged": ingest.Paged}[m[2]]
		if want := fmt.Sprintf("%s %s %s", m[1], pool, strings.Join(m[3:], " ")); byLine[no] != want {
			t.Errorf("%s:%d: read as %q, want %q", name, no, byLine[no], want)
		}
	}
}

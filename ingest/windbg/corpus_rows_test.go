package windbg

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// present counts rows in the text of a log, in a way that shares nothing with the
// readers: one pattern for each kind of output.
var present = []struct {
	pattern  string // of files
	commands []string
	row      *regexp.Regexp
}{
	{"corpus/pool/*poolused*.txt", []string{"!poolused"},
		regexp.MustCompile(`(?m)^ *[^ \n].{0,3}( +\d+){4}([^\d\n].*)?$`)},
	{"corpus/ctx/*fltkd-filters-[wm]*.txt", []string{"!fltkd.filters"},
		regexp.MustCompile(`(?m)^ +(FLT_FILTER|FLT_INSTANCE): [0-9a-f]+ "[^"]*" "[\d.]+"`)},
	{"corpus/ctx/*fltkd-frames*.txt", []string{"!fltkd.frames"},
		regexp.MustCompile(`(FLT_FILTER|FLT_INSTANCE): [0-9a-f]+ "[^"]*" "[\d.]+"`)},
	{"corpus/ctx/*volumes*.txt", []string{"!fltkd.volumes", "!volumes"},
		regexp.MustCompile(`(?m)(FLT_VOLUME|FLT_INSTANCE): [0-9a-f]+ "[^"\n]*"( "[\d.]+")?$`)},
	{"corpus/ctx/*-lm*.txt", []string{"lm", "x"},
		regexp.MustCompile("(?m)^ *[0-9a-f`]{8,17} +[0-9a-f`]{8,17}   +(\\S+ +(\\(|[A-Za-z]:|. \\()|\\S+\\.(sys|SYS)$)")},
	{"corpus/pool/*vm*.txt", []string{"!vm"},
		regexp.MustCompile(`(?m)^\s*(Physical Memory|NonPagedPool(Nx)? Usage|NonPagedPool Max|PagedPool (Usage|Maximum)):|` +
			`Excessive NonPaged|(allocations|attempts) have failed`)},
	{"corpus/ctx/*for-each-module-s*.txt", []string{"!for_each_module"},
		regexp.MustCompile("(?m)^[0-9a-f`]{8,17}  ([0-9a-f]{2}[ -]){16}")},
}

// TestSharedRowsAreRead compares how many rows were read with how many there are.
func TestSharedRowsAreRead(t *testing.T) {
	all, read := 0, 0
	for _, kind := range present {
		for _, path := range shared(t, kind.pattern) {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			want := len(kind.row.FindAllString(strings.ReplaceAll(string(text), "\r", ""), -1))
			rows, unread := 0, 0
			for _, s := range readFile(t, path).Snapshots {
				for _, b := range s.Blocks {
					for _, c := range kind.commands {
						if strings.HasPrefix(b.Command, c) {
							rows, unread = rows+b.Rows, unread+b.Unread
							break
						}
					}
				}
			}
			all, read = all+want, read+min(rows, want)
			t.Logf("%-60s %4d of %4d rows, %d lines unread", filepath.Base(path), rows, want, unread)
			if rows > want || rows < want*9/10 { // NT lists drivers without a range that are not loaded yet
				t.Errorf("%s: %d rows read, %d present", filepath.Base(path), rows, want)
			}
		}
	}
	t.Logf("%d of %d rows", read, all)
}

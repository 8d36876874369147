package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
)

// sniffed is how many bytes of a file are looked at before it is read as text.
const sniffed = 64 << 10

// magics are the first bytes of files that lie beside logs but are none.
var magics = []struct{ start, what string }{
	{"PAGEDU64", dumpHint},
	{"PAGEDUMP", dumpHint},
	{"MDMP", dumpHint},
	{"PK\x03\x04", archiveHint},
	{"7z\xbc\xaf\x27\x1c", archiveHint},
	{"\x1f\x8b", archiveHint},
	{"Rar!", archiveHint},
	{"%PDF-", noText},
	{"\x89PNG", noText},
	{"\xff\xd8\xff", noText},
	{"SQLite format 3", noText},
}

const (
	dumpHint = `is a memory dump; make a log of it first: ` +
		`kd -z %s -logo out.log -c "!poolused 3; !fltkd.filters; lm; !vm 1; q"`
	archiveHint = "is an archive; unpack it first"
	noText      = "is no text"
)

// refuseBinary says why a file is no log, or returns nil. It takes no byte from r.
func refuseBinary(r *bufio.Reader, name string) error {
	head, err := r.Peek(sniffed)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if len(head) == 0 {
		return errors.New("is empty")
	}
	for _, m := range magics {
		if bytes.HasPrefix(head, []byte(m.start)) {
			return notALog(m.what, name)
		}
	}
	if !nulRich(head) {
		return nil
	}
	if strings.EqualFold(path.Ext(name), ".dmp") {
		return notALog(dumpHint, name)
	}
	return notALog(noText, name)
}

func notALog(what, name string) error {
	if strings.Contains(what, "%s") {
		what = fmt.Sprintf(what, path.Base(name))
	}
	return errors.New(what)
}

// nulRich reports whether NUL bytes stand where neither UTF-8 nor UTF-16 has
// them. Debugger text in UTF-16 is mostly ASCII, so its NULs stand on even or
// on odd places, never on both.
func nulRich(head []byte) bool {
	var nul [2]int
	for i, c := range head {
		if c == 0 {
			nul[i%2]++
		}
	}
	few := min(nul[0], nul[1])
	return few > len(head)/64
}

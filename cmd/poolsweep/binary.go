package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"poolsweep/ingest"
	"poolsweep/ingest/unpack"
)

// sniffed is how many bytes of a file are looked at before it is read as text.
const sniffed = 64 << 10

// magics are the first bytes of files that lie beside logs but are none.
var magics = []struct{ start, what string }{
	{"PAGEDU64", dumpHint},
	{"PAGEDUMP", dumpHint},
	{"MDMP", dumpHint},
	{"Rar!", archiveHint},
	{"MSCF", archiveHint},
	{"BZh", archiveHint},
	{"%PDF-", noText},
	{"\x89PNG", noText},
	{"\xff\xd8\xff", noText},
	{"SQLite format 3", noText},
}

const (
	dumpHint = `is a memory dump; make a log of it first: ` +
		`kd -z %s -logo out.log -c "!poolused 3; !fltkd.filters; lm; !vm 1; q"`
	archiveHint = "is an archive of a kind that cannot be read; unpack it first"
	noText      = "is no text"
)

// errNoLogs refuses an archive with nothing in it that could be a log.
var errNoLogs = &ingest.Refusal{Reason: ingest.ReasonArchive, Err: errors.New("is an archive without logs")}

// refuseBinary says why a file is no log, or returns nil. It takes no byte from r.
func refuseBinary(r *bufio.Reader, name string) error {
	head, err := r.Peek(sniffed)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if len(head) == 0 {
		return &ingest.Refusal{Reason: ingest.ReasonEmpty, Err: errors.New("is empty")}
	}
	for _, m := range magics {
		if bytes.HasPrefix(head, []byte(m.start)) {
			return notALog(m.what, name)
		}
	}
	if isText(head[:min(len(head), 8<<10)]) || isText(head) {
		return nil
	}
	if strings.EqualFold(path.Ext(name), ".dmp") {
		return notALog(dumpHint, name)
	}
	return notALog(noText, name)
}

func notALog(what, name string) error {
	code := ingest.ReasonNotALog
	if what == archiveHint {
		code = ingest.ReasonArchive
	}
	if strings.Contains(what, "%s") {
		what = fmt.Sprintf(what, path.Base(name))
	}
	return &ingest.Refusal{Reason: code, Err: errors.New(what)}
}

// isText reports whether there is text in a file's beginning, whatever its
// encoding and damage: characters, and hardly any control codes among them.
func isText(head []byte) bool {
	if isPlain(head) {
		return true
	}
	text, _, err := unpack.Text(bytes.NewReader(head))
	if err != nil {
		return false
	}
	clean, err := io.ReadAll(text)
	if err != nil {
		return false
	}
	var shown, odd int
	for _, r := range string(clean) {
		switch {
		case unicode.IsSpace(r):
		case unicode.IsControl(r), r == utf8.RuneError:
			odd++
		default:
			shown++
		}
	}
	return shown > 0 && odd*20 < shown
}

// isPlain reports whether there is nothing but printable ASCII and line ends, as in
// nearly every log.
func isPlain(head []byte) bool {
	for _, c := range head {
		if (c < ' ' || c > '~') && c != '\n' && c != '\r' && c != '\t' {
			return false
		}
	}
	return len(bytes.TrimSpace(head)) > 0
}

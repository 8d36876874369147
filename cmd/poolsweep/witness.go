package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// witness knows which mails a server took, whatever the sender remembers.
type witness interface {
	// saw reports whether the server took a mail whose end was sent at a time, if ever.
	saw(messageID string, dotted time.Time) (bool, error)
	String() string
}

// mailLog is the log of the mail server on this machine.
type mailLog string

func (l mailLog) String() string { return "mail log " + filepath.ToSlash(string(l)) }

// saw looks into the log and the one before it, should it have been rotated since. A
// log in which nothing was written since the dot cannot tell.
func (l mailLog) saw(messageID string, dotted time.Time) (bool, error) {
	info, err := os.Stat(string(l))
	if err != nil {
		return false, err
	}
	for _, name := range []string{string(l) + ".1", string(l)} {
		if found, err := searchLog(name, messageID); found || err != nil && !errors.Is(err, fs.ErrNotExist) {
			return found, err
		}
	}
	if info.ModTime().Before(dotted) {
		return false, errors.New("nothing was written to it since the mail was sent; is it the log of this server?")
	}
	return false, nil
}

func searchLog(name, messageID string) (bool, error) {
	f, err := os.Open(name)
	if err != nil {
		return false, err
	}
	defer f.Close()
	accepted := acceptance{id: messageID, bare: strings.Trim(messageID, "<>")}
	lines := bufio.NewReader(f)
	for {
		line, err := lines.ReadString('\n')
		if accepted.by(line) {
			return true, nil
		}
		if errors.Is(err, io.EOF) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
	}
}

// acceptance follows a mail server's log until it says that the mail was taken.
type acceptance struct {
	id, bare string
	queued   string // Postfix: the queue id that the mail has, until it is thrown away
}

// by takes in one line:
//
//	postfix/cleanup[71]: 4XyZ1: message-id=<ID>       the text is coming in
//	postfix/qmgr[70]: 4XyZ1: from=<a@lab>, size=900, nrcpt=1 (queue active)   taken
//	2026-11-20 06:00:01 1aBcDe-01 <= a@lab H=... id=ID    Exim: taken
//	sendmail[72]: 4AbC1: from=<a@lab>, size=900, ..., msgid=<ID>, ...   Sendmail: taken
//
// Postfix writes the first line before the final dot; only the second one tells.
func (a *acceptance) by(line string) bool {
	switch {
	case strings.Contains(line, "message-id="+a.id):
		before, _, _ := strings.Cut(line, ": message-id=")
		a.queued = before[strings.LastIndexByte(before, ' ')+1:]
	case a.queued != "" && strings.Contains(line, " "+a.queued+": message-id="):
		a.queued = "" // the id is another mail's now
	case a.queued != "" && strings.Contains(line, " "+a.queued+": from=<") && strings.Contains(line, "(queue active)"):
		return true
	case strings.Contains(line, " <= ") && strings.Contains(line, " id="+a.bare):
		return true
	case strings.Contains(line, ": from=") && strings.Contains(line, "msgid="+a.id):
		return true
	}
	return false
}

// maildir is a mailbox on this machine that gets a copy of each mail that the server
// takes.
type maildir string

func (d maildir) String() string { return "mailbox " + filepath.ToSlash(string(d)) }

// saw looks for the mail among those that came since the dot.
func (d maildir) saw(messageID string, dotted time.Time) (bool, error) {
	const skew = time.Minute // between this clock and the file system's
	for _, folder := range []string{"new", "cur"} {
		entries, err := os.ReadDir(filepath.Join(string(d), folder))
		if err != nil {
			return false, err
		}
		for _, e := range entries {
			info, err := e.Info()
			if err != nil || info.ModTime().Before(dotted.Add(-skew)) {
				continue // read by somebody meanwhile, and so in the other folder; or too old
			}
			found, err := hasID(filepath.Join(string(d), folder, e.Name()), messageID)
			if found || err != nil && !errors.Is(err, fs.ErrNotExist) {
				return found, err
			}
		}
	}
	return false, nil
}

// hasID reports whether a mail has a Message-ID.
func hasID(name, messageID string) (bool, error) {
	const mostHeader = 64 << 10
	f, err := os.Open(name)
	if err != nil {
		return false, err
	}
	defer f.Close()
	lines := bufio.NewScanner(io.LimitReader(f, mostHeader))
	for lines.Scan() && lines.Text() != "" {
		field, value, _ := strings.Cut(lines.Text(), ":")
		if strings.EqualFold(field, "Message-ID") {
			return strings.TrimSpace(value) == messageID, nil
		}
	}
	if err := lines.Err(); err != nil {
		return false, fmt.Errorf("read %s: %w", name, err)
	}
	return false, nil
}

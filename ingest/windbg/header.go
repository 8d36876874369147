package windbg

import (
	"bytes"
	"fmt"
	"time"

	"poolsweep/ingest"
)

// collection is what the line on top of a log tells that our script collected:
//
//	#poolsweep/1 machine="LAB-07" time="2026-11-24T10:00:00+01:00" boot="2026-11-20T08:00:00+01:00" run="live"
//
// Its time is when the script ran: the moment of a live kernel, but not of a dump,
// whose session time the debugger prints below.
type collection struct {
	time time.Time
	boot time.Time
}

// readHeader reads the line's keys; those it does not know are of a later script.
func readHeader(s *session, rest []byte) error {
	*s = session{line: s.line, banner: true} // whatever stood above belongs to another session
	var wrong error
	for key, value := range pairs(rest) {
		var err error
		switch key {
		case "machine":
			if validHost(value) {
				s.machine = ingest.Machine{Name: value, From: ingest.NameFromHeader}
			}
		case "time":
			s.collected.time, err = time.Parse(time.RFC3339, value)
		case "boot":
			s.collected.boot, err = time.Parse(time.RFC3339, value)
		}
		if err != nil && value != "" {
			wrong = fmt.Errorf("%s in the collection header not understood", key)
		}
	}
	return wrong
}

// pairs yields the key="value" pairs of a line in their order. A pair that is not
// whole ends them.
func pairs(text []byte) func(yield func(key, value string) bool) {
	return func(yield func(key, value string) bool) {
		for {
			key, rest, ok := bytes.Cut(trim(text), []byte(`="`))
			value, after, closed := bytes.Cut(rest, []byte(`"`))
			if !ok || !closed || !yield(string(key), string(bytes.ToValidUTF8(value, []byte("\ufffd")))) {
				return
			}
			text = after
		}
	}
}

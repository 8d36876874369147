package windbg

import (
	"strings"
	"sync"

	"poolsweep/ingest"
)

// memory is what the reader of a log leaves to the reader of the next one: room to
// read into, and what it has learned of pool tables. No result depends on it, only
// how much is allocated for it: a log has a thousand descriptions, and the next one
// nearly the same.
type memory struct {
	buf          []byte
	descriptions map[ingest.Tag]string
	rows         int // of the table read last
}

// memories are those that no reader uses at the moment.
var memories = sync.Pool{New: func() any { return newMemory() }}

func newMemory() *memory {
	return &memory{buf: make([]byte, bufferSize), descriptions: map[ingest.Tag]string{}, rows: usualTags}
}

// maxDescriptions bounds what is kept: a machine uses some thousand tags.
const maxDescriptions = 20_000

// describe returns the text of a tag's description as a string, the one that was
// made before when the text is the same.
func (m *memory) describe(tag ingest.Tag, text []byte) string {
	if s := m.descriptions[tag]; s == string(text) {
		return s
	}
	s := strings.ToValidUTF8(string(text), "\ufffd")
	if _, known := m.descriptions[tag]; known || len(m.descriptions) < maxDescriptions {
		m.descriptions[tag] = s
	}
	return s
}

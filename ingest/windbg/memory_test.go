package windbg

import (
	"fmt"
	"testing"

	"poolsweep/ingest"
)

func TestDescriptionsAreMadeOnce(t *testing.T) {
	m, tag := newMemory(), ingest.MustTag("Proc")
	text := []byte("Process objects , Binary: nt!ps")
	first := m.describe(tag, text)
	if n := testing.AllocsPerRun(10, func() { m.describe(tag, text) }); n != 0 || m.describe(tag, text) != first {
		t.Errorf("%v allocations for a description that was seen", n)
	}
	copy(text, "Xrocess") // the line's buffer is used again
	if first != "Process objects , Binary: nt!ps" || m.describe(tag, text) != "Xrocess objects , Binary: nt!ps" {
		t.Errorf("%q after the buffer changed", first)
	}
	if got := m.describe(tag, []byte("a\xff")); got != "a\ufffd" {
		t.Errorf("%q", got)
	}
}

func TestDescriptionsAreBounded(t *testing.T) {
	m := newMemory()
	for i := range maxDescriptions + 100 {
		tag := ingest.Tag{byte(i), byte(i >> 8), byte(i >> 16), 'x'}
		if want := fmt.Sprint("tag ", i); m.describe(tag, []byte(want)) != want {
			t.Fatalf("tag %d is described as another", i)
		}
	}
	if n := len(m.descriptions); n != maxDescriptions {
		t.Errorf("%d descriptions are kept, want %d", n, maxDescriptions)
	}
}

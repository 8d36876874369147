package windbg

import (
	"bytes"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"poolsweep/ingest"
)

func TestTagsAreRememberedFromTableToTable(t *testing.T) {
	m, tag := newMemory(), ingest.MustTag("Proc")
	k := m.of(tag)
	k.printed = "Process objects"
	if n := testing.AllocsPerRun(10, func() { m.of(tag) }); n != 0 || m.of(tag) != k {
		t.Errorf("%v allocations for a tag that was seen", n)
	}
	first, second := m.table(), m.table()
	for _, step := range []struct {
		table int
		pool  ingest.Pool
		next  int
		want  int
		found bool
	}{
		{first, ingest.NonPaged, 4, 4, false},
		{first, ingest.NonPaged, 9, 4, true},
		{first, ingest.Paged, 5, 5, false},
		{second, ingest.Paged, 0, 0, false},
		{second, ingest.NonPaged, 1, 1, false}, // that of the first table is forgotten
		{second, ingest.Paged, 9, 0, true},
	} {
		if _, found := k.find(step.table, step.pool); found != step.found {
			t.Errorf("%+v: found beforehand is %t", step, found)
		}
		if got, found := k.row(step.table, step.pool, step.next); got != step.want || found != step.found {
			t.Errorf("%+v: row %d, found %t", step, got, found)
		}
	}
}

func TestRememberedTagsAreBounded(t *testing.T) {
	m := newMemory()
	for i := range maxKnown + 1 {
		m.of(ingest.Tag{byte(i), byte(i >> 8), byte(i >> 16), 'x'})
	}
	if m.table(); len(m.tags) != 0 {
		t.Errorf("%d tags are kept beyond the bound", len(m.tags))
	}
}

// TestDescriptionsAreThoseOfTheirTable reads tables whose descriptions differ with one
// memory: each row has the text of its own line.
func TestDescriptionsAreThoseOfTheirTable(t *testing.T) {
	var log strings.Builder
	for i := range 3 {
		fmt.Fprintf(&log, "0: kd> !poolused 2\n Tag     Allocs         Used     Allocs         Used\n\n"+
			" Proc         %d          100          1           50\twords of table %d\n\n"+
			"TOTAL         %[1]d          100          1           50\n", i+1, i/2)
	}
	d, err := Read(bytes.NewReader([]byte(log.String())), "x.log")
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Snapshots) != 3 {
		t.Fatalf("%d snapshots", len(d.Snapshots))
	}
	for i, s := range d.Snapshots {
		for _, row := range s.Tags {
			if want := fmt.Sprintf("words of table %d", i/2); row.Description != want || len(s.Tags) != 2 {
				t.Errorf("snapshot %d: %+v, want %q", i, row, want)
			}
		}
	}
}

// TestRoomOfRowsIsUsedAgain hands over snapshots whose tables are taken off, and others
// that are kept.
func TestRoomOfRowsIsUsedAgain(t *testing.T) {
	m := newMemory()
	rows := make([]ingest.TagUsage, 5, 100)
	m.release(rows, &ingest.Snapshot{})
	if room := m.takeRoom(); len(room) != 0 || cap(room) != 100 || &room[:1][0] != &rows[0] {
		t.Errorf("room for %d rows", cap(room))
	}
	if room := m.takeRoom(); room != nil {
		t.Error("room is given twice")
	}
	kept := &ingest.Snapshot{Tags: rows}
	m.release(rows, kept)
	if m.takeRoom() != nil || len(kept.Tags) != 5 || cap(kept.Tags) > 10 {
		t.Errorf("%d rows are kept in room for %d", len(kept.Tags), cap(kept.Tags))
	}
}

// TestLongLogsNeedNoMoreRoom reads logs of 10 and 110 snapshots of 500 rows, 88 bytes
// each in memory: the hundred more must not be allocated where they are taken off.
func TestLongLogsNeedNoMoreRoom(t *testing.T) {
	allocated := func(snapshots int) int64 {
		var text bytes.Buffer
		for i := range snapshots {
			writeTable(&text, 500, i+1)
		}
		text.WriteString("0: kd> ")
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		d, err := ReadEach(&text, "x.log", func(s *ingest.Snapshot) {
			if len(s.Tags) != 500 {
				t.Errorf("%d rows", len(s.Tags))
			}
			s.Tags = nil
		})
		runtime.ReadMemStats(&after)
		if err != nil || len(d.Snapshots) != snapshots {
			t.Errorf("%d of %d snapshots, error %v", len(d.Snapshots), snapshots, err)
		}
		return int64(after.TotalAlloc - before.TotalAlloc)
	}
	few := allocated(10)
	if more := allocated(110) - few; more > 100*500*88/4 {
		t.Errorf("%d bytes allocated for 100 snapshots more", more)
	}
}

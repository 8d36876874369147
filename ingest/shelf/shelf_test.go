package shelf

import (
	"fmt"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"poolsweep/ingest"
)

// fill sets every field of a value to something, and gives lists two elements.
func fill(v reflect.Value, n *int) {
	*n++
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(*n%2 == 0)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(*n) * 1000 * int64(1-*n%2*2)) // of both signs
	case reflect.Uint8:
		v.SetUint(uint64(*n % 256))
	case reflect.Uint64:
		v.SetUint(1<<63 + uint64(*n))
	case reflect.String:
		v.SetString(fmt.Sprintf("text %d", *n%50))
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fallthrough
	case reflect.Array:
		for i := range v.Len() {
			fill(v.Index(i), n)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), n)
		}
	}
}

// full returns a snapshot with something in every field of every table.
func full(start int) *ingest.Snapshot {
	s := &ingest.Snapshot{Machine: ingest.Machine{Name: "LAB-1"}, Source: ingest.Source{File: "a.log", Line: 3},
		At: time.Unix(1_900_000_000, 0).UTC(), VM: &ingest.VM{Paged: 4},
		Blocks: []ingest.Block{{Command: "lm"}}, Warnings: []ingest.Warning{{Message: "cut"}}}
	v := reflect.ValueOf(s).Elem()
	for _, i := range tableFields {
		fill(v.Field(i), &start)
	}
	s.Tags = append(s.Tags, ingest.TagUsage{Tag: ingest.MustTag("Irp "), Pool: ingest.NonPaged,
		Usage: ingest.Usage{Outstanding: -7, Bytes: 1 << 63}, Source: ingest.Source{File: "a.log", Line: 2}})
	return s
}

func TestTablesComeBackAsTheyWere(t *testing.T) {
	shelf := New()
	var docs, want []*ingest.Document
	for i := range 3 {
		docs = append(docs, &ingest.Document{Snapshots: []*ingest.Snapshot{full(i), {}, full(100 * i)}})
		want = append(want, &ingest.Document{Snapshots: []*ingest.Snapshot{full(i), {}, full(100 * i)}})
		shelf.Put(docs[i])
	}
	for i, d := range docs {
		back := shelf.Lend(d.Snapshots)
		if diff := cmp.Diff(want[i], d); diff != "" {
			t.Errorf("document %d (-put away +lent):\n%s", i, diff)
		}
		back()
	}
}

// TestWhatStaysOnASnapshot: nothing that grows with a log but its blocks and warnings.
func TestWhatStaysOnASnapshot(t *testing.T) {
	s := full(1)
	want := &ingest.Snapshot{Machine: s.Machine, Source: s.Source, At: s.At, VM: s.VM, Blocks: s.Blocks, Warnings: s.Warnings}
	New().Take(s)
	if diff := cmp.Diff(want, s); diff != "" {
		t.Errorf("(-want +left):\n%s", diff)
	}
}

func TestLentTwiceStaysUntilBothAreBack(t *testing.T) {
	shelf, d := New(), &ingest.Document{Snapshots: []*ingest.Snapshot{full(1)}}
	shelf.Put(d)
	one, two := shelf.Lend(d.Snapshots), shelf.Lend(d.Snapshots)
	one()
	if len(d.Snapshots[0].Tags) == 0 {
		t.Error("the tables are gone while somebody looks at them")
	}
	two()
	if len(d.Snapshots[0].Tags) != 0 {
		t.Error("the tables stay though all are back")
	}
}

func TestTablesThatWereNeverPutAwayStay(t *testing.T) {
	s := full(1)
	New().Lend([]*ingest.Snapshot{s})()
	if diff := cmp.Diff(full(1), s); diff != "" {
		t.Error(diff)
	}
}

func TestRewrite(t *testing.T) {
	shelf, d := New(), &ingest.Document{Snapshots: []*ingest.Snapshot{full(1)}}
	shelf.Put(d)
	shelf.Rewrite(d, func(d *ingest.Document) {
		s := d.Snapshots[0]
		s.File, s.Tags[2].File, s.Tags[2].Description = "b.log", "b.log", "other"
	})
	if len(d.Snapshots[0].Tags) != 0 {
		t.Error("the tables were not put away again")
	}
	for d := range shelf.Whole([]*ingest.Document{d}) {
		if row := d.Snapshots[0].Tags[2]; row.Description != "other" || row.File != "b.log" || row.Outstanding != -7 {
			t.Errorf("row %+v", row)
		}
	}
}

func TestSeveralMayPutAndLend(t *testing.T) {
	shelf := New()
	var docs []*ingest.Document
	for i := range 20 {
		docs = append(docs, &ingest.Document{Snapshots: []*ingest.Snapshot{full(i)}})
	}
	shelf.Put(docs[0])
	var all sync.WaitGroup
	for i := 1; i < len(docs); i++ {
		all.Go(func() {
			shelf.Put(docs[i])
			back := shelf.Lend([]*ingest.Snapshot{docs[0].Snapshots[0], docs[i].Snapshots[0]})
			defer back()
			if len(docs[0].Snapshots[0].Tags) != 3 || len(docs[i].Snapshots[0].Tags) != 3 {
				t.Error("tables are missing")
			}
		})
	}
	all.Wait()
}

// table is a pool table as long as those of a busy machine.
func table() *ingest.Document {
	s := &ingest.Snapshot{Source: ingest.Source{File: "a.log"}}
	for i := range 1700 {
		tag := ingest.Tag{'A' + byte(i%26), 'a' + byte(i/26%26), 'a' + byte(i/676), ' '}
		s.Tags = append(s.Tags, ingest.TagUsage{Tag: tag, Pool: ingest.NonPaged,
			Usage:       ingest.Usage{Outstanding: int64(i*i) % 9000, Bytes: uint64(i*i) % 900_000 * 16},
			Description: "some structure , Binary: driver.sys", Source: ingest.Source{File: "a.log", Line: 10 + i}})
	}
	return &ingest.Document{Snapshots: []*ingest.Snapshot{s}}
}

func BenchmarkPut(b *testing.B) {
	shelf, d := New(), table()
	rows := d.Snapshots[0].Tags
	for b.Loop() {
		d.Snapshots[0].Tags = rows
		shelf.Put(d)
	}
	b.ReportMetric(float64(len(shelf.boxes[d.Snapshots[0]].packed))/float64(len(rows)), "B/row")
}

func BenchmarkLend(b *testing.B) {
	shelf, d := New(), table()
	shelf.Put(d)
	for b.Loop() {
		shelf.Lend(d.Snapshots)()
	}
}

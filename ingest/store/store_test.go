package store

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"poolsweep/ingest"
)

var noon = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

// newStore opens a new history on the database that the tests run on.
func newStore(t testing.TB) (*Store, string) {
	t.Helper()
	place := newPlace(t)
	return openStore(t, place), place
}

// newFile opens a new history in a folder, for tests of what only SQLite does.
func newFile(t testing.TB) (*Store, string) {
	t.Helper()
	if *server != "" {
		t.Skip("is about SQLite")
	}
	return newStore(t)
}

func openStore(t testing.TB, place string) *Store {
	t.Helper()
	s, err := Open(context.Background(), place)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// log makes a document with one snapshot of a machine.
func log(machine, content string, at time.Time) *ingest.Document {
	file := machine + "/" + content + ".log"
	return &ingest.Document{File: file, SHA256: content, Bytes: int64(100 * len(content)), Snapshots: []*ingest.Snapshot{{
		Machine: ingest.Machine{Name: machine, From: ingest.NameFromFolder}, Source: ingest.Source{File: file, Line: 1},
		At: at, Uptime: 90 * time.Minute, UptimeOK: true,
		Tags: []ingest.TagUsage{{Tag: ingest.MustTag("Abcd"), Pool: ingest.NonPaged,
			Usage: ingest.Usage{Outstanding: 42, Bytes: 4_200, Allocs: 50, Frees: 8, Counted: true}, Source: ingest.Source{File: file, Line: 9}}},
	}}}
}

func reading(machine, name, content string) Reading {
	return Reading{Drop: Drop{Share: "/srv/drop", Name: name, State: Analysed, Machine: machine, SHA256: content,
		Bytes: int64(100 * len(content)), Stamp: "s-" + content}, Documents: []*ingest.Document{log(machine, content, noon)}}
}

func record(t *testing.T, s *Store, r Reading, want State) {
	t.Helper()
	got, err := s.Record(context.Background(), r, noon)
	if err != nil {
		t.Fatal(err)
	}
	if got != want {
		t.Errorf("%s: %s, want %s", r.Name, got, want)
	}
}

// contents returns the hashes of the documents in force of a machine.
func contents(t *testing.T, s *Store, machine string) []string {
	t.Helper()
	held, err := s.Documents(context.Background(), machine, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, h := range held {
		out = append(out, h.SHA256)
	}
	slices.Sort(out)
	return out
}

func states(t *testing.T, s *Store) map[string]State {
	t.Helper()
	out := map[string]State{}
	if err := s.Drops(context.Background(), "", func(d Drop) error { out[d.Name] = d.State; return nil }); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestRecordKeepsTheDocumentWhole(t *testing.T) {
	s, _ := newStore(t)
	r := reading("LAB-1", "LAB-1/a.log", "c1")
	record(t, s, r, Analysed)
	held, err := s.Documents(context.Background(), "lab-1", time.Time{})
	if err != nil || len(held) != 1 {
		t.Fatalf("%d documents, %v", len(held), err)
	}
	if !reflect.DeepEqual(held[0].Document, r.Documents[0]) {
		t.Errorf("document %+v, want %+v", held[0].Document, r.Documents[0])
	}
	if held[0].Share != "/srv/drop" || held[0].Name != "LAB-1/a.log" || !held[0].ReadAt.Equal(noon) {
		t.Errorf("held %+v", held[0])
	}
}

func TestSameContentOfAMachineCountsOnce(t *testing.T) {
	s, _ := newStore(t)
	record(t, s, reading("LAB-1", "LAB-1/a.log", "c1"), Analysed)
	record(t, s, reading("LAB-1", "LAB-1/copy.log", "c1"), Duplicate)
	record(t, s, reading("lab-1", "LAB-1/again.log", "c1"), Duplicate)
	record(t, s, reading("LAB-1", "LAB-1/a.log", "c1"), Analysed) // recorded again after a crash
	record(t, s, reading("LAB-2", "LAB-2/a.log", "c1"), Analysed) // another machine may print the same
	if got := contents(t, s, "LAB-1"); !slices.Equal(got, []string{"c1"}) {
		t.Errorf("documents %v", got)
	}
	if got := contents(t, s, "LAB-2"); !slices.Equal(got, []string{"c1"}) {
		t.Errorf("documents of the other machine %v", got)
	}
}

func TestLongerContentSupersedes(t *testing.T) {
	s, _ := newStore(t)
	record(t, s, reading("LAB-1", "LAB-1/a.log", "c1"), Analysed)
	record(t, s, reading("LAB-1", "LAB-1/old.log", "c0"), Analysed)
	r := reading("LAB-1", "LAB-1/a.log", "c1+c2")
	r.Supersedes = []string{"c1", "c0"}
	record(t, s, r, Analysed)
	if got := contents(t, s, "LAB-1"); !slices.Equal(got, []string{"c1+c2"}) {
		t.Errorf("documents %v", got)
	}
	want := map[string]State{"LAB-1/a.log": Analysed, "LAB-1/old.log": Superseded}
	if got := states(t, s); !reflect.DeepEqual(got, want) {
		t.Errorf("drops %v, want %v", got, want)
	}
	record(t, s, reading("LAB-1", "LAB-1/late.log", "c1"), Superseded)
}

func TestAnotherContentUnderTheNameStandsBeside(t *testing.T) {
	s, _ := newStore(t)
	record(t, s, reading("LAB-1", "LAB-1/a.log", "c1"), Analysed)
	record(t, s, reading("LAB-1", "LAB-1/a.log", "d1"), Analysed)
	if got := contents(t, s, "LAB-1"); !slices.Equal(got, []string{"c1", "d1"}) {
		t.Errorf("documents %v", got)
	}
}

func TestRefusalLeavesNoDocument(t *testing.T) {
	s, _ := newStore(t)
	record(t, s, Reading{Drop: Drop{Share: "/srv/drop", Name: "x.log", State: Refused, Reason: "NOT_A_LOG", Stamp: "s"}}, Refused)
	ms, err := s.Machines(context.Background())
	if err != nil || len(ms) != 0 {
		t.Errorf("machines %v, %v", ms, err)
	}
	counts, err := s.Counts(context.Background())
	if err != nil || counts[Refused] != 1 || len(counts) != 1 {
		t.Errorf("counts %v, %v", counts, err)
	}
}

func TestNoteKeepsWhatWasRead(t *testing.T) {
	s, _ := newStore(t)
	ctx := context.Background()
	record(t, s, reading("LAB-1", "LAB-1/a.log", "c1"), Analysed)
	later := noon.Add(time.Hour)
	if err := s.Note(ctx, []Drop{{Share: "/srv/drop", Name: "LAB-1/a.log", State: Gone}}, later); err != nil {
		t.Fatal(err)
	}
	err := s.Drops(ctx, "/srv/drop", func(d Drop) error {
		if d.SHA256 != "c1" || d.Machine != "LAB-1" || d.Stamp != "s-c1" || !d.FirstSeen.Equal(noon) || !d.ChangedAt.Equal(later) {
			t.Errorf("drop %+v", d)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := contents(t, s, "LAB-1"); len(got) != 1 {
		t.Errorf("a file that went took its document along: %v", got)
	}
}

func TestJudgementMakesARevisionOnlyOfAChange(t *testing.T) {
	s, _ := newStore(t)
	ctx := context.Background()
	record(t, s, reading("LAB-1", "LAB-1/a.log", "c1"), Analysed)
	ms, err := s.Machines(ctx)
	if err != nil || len(ms) != 1 || ms[0].Changed == ms[0].Judged {
		t.Fatalf("machines %+v, %v", ms, err)
	}
	ms[0].Verdict, ms[0].Confidence = "leak", 0.9
	f := Finding{Case: Case{ID: "PS-1", Signature: "v1|x", Verdict: "leak", Confidence: 0.9, Title: "Abcd", Machines: []string{"LAB-1"},
		Summary: []byte(`{"events":1}`)}, Digest: "d1", Outputs: []string{"cases/PS-1.pdf"}}
	for _, step := range []struct {
		digest  string
		revised bool
		number  int
	}{{"d1", true, 1}, {"d1", false, 1}, {"d2", true, 2}} {
		f.Digest = step.digest
		revised, err := s.Judge(ctx, Judgement{ms, []Finding{f}}, noon)
		if err != nil || (len(revised) == 1) != step.revised {
			t.Errorf("digest %s: revised %v, %v", step.digest, revised, err)
		}
		cases, err := s.Cases(ctx)
		if err != nil || len(cases) != 1 || cases[0].Revision != step.number || !slices.Equal(cases[0].Machines, f.Machines) {
			t.Errorf("digest %s: cases %+v, %v", step.digest, cases, err)
		}
	}
	out, err := s.Outputs(ctx)
	if err != nil || len(out) != 1 || !out[0].Due() || out[0].Wanted != 2 {
		t.Errorf("outputs %+v, %v", out, err)
	}
	if err := s.Wrote(ctx, "cases/PS-1.pdf", 2, "hash", noon); err != nil {
		t.Fatal(err)
	}
	if out, _ = s.Outputs(ctx); out[0].Due() {
		t.Errorf("still due: %+v", out[0])
	}
	ms, _ = s.Machines(ctx)
	if ms[0].Changed != ms[0].Judged || ms[0].Verdict != "leak" {
		t.Errorf("machine %+v", ms[0])
	}
}

func TestASecondWatcherIsRefused(t *testing.T) {
	_, dir := newFile(t)
	_, err := Open(context.Background(), dir)
	if !errors.Is(err, ErrInUse) || !strings.Contains(err.Error(), fmt.Sprint(os.Getpid())) {
		t.Errorf("err = %v, want %v with the owner's number", err, ErrInUse)
	}
	reader, err := OpenBeside(context.Background(), dir)
	if err != nil {
		t.Fatalf("reading beside the owner: %v", err)
	}
	reader.Close()
}

const newerVersion = 999

func TestANewerSchemaIsRefusedUntouched(t *testing.T) {
	s, dir := newStore(t)
	_, err := s.db.ExecContext(context.Background(), `INSERT INTO goose_db_version (version_id, is_applied)
		SELECT $1, is_applied FROM goose_db_version LIMIT 1`, newerVersion)
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
	if _, err := Open(context.Background(), dir); !errors.Is(err, ErrNewer) {
		t.Errorf("err = %v, want %v", err, ErrNewer)
	}
	if _, err := OpenBeside(context.Background(), dir); !errors.Is(err, ErrNewer) {
		t.Errorf("beside it: err = %v, want %v", err, ErrNewer)
	}
}

func TestDamageIsNamed(t *testing.T) {
	for name, damage := range map[string]func([]byte) []byte{
		"garbage":     func(b []byte) []byte { return bytes.Repeat([]byte("garbage!"), len(b)/8) },
		"nul header":  func(b []byte) []byte { copy(b, make([]byte, 4096)); return b },
		"cut in half": func(b []byte) []byte { return b[:len(b)/2/4096*4096] },
	} {
		t.Run(name, func(t *testing.T) {
			s, dir := newFile(t)
			record(t, s, reading("LAB-1", "LAB-1/a.log", "c1"), Analysed)
			s.Close()
			file := filepath.Join(dir, File)
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, damage(b), 0o600); err != nil {
				t.Fatal(err)
			}
			s, err = Open(context.Background(), dir)
			if err == nil {
				err = s.Check(context.Background(), true)
				s.Close()
			}
			if !errors.Is(err, ErrDamaged) {
				t.Errorf("err = %v, want %v", err, ErrDamaged)
			}
		})
	}
}

func TestSharesKeepTheLastScan(t *testing.T) {
	s, _ := newStore(t)
	for _, want := range []Share{{Path: "/srv/drop", Kind: "local", Files: 3, Ignored: 1, ScannedAt: noon},
		{Path: "/srv/drop", Kind: "nfs", Reason: ingest.ReasonShareDown, Files: 2, ScannedAt: noon.Add(time.Minute)}} {
		if err := s.PutShare(context.Background(), want); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Shares(context.Background()); err != nil || len(got) != 1 || got[0] != want {
			t.Errorf("shares %+v, %v, want %+v", got, err, want)
		}
	}
}

func TestNewestIsOneDocumentAMachine(t *testing.T) {
	s, _ := newStore(t)
	for i, content := range []string{"old", "new"} {
		r := reading("LAB-1", content+".log", content)
		r.Documents[0].Snapshots[0].At = noon.Add(time.Duration(i) * time.Hour)
		record(t, s, r, Analysed)
	}
	record(t, s, reading("LAB-2", "x.log", "other"), Analysed)
	var held []Held
	err := s.Newest(context.Background(), func(h Held) { held = append(held, h) })
	if err != nil || len(held) != 2 || held[0].SHA256 == "old" || held[1].SHA256 == "old" {
		t.Errorf("held %+v, %v", held, err)
	}
}

func TestPlacesAreTheFoldersOfMachines(t *testing.T) {
	s, _ := newStore(t)
	for i, name := range []string{"LAB-1/old/a.log", "LAB-1/old/b.log", "LAB-1/c.log", "d.log", "é\\\xff/e.log"} {
		record(t, s, reading("LAB-1", name, fmt.Sprint(i)), Analysed)
	}
	record(t, s, reading("LAB-2", "LAB-1/old/f.log", "other"), Analysed)
	var got []string
	err := s.Places(t.Context(), func(_, folder, machine string) { got = append(got, machine+" "+folder) })
	slices.Sort(got)
	want := []string{"LAB-1 ", "LAB-1 LAB-1/", "LAB-1 LAB-1/old/", "LAB-1 é\\\xff/", "LAB-2 LAB-1/old/"}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v, want %q", got, err, want)
	}
}

// The hash of what is known follows documents that come, and those of these machines and
// this time alone.
func TestKnownFollowsTheDocuments(t *testing.T) {
	s, _ := newStore(t)
	hours := func(n int) time.Time { return noon.Add(time.Duration(n) * time.Hour) }
	add := func(machine, content string, at time.Time) {
		r := reading(machine, content+".log", content)
		r.Documents[0].Snapshots[0].At = at
		record(t, s, r, Analysed)
	}
	known := func() string {
		t.Helper()
		sum, err := s.Known(t.Context(), map[string]bool{ingest.MachineKey("LAB-1"): true}, hours(1), hours(9), noon.AddDate(1, 0, 0))
		if err != nil {
			t.Fatal(err)
		}
		return sum
	}
	none := known()
	add("LAB-1", "long ago", hours(0)) // the newest there is
	first := known()
	add("LAB-2", "of another", hours(2))
	add("LAB-1", "later", hours(9))
	if same := known(); first == none || same != first {
		t.Errorf("%s, then %s, then %s", none, first, same)
	}
	add("LAB-1", "of the time", hours(3))
	if known() == first {
		t.Error("a document that came makes no difference")
	}
}

func TestPurgeLeavesNoTrace(t *testing.T) {
	s, dir := newStore(t)
	ctx := context.Background()
	const canary = "CANARY-4711"
	for i := range 50 {
		record(t, s, reading(canary, fmt.Sprintf("%s/%d.log", canary, i), fmt.Sprintf("c%d", i)), Analysed)
	}
	record(t, s, reading("LAB-1", "LAB-1/a.log", "other"), Analysed)
	f := Finding{Case: Case{ID: "PS-1", Signature: "v1", Verdict: "leak", Title: "t", Machines: []string{canary, "LAB-1"},
		Summary: []byte(canary)}, Digest: "d"}
	if _, err := s.Judge(ctx, Judgement{nil, []Finding{f}}, noon); err != nil {
		t.Fatal(err)
	}
	removed, err := s.Purge(ctx, "canary-4711", noon)
	if err != nil || removed.Documents != 50 || removed.Drops != 50 {
		t.Errorf("removed %+v, %v", removed, err)
	}
	leavesNoTrace(t, dir, canary)
	if got := contents(t, s, "LAB-1"); len(got) != 1 {
		t.Errorf("the other machine has %v", got)
	}
}

// leavesNoTrace looks for a name in what is left of a history: the files of a folder,
// or all rows on a server, whose own files are its vacuum's.
func leavesNoTrace(t *testing.T, place, name string) {
	t.Helper()
	if *server != "" {
		for table, text := range dump(t, place) {
			if strings.Contains(text, name) || strings.Contains(text, hex.EncodeToString([]byte(name))) {
				t.Errorf("table %s still holds %s", table, name)
			}
		}
		return
	}
	files, err := filepath.Glob(filepath.Join(place, "*"))
	if err != nil || len(files) == 0 {
		t.Error(files, err)
	}
	for _, f := range files {
		if b, err := os.ReadFile(f); err != nil || bytes.Contains(b, []byte(name)) {
			t.Errorf("%s still holds %s; %v", f, name, err)
		}
	}
}

func TestRetainRemovesWhatIsOlder(t *testing.T) {
	s, _ := newStore(t)
	ctx := context.Background()
	record(t, s, reading("LAB-1", "LAB-1/a.log", "old"), Analysed)
	if _, err := s.Record(ctx, reading("LAB-1", "LAB-1/b.log", "new"), noon.Add(time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	removed, err := s.Retain(ctx, noon.Add(time.Millisecond))
	if err != nil || removed.Documents != 1 {
		t.Errorf("removed %+v, %v", removed, err)
	}
	if got := contents(t, s, "LAB-1"); !slices.Equal(got, []string{"new"}) {
		t.Errorf("documents %v", got)
	}
}

func TestBackupIsAWholeDatabase(t *testing.T) {
	s, _ := newFile(t)
	record(t, s, reading("LAB-1", "LAB-1/a.log", "c1"), Analysed)
	dir := t.TempDir()
	if err := s.Backup(context.Background(), filepath.Join(dir, File)); err != nil {
		t.Fatal(err)
	}
	copied, err := OpenBeside(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer copied.Close()
	if got := contents(t, copied, "LAB-1"); len(got) != 1 {
		t.Errorf("documents %v", got)
	}
}

// Names of folders are any bytes, and a machine of such a name is judged like another.
func TestTextOfAnyBytesIsKept(t *testing.T) {
	s, _ := newStore(t)
	ctx := context.Background()
	const name = "lab\xff\xfe\x00-1"
	record(t, s, reading(name, name+"/a.log", "c1"), Analysed)
	if got := contents(t, s, name); len(got) != 1 {
		t.Errorf("documents %v", got)
	}
	if got := states(t, s); got[name+"/a.log"] != Analysed {
		t.Errorf("drops %v", got)
	}
	ms, err := s.Machines(ctx)
	if err != nil || len(ms) != 1 {
		t.Fatal(ms, err)
	}
	if _, err := s.Judge(ctx, Judgement{Machines: ms}, noon); err != nil {
		t.Fatal(err)
	}
	if news, err := s.Unjudged(ctx); err != nil || news {
		t.Errorf("still to be judged: %t, %v", news, err)
	}
	lines := []DecisionLine{{File: "f\xff", Text: "PS-1 \x00 owner"}}
	for range 2 {
		if _, _, err := s.PutDecisions(ctx, "o\xff", lines, noon); err != nil {
			t.Error(err)
		}
	}
	if removed, err := s.Purge(ctx, name, noon); err != nil || removed.Documents != 1 || removed.Drops != 1 {
		t.Errorf("purge: %+v, %v", removed, err)
	}
}

func FuzzEscape(f *testing.F) {
	for _, name := range []string{"LAB-1/a.log", "\xff\xfe.log", `a\x41.log`, `\`, "Ä", "a\x00b"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		text := Escape(name)
		if strings.ToValidUTF8(text, "") != text || strings.Contains(text, "\x00") {
			t.Errorf("Escape(%q) = %q is no text", name, text)
		}
		if got := Unescape(text); got != name {
			t.Errorf("%q came back as %q", name, got)
		}
	})
}

func BenchmarkRecord(b *testing.B) {
	s, _ := newStore(b)
	for i := range b.N {
		if _, err := s.Record(context.Background(), reading("LAB-1", fmt.Sprint(i), fmt.Sprint(i)), noon); err != nil {
			b.Fatal(err)
		}
	}
}

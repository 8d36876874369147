package store

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	sqlite3 "modernc.org/sqlite/lib"

	"poolsweep/ingest"
)

// judged stores a case of some machines, with a report.
func judged(t *testing.T, s *Store, id, digest string, now time.Time, machines ...string) {
	t.Helper()
	f := Finding{Case: Case{ID: id, Signature: "v1", Verdict: "leak", Title: "t", Machines: machines, Summary: []byte("{}")},
		Digest: digest, Outputs: []string{"cases/" + id + ".pdf"}}
	if _, err := s.Judge(context.Background(), Judgement{nil, []Finding{f}}, now); err != nil {
		t.Fatal(err)
	}
}

// due returns the paths of reports that are due, with the revision that is wanted.
func due(t *testing.T, s *Store) map[string]int64 {
	t.Helper()
	outputs, err := s.Outputs(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]int64{}
	for _, o := range outputs {
		if o.Due() {
			out[o.Path] = o.Wanted
		}
	}
	return out
}

func TestPurgeHasTheReportsOfItsCasesGo(t *testing.T) {
	s, _ := newStore(t)
	ctx := context.Background()
	for _, m := range []string{"LAB-1", "LAB-2"} {
		record(t, s, reading(m, m+"/a.log", "c"+m), Analysed)
	}
	judged(t, s, "PS-BOTH", "d", noon, "LAB-1", "LAB-2")
	judged(t, s, "PS-ONE", "d", noon, "LAB-1")
	judged(t, s, "PS-OTHER", "d", noon, "LAB-2")
	for _, id := range []string{"PS-BOTH", "PS-ONE", "PS-OTHER"} {
		if err := s.Wrote(ctx, "cases/"+id+".pdf", 1, "h", noon); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Purge(ctx, "LAB-1", noon); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]int64{"cases/PS-BOTH.pdf": 0, "cases/PS-ONE.pdf": 0}, due(t, s)); diff != "" {
		t.Error(diff)
	}
	// The other machine still has the shared case: its report is due, be the old one
	// gone by then or not.
	judged(t, s, "PS-BOTH", "d", noon, "LAB-2")
	if err := s.Withdrawn(ctx, "cases/PS-ONE.pdf"); err != nil {
		t.Fatal(err)
	}
	if err := s.Withdrawn(ctx, "cases/PS-OTHER.pdf"); err != nil { // is wanted, so it stays
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]int64{"cases/PS-BOTH.pdf": 1}, due(t, s)); diff != "" {
		t.Error(diff)
	}
	if outputs, _ := s.Outputs(ctx); len(outputs) != 2 {
		t.Errorf("outputs %+v, want two", outputs)
	}
}

func TestPurgeHasOthersOfTheSameLogJudgedAgain(t *testing.T) {
	s, _ := newStore(t)
	r := reading("LAB-1", "LAB-1/a.log", "both")
	r.Documents[0].Snapshots = append(r.Documents[0].Snapshots, log("LAB-2", "x", noon).Snapshots...)
	record(t, s, r, Analysed)
	if _, err := s.Purge(context.Background(), "LAB-1", noon); err != nil {
		t.Fatal(err)
	}
	machines, err := s.Machines(context.Background())
	if err != nil || len(machines) != 1 || machines[0].Name != "LAB-2" || machines[0].Changed != 2 {
		t.Errorf("%+v, %v", machines, err)
	}
}

// The name of a machine stands in the names of its drops, also of those that were
// never read. Case is folded as everywhere, not only in ASCII.
func TestPurgeRemovesDropsThatWereNotRead(t *testing.T) {
	s, dir := newStore(t)
	ctx := context.Background()
	const name = "Müller-4711"
	record(t, s, reading(name, name+"/a.log", "c1"), Analysed)
	record(t, s, reading("LAB-1", name+"/of-another.log", "c2"), Analysed)
	var drops []Drop
	for _, n := range []string{name + "/b.log", name + "/deep", name + "_20261124.log", "LAB-1/d.log", "\xff.log"} {
		drops = append(drops, Drop{Share: "/srv/drop", Name: n, State: Refused, Reason: ingest.ReasonEmpty})
	}
	if err := s.Note(ctx, drops, noon); err != nil {
		t.Fatal(err)
	}
	removed, err := s.Purge(ctx, "MÜLLER-4711", noon)
	if err != nil || removed.Drops != 4 {
		t.Errorf("removed %+v, %v", removed, err)
	}
	left := states(t, s)
	if len(left) != 3 || left["LAB-1/d.log"] != Refused || left[name+"/of-another.log"] != Analysed {
		t.Errorf("left %v in %s", left, dir)
	}
}

func TestRetainRemovesCasesLastSeenBefore(t *testing.T) {
	s, _ := newStore(t)
	ctx := context.Background()
	record(t, s, reading("LAB-1", "LAB-1/a.log", "c"), Analysed)
	cut := noon.Add(time.Hour)
	judged(t, s, "PS-OLD", "d", cut.Add(-time.Millisecond), "LAB-1")
	judged(t, s, "PS-AT", "d", cut, "LAB-1")
	removed, err := s.Retain(ctx, cut)
	if err != nil || removed.Cases != 1 {
		t.Errorf("removed %+v, %v", removed, err)
	}
	cases, err := s.Cases(ctx)
	if err != nil || len(cases) != 1 || cases[0].ID != "PS-AT" {
		t.Errorf("cases %+v, %v", cases, err)
	}
	if got := due(t, s)["cases/PS-OLD.pdf"]; got != 0 {
		t.Errorf("report of the old case wants revision %d", got)
	}
}

func TestBackupOfADamagedDatabaseIsRefused(t *testing.T) {
	file := filepath.Join(t.TempDir(), "copy.db")
	s, _ := newFile(t)
	for i := range 40 {
		record(t, s, reading("LAB-1", "LAB-1/a.log", "c"+string(rune('0'+i))), Analysed)
	}
	if err := s.Backup(context.Background(), file); err != nil {
		t.Fatal(err)
	}
	if err := s.Backup(context.Background(), file); err == nil {
		t.Error("wrote over a backup")
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for i := len(b) / 2; i < len(b)/2+4096; i++ {
		b[i] = 0xa5
	}
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := checkCopy(context.Background(), file); !errors.Is((&sqliteFile{}).explain(err), ErrDamaged) {
		t.Errorf("damaged copy: %v", err)
	}
}

func TestHealthKeepsTheLastWord(t *testing.T) {
	s, _ := newStore(t)
	ctx := context.Background()
	want := Health{Part: "clock", Detail: "fine", At: noon.Add(time.Hour)}
	for _, h := range []Health{{"clock", ingest.ReasonClockSuspect, "leapt", noon}, want} {
		if err := s.PutHealth(ctx, h); err != nil {
			t.Fatal(err)
		}
	}
	got, err := s.Health(ctx)
	if diff := cmp.Diff([]Health{want}, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

func TestKeepSharesForgetsTheOthers(t *testing.T) {
	s, _ := newStore(t)
	ctx := context.Background()
	for _, p := range []string{"/a", "/b"} {
		if err := s.PutShare(ctx, Share{Path: p}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.KeepShares(ctx, []string{"/b", "/c"}); err != nil {
		t.Fatal(err)
	}
	shares, err := s.Shares(ctx)
	if err != nil || !slices.EqualFunc(shares, []string{"/b"}, func(sh Share, p string) bool { return sh.Path == p }) {
		t.Errorf("%+v, %v", shares, err)
	}
}

func TestAnOlderSchemaIsNamedAndBroughtUpToDate(t *testing.T) {
	s, dir := newStore(t)
	ctx := context.Background()
	record(t, s, reading("LAB-1", "LAB-1/a.log", "c"), Analysed)
	for _, undo := range []string{`DROP TABLE health`, `DROP TABLE install`, `DROP TABLE period`, `DROP TABLE period_document`,
		`DROP TABLE period_case`, `DROP TABLE blob`, `DROP TABLE outbox`, `DROP TABLE decision`, `DROP TABLE case_name`, `DROP TABLE attachment`,
		`DROP TABLE node`, `DROP TABLE lease`, `DROP TABLE outcome`,
		`DROP INDEX snapshot_moment`, `ALTER TABLE snapshot DROP COLUMN moment`, `CREATE INDEX snapshot_machine ON snapshot (machine, at)`,
		`DROP INDEX document_machine`, `DROP INDEX drop_file_reason`, `DELETE FROM goose_db_version WHERE version_id > 1`} {
		if _, err := s.db.ExecContext(ctx, undo); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenBeside(ctx, dir); !errors.Is(err, ErrOlder) {
		t.Errorf("beside an older watcher: %v", err)
	}
	s, err := Open(ctx, dir)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if held, err := s.Documents(ctx, "LAB-1", noon); err != nil || len(held) != 1 {
		t.Errorf("documents %v, %v", held, err)
	}
	if _, err := s.Health(ctx); err != nil {
		t.Error(err)
	}
}

func TestWriteThatFailsIsToldApart(t *testing.T) {
	s, dir := newFile(t)
	if err := s.engine.(*sqliteFile).tryWrite(); err != nil {
		t.Errorf("a folder with space: %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "probe-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	for code, want := range map[int]error{
		sqlite3.SQLITE_IOERR_WRITE: ErrDisk, // there is space, so it was something else
		sqlite3.SQLITE_IOERR_FSYNC: ErrDisk,
		sqlite3.SQLITE_IOERR_READ:  ErrDisk,
	} {
		if err := s.engine.(*sqliteFile).explainIO(code, errors.New("it says")); !errors.Is(err, want) {
			t.Errorf("code %d: %v, want %v", code, err, want)
		}
	}
	for _, e := range []error{syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG} {
		if !slices.Contains(noSpace, e) && runtime.GOOS != "windows" {
			t.Errorf("%v does not count as full", e)
		}
	}
}

package watch

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"poolsweep/ingest"
)

func TestPollWaitsUntilAFileStandsStill(t *testing.T) {
	for _, c := range []struct {
		name, text string
		kind       string
		need       time.Duration
		waits      ingest.Reason // shown just before
		doubt      ingest.Reason // shown when ready
	}{
		{"end line", "x\n" + closing, local, 2 * time.Second, ingest.ReasonChanging, ""},
		{"end line, smb", "x\n" + closing, smb, 5 * time.Second, ingest.ReasonChanging, ""},
		{"quit", "x\nquit:\n", local, 20 * time.Second, ingest.ReasonChanging, ""},
		{"quit, smb", "x\nquit:\n", smb, time.Minute, ingest.ReasonChanging, ""},
		{"no end line", "x\n", local, 10 * time.Minute, ingest.ReasonIncomplete, ingest.ReasonIncomplete},
		{"no end line, smb", "x\n", smb, 30 * time.Minute, ingest.ReasonIncomplete, ingest.ReasonIncomplete},
		{"no end line, fuse", "x\n", fuse, 30 * time.Minute, ingest.ReasonIncomplete, ingest.ReasonIncomplete},
		{"NUL tail", closing + "\x00\x00", local, 10 * time.Minute, ingest.ReasonNULTail, ingest.ReasonNULTail},
		{"all NUL", strings.Repeat("\x00", 9000), nfs, 30 * time.Minute, ingest.ReasonNULTail, ingest.ReasonNULTail},
		{"nfs, quit", "quit:", nfs, 130 * time.Second, ingest.ReasonChanging, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newLab(t, Options{Kind: c.kind})
			l.write("x.log", c.text)
			l.poll(0)
			l.poll(c.need - 2)
			e := l.want(l.poll(1), "x.log", Waiting, c.waits)
			if e.Wait != 1 {
				t.Errorf("still to wait: %v", e.Wait)
			}
			e = l.want(l.poll(1), "x.log", Ready, c.doubt)
			if twice := c.kind != local && c.doubt != ""; e.Twice != twice {
				t.Errorf("to be read twice: %v", e.Twice)
			}
			if got := l.settle("x.log"); got != c.text {
				t.Errorf("read %q", got)
			}
			if s := l.poll(time.Hour); s.Counts != [states]int{Settled: 1} || len(s.Entries) > 0 {
				t.Errorf("settled, but %v %v", s.Counts, s.Entries)
			}
		})
	}
}

func TestOptionsOverrideTheTimes(t *testing.T) {
	l := newLab(t, Options{EndWait: time.Minute, QuietWait: 2 * time.Minute, LongWait: 3 * time.Minute})
	l.write("end.log", closing)
	l.write("quit.log", "quit:")
	l.write("none.log", "x")
	l.poll(0)
	s := l.poll(time.Minute - 1)
	l.want(s, "end.log", Waiting, ingest.ReasonChanging)
	s = l.poll(1)
	l.want(s, "end.log", Ready, "")
	s = l.poll(2*time.Minute - 1)
	l.want(s, "none.log", Waiting, ingest.ReasonIncomplete)
	s = l.poll(1)
	l.want(s, "none.log", Ready, ingest.ReasonIncomplete)
	l.want(s, "quit.log", Waiting, ingest.ReasonChanging)
	l.want(l.poll(time.Minute), "quit.log", Ready, "")
}

func TestEachChangeBeginsTheWaitAnew(t *testing.T) {
	l := newLab(t, Options{})
	l.write("x.log", closing)
	l.poll(0)
	for range 5 {
		l.add("x.log", closing)
		l.want(l.poll(time.Minute), "x.log", Waiting, ingest.ReasonChanging)
	}
	l.want(l.poll(2*time.Second), "x.log", Ready, "")
}

func TestEmptyDropIsRefusedLate(t *testing.T) {
	l := newLab(t, Options{})
	l.write("x.log", "")
	l.poll(0)
	l.want(l.poll(10*time.Minute-1), "x.log", Waiting, ingest.ReasonEmpty)
	l.want(l.poll(1), "x.log", Refused, ingest.ReasonEmpty)
	l.want(l.poll(9*time.Hour), "x.log", Refused, ingest.ReasonEmpty)
	l.write("x.log", closing)
	l.want(l.poll(time.Second), "x.log", Waiting, ingest.ReasonChanging) // not never stable
	l.want(l.poll(2*time.Second), "x.log", Ready, "")
}

func TestGrowingForEverIsShown(t *testing.T) {
	l := newLab(t, Options{})
	l.write("x.log", "x")
	l.poll(0)
	for range 60 {
		l.add("x.log", "more\n")
		s := l.poll(6 * time.Minute)
		if s.Counts[Waiting] != 1 {
			t.Fatalf("after %v: %v", l.now, s.Counts)
		}
	}
	l.want(l.poll(0), "x.log", Waiting, ingest.ReasonNeverStable)
	l.add("x.log", closing)
	l.poll(time.Second)
	l.want(l.poll(2*time.Second), "x.log", Ready, "")
}

func TestOpenForWriteWaits(t *testing.T) {
	l := newLab(t, Options{})
	l.write("x.log", closing)
	writer, err := os.OpenFile(l.at("x.log"), os.O_WRONLY|os.O_APPEND, 0)
	l.must(err)
	l.poll(0)
	l.poll(time.Second)
	l.want(l.poll(time.Minute), "x.log", Waiting, ingest.ReasonOpenForWrite)
	e := l.want(l.poll(6*time.Hour-61*time.Second-1), "x.log", Waiting, ingest.ReasonOpenForWrite)
	if e.Wait != 1 {
		t.Errorf("still to wait: %v", e.Wait)
	}
	l.want(l.poll(1), "x.log", Ready, ingest.ReasonOpenForWrite)
	l.must(writer.Close())
	l.poll(1) // on Windows closing changes the times
	l.want(l.poll(time.Minute), "x.log", Ready, "")
}

func TestRenamedFromTempNameIsReadyAtOnce(t *testing.T) {
	for _, temp := range []string{"x.log.part", ".x.log.AbC123", "~$x.log", "LAB01/x.tmp"} {
		l := newLab(t, Options{})
		l.write(temp, "no end line")
		l.want(l.poll(0), temp, Ignored, ingest.ReasonTempName)
		l.add(temp, ", but more")
		l.move(temp, "x.log")
		l.want(l.poll(time.Second), "x.log", Ready, "")
		l.add("x.log", "after all")
		l.want(l.poll(time.Second), "x.log", Waiting, ingest.ReasonChanging)
		l.want(l.poll(time.Minute), "x.log", Waiting, ingest.ReasonIncomplete)
	}
}

func TestAnotherFileWithTheNumberOfATempWaits(t *testing.T) {
	l := newLab(t, Options{})
	l.write("x.log", "new, half")
	s := l.poll(0)
	p := entry(s, "x.log")
	for _, c := range []struct {
		name string
		temp temp
		s    sighting
		want bool
	}{
		{"same birth", temp{birth: 5, size: 9}, sighting{birth: 5}, true},
		{"same birth, grown", temp{birth: 5, size: 8}, sighting{birth: 5}, true},
		{"same birth, shrunk", temp{birth: 5, size: 10}, sighting{birth: 5}, false},
		{"other birth", temp{birth: 4, size: 9}, sighting{birth: 5}, false},
		{"births unknown, same size", temp{size: 9}, sighting{}, true},
		{"births unknown, grown", temp{size: 8}, sighting{}, false},
	} {
		w := walk{Folder: l.f}
		c.s.Stamp = p.Stamp
		l.f.temps = map[uint64]temp{p.Stamp.ID: c.temp}
		if got := w.wasTemp(c.s); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

func TestTempsAreForgotten(t *testing.T) {
	l := newLab(t, Options{Listed: 5})
	for i := range 9 {
		l.write(fmt.Sprint(i, ".part"), "x")
	}
	l.write("x.log", "x")
	s := l.poll(0)
	if len(l.f.temps) != 5 || s.Counts[Ignored] != 9 || len(s.Entries) != 6 {
		t.Errorf("%d temps, %v", len(l.f.temps), s.Counts)
	}
	for i := range 9 {
		l.remove(fmt.Sprint(i, ".part"))
	}
	l.poll(10 * time.Minute)
	if len(l.f.temps) != 5 {
		t.Errorf("%d temps after 10 min", len(l.f.temps))
	}
	l.poll(1)
	if len(l.f.temps) != 0 {
		t.Errorf("%d temps later", len(l.f.temps))
	}
}

func TestSettledDropIsACandidateWhenItChanges(t *testing.T) {
	l := newLab(t, Options{})
	l.settled("a.log", "b.log")
	l.add("a.log", "2: kd> vertarget\n")
	s := l.poll(time.Second)
	l.want(s, "a.log", Waiting, ingest.ReasonChanging)
	if s.Counts[Settled] != 1 {
		t.Errorf("%v", s.Counts)
	}
	l.want(l.poll(10*time.Minute), "a.log", Ready, ingest.ReasonIncomplete)
	l.settle("a.log")
	l.add("a.log", closing)
	l.poll(time.Hour)
	l.want(l.poll(time.Minute), "a.log", Ready, "")
	l.settle("a.log")
	if s := l.poll(0); s.Counts != [states]int{Settled: 2} {
		t.Errorf("%v", s.Counts)
	}
}

// A stamp that comes back, as from a cache of a share, is the settled drop again.
func TestSettledDropWhoseStampComesBack(t *testing.T) {
	l := newLab(t, Options{})
	l.settled("a.log", "b.log")
	stamp := l.f.settled[0].Stamp
	l.f.settled[l.f.index["a.log"]].Size++
	l.want(l.poll(time.Second), "a.log", Waiting, ingest.ReasonChanging)
	l.f.settled[l.f.index["a.log"]].Stamp = stamp
	if s := l.poll(time.Second); s.Counts != [states]int{Settled: 2} {
		t.Errorf("%v", s.Counts)
	}
}

func TestRewriteOfSameSizeAndTimeIsSeen(t *testing.T) {
	l := newLab(t, Options{})
	l.settled("a.log")
	info, err := os.Stat(l.at("a.log"))
	l.must(err)
	before := l.f.settled[0].Stamp
	for after := before; after.Changed == before.Changed; { // clocks of file systems tick slowly
		l.write("a.log", "A.log"+closing)
		l.must(os.Chtimes(l.at("a.log"), info.ModTime(), info.ModTime()))
		file, err := l.f.Open("a.log")
		l.must(err)
		after = file.Stamp()
		l.must(file.Close())
	}
	l.want(l.poll(time.Second), "a.log", Waiting, ingest.ReasonChanging)
}

func TestSettledStampsAreRestored(t *testing.T) {
	l := newLab(t, Options{})
	l.settled("a.log", "LAB01/b.log")
	all := l.f.Sample(9, rand.New(rand.NewPCG(1, 2)))
	l.f = New(l.path, Options{Settled: slices.Values(all)})
	if s := l.poll(0); s.Counts != [states]int{Settled: 2} {
		t.Errorf("%v", s.Counts)
	}
	l.add("a.log", "x")
	l.f = New(l.path, Options{Settled: slices.Values(all)})
	s := l.poll(0)
	l.want(s, "a.log", Waiting, ingest.ReasonChanging)
	if s.Counts[Settled] != 1 {
		t.Errorf("%v", s.Counts)
	}
}

func TestSampleIsDrawnAndCanBeDoubted(t *testing.T) {
	l := newLab(t, Options{})
	l.settled("a.log", "b.log", "c.log", "d.log")
	drawn := map[string]int{}
	for seed := range uint64(200) {
		two := l.f.Sample(2, rand.New(rand.NewPCG(seed, 0)))
		if len(two) != 2 || two[0].Name >= two[1].Name || two[0].State != Settled {
			t.Fatalf("%v", two)
		}
		_, s, hash, _ := l.read(two[0].Name)
		if !s.Same(two[0].Stamp) || hash != two[0].Hash {
			t.Fatalf("%s has another stamp or hash", two[0].Name)
		}
		drawn[two[0].Name]++
		drawn[two[1].Name]++
	}
	for name, n := range drawn {
		if n < 60 || n > 140 || len(drawn) != 4 {
			t.Errorf("%s drawn %d times of 200", name, n)
		}
	}
	l.f.Again("b.log", Stamp{}, [32]byte{}, ingest.ReasonChangedWhileRead)
	s := l.poll(time.Second)
	l.want(s, "b.log", Waiting, ingest.ReasonChanging)
	if s.Counts[Settled] != 3 {
		t.Errorf("%v", s.Counts)
	}
	l.want(l.poll(time.Minute), "b.log", Ready, "")
}

func TestChangedWhileReadStandsStillAnew(t *testing.T) {
	l := newLab(t, Options{})
	l.write("x.log", closing)
	l.poll(0)
	l.poll(time.Minute)
	file, err := l.f.Open("x.log")
	l.must(err)
	l.add("x.log", closing)
	text, err := io.ReadAll(file)
	l.must(err)
	if string(text) != closing {
		t.Errorf("read %q: more than the file had", text)
	}
	if same, err := file.Unchanged(); same || err != nil {
		t.Errorf("unchanged %v, %v", same, err)
	}
	l.f.Again("x.log", file.Stamp(), [32]byte{}, ingest.ReasonChangedWhileRead)
	l.must(file.Close())
	l.want(l.poll(time.Second), "x.log", Waiting, ingest.ReasonChangedWhileRead)
	l.want(l.poll(2*time.Second), "x.log", Ready, "")

	// The same stamp, but bytes were missing: short reads of a share.
	_, stamp, _, _ := l.read("x.log")
	l.f.Again("x.log", stamp, [32]byte{}, ingest.ReasonChangedWhileRead)
	l.want(l.poll(time.Second), "x.log", Waiting, ingest.ReasonChangedWhileRead)
	l.want(l.poll(2*time.Second), "x.log", Ready, "")
}

func TestUnchangedTellsWhatHappened(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(l *lab)
		want bool
	}{
		{"nothing", func(l *lab) {}, true},
		{"truncated", func(l *lab) { l.must(os.Truncate(l.at("x.log"), 3)) }, false},
		{"touched", func(l *lab) { l.must(os.Chtimes(l.at("x.log"), time.Time{}, time.Unix(1, 0))) }, false},
		{"replaced", func(l *lab) { l.write("y", "new"); l.move("y", "x.log") }, true},
		{"deleted", func(l *lab) { l.remove("x.log") }, true},
	} {
		if c.name == "replaced" && runtime.GOOS == "windows" {
			continue // an open file cannot be
		}
		l := newLab(t, Options{})
		l.write("x.log", closing)
		l.poll(0)
		file, err := l.f.Open("x.log")
		l.must(err)
		_, err = io.CopyN(io.Discard, file, 5)
		l.must(err)
		if same, err := file.Unchanged(); same || err != nil {
			t.Errorf("%s: half is read, and it is unchanged: %v, %v", c.name, same, err)
		}
		c.do(l)
		_, err = io.Copy(io.Discard, file)
		l.must(err)
		if same, err := file.Unchanged(); same != c.want || err != nil {
			t.Errorf("%s: unchanged %v, %v", c.name, same, err)
		}
		l.must(file.Close())
	}
}

func TestHolesWaitLikeANULTail(t *testing.T) {
	l := newLab(t, Options{})
	l.write("x.log", strings.Repeat("\x00", holeBytes)+closing)
	l.poll(0)
	l.want(l.poll(2*time.Second), "x.log", Ready, "")
	file, err := l.f.Open("x.log")
	l.must(err)
	_, err = io.Copy(io.Discard, file)
	l.must(err)
	if !file.Holes() {
		t.Error("no hole was seen")
	}
	l.f.Again("x.log", file.Stamp(), [32]byte{}, ingest.ReasonNULTail)
	l.must(file.Close())
	l.want(l.poll(10*time.Minute-2*time.Second-1), "x.log", Waiting, ingest.ReasonNULTail)
	l.want(l.poll(1), "x.log", Ready, ingest.ReasonNULTail)
}

func TestShareWithoutEndLineIsReadTwice(t *testing.T) {
	l := newLab(t, Options{Kind: smb})
	l.write("x.log", "no end line")
	l.poll(0)
	e := l.want(l.poll(30*time.Minute), "x.log", Ready, ingest.ReasonIncomplete)
	_, stamp, hash, _ := l.read("x.log")
	if e.Confirmed(hash) {
		t.Error("the first reading counts")
	}
	l.f.Again("x.log", stamp, hash, ingest.ReasonIncomplete)
	l.poll(0)
	l.want(l.poll(30*time.Second-1), "x.log", Waiting, ingest.ReasonIncomplete)
	e = l.want(l.poll(1), "x.log", Ready, ingest.ReasonIncomplete)
	if !e.Confirmed(hash) || e.Confirmed([32]byte{1}) {
		t.Error("the second reading is not compared with the first")
	}
	l.add("x.log", "more")
	l.poll(time.Second)
	e = l.want(l.poll(30*time.Minute), "x.log", Ready, ingest.ReasonIncomplete)
	if e.Confirmed(hash) {
		t.Error("a reading of an older state counts")
	}
}

func TestGoneAfterThreeScansAndTenMinutes(t *testing.T) {
	l := newLab(t, Options{})
	l.settled("a.log", "b.log", "LAB01/c.log")
	l.write("d.log", "waiting")
	l.poll(0)
	for _, name := range []string{"a.log", "LAB01/c.log", "d.log"} {
		l.remove(name)
	}
	l.poll(time.Second)
	l.poll(time.Second)
	s := l.poll(10*time.Minute - time.Second - 1)
	if s.Counts != [states]int{Settled: 1} {
		t.Fatalf("%v", s.Counts)
	}
	s = l.poll(1)
	for _, name := range []string{"a.log", "LAB01/c.log", "d.log"} {
		l.want(s, name, Gone, "")
	}
	if s = l.poll(1); s.Counts != [states]int{Settled: 1} || len(l.f.index) != 1 || len(l.f.pending) != 0 {
		t.Fatalf("%v", s.Counts)
	}
	l.write("d.log", closing)
	l.want(l.poll(1), "d.log", Waiting, ingest.ReasonChanging)

	l.remove("b.log") // two scans a long time apart are not enough
	l.poll(time.Hour)
	if s = l.poll(time.Hour); s.Counts[Gone] != 0 {
		t.Fatalf("%v", s.Counts)
	}
	l.want(l.poll(time.Hour), "b.log", Gone, "")
}

func TestMissingForAWhileIsNotGone(t *testing.T) {
	l := newLab(t, Options{})
	l.settled("a.log", "b.log")
	aside := filepath.Join(filepath.Dir(l.path), "aside")
	for range 5 {
		l.must(os.Rename(l.at("a.log"), aside))
		l.poll(time.Second)
		l.poll(9 * time.Minute)
		l.must(os.Rename(aside, l.at("a.log")))
		s := l.poll(time.Minute) // moved: a new time of change
		l.want(s, "a.log", Waiting, ingest.ReasonChanging)
		l.poll(time.Minute)
		l.settle("a.log")
		if s := l.poll(time.Second); s.Counts != [states]int{Settled: 2} {
			t.Fatalf("%v", s.Counts)
		}
	}
}

func TestWaitingIsBounded(t *testing.T) {
	l := newLab(t, Options{Listed: 10})
	for i := range 25 {
		l.write(fmt.Sprintf("w%02d.log", i), "x")
		l.write(fmt.Sprintf("r%02d.log", i), closing)
		l.must(os.Mkdir(l.at(fmt.Sprintf("d%02d", i)), 0o755))
		l.must(os.Mkdir(l.at(fmt.Sprintf("d%02d/deep", i)), 0o755))
	}
	l.poll(0)
	s := l.poll(time.Minute)
	if s.Counts != [states]int{Waiting: 25, Ready: 25, Refused: 25} || len(s.Entries) != 45 {
		t.Errorf("%v, %d listed", s.Counts, len(s.Entries))
	}
	l.want(s, "w09.log", Waiting, ingest.ReasonIncomplete)
	l.want(s, "w10.log", 0, "")

	// Names that come and go: no more than twice the bound are kept.
	for i := range 30 {
		for k := range 25 {
			l.move(fmt.Sprintf("w%02d.log", k), "x")
			l.move("x", fmt.Sprintf("w%02d.log", k))
			l.must(os.Rename(l.at(fmt.Sprintf("w%02d.log", k)), l.at(fmt.Sprintf("v%02d-%02d.log", k, i))))
		}
		l.poll(time.Second)
		if len(l.f.pending) > 25+25+2*25 {
			t.Fatalf("%d names kept after %d renames each", len(l.f.pending), i)
		}
		for k := range 25 {
			l.must(os.Rename(l.at(fmt.Sprintf("v%02d-%02d.log", k, i)), l.at(fmt.Sprintf("w%02d.log", k))))
		}
	}
}

func TestRenameStormGivesOneDrop(t *testing.T) {
	l := newLab(t, Options{})
	l.write("x0.log", closing)
	for i := range 2000 {
		l.move(fmt.Sprintf("x%d.log", i), fmt.Sprintf("x%d.log", i+1))
		if i%20 == 0 {
			if s := l.poll(100 * time.Millisecond); total(s) != 1 {
				t.Fatalf("%v", s.Counts)
			}
		}
	}
	l.poll(time.Second)
	s := l.poll(2 * time.Second)
	if s.Counts[Ready] != 1 {
		t.Fatalf("%v", s.Counts)
	}
	l.settle("x2000.log")
	for range 5 {
		s = l.poll(5 * time.Minute)
	}
	if s.Counts != [states]int{Settled: 1} || len(l.f.pending) != 0 {
		t.Errorf("%v, %d kept", s.Counts, len(l.f.pending))
	}
}

func TestSettledMeanwhileIsNotReady(t *testing.T) {
	l := newLab(t, Options{})
	l.write("x.log", closing)
	l.poll(0)
	l.poll(time.Minute)
	l.settle("x.log")
	l.add("x.log", "grown before the poll that takes it up")
	s := l.poll(time.Second)
	l.want(s, "x.log", Waiting, ingest.ReasonChanging)
}

func TestDepthOneTakesNoFolders(t *testing.T) {
	l := newLab(t, Options{Depth: 1})
	l.write("x.log", closing)
	l.write("LAB01/x.log", closing)
	l.poll(0)
	s := l.poll(time.Minute)
	l.want(s, "x.log", Ready, "")
	l.want(s, "LAB01", Refused, ingest.ReasonTooDeep)
	l.want(s, "LAB01/x.log", 0, "")
}

func TestDeepFoldersAreNotEntered(t *testing.T) {
	l := newLab(t, Options{})
	deep := "x.log" + strings.Repeat("/d", 500)
	l.must(os.MkdirAll(l.at(deep), 0o755))
	l.write("LAB01/good.log", closing)
	l.poll(0)
	s := l.poll(time.Minute)
	l.want(s, "x.log/d", Refused, ingest.ReasonTooDeep)
	l.want(s, "LAB01/good.log", Ready, "")
}

func TestOpenTakesOnlyNamesOfDrops(t *testing.T) {
	l := newLab(t, Options{MaxBytes: 1000})
	l.write("LAB01/x.log", closing)
	l.write("big.log", strings.Repeat("x", 1001))
	_, err := l.f.Open("LAB01/x.log")
	var refusal *ingest.Refusal
	if !errors.As(err, &refusal) || refusal.Reason != ingest.ReasonShareSuspect {
		t.Errorf("before the first poll: %v", err)
	}
	l.poll(0)
	for name, want := range map[string]ingest.Reason{
		"": ingest.ReasonNameUnsafe, ".": ingest.ReasonNameUnsafe, "..": ingest.ReasonNameUnsafe,
		"../drop/LAB01/x.log": ingest.ReasonNameUnsafe, "/etc/passwd": ingest.ReasonNameUnsafe,
		"LAB01/../LAB01/x.log": ingest.ReasonNameUnsafe, "LAB01//x.log": ingest.ReasonNameUnsafe,
		"LAB01/": ingest.ReasonNameUnsafe, "LAB01": ingest.ReasonNotRegular, "big.log": ingest.ReasonTooBig,
		"LAB01/x.log/y": ingest.ReasonNotRegular,
	} {
		_, err := l.f.Open(name)
		if !errors.As(err, &refusal) || refusal.Reason != want {
			t.Errorf("%q: %v, want %s", name, err, want)
		}
	}
	if _, err := l.f.Open("none.log"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no such drop: %v", err)
	}
}

func TestTooBigIsRefusedUnread(t *testing.T) {
	l := newLab(t, Options{})
	l.write("huge.log", "")
	l.must(os.Truncate(l.at("huge.log"), 1<<40))
	l.write("edge.log", "")
	l.must(os.Truncate(l.at("edge.log"), 2<<30))
	l.write("good.log", closing)
	s := l.poll(0)
	l.want(s, "huge.log", Refused, ingest.ReasonTooBig)
	l.want(s, "edge.log", Waiting, ingest.ReasonChanging)
	s = l.poll(time.Minute)
	l.want(s, "good.log", Ready, "")
	l.want(s, "edge.log", Waiting, ingest.ReasonNULTail)
	l.must(os.Truncate(l.at("edge.log"), 2<<30+1))
	l.want(l.poll(1), "edge.log", Refused, ingest.ReasonTooBig)
}

func TestHardLinkWaitsAndIsRefused(t *testing.T) {
	l := newLab(t, Options{})
	secret := filepath.Join(filepath.Dir(l.path), "secret")
	l.must(os.WriteFile(secret, []byte(closing), 0o600))
	l.must(os.Link(secret, l.at("h.log")))
	l.poll(0)
	l.want(l.poll(time.Minute-1), "h.log", Waiting, ingest.ReasonHardLink)
	l.want(l.poll(1), "h.log", Refused, ingest.ReasonHardLink)
	var refusal *ingest.Refusal
	if _, err := l.f.Open("h.log"); !errors.As(err, &refusal) || refusal.Reason != ingest.ReasonHardLink {
		t.Errorf("opened: %v", err)
	}
	l.must(os.Remove(secret))
	l.want(l.poll(time.Second), "h.log", Waiting, ingest.ReasonChanging)
	l.want(l.poll(time.Minute), "h.log", Ready, "")
}

func TestDeliveryByLinkIsTaken(t *testing.T) {
	l := newLab(t, Options{})
	l.write("x.part", "no end line")
	l.poll(0)
	l.must(os.Link(l.at("x.part"), l.at("x.log")))
	l.want(l.poll(5*time.Second), "x.log", Waiting, ingest.ReasonHardLink)
	l.remove("x.part")
	l.want(l.poll(5*time.Second), "x.log", Ready, "") // it had a temporary name
}

func TestWorkersHandBackWhileItPolls(t *testing.T) {
	l := newLab(t, Options{})
	const drops = 60
	for i := range drops {
		l.write(fmt.Sprintf("LAB%02d/x.log", i), closing)
	}
	l.poll(0)
	ready := make(chan Entry, drops)
	var workers sync.WaitGroup
	for range 3 {
		workers.Go(func() {
			for e := range ready {
				file, err := l.f.Open(e.Name)
				if err != nil {
					t.Error(err)
					continue
				}
				l.f.Again(e.Name, file.Stamp(), [32]byte{}, ingest.ReasonIOError)
				l.f.Settle(e.Name, file.Stamp(), [32]byte{})
				_ = file.Close()
			}
		})
	}
	taken := map[string]bool{}
	for range 1000 {
		s := l.poll(time.Minute)
		for _, e := range s.Entries {
			if e.State == Ready && !taken[e.Name] {
				taken[e.Name] = true
				ready <- e
			}
		}
		if s.Counts[Settled] == drops {
			break
		}
	}
	close(ready)
	workers.Wait()
	if s := l.poll(0); s.Counts != [states]int{Settled: drops} {
		t.Errorf("%v", s.Counts)
	}
}

// A gzip archive of less than 16 MiB ends in a NUL, which is no unwritten space.
func TestGzipIsNoNULTail(t *testing.T) {
	l := newLab(t, Options{})
	l.write("x.gz", "\x1f\x8b\x08\x00packed\x01\x02\x03\x04\x10\x27\x00\x00")
	l.write("x.log", "0: kd> !vm\x00\x00")
	l.poll(0)
	s := l.poll(time.Minute)
	l.want(s, "x.gz", Waiting, ingest.ReasonIncomplete)
	l.want(s, "x.log", Waiting, ingest.ReasonNULTail)
}

func TestAFileAsideIsNoDrop(t *testing.T) {
	l := newLab(t, Options{Aside: "decisions.txt", EndWait: 1})
	l.write("LAB-1/decisions.txt", closing) // below, it is one
	l.now += time.Hour
	s, err := l.f.Poll(l.now)
	if err != nil || s.Aside != nil || total(s) != 1 {
		t.Fatalf("%+v, %v", s, err)
	}
	l.write("decisions.txt", "x")
	s, err = l.f.Poll(l.now + 1)
	if err != nil || s.Aside == nil || s.Aside.Size != 1 || total(s) != 1 {
		t.Fatalf("%+v, %v", s, err)
	}
	file, err := l.f.Open("decisions.txt")
	if err != nil {
		t.Fatal(err)
	}
	l.must(file.Close())
	was := *s.Aside
	l.add("decisions.txt", "y")
	if s, err = l.f.Poll(l.now + 2); err != nil || s.Aside.Same(was) {
		t.Errorf("a change does not show: %+v, %v", s.Aside, err)
	}
}

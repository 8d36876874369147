package watch

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"poolsweep/ingest"
)

// step is one act of a writer.
type step struct {
	after time.Duration // since the last one
	do    func()
}

// job is one drop that is written in one of the habits of lab machines.
type job struct {
	l     *lab
	r     *rand.Rand
	name  string
	parts [][]byte // whole together
	file  *os.File
}

func (j *job) whole() string { return string(slices.Concat(j.parts...)) }

// newJob invents a log of some parts, with an end line.
func newJob(l *lab, r *rand.Rand, name string) *job {
	j := &job{l: l, r: r, name: name}
	text := func(s string) []byte { return []byte(s) }
	if r.IntN(3) == 0 {
		text = func(s string) []byte { return wide(binary.LittleEndian, s) }
	}
	for i := range 3 + r.IntN(4) {
		lines := strings.Repeat(fmt.Sprintf(" Ab%02d %10d %12d\r\n", i, r.IntN(1e6), r.IntN(1e9)), 1+r.IntN(300))
		j.parts = append(j.parts, text(lines))
	}
	j.parts = append(j.parts, text(closing))
	return j
}

func (j *job) pause(limit time.Duration) time.Duration {
	return time.Duration(j.r.Int64N(int64(limit))) + time.Second
}

func (j *job) open(name string, flags int) {
	file, err := os.OpenFile(j.l.at(name), os.O_WRONLY|flags, 0o644)
	j.l.must(err)
	j.file = file
}

func (j *job) put(part []byte) {
	_, err := j.file.Write(part)
	j.l.must(err)
}

func (j *job) close() { j.l.must(j.file.Close()) }

func (j *job) date(year int) {
	at := time.Date(year, 3, 1, 12, 0, 0, 0, time.UTC)
	j.l.must(os.Chtimes(j.l.at(j.name), at, at))
}

// written gives one step a part, with a first and a last one around them.
func (j *job) written(pause time.Duration, first, last func(), put func(i int)) []step {
	steps := []step{{time.Second, first}}
	for i := range j.parts {
		steps = append(steps, step{j.pause(pause), func() { put(i) }})
	}
	return append(steps, step{0, last})
}

// habits are the seven ways in which drops were seen to be written.
var habits = []struct {
	name  string
	steps func(j *job) []step
}{
	{"temp and rename", func(j *job) []step {
		temp := j.name + ".part"
		return j.written(3*time.Minute, func() { j.open(temp, os.O_CREATE) },
			func() { j.close(); j.l.move(temp, j.name) }, func(i int) { j.put(j.parts[i]) })
	}},
	{"steady", func(j *job) []step {
		return j.written(time.Second, func() { j.open(j.name, os.O_CREATE) }, j.close,
			func(i int) { j.put(j.parts[i]) })
	}},
	{"pauses, handle open", func(j *job) []step {
		return j.written(8*time.Minute, func() { j.open(j.name, os.O_CREATE) }, j.close,
			func(i int) { j.put(j.parts[i]) })
	}},
	{"pauses, opened again", func(j *job) []step {
		return j.written(8*time.Minute, func() { j.l.write(j.name, "") }, func() {}, func(i int) {
			j.open(j.name, os.O_APPEND)
			j.put(j.parts[i])
			j.close()
		})
	}},
	{"preset size, frozen time", func(j *job) []step {
		first := func() {
			j.l.write(j.name, "")
			j.l.must(os.Truncate(j.l.at(j.name), int64(len(j.whole()))))
			j.date(2020)
		}
		return j.written(3*time.Minute, first, func() {}, func(i int) {
			j.open(j.name, 0)
			_, err := j.file.WriteAt(j.parts[i], int64(len(slices.Concat(j.parts[:i]...))))
			j.l.must(err)
			j.close()
			j.date(2020)
		})
	}},
	{"old time", func(j *job) []step {
		return j.written(time.Minute, func() { j.l.write(j.name, ""); j.date(2001) }, func() {}, func(i int) {
			j.open(j.name, os.O_APPEND)
			j.put(j.parts[i])
			j.close()
			j.date([]int{2001, 2099}[i%2])
		})
	}},
	{"writer dies", func(j *job) []step {
		j.parts = j.parts[:len(j.parts)-1]
		return j.written(2*time.Minute, func() { j.open(j.name, os.O_CREATE) }, j.close,
			func(i int) { j.put(j.parts[i]) })
	}},
}

// outcome is what was made of one drop.
type outcome struct {
	text   string // as last read
	doubt  ingest.Reason
	wrong  int // half-written and taken for whole
	early  int // half-written and labelled
	waited time.Duration
}

// watch polls every 5 s while the writer writes, and then until all is settled.
func (j *job) watch(steps []step) outcome {
	var o outcome
	end := j.l.now
	due := j.l.now
	for _, s := range steps {
		due += s.after
		for j.l.now+5*time.Second <= due {
			j.look(&o)
		}
		s.do()
		end = due
	}
	for o.text != j.whole() && j.l.now < end+time.Hour {
		j.look(&o)
	}
	o.waited = j.l.now - end
	if s := j.l.poll(time.Second); s.Counts[Settled] != 1 {
		j.l.t.Errorf("in the end: %v", s.Counts)
	}
	return o
}

// look polls and reads what is ready.
func (j *job) look(o *outcome) {
	s := j.l.poll(5 * time.Second)
	e := entry(s, j.name)
	if e.State != Ready {
		return
	}
	text, stamp, hash, unchanged := j.l.read(j.name)
	if !unchanged {
		j.l.f.Again(j.name, stamp, hash, ingest.ReasonChangedWhileRead)
		return
	}
	if !e.Confirmed(hash) {
		j.l.f.Again(j.name, stamp, hash, ingest.ReasonIncomplete)
		return
	}
	j.l.f.Settle(j.name, stamp, hash)
	if text != j.whole() && e.Reason == "" {
		o.wrong++
	} else if text != j.whole() {
		o.early++
	}
	o.text, o.doubt = text, e.Reason
}

func TestHalfWrittenDropsAreNotTakenForWhole(t *testing.T) {
	seeds := uint64(10)
	if testing.Short() {
		seeds = 2
	}
	for _, kind := range []string{local, smb, nfs} {
		for h, habit := range habits {
			t.Run(kind+"/"+habit.name, func(t *testing.T) {
				var waits []time.Duration
				for seed := range seeds {
					l := newLab(t, Options{Kind: kind})
					j := newJob(l, rand.New(rand.NewPCG(uint64(h), seed)), "LAB01_x.log")
					o := j.watch(habit.steps(j))
					if o.wrong+o.early > 0 || o.text != j.whole() {
						t.Errorf("seed %d: half-written %d times, %d more with a label, whole in the end: %v",
							seed, o.wrong, o.early, o.text == j.whole())
					}
					if dies := habit.name == "writer dies"; dies != (o.doubt == ingest.ReasonIncomplete) {
						t.Errorf("seed %d: in the end the label is %q", seed, o.doubt)
					}
					waits = append(waits, o.waited)
				}
				// Two polls, and one that may have come just before the last byte.
				limit := kindTimes[kind].end + 15*time.Second
				slices.Sort(waits)
				if slow := waits[len(waits)*95/100]; habit.name != "writer dies" && slow > limit {
					t.Errorf("ready %v after the last byte, want %v at most", slow, limit)
				}
			})
		}
	}
}

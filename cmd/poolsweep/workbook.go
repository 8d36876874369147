package main

import (
	"context"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"poolsweep/analyze"
	"poolsweep/analyze/fleet"
	"poolsweep/analyze/judge"
	"poolsweep/ingest"
	"poolsweep/ingest/store"
	"poolsweep/report"
)

// heldTrack is one machine's past, and what it was read for.
type heldTrack struct {
	changed int64     // of the machine, when it was read
	from    time.Time // beginning of the period
	cases   string    // that its tags were followed for
	track   *analyze.Track
}

// addPast gives a judgement what only the workbook tells, see pasts.
func (s *service) addPast(ctx context.Context, j *judgement) error {
	if j.Past != nil {
		return nil
	}
	p := &pasts{history: s.history(), held: s.tracks}
	err := p.add(ctx, j)
	s.tracks = p.held
	return err
}

// pasts reads from a history what only the workbook tells.
type pasts struct {
	*history
	held map[string]heldTrack // by folded name, from the last time
}

// add gives a judgement every machine's past over the workbook's period, and the drops
// that were not taken in.
func (r *pasts) add(ctx context.Context, j *judgement) error {
	th := analyze.DefaultThresholds()
	p := analyze.Period{From: r.now.UTC().Add(-r.cfg.WorkbookPeriod.Duration).Truncate(24 * time.Hour)}
	tracks, err := r.readTracks(ctx, j.Result, p, th)
	if err != nil {
		return err
	}
	j.Past = judge.Past(j.Result, tracks, p, th)
	if j.Drops, err = troubledDrops(ctx, r.db, func(store.Drop) bool { return true }); err != nil {
		return err
	}
	return r.addAround(ctx, j, p, r.now)
}

// addAround gives a judgement of now what a configuration and the mails of earlier weeks
// say: the groups of its machines, and the changes of the rules in a period.
func (h *history) addAround(ctx context.Context, j *judgement, p analyze.Period, now time.Time) error {
	of, err := h.lying(ctx)
	if err != nil {
		return err
	}
	j.Groups = h.cfg.groupNames(j.Result.Machines, of)
	j.Rules, err = ruleChanges(ctx, h.db, p, now)
	return err
}

// judgedBy is that a version of the program judged at a moment.
type judgedBy struct {
	at   time.Time
	tool string
}

// ruleChanges returns where, in a period, one version judged after another. It is known
// of weeks with a mail; now judges this one.
func ruleChanges(ctx context.Context, db *store.Store, p analyze.Period, now time.Time) ([]report.RuleChange, error) {
	periods, err := db.Periods(ctx, "")
	if err != nil {
		return nil, err
	}
	var by []judgedBy
	for _, week := range periods {
		if !strings.HasPrefix(week.Series, weeklySeries) || !week.Dated.Before(now) {
			continue
		}
		cases, err := db.CaseStates(ctx, week.Series, week.Key)
		if err != nil {
			return nil, err
		}
		_, sum, err := caseSummaries(cases, week.Key)
		if err != nil {
			return nil, err
		}
		if sum.Tool != "" {
			by = append(by, judgedBy{week.Dated, sum.Tool})
		}
	}
	slices.SortStableFunc(by, func(x, y judgedBy) int { return x.at.Compare(y.at) })
	by = append(by, judgedBy{now, tool})
	var out []report.RuleChange
	for i, after := range by[1:] {
		if before := by[i]; before.tool != after.tool && p.Holds(after.at) {
			out = append(out, report.RuleChange{Since: before.at, At: after.at, Before: before.tool, After: after.tool})
		}
	}
	return out, nil
}

// readTracks reads the machines' pasts, the logs of few machines at a time. What was read
// is kept without its tables until the machine sends something new: to read the
// history of hundreds of machines for every workbook would take minutes each time.
func (r *pasts) readTracks(ctx context.Context, res *analyze.Result, p analyze.Period,
	th analyze.Thresholds) ([]analyze.Track, error) {
	machines, err := r.db.Machines(ctx)
	if err != nil {
		return nil, err
	}
	read, err := together(len(machines), func(i int) (h heldTrack, err error) {
		m := machines[i]
		h, known := r.held[ingest.MachineKey(m.Name)]
		cases := casesOn(res, m.Name)
		if !known || h.changed != m.Changed || !h.from.Equal(p.From) || h.cases != cases {
			h = heldTrack{changed: m.Changed, from: p.From, cases: cases}
			h.track, err = r.readTrack(ctx, m.Name, res, p, th)
		}
		return h, err
	})
	if err != nil {
		return nil, err
	}
	held, tracks := map[string]heldTrack{}, []analyze.Track(nil)
	for i, h := range read {
		held[ingest.MachineKey(machines[i].Name)] = h
		if h.track != nil {
			tracks = append(tracks, *h.track)
		}
	}
	r.held = held // machines that were purged are gone with the old ones
	return tracks, nil
}

// together does some work for each number below n, on all processors, and returns the
// results in order. After a failure no more is begun.
func together[T any](n int, work func(i int) (T, error)) ([]T, error) {
	done := make([]T, n)
	group, going := errgroup.WithContext(context.Background())
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i := range n {
		group.Go(func() (err error) {
			if going.Err() == nil {
				done[i], err = work(i)
			}
			return err
		})
	}
	return done, group.Wait()
}

// casesOn names the cases of a machine.
func casesOn(res *analyze.Result, machine string) string {
	var ids []string
	for i := range res.Cases {
		if concerns(&res.Cases[i], machine) {
			ids = append(ids, res.Cases[i].ID)
		}
	}
	return strings.Join(ids, " ")
}

// readTrack reads one machine's past, nil when nothing of it is left.
func (r *pasts) readTrack(ctx context.Context, machine string, res *analyze.Result, p analyze.Period,
	th analyze.Thresholds) (*analyze.Track, error) {
	since := r.now.Add(-r.cfg.History.Duration)
	if p.From.Before(since) {
		since = p.From
	}
	recent, err := r.db.Recent(ctx, machine, since, mostHistory)
	if err != nil {
		return nil, err
	}
	for _, snaps := range fleet.Machines(documents(recent)) {
		if fleet.MachineKey(snaps[0]) == ingest.MachineKey(machine) {
			t := judge.Trace(snaps, res.Cases, p, th)
			return &t, nil
		}
	}
	return nil, nil
}

// troubledDrops lists the drops that wait for a reason, whose end never came, or that
// were refused, as far as they are wanted.
func troubledDrops(ctx context.Context, db *store.Store, wanted func(store.Drop) bool) ([]report.Drop, error) {
	var out []report.Drop
	states := []store.State{store.Refused, store.Incomplete, store.Waiting}
	err := db.Doubted(ctx, func(d store.Drop) error {
		if slices.Contains(states, d.State) && wanted(d) {
			out = append(out, report.Drop{Path: filepath.ToSlash(dropPath(d.Share, d.Name)), Machine: d.Machine,
				State: string(d.State), Reason: string(d.Reason), Since: d.ChangedAt})
		}
		return nil
	})
	return out, err
}

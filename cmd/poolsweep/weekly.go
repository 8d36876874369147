package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"poolsweep/analyze"
	"poolsweep/analyze/fleet"
	"poolsweep/analyze/judge"
	"poolsweep/ingest"
	"poolsweep/ingest/shelf"
	"poolsweep/ingest/store"
	"poolsweep/report"
)

// Series of mails, before the name of the group.
const (
	weeklySeries = "weekly/"
	noticeSeries = "notice/"
)

// caughtUp is how many weeks without a mail get one when the watcher was away.
const caughtUp = 4

// desk makes the mails of one group.
type desk struct {
	*history // with the language, profile and knowledge of the group
	group    *groupConfig
	schedule schedule
	folder   string // that the mails are written below
	log      *slog.Logger
}

// desk returns what makes the mails of a group.
func (h *history) desk(g *groupConfig, folder string, log *slog.Logger) (*desk, error) {
	of := *h
	cfg := *h.cfg
	cfg.Lang, cfg.Profile = cmp.Or(g.Lang, cfg.Lang), cmp.Or(g.Profile, cfg.Profile)
	of.cfg = &cfg
	var err error
	if of.words, err = words(cfg.Lang); err != nil {
		return nil, err
	}
	if cfg.public() != h.cfg.public() { // the lab's own issues are told otherwise then
		if of.know, err = cfg.knowledge(&console{out: logLines{log}, err: logLines{log}}); err != nil {
			return nil, err
		}
	}
	s, err := g.schedule()
	return &desk{history: &of, group: g, schedule: s, folder: folder, log: log}, err
}

// series is that of the group's mails of a kind. Names of groups differ by more than
// their case.
func (d *desk) series(kind string) string { return kind + strings.ToLower(d.group.Name) }

// weeks makes the mails of all weeks that are due.
func (d *desk) weeks(ctx context.Context) error {
	periods, err := d.db.Periods(ctx, d.series(weeklySeries))
	if err != nil {
		return err
	}
	for _, p := range periods { // frozen, and then something came between
		if p.State == store.Frozen {
			if err := d.bring(ctx, p.Key); err != nil {
				return err
			}
		}
	}
	due, began := d.due(periods)
	if !began { // a new group: its first mail is that of the week under way
		_, err := d.db.Freeze(ctx, d.period(d.schedule.latest(d.now), store.Skipped), d.now)
		return err
	}
	for i, sl := range due {
		if len(due)-i > caughtUp {
			d.log.Warn("week gets no mail: it is too long ago", "group", d.group.Name, "week", sl.key)
			_, err = d.db.Freeze(ctx, d.period(sl, store.Skipped), d.now)
		} else {
			_, err = d.close(ctx, sl)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// due returns the weeks that are due and that the history knows nothing of, and whether
// it knows any. A week ahead of the clock was written by one that was wrong.
func (d *desk) due(periods []store.Period) (due []slot, began bool) {
	last, latest := "", d.schedule.latest(d.now)
	for _, p := range periods {
		if p.Key <= latest.key {
			last = p.Key
		}
	}
	if last == "" {
		return nil, false
	}
	return d.schedule.since(last, d.now), true
}

func (d *desk) period(sl slot, state store.PeriodState) store.Period {
	return store.Period{Series: d.series(weeklySeries), Key: sl.key, Zone: d.schedule.zone.String(), State: state,
		From: sl.from, To: sl.to, Dated: d.now.Truncate(time.Second)}
}

// close settles what a week tells, and makes its mail. It reports whether it was the
// first to do so.
func (d *desk) close(ctx context.Context, sl slot) (first bool, err error) {
	p := d.period(sl, store.Frozen)
	w, err := d.judgeWeek(ctx, &p)
	if err != nil {
		return false, err
	}
	if p.Cases, err = w.states(); err != nil {
		return false, err
	}
	if first, err = d.db.Freeze(ctx, p, d.now); err != nil || !first {
		return first, err
	}
	d.log.Info("week frozen", "group", d.group.Name, "week", p.Key, "logs", len(p.Documents), "cases", len(p.Cases))
	return true, d.mail(ctx, w)
}

// bring makes the mail of a week that is frozen already, from what was known then.
func (d *desk) bring(ctx context.Context, key string) error {
	p, err := d.db.Period(ctx, d.series(weeklySeries), key)
	if err != nil || p == nil {
		return err
	}
	w, err := d.judgeWeek(ctx, p)
	if err != nil {
		return err
	}
	return d.mail(ctx, w)
}

// week is all there is to say about a week.
type week struct {
	*store.Period
	*judgement
	told report.Mailing
	logs string // a hash of those that it is judged from
}

// caseSummary is how a case stood at the end of a week, as the history keeps it. It names
// no machine, so that nothing of one that is purged is left in it.
type caseSummary struct {
	Verdict  string `json:"verdict"`
	State    string `json:"state"`
	Machines int    `json:"machines"`
	Events   int64  `json:"events"`
	Bytes    uint64 `json:"bytes"`
}

// states are the cases of a week for the next one to compare with.
func (w *week) states() ([]store.CaseState, error) {
	var out []store.CaseState
	for i := range w.Result.Cases {
		c := &w.Result.Cases[i]
		text, err := json.Marshal(caseSummary{Verdict: c.Verdict.String(), State: w.Past.Courses[c.ID].State.String(),
			Machines: len(c.Machines), Events: c.Events, Bytes: c.Bytes})
		if err != nil {
			return nil, fmt.Errorf("summarize case %s: %w", c.ID, err)
		}
		out = append(out, store.CaseState{ID: c.ID, Summary: text})
	}
	text, err := json.Marshal(weekSummary{tool, w.logs})
	return append(out, store.CaseState{ID: wholeWeek, Summary: text}), err
}

// judgeWeek judges a week by what was read before the period's date. A period that is
// not frozen yet gets its documents.
func (d *desk) judgeWeek(ctx context.Context, p *store.Period) (*week, error) {
	members, err := d.members(ctx, &selection{group: d.group})
	if err != nil {
		return nil, err
	}
	if p.Documents == nil {
		if p.Documents, err = d.db.Unreported(ctx, p.Series, p.From, p.To); err != nil {
			return nil, err
		}
		p.Documents = keep(p.Documents, func(id store.DocumentID) bool { return members[id.Machine] && id.ReadAt.Before(p.Dated) })
	}
	tables := shelf.New()
	held, err := d.asOf(ctx, tables, members, d.whole(nil), p)
	if err != nil {
		return nil, err
	}
	j, err := d.judgeHeld(ctx, tables, held, p.Dated)
	if err != nil {
		return nil, err
	}
	w := &week{Period: p, judgement: j}
	if w.logs, err = d.logsOf(ctx, members, p); err != nil {
		return nil, err
	}
	if err := d.addPast(ctx, w, members); err != nil {
		return nil, err
	}
	return w, d.tell(ctx, w)
}

// judgeHeld judges documents of the group, with what people decided as it holds at a
// moment. Readers outside are told of no decision; what it silences stays silent.
func (d *desk) judgeHeld(ctx context.Context, tables *shelf.Shelf, held []store.Held,
	at time.Time) (*judgement, error) {
	at = at.In(d.schedule.zone) // days of decisions begin where the group is
	judging := d.judged
	if d.cfg.public() {
		judging = d.judgedOutside
	}
	j, err := judging(ctx, tables, held, at)
	if err == nil {
		j.Revisions, err = revisions(ctx, d.db)
	}
	if err != nil {
		return nil, err
	}
	numbersOnly(j.Revisions) // what they said before was about more machines than a group has
	j.Scope, j.Zone = d.scope(), d.schedule.zone
	return j, nil
}

// judgedOutside judges documents for readers outside.
func (d *desk) judgedOutside(ctx context.Context, tables *shelf.Shelf, held []store.Held,
	at time.Time) (*judgement, error) {
	r, err := readRuling(ctx, d.db, at)
	if err != nil {
		return nil, err
	}
	docs := documents(held)
	hide(tables, docs, nil, nil)
	j, err := d.cfg.newJudgement(docs, tables, nil, d.know, d.words, nil)
	if err == nil {
		decided, _ := r.settle(j.Result)
		j.Decided = silenced(decided)
	}
	return j, err
}

// silenced leaves of decisions which cases they silence.
func silenced(decided map[string]analyze.Decided) map[string]analyze.Decided {
	out := map[string]analyze.Decided{}
	for id, d := range decided {
		if d.Silent() {
			out[id] = analyze.Decided{Snoozed: &analyze.Decision{}}
		}
	}
	return out
}

// asOf returns what was known of some machines at the end of a period: their newest
// document, and the recent past of some.
func (d *desk) asOf(ctx context.Context, tables *shelf.Shelf, members, whole map[string]bool,
	p *store.Period) ([]store.Held, error) {
	all := newPast(tables)
	for _, key := range sortedKeys(members) {
		held, err := d.db.AsOf(ctx, key, time.Time{}, p.To, p.Dated, 1)
		if err == nil && whole[key] {
			var recent []store.Held
			recent, err = d.db.AsOf(ctx, key, p.To.Add(-d.cfg.History.Duration), p.To, p.Dated, mostHistory)
			held = append(recent, held...)
		}
		if err != nil {
			return nil, err
		}
		for _, h := range held {
			if narrow(&h, members, period{to: p.To}) {
				all.add(h)
			}
		}
	}
	return all.byFile(), nil
}

// scope is what the reports of a group say about it.
func (d *desk) scope() *report.Scope {
	if d.group.Name == "" {
		return nil
	}
	return &report.Scope{Group: d.group.Name}
}

// addPast gives a week the past of each machine, and the drops that were not taken in.
// For readers outside it is made of what was redacted: the documents that were judged.
func (d *desk) addPast(ctx context.Context, w *week, members map[string]bool) error {
	th := analyze.DefaultThresholds()
	p := analyze.Period{From: w.From, To: w.To}
	trace := func(docs []*ingest.Document) (tracks []analyze.Track) {
		for _, snaps := range fleet.Machines(docs) {
			back := w.Result.Lend(snaps)
			tracks = append(tracks, judge.Trace(snaps, w.Result.Cases, p, th))
			back()
		}
		return tracks
	}
	if d.cfg.public() {
		w.Past = judge.Past(w.Result, trace(w.judgement.Documents), p, th)
		return nil
	}
	keys := sortedKeys(members)
	tracks, err := together(len(keys), func(i int) ([]analyze.Track, error) {
		one := map[string]bool{keys[i]: true}
		held, err := d.asOf(ctx, nil, one, one, w.Period)
		return trace(documents(held)), err
	})
	if err != nil {
		return err
	}
	w.Past = judge.Past(w.Result, slices.Concat(tracks...), p, th)
	w.Drops, err = troubledDrops(ctx, d.db, func(drop store.Drop) bool { return d.owns(drop, members) })
	if err != nil {
		return err
	}
	return d.addAround(ctx, w.judgement, analyze.Period{From: w.From}, w.Dated)
}

// owns reports whether a drop is the group's: by the machine it is of, or by the folder
// it lies in.
func (d *desk) owns(drop store.Drop, members map[string]bool) bool {
	name := drop.Machine
	if name == "" {
		name = ingest.PlaceBelow(drop.Name).Machine().Name
	}
	return members[ingest.MachineKey(name)] || d.group.holdsFolder(drop.Share, path.Dir(drop.Name)) ||
		name == "" && d.group.Default
}

// tell collects what a week's mail says beside the judgement, and has the states of its
// cases agree with what the last mail said.
func (d *desk) tell(ctx context.Context, w *week) error {
	next := d.schedule.after(d.schedule.latest(w.Dated))
	w.told = report.Mailing{Week: w.Key, Group: d.group.Name, Made: w.Dated, Next: next.due, Floor: d.group.floor(),
		Limit: *d.group.AttachBytes}
	if d.cfg.public() {
		w.told.Group = "" // the lab's own name for it
	}
	for _, doc := range w.Documents {
		w.told.Taken.Files++
		w.told.Taken.Bytes += doc.Bytes
		w.told.Taken.Oldest = soonest(w.told.Taken.Oldest, doc.Oldest)
		w.told.Taken.Newest = latest(w.told.Taken.Newest, doc.Newest)
		if doc.Newest.Before(w.From) {
			w.told.Late++
		}
	}
	if err := d.tellOfMails(ctx, w); err != nil {
		return err
	}
	periods, err := d.db.Periods(ctx, w.Series)
	if err != nil {
		return err
	}
	var last *store.Period
	for i := range periods {
		p := &periods[i]
		switch {
		case p.Key >= w.Key:
		case p.State != store.Skipped:
			last, w.told.Skipped = p, nil
		case i > 0: // the first one is that in which the group was set up
			w.told.Skipped = append(w.told.Skipped, p.Key)
		}
	}
	if last == nil {
		w.told.Late = 0 // there was no mail to be late for
		return nil
	}
	return d.compare(ctx, w, last.Key)
}

// tellOfMails counts the earlier mails of which nobody knows whether they came.
func (d *desk) tellOfMails(ctx context.Context, w *week) error {
	mails, err := d.db.Outbox(ctx)
	for _, m := range mails {
		doubted := m.Reason == ingest.ReasonMailInDoubt || m.Again
		if m.Series == w.Series && m.Key < w.Key && doubted && w.Dated.Sub(m.ChangedAt) < mailDoubted {
			w.told.InDoubt++
		}
	}
	return err
}

// compare has the states of cases agree with what the last mail said of them. By the
// logs alone one that came to light late would be an old acquaintance, and one that was
// not seen for longer than the history is judged would be new.
func (d *desk) compare(ctx context.Context, w *week, key string) error {
	last, err := d.db.Period(ctx, w.Series, key)
	if err != nil || last == nil {
		return err
	}
	before, judged, err := caseSummaries(last.Cases, key)
	if err != nil {
		return err
	}
	if judged.Tool != "" && judged.Tool != tool {
		w.told.LastTool = judged.Tool
		if w.told.Ruled, w.told.RulesTold, err = d.ruled(ctx, last, judged.Logs, before); err != nil {
			return err
		}
	}
	for id, course := range w.Past.Courses {
		sum, told := before[id]
		w.Past.Courses[id] = agree(course, sum.Machines, told)
	}
	return nil
}

// agree is the course of a case as it looks to who read the last mail, which told of it
// on some machines, or did not.
func agree(c analyze.Course, machines int, told bool) analyze.Course {
	seen := c.State == analyze.StateWorse || c.State == analyze.StateSame || c.State == analyze.StateBetter
	switch {
	case seen && !told:
		c.State, c.Before, c.Events, c.Bytes = analyze.StateNew, analyze.Extent{}, 0, 0
	case c.State == analyze.StateNew && told:
		c.Before.Machines = machines
		c.State = analyze.StateSame
		if c.Now.Machines != machines {
			c.State = analyze.StateBetter
		}
		if c.Now.Machines > machines {
			c.State = analyze.StateWorse
		}
	}
	return c
}

func soonest(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// mailFolder is where the reports of a mail lie, below the folder of all mails. What
// may not stand in the name of a folder becomes a dash, and a hash keeps groups apart.
func (d *desk) mailFolder(name string) string {
	group := strings.ToLower(d.group.Name)
	safe := strings.Map(func(r rune) rune {
		if r <= ' ' || strings.ContainsRune(`<>:"/\|?*.`, r) {
			return '-'
		}
		return r
	}, group)
	if safe != group {
		sum := sha256.Sum256([]byte(group))
		safe += "-" + hex.EncodeToString(sum[:2])
	}
	return filepath.Join(d.folder, strings.TrimSuffix(name+"-"+safe, "-"))
}

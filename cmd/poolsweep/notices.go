package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"poolsweep/analyze"
	"poolsweep/analyze/judge"
	"poolsweep/ingest"
	"poolsweep/ingest/shelf"
	"poolsweep/ingest/store"
	"poolsweep/report"
)

// noticeDay is the time that a group's number of notices counts for.
const noticeDay = 24 * time.Hour

// Keys of notices that are no case's id.
const (
	noticesBegan = "began" // from here on cases are new
	noticesMore  = "more-" // several cases in one, before the id of the first
)

// notices tells of the new cases of the group, each once: one mail a case as long as
// the day allows, and the last one of a day for all that are left.
func (d *desk) notices(ctx context.Context) error {
	news, today, err := d.news(ctx)
	if err != nil || len(news) == 0 {
		return err
	}
	left := d.group.NoticesDay - today
	for ; left > 0 && len(news) > 0; left-- {
		key, ids := news[0], news[:1]
		if left == 1 && len(news) > 1 {
			key, ids = noticesMore+news[0], news
		}
		if err := d.notify(ctx, key, ids); err != nil {
			return err
		}
		news = news[len(ids):]
	}
	return nil
}

// news are the ids of the group's firm cases that no notice told of, and how many
// notices there were within a day. What is known when a group begins with notices is no
// news.
func (d *desk) news(ctx context.Context) (ids []string, today int, err error) {
	series := d.series(noticeSeries)
	periods, err := d.db.Periods(ctx, series)
	if err != nil {
		return nil, 0, err
	}
	told := map[string]bool{}
	for _, p := range periods {
		told[p.Key] = true
		if strings.HasPrefix(p.Key, noticesMore) {
			whole, err := d.db.Period(ctx, series, p.Key)
			if err != nil {
				return nil, 0, err
			}
			for _, c := range whole.Cases {
				told[c.ID] = true
			}
		}
		if p.State != store.Skipped && d.now.Sub(p.Dated).Abs() < noticeDay {
			today++
		}
	}
	fresh, err := d.untold(ctx, told)
	if err != nil || told[noticesBegan] {
		return fresh, today, err
	}
	for _, key := range append(fresh, noticesBegan) {
		if _, err := d.db.Freeze(ctx, d.noticePeriod(key, store.Skipped), d.now); err != nil {
			return nil, 0, err
		}
	}
	return nil, today, nil
}

// untold are the ids of the group's firm cases that were not told.
func (d *desk) untold(ctx context.Context, told map[string]bool) ([]string, error) {
	var fresh []store.Case
	for _, c := range d.cases {
		if firm := c.Verdict == analyze.Leak.String() || c.Verdict == analyze.Runaway.String(); firm && !told[c.ID] {
			fresh = append(fresh, c)
		}
	}
	if len(fresh) == 0 { // to ask who is in the group may take a while
		return nil, nil
	}
	members, err := d.members(ctx, &selection{group: d.group})
	var ids []string
	for _, c := range fresh {
		for _, m := range c.Machines {
			if members[ingest.MachineKey(m)] {
				ids = append(ids, c.ID)
				break
			}
		}
	}
	return ids, err
}

func (d *desk) noticePeriod(key string, state store.PeriodState) store.Period {
	return store.Period{Series: d.series(noticeSeries), Key: key, Zone: d.schedule.zone.String(), State: state,
		Dated: d.now.Truncate(time.Second)}
}

// notify freezes a notice of some cases and makes its mail.
func (d *desk) notify(ctx context.Context, key string, ids []string) error {
	p := d.noticePeriod(key, store.Frozen)
	for _, id := range ids {
		p.Cases = append(p.Cases, store.CaseState{ID: id, Summary: []byte("{}")})
	}
	first, err := d.db.Freeze(ctx, p, d.now)
	if err != nil || !first {
		return err
	}
	return d.bringNotice(ctx, &p)
}

// bringNotices makes the mails of notices that are frozen, and that something came
// between.
func (d *desk) bringNotices(ctx context.Context) error {
	periods, err := d.db.Periods(ctx, d.series(noticeSeries))
	for _, p := range periods {
		if err == nil && p.State == store.Frozen {
			var whole *store.Period
			if whole, err = d.db.Period(ctx, p.Series, p.Key); err == nil {
				err = d.bringNotice(ctx, whole)
			}
		}
	}
	return err
}

// bringNotice makes the mail of a notice by how its cases stand now. Of one that is gone
// or silenced meanwhile nobody has to be told: the notice ends without a mail.
func (d *desk) bringNotice(ctx context.Context, p *store.Period) error {
	var ids []string
	for _, c := range p.Cases {
		ids = append(ids, c.ID)
	}
	j, err := d.judgeGroup(ctx, ids)
	if err != nil {
		return err
	}
	var reports []drawn
	var seen []string
	for i := range j.Result.Cases {
		c := &j.Result.Cases[i]
		for _, id := range ids {
			if decided := j.Decided[id]; c.ID == id && !decided.Silent() {
				writeup, _ := caseFiles(id)
				seen = append(seen, id)
				reports = append(reports, drawn{writeup, func(w io.Writer) error { return j.drawWriteup(w, c) }})
			}
		}
	}
	if len(seen) == 0 {
		d.log.Info("notice is void: its cases are gone", "group", d.group.Name, "key", p.Key)
		return d.db.Queue(ctx, p.Series, p.Key, "", nil, d.now)
	}
	told := report.Mailing{Group: d.group.Name, Made: p.Dated, Next: p.Dated, Limit: *d.group.AttachBytes}
	if d.cfg.public() {
		told.Group = ""
	}
	in := j.Input
	in.Scope = nil // the mail itself says what it is about
	l, err := d.compose("new-"+strings.TrimPrefix(p.Key, noticesMore), told, reports,
		func(m report.Mailing) (*report.Weekly, error) { return report.NewNotice(in, m, seen) })
	if err != nil {
		return fmt.Errorf("notice %s: %w", p.Key, err)
	}
	return d.post(ctx, l, p)
}

// judgeGroup judges the group's machines as they stand, with some cases in full.
func (d *desk) judgeGroup(ctx context.Context, ids []string) (*judgement, error) {
	members, err := d.members(ctx, &selection{group: d.group})
	if err != nil {
		return nil, err
	}
	tables := shelf.New()
	now := &store.Period{To: d.now.Add(clockLeap), Dated: d.now.Add(clockLeap)}
	held, err := d.asOf(ctx, tables, members, d.whole(ids), now)
	if err != nil {
		return nil, err
	}
	j, err := d.judgeHeld(ctx, tables, held, d.now)
	if err != nil {
		return nil, err
	}
	j.Past = judge.Whole(j.Result, analyze.DefaultThresholds())
	return j, nil
}

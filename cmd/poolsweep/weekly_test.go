package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"poolsweep/analyze"
	"poolsweep/ingest"
	"poolsweep/ingest/store"
	"poolsweep/report"
)

// newMailBench makes a bench with groups, whose mails stay in the outbox. The clock
// stands on a Tuesday, and the groups are set up.
func newMailBench(t *testing.T, groups ...groupConfig) *bench {
	t.Helper()
	b := newBench(t)
	b.cfg.Groups = groups
	b.cfg.Mail = mailConfig{Server: "mail.lab.example:587", From: "poolsweep@lab.example"}
	b.cfg.fill()
	b.restartMailing()
	b.live(t, 3*time.Hour)
	return b
}

// restartMailing begins like a service that was just started.
func (b *bench) restartMailing() {
	b.upkeep.clock, b.mailing = wallClock{}, mailing{ended: make(chan error, 1)}
}

// everyone is a group of all machines, mailed on Mondays.
func everyone() groupConfig {
	return groupConfig{Name: "Lab", Default: true, Recipients: []string{"all@lab.example"}, Weekday: "monday", Zone: "Europe/Berlin"}
}

// live lets time go by, with looks at the clock and at what is due.
func (b *bench) live(t *testing.T, d time.Duration) {
	t.Helper()
	for end := b.run + d; b.run < end; {
		step := min(time.Hour, end-b.run)
		b.run, b.wall = b.run+step, b.wall.Add(step)
		b.upkeep.clock.look(b.wall, b.run)
		b.startMailing(t.Context())
		if b.mailing.running {
			err := <-b.mailing.ended
			if err != nil {
				t.Error(err)
			}
			if err := b.endMailing(t.Context(), err); err != nil {
				t.Fatal(err)
			}
		}
	}
}

const aWeek = 7 * 24 * time.Hour

// log takes in a log of a machine of this moment.
func (b *bench) log(t *testing.T, machine string, bytes uint64) { b.logOf(t, machine, bytes, b.wall) }

// logOf takes in a log of another moment: one whose tag grows makes a case.
func (b *bench) logOf(t *testing.T, machine string, bytes uint64, at time.Time) {
	t.Helper()
	name := fmt.Sprintf("%s/%d-%d.log", machine, at.Unix(), b.wall.Unix())
	usage := ingest.Usage{Outstanding: int64(bytes / 512), Bytes: bytes}
	s := &ingest.Snapshot{Machine: ingest.Machine{Name: machine, From: ingest.NameFromFolder}, At: at,
		Source: ingest.Source{File: name, Line: 1}, Uptime: at.Sub(b.wall.AddDate(-1, 0, 0)), UptimeOK: true,
		Tags: []ingest.TagUsage{{Tag: ingest.MustTag("Abcd"), Pool: ingest.NonPaged, Usage: usage}}}
	doc := &ingest.Document{File: "drop/" + name, Bytes: 1000, SHA256: fmt.Sprintf("%064x", name), Snapshots: []*ingest.Snapshot{s}}
	_, err := b.store.Record(t.Context(), store.Reading{Documents: []*ingest.Document{doc}, Drop: store.Drop{
		Share: b.cfg.Drops[0].Path, Name: name, State: store.Analysed, Machine: machine, SHA256: doc.SHA256}}, b.wall)
	if err != nil {
		t.Fatal(err)
	}
}

// outbox shows what waits to be sent.
func (b *bench) outbox(t *testing.T) string {
	t.Helper()
	mails, err := b.store.Outbox(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, m := range mails {
		out = append(out, m.Series+" "+m.Key+" "+m.Recipient)
	}
	return strings.Join(out, "\n")
}

// weeksOf shows the periods of a series.
func (b *bench) weeksOf(t *testing.T, series string) string {
	t.Helper()
	periods, err := b.store.Periods(t.Context(), series)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, p := range periods {
		out = append(out, strings.TrimPrefix(p.Key, "2026-")+" "+string(p.State))
	}
	return strings.Join(out, ", ")
}

func TestWeeklyMailIsMadeOnceAWeek(t *testing.T) {
	t.Parallel()
	b := newMailBench(t, everyone())
	if got := b.weeksOf(t, "weekly/lab"); got != "W47 skipped" {
		t.Fatalf("a new group has %s, want its first week under way", got)
	}
	for range 3 {
		b.log(t, "LAB-1", 1<<20)
		b.live(t, aWeek)
	}
	want := "weekly/lab 2026-W48 all@lab.example\nweekly/lab 2026-W49 all@lab.example\nweekly/lab 2026-W50 all@lab.example"
	if got := b.outbox(t); got != want {
		t.Errorf("got %s", got)
	}
	p, err := b.store.Period(t.Context(), "weekly/lab", "2026-W49")
	berlin := zone(t, "Europe/Berlin")
	if err != nil || !p.From.Equal(time.Date(2026, 11, 30, 0, 0, 0, 0, berlin)) || !p.To.Equal(time.Date(2026, 12, 7, 0, 0, 0, 0, berlin)) ||
		p.Dated.Sub(time.Date(2026, 12, 7, 7, 0, 0, 0, berlin)).Abs() > time.Hour || len(p.Documents) != 1 {
		t.Errorf("%v, %+v", err, p)
	}
}

// A clock that is set back or ahead makes no second mail and closes no week early.
func TestWeeklyMailOfClocksThatLeap(t *testing.T) {
	t.Parallel()
	for _, leap := range []time.Duration{-time.Hour, -24 * time.Hour, -365 * 24 * time.Hour, 24 * time.Hour, 3653 * 24 * time.Hour} {
		t.Run(leap.String(), func(t *testing.T) {
			b := newMailBench(t, everyone())
			b.live(t, 5*24*time.Hour+20*time.Hour) // to Monday morning, just before or after the hour
			before := b.weeksOf(t, "weekly/lab")
			if leap < 0 {
				b.live(t, 2*time.Hour)
				before = b.weeksOf(t, "weekly/lab")
			}
			b.wall = b.wall.Add(leap)
			b.live(t, 2*time.Hour) // less than three looks: the clock is in doubt
			if got := b.weeksOf(t, "weekly/lab"); got != before {
				t.Errorf("while the clock was wrong: %s, before %s", got, before)
			}
			b.wall = b.wall.Add(-leap)
			b.live(t, aWeek+6*time.Hour)
			if got := b.weeksOf(t, "weekly/lab"); got != "W47 skipped, W48 queued, W49 queued" {
				t.Errorf("in the end %s", got)
			}
		})
	}
}

func TestWeeklyMailWaitsForAPlausibleClock(t *testing.T) {
	for _, year := range []int{1970, 2106} {
		b := newMailBench(t, everyone())
		b.wall = time.Date(year, 3, 1, 9, 0, 0, 0, time.UTC)
		b.restartMailing()
		b.live(t, 3*aWeek)
		if got := b.weeksOf(t, "weekly/lab"); got != "W47 skipped" {
			t.Errorf("in %d: %s", year, got)
		}
	}
}

// A laptop that slept over the hour: its clock leaps, is doubted, and the mail comes.
func TestWeeklyMailAfterASuspend(t *testing.T) {
	t.Parallel()
	b := newMailBench(t, everyone())
	b.live(t, 5*24*time.Hour+12*time.Hour)
	b.wall = b.wall.Add(8 * time.Hour)
	b.live(t, 6*time.Hour)
	if got := b.outbox(t); got != "weekly/lab 2026-W48 all@lab.example" {
		t.Errorf("got %q", got)
	}
}

func TestWeeklyMailCatchesUpInOrder(t *testing.T) {
	t.Parallel()
	b := newMailBench(t, everyone())
	b.wall, b.run = b.wall.Add(7*aWeek), 0
	b.restartMailing()
	b.live(t, 3*time.Hour)
	want := "W47 skipped, W48 skipped, W49 skipped, W50 skipped, W51 queued, W52 queued, W53 queued, 2027-W01 queued"
	if got := b.weeksOf(t, "weekly/lab"); got != want {
		t.Errorf("got %s", got)
	}
	mails, err := b.store.Outbox(t.Context())
	if err != nil || !slices.IsSortedFunc(mails, func(a, b store.Mail) int { return strings.Compare(a.Key, b.Key) }) {
		t.Errorf("%v, not in order: %+v", err, mails)
	}
	if text := b.mailText(t, "2026-W51-lab"); !strings.Contains(text, "No mail was sent of 2026-W48, 2026-W49 and 2026-W50") {
		t.Errorf("the mail does not tell of the weeks without one:\n%s", text)
	}
	if text := b.mailText(t, "2026-W52-lab"); strings.Contains(text, "No mail was sent") {
		t.Errorf("the next one tells it again:\n%s", text)
	}
}

// mailText is a mail as it lies on disk.
func (b *bench) mailText(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(b.cfg.mailFolder(), name, textFile))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestAChangeOfTheZoneOrTheDayMakesNoSecondMail(t *testing.T) {
	t.Parallel()
	b := newMailBench(t, everyone())
	b.live(t, aWeek)
	for _, change := range []func(*groupConfig){
		func(g *groupConfig) { g.Zone = "Pacific/Auckland" },
		func(g *groupConfig) { g.Zone = "America/Los_Angeles" },
		func(g *groupConfig) { g.Weekday = "sunday" },
		func(g *groupConfig) { *g.Hour = 23 },
		func(g *groupConfig) { g.Weekday, g.Name = "monday", "LAB" },
	} {
		change(&b.cfg.Groups[0])
		b.live(t, aWeek)
	}
	if got := b.weeksOf(t, ""); got != "W47 skipped, W48 queued, W49 queued, W50 queued, W51 queued, W52 queued, W53 queued" {
		t.Errorf("got %s", got)
	}
}

// Machines are mailed to their own groups: one in two to both, one in none to the
// default, and no mail names another group's.
func TestGroupsAreNeverMixed(t *testing.T) {
	t.Parallel()
	three := groupConfig{Name: "building-3", Machines: []string{"LAB-3*"}, Recipients: []string{"three@lab.example", "boss@lab.example"}, Weekday: "monday", Lang: "zh-CN"}
	storage := groupConfig{Name: "Storage", Folders: []string{"DROP/LAB-4", "DROP/LAB-31"}, Recipients: []string{"storage@lab.example"}, Weekday: "friday"}
	b := newMailBench(t, three, storage, everyone())
	for i := range b.cfg.Groups[1].Folders {
		f := &b.cfg.Groups[1].Folders[i]
		*f = strings.Replace(*f, "DROP", b.cfg.Drops[0].Path, 1)
	}
	machines := []string{"LAB-31", "LAB-32", "LAB-4", "OTHER-9"}
	for day := range 4 {
		for _, m := range machines {
			b.log(t, m, uint64(day+1)<<30)
		}
		b.live(t, 12*time.Hour)
	}
	if err := b.judge(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	b.live(t, aWeek)
	want := "weekly/building-3 2026-W48 boss@lab.example\nweekly/building-3 2026-W48 three@lab.example\n" +
		"weekly/lab 2026-W48 all@lab.example\nweekly/storage 2026-W48 storage@lab.example"
	if got := b.outbox(t); got != want {
		t.Errorf("got\n%s", got)
	}
	for name, members := range map[string][]string{"2026-W48-building-3": {"LAB-31", "LAB-32"}, "2026-W48-lab": {"OTHER-9"},
		"2026-W48-storage": {"LAB-31", "LAB-4"}} {
		text := b.mailText(t, name)
		for _, m := range machines {
			if strings.Contains(text, m) != slices.Contains(members, m) {
				t.Errorf("%s and %s:\n%s", name, m, text)
			}
		}
		if chinese := strings.Contains(text, "周"); chinese != (name == "2026-W48-building-3") {
			t.Errorf("%s is in the wrong language:\n%s", name, text)
		}
	}
}

// What was frozen when the service was killed is made from what was known then.
func TestFrozenWeekIsBroughtAsItWas(t *testing.T) {
	t.Parallel()
	b := newMailBench(t, everyone())
	b.log(t, "LAB-1", 1<<30)
	b.live(t, aWeek)
	whole := b.mailText(t, "2026-W48-lab")
	if err := os.RemoveAll(b.cfg.mailFolder()); err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{`DELETE FROM outbox`, `UPDATE period SET state = 'frozen' WHERE state = 'queued'`} {
		b.change(t, statement)
	}
	b.logOf(t, "LAB-1", 2<<30, b.wall.Add(-3*24*time.Hour)) // of the week, and too late for it
	b.restartMailing()
	b.live(t, 2*time.Hour)
	if again := b.mailText(t, "2026-W48-lab"); again != whole {
		t.Errorf("first\n%s\nthen\n%s", whole, again)
	}
	b.live(t, aWeek)
	if text := b.mailText(t, "2026-W49-lab"); !strings.Contains(text, "1 log of earlier weeks came after") {
		t.Errorf("the late log is not told:\n%s", text)
	}
}

func TestStatesAgreeWithTheLastMail(t *testing.T) {
	on := func(s analyze.State, before, now int) analyze.Course {
		return analyze.Course{State: s, Before: analyze.Extent{Machines: before}, Now: analyze.Extent{Machines: now}, Events: 5}
	}
	for _, c := range []struct {
		course   analyze.Course
		machines int
		told     bool
		want     analyze.State
	}{
		{on(analyze.StateNew, 0, 1), 0, false, analyze.StateNew},
		{on(analyze.StateSame, 1, 1), 0, false, analyze.StateNew}, // came to light late
		{on(analyze.StateSame, 1, 1), 1, true, analyze.StateSame},
		{on(analyze.StateNew, 0, 1), 1, true, analyze.StateSame}, // older than the history
		{on(analyze.StateNew, 0, 2), 1, true, analyze.StateWorse},
		{on(analyze.StateNew, 0, 1), 2, true, analyze.StateBetter},
		{on(analyze.StateFixed, 1, 0), 1, true, analyze.StateFixed},
		{on(analyze.StateQuiet, 1, 0), 0, false, analyze.StateQuiet},
	} {
		got := agree(c.course, c.machines, c.told)
		if got.State != c.want || got.State == analyze.StateNew && got.Before.Machines != 0 {
			t.Errorf("%v told %v on %d: %+v", c.course.State, c.told, c.machines, got)
		}
	}
}

// A verdict that other rules would give by the same logs is no news of a machine. When
// the logs are not the same, nobody can tell.
func TestRulesThatChangedAreTold(t *testing.T) {
	b := newMailBench(t, everyone())
	for day := range 4 {
		b.log(t, "LAB-1", uint64(day+1)<<30)
		b.live(t, 12*time.Hour)
	}
	if err := b.judge(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	id := b.caseOf(t, "LAB-1")
	verdict := "suspect"
	b.live(t, aWeek)
	by := func(text string) string {
		t.Helper()
		b.live(t, aWeek)
		y, w := b.wall.AddDate(0, 0, -7).ISOWeek()
		mail := b.mailText(t, fmt.Sprintf("%d-W%02d-lab", y, w))
		if !strings.Contains(mail, text) {
			t.Errorf("no %q in\n%s", text, mail)
		}
		return mail
	}
	last := `(SELECT MAX(key) FROM period_case)`
	older := `UPDATE period_case SET summary = replace(summary, 'poolsweep 0.1', 'poolsweep 0.0') WHERE key = ` + last
	if mail := by("Nothing new"); strings.Contains(mail, "the last mail by") {
		t.Errorf("rules that did not change are told:\n%s", mail)
	}
	b.change(t, older)
	by("the logs of the last mail give the same verdicts with both")
	b.change(t, older)
	b.change(t, `UPDATE period_case SET summary = replace(summary, '"`+verdict+`"', '"healthy"') WHERE key = `+last)
	by(id + ", Abcd holds 4 GB of nonpaged pool; by the logs of the last mail healthy then, " + verdict + " now")
	b.change(t, older)
	b.change(t, `DELETE FROM period_case WHERE id <> '' AND key = `+last)
	by("by the logs of the last mail no case then, " + verdict + " now")
	b.change(t, older)
	if _, err := b.store.Purge(t.Context(), "LAB-1", b.wall); err != nil {
		t.Fatal(err)
	}
	by("a case may have moved for that reason alone")
}

func TestCasesAreFoundByTheirNames(t *testing.T) {
	was := map[string]caseSummary{"PS-1": {Verdict: "leak"}, "PS-2": {Verdict: "leak"}, "PS-3": {Verdict: "suspect"}}
	names := map[string][]string{"PS-1": {"v1|a"}, "PS-2": {"v1|b", "v1|b2"}, "PS-3": {"v1|c"}}
	got := otherwise(was, names, []analyze.Case{{ID: "PS-1", Signature: "v1|a", Verdict: analyze.Leak},
		{ID: "PS-9", Signature: "v2|b", Aliases: []string{"v1|b2"}, Verdict: analyze.Suspect},
		{ID: "PS-4", Signature: "v2|d", Verdict: analyze.Runaway}})
	want := []report.Ruled{{ID: "PS-3", Was: "suspect"}, {ID: "PS-4", Now: "runaway-attachment"},
		{ID: "PS-9", Was: "leak", Now: "suspect"}}
	if !slices.Equal(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestPurgeRemovesMailsAndMakesUnsentOnesAgain(t *testing.T) {
	t.Parallel()
	b := newMailBench(t, everyone())
	b.drop(t, "process-leak")
	b.log(t, "LAB-1", 1<<20)
	b.live(t, aWeek)
	if text := b.mailText(t, "2026-W48-lab"); !strings.Contains(text, "TEST-2K3-11") {
		t.Fatalf("not told of:\n%s", text)
	}
	if err := b.purge(t.Context(), &strings.Builder{}, "TEST-2K3-11", true); err != nil {
		t.Fatal(err)
	}
	if files := b.holding(t, "TEST-2K3-11"); len(files) != 0 {
		t.Errorf("still told of in %v", files)
	}
	b.live(t, 2*time.Hour)
	if text := b.mailText(t, "2026-W48-lab"); strings.Contains(text, "TEST-2K3-11") {
		t.Errorf("made again with it:\n%s", text)
	}
	mails, err := b.store.Outbox(t.Context())
	if err != nil || len(mails) != 1 || mails[0].Withdrawn {
		t.Errorf("%v, %+v", err, mails)
	}
}

func TestOldMailsAreRemoved(t *testing.T) {
	t.Parallel()
	b := newMailBench(t, everyone())
	b.live(t, aWeek)
	if err := removeMails(b.cfg.mailFolder(), time.Now().Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	b.mailText(t, "2026-W48-lab")
	if err := removeMails(b.cfg.mailFolder(), time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if left, _ := os.ReadDir(b.cfg.mailFolder()); len(left) != 0 {
		t.Errorf("%d are left", len(left))
	}
}

// A mail for readers outside, its text, workbook and write-ups, tells no name of the
// lab's: of machines, folders, groups, teams and trackers.
func TestMailsForOutsideNameNobody(t *testing.T) {
	const canary = "qanary"
	limit := int64(1) // so that the mail says where the files lie instead of bringing them
	b := newMailBench(t, groupConfig{Name: canary, Default: true, Recipients: []string{"vendor@lab.example"},
		Weekday: "monday", Profile: report.ProfilePublic, AttachBytes: &limit})
	b.cfg.Out = filepath.Join(b.dir, canary)
	for day := range 4 {
		b.log(t, canary+"-1", uint64(day+1)<<30)
		b.log(t, canary+"-2", 1<<20)
		b.live(t, 12*time.Hour)
	}
	if err := b.judge(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	id := b.caseOf(t, canary+"-1")
	err := b.putDecisions(t.Context(), typedFolder, []store.DecisionLine{{Text: id + " owner the " + canary + " team"},
		{Text: id + " ownr " + canary}, {Text: id + " ticket https://" + canary + ".example/1"}})
	if err != nil {
		t.Fatal(err)
	}
	b.live(t, aWeek)
	folder := filepath.Join(b.cfg.mailFolder(), "2026-W48-"+canary)
	for _, file := range []string{emlFile, htmlFile, textFile, bookFile, "cases/" + id + ".pdf"} {
		for part, text := range textsOf(t, filepath.Join(folder, filepath.FromSlash(file))) {
			if file == emlFile {
				_, text, _ = strings.Cut(text, "\r\n") // the ID, which is the series'
			}
			if at := strings.Index(strings.ToLower(text), canary); at >= 0 {
				t.Errorf("%s: %q", part, text[max(0, at-90):min(len(text), at+40)])
			}
		}
	}
}

// A day begins where the group is: a snooze ends with its midnight.
func TestSnoozesEndByTheGroupsClock(t *testing.T) {
	shanghai, angeles := everyone(), everyone()
	shanghai.Name, shanghai.Zone = "Shanghai", "Asia/Shanghai"
	angeles.Name, angeles.Zone = "Los Angeles", "America/Los_Angeles"
	shanghai.Machines, angeles.Machines = []string{"*"}, []string{"*"}
	angeles.Default = false
	b := newMailBench(t, shanghai, angeles)
	b.drop(t, "process-leak")
	if err := b.judge(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	id := b.caseOf(t, "TEST-2K3-11")
	err := b.putDecisions(t.Context(), typedFolder, []store.DecisionLine{{Text: id + " snooze until 2026-12-02"}})
	if err != nil {
		t.Fatal(err)
	}
	h := b.history()
	for at, asleep := range map[string][2]bool{"2026-12-01T15:59:00Z": {true, true}, "2026-12-01T16:01:00Z": {false, true},
		"2026-12-02T07:59:00Z": {false, true}, "2026-12-02T08:01:00Z": {false, false}} {
		if h.now, err = time.Parse(time.RFC3339, at); err != nil {
			t.Fatal(err)
		}
		for i := range b.cfg.Groups {
			g := &b.cfg.Groups[i]
			d, err := h.desk(g, b.dir, b.service.log)
			if err != nil {
				t.Fatal(err)
			}
			j, err := d.judgeGroup(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			if got := j.Decided[id].Snoozed != nil; got != asleep[i] {
				t.Errorf("%s in %s: asleep %v", at, g.Name, got)
			}
		}
	}
}

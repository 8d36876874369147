package report

import (
	"slices"
	"strings"
	"time"

	"poolsweep/analyze"
)

// Longest texts of a mail, in characters: names and reasons come from logs.
const (
	longestName = 40
	longestText = 160
	longestWhy  = 260 // of a decision that is not understood: it names all words that would do
	longestURL  = 300 // of a ticket; a longer one stands in the workbook alone
)

// brief makes a text one line of a bounded length. What HTML has to escape counts as
// three characters, since it takes as many bytes as they would at most.
func brief(text string, most int) string {
	runes := []rune(strings.TrimSpace(oneLine(strings.ToValidUTF8(text, "\uFFFD"))))
	length, keep := 0, 0 // of what fits with an ellipsis behind it
	for i, r := range runes {
		if length++; strings.ContainsRune(`<>&'"`, r) {
			length += 2
		}
		if length < most {
			keep = i + 1
		}
	}
	if length <= most {
		return string(runes)
	}
	return string(runes[:keep]) + "…"
}

// shortName is a name from a log that is safe in a mail.
func shortName(text string) string { return brief(text, longestName) }

// stateFacts are the figures of the subject and of the line of state.
func (k *clerk) stateFacts() facts {
	n := func(s analyze.State) int { return len(k.inState(s)) }
	all := len(k.in.Result.Machines)
	return facts{"new": n(analyze.StateNew), "worse": n(analyze.StateWorse), "fixed": n(analyze.StateFixed),
		"heard": all - len(k.silent()), "machines": all, "full": len(k.full), "next": k.weekday(k.m.Next),
		"week": k.week(), "group": shortName(k.m.Group)}
}

func (k *clerk) subject() string { return k.say("weekly.subject", k.stateFacts()) }

func (k *clerk) heading() string { return k.say("weekly.heading", k.stateFacts()) }

// week is the number of the week.
func (k *clerk) week() string {
	if _, n, found := strings.Cut(k.m.Week, "-W"); found {
		return strings.TrimPrefix(n, "0")
	}
	return k.m.Week
}

// covers says which time the mail is about, by the clock of its readers.
func (k *clerk) covers() string {
	p := k.past.Period
	return k.say("weekly.covers", facts{"from": k.moment(p.From), "to": k.moment(p.To), "zone": k.zone.String()})
}

// weekdays name the labels of the days.
var weekdays = [...]string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

func (k *clerk) weekday(t time.Time) string {
	return k.label("weekday." + weekdays[t.In(k.zone).Weekday()])
}

// day writes a date with its day of the week; empty for no time at all.
func (k *clerk) day(t time.Time) string { return k.dated(t, time.DateOnly) }

// moment writes a date and a time of the day.
func (k *clerk) moment(t time.Time) string { return k.dated(t, "2006-01-02 15:04") }

func (k *clerk) dated(t time.Time, layout string) string {
	if t.IsZero() {
		return ""
	}
	return k.say("weekly.day", facts{"weekday": k.weekday(t), "date": t.In(k.zone).Format(layout)})
}

// names lists the first of some names.
func (k *clerk) names(all []string) string {
	short := slices.Clone(all)
	for i := range min(fewNames, len(short)) {
		short[i] = shortName(short[i])
	}
	return k.say("some", k.few(short))
}

// weeklyNotices say what is not as usual about this mail itself.
func (k *clerk) weeklyNotices() []string {
	out := values(k.notices())
	for _, n := range []struct {
		name string
		is   bool
		f    facts
	}{
		{"late", k.m.Late > 0, facts{"n": k.m.Late}},
		{"skipped", len(k.m.Skipped) > 0, k.few(k.m.Skipped)},
		{"in-doubt", k.m.InDoubt > 0, facts{"n": k.m.InDoubt}},
		{"tool", k.m.LastTool != "", facts{"before": k.m.LastTool, "now": k.in.Tool,
			"told": k.m.RulesTold, "n": len(k.ruled())}},
	} {
		if n.is {
			out = append(out, k.say("weekly.notice-"+n.name, n.f))
		}
	}
	return out
}

// stateCounts counts the cases of the period by state; nothing when there are none.
func (k *clerk) stateCounts() []Count {
	if len(k.told) == 0 {
		return nil
	}
	var out []Count
	for s := analyze.StateNew; s <= analyze.StateQuiet; s++ {
		n := len(k.inState(s))
		c := Count{Label: k.label("case-state." + s.String()), Value: count(int64(n))}
		if n > 0 {
			c.Tone = stateTones[s]
		}
		out = append(out, c)
	}
	return out
}

// total says what is open in all, and what the counts leave out.
func (k *clerk) total() string {
	f := facts{"snoozed": k.left.silent, "below": k.left.below, "cases": len(k.told), "machines": 0, "fixed": 0}
	on := map[string]bool{}
	for _, c := range k.told {
		if k.past.Courses[c.ID].State == analyze.StateFixed {
			f["fixed"] = f["fixed"].(int) + 1
			continue
		}
		for _, m := range c.Machines {
			on[strings.ToLower(m)] = true
		}
	}
	f["open"], f["machines"] = len(k.told)-f["fixed"].(int), len(on)
	return k.say("weekly.total", f)
}

// aliveFacts are what came in and when.
func (k *clerk) aliveFacts() facts {
	t := k.m.Taken
	f := k.stateFacts()
	f["files"], f["bytes"] = t.Files, t.Bytes
	f["oldest"], f["newest"] = k.moment(t.Oldest), k.moment(t.Newest)
	return f
}

// alive is the proof that somebody looked, and at what.
func (k *clerk) alive() []Pair {
	f := k.aliveFacts()
	return []Pair{
		{k.label("weekly.alive-taken"), k.say("weekly.taken", f)},
		{k.label("weekly.alive-span"), k.say("weekly.span", f)},
		{k.label("weekly.alive-covers"), k.covers()},
		{k.label("weekly.alive-made"), k.say("weekly.made", facts{"at": k.moment(k.m.Made), "tool": k.in.Tool,
			"next": k.moment(k.m.Next)})},
	}
}

// files decides which reports go along: in their order, those that fit.
func (k *clerk) files() (pairs []Pair, attach []string) {
	room := k.m.Limit
	var paths []string
	for _, f := range k.m.Files {
		if size := f.encodedSize(); size <= room {
			room -= size
			attach = append(attach, f.Name)
		} else {
			paths = append(paths, brief(f.Path, longestText))
		}
	}
	if len(attach) > 0 {
		pairs = append(pairs, Pair{k.label("weekly.attached"), k.names(attach)})
	}
	for i, p := range k.folders(paths) {
		label := ""
		if i == 0 {
			label = k.label("weekly.on-share")
		}
		pairs = append(pairs, Pair{label, p})
	}
	return pairs, attach
}

// mailPaths is how many files a mail names one by one.
const mailPaths = 3

// folders shortens a long list of paths to the folders that they lie in.
func (k *clerk) folders(paths []string) []string {
	if len(paths) <= mailPaths {
		return paths
	}
	var out []string
	in := map[string]int{}
	for _, p := range paths {
		folder := p[:max(0, strings.LastIndexAny(p, `/\`))]
		if in[folder]++; in[folder] == 1 {
			out = append(out, folder)
		}
	}
	for i, folder := range out {
		out[i] = k.say("weekly.in-folder", facts{"n": in[folder], "folder": folder})
	}
	return out[:min(mailItems, len(out))]
}

package tooltext

import (
	"regexp"
	"slices"
	"strings"
)

// Words that tell a moment in the name of a column. The first list is sure by itself,
// the second needs a number ("day 2") or a sure word beside it ("pre-reboot").
var (
	momentWords = strings.Fields("baseline today yesterday t0 t1 t2 t3 t4 t5 monday tuesday wednesday " +
		"thursday friday saturday sunday")
	besideMoment = strings.Fields("t h hr hrs hour hours m min mins minute minutes s sec day days d week weeks " +
		"reboot restart boot sample snapshot run capture reading the a of at in and utc am pm uptime fresh clean " +
		"fix patch update load test jan feb mar apr may jun jul aug sep oct nov dec idle")
	// openWords begin a name that tells a moment whatever stands behind them:
	// "After stopping the service".
	openWords = strings.Fields("before after pre post")
)

// maxStateWords bounds such a name: a longer one is a sentence.
const maxStateWords = 6

// dateText matches a date or a time of day: "2026-05-01", "14:05", "1.5.2026", "5/1".
var dateText = regexp.MustCompile(`\d{4}-\d\d-\d\d|\b\d{1,2}:\d\d\b|\b\d{1,2}[./]\d{1,2}([./]\d{2,4})?\b`)

// timeSpan matches "1h" and "30min" as a word of its own.
var timeSpan = regexp.MustCompile(`^\d+(h|hr|hrs|min|m|s|d)$`)

// stateOf returns the words of a column's name that tell at which moment the machine
// was so, "" where no moment is sure: "Bytes before" is of "before", "WSL on" may be
// of any machine.
func stateOf(name string) string {
	words := wordsOf(name)
	sure := dateText.MatchString(name)
	numbered, beside := false, false
	var state []string
	for _, w := range words {
		figure := columnOf(w)
		switch {
		case has([]string{w}, earlyWords), has([]string{w}, lateWords), has([]string{w}, momentWords),
			timeSpan.MatchString(w):
			sure = true
		case strings.Trim(w, "0123456789") == "":
			numbered = true
		case has([]string{w}, besideMoment):
			beside = true
		case len(state) > 0 && has(state[:1], openWords):
		case figure.figure() || figure.pool != 0 || figure.unit > 0 || w == "pool" || w == "use":
			continue
		default:
			return ""
		}
		state = append(state, w)
	}
	if !sure && !(numbered && beside) || len(state) > maxStateWords {
		return ""
	}
	return strings.Join(state, " ")
}

// moments finds out whether the columns show one machine at several moments: every
// figure stands under the name of one, and there are two at least. Then each column
// gets its place in their order, which is that of the columns unless the names say
// otherwise ("Now | Before").
func (t *layout) moments(names []string) {
	states := make([]string, len(names))
	var order []string
	late := map[string]int8{}
	for i, name := range names {
		c := t.columns[i]
		if i == t.tag || c.delta || !c.figure() && c.role != roleOther {
			continue
		}
		state := stateOf(name)
		if c.figure() && state == "" {
			return
		}
		if states[i] = state; state != "" && !slices.Contains(order, state) {
			order = append(order, state)
			late[state] = c.late
		}
	}
	if len(order) < 2 || t.timed {
		return
	}
	sortMoments(order, late)
	t.labels = make([]string, len(order))
	for i, state := range states {
		at := slices.Index(order, state)
		if at < 0 {
			continue
		}
		c := &t.columns[i]
		if c.moment = at; !c.figure() {
			c.role, c.count = roleFigure, true
		}
		if t.labels[at] != "" { // several figures of one moment share its words
			t.labels[at] = withoutFigures(names[i])
			continue
		}
		t.labels[at] = strings.Trim(names[i], " *`_")
	}
}

// withoutFigures cuts the words off that tell what a column counts: "T0 (MB)".
func withoutFigures(name string) string {
	words := strings.Fields(strings.Trim(name, " *`_"))
	return strings.Join(slices.DeleteFunc(words, func(w string) bool {
		c := columnOf(w)
		return c.late == 0 && (c.figure() || c.pool != 0 || c.unit > 0)
	}), " ")
}

// sortMoments puts what was before in front of what was after where all names say
// which they are, and dates in their order.
func sortMoments(order []string, late map[string]int8) {
	isoDate := regexp.MustCompile(`^\d{4} \d\d \d\d`)
	dated := !slices.ContainsFunc(order, func(s string) bool { return !isoDate.MatchString(s) })
	told := !slices.ContainsFunc(order, func(s string) bool { return late[s] == 0 })
	slices.SortStableFunc(order, func(a, b string) int {
		switch {
		case dated:
			return strings.Compare(a, b)
		case told:
			return int(late[a]) - int(late[b])
		}
		return 0
	})
}

// bounded reports whether a cell tells no figure but a bound: "<5 MB", "under 1 MB".
func bounded(cell []byte) bool {
	for _, mark := range []string{"<", ">", "≤", "≥", "&lt;", "&gt;", "under ", "below ", "less than ", "over "} {
		if strings.HasPrefix(strings.ToLower(string(cell[:min(len(cell), len("less than "))])), mark) {
			return true
		}
	}
	return false
}

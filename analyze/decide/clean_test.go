package decide

import (
	"math"
	"testing"

	"poolsweep/analyze"
)

// need is 3 · ln(100) over a rate a machine-day.
func need(rate float64) float64 { return 3 * math.Log(100) / rate }

func near(a, b float64) bool { return math.Abs(a-b) < 1e-9 }

// clean settles case one without decisions, or with the fix.
func (l *lab) clean(t *testing.T, fix string) *analyze.Clean {
	t.Helper()
	var all []analyze.Decision
	if fix != "" {
		all = decided(t, 1, one+" fixed-in AcmeVault "+fix)
	}
	return l.oneOf(t, 100, all...).Clean
}

// TestTheBarFills: one session showed the case after two days of running, so half a
// case a machine-day; 27.6 clean machine-days are needed.
func TestTheBarFills(t *testing.T) {
	l := &lab{}
	l.shows("A", 0, 2, "", 10)
	if c := l.clean(t, ""); c != nil {
		t.Fatalf("still there: %+v", c)
	}
	l.clear("A", 10, 9, "")
	c := l.clean(t, "")
	if c == nil || c.Shown != 1 || !near(c.Exposed, 2) || !near(c.Days, 9) || !near(c.Needed, need(0.5)) || c.Gone() {
		t.Fatalf("nine days: %+v", c)
	}
	if !near(c.Share(), 9/need(0.5)) {
		t.Errorf("share %v", c.Share())
	}
	l.clear("A", 30, 18.6, "") // the second boot: 27.6 days in all
	if c := l.clean(t, ""); c.Gone() || !near(c.Days, 27.6) {
		t.Errorf("just under %v: %+v", need(0.5), c)
	}
	l.clear("A", 30.1, 18.7, "")
	if c := l.clean(t, ""); !c.Gone() || c.Share() != 1 {
		t.Errorf("just over %v: %+v", need(0.5), c)
	}
	l.shows("A", 40, 3, "", 10)
	if c := l.clean(t, ""); c != nil {
		t.Errorf("it came back: %+v", c)
	}
}

func TestCleanCountsAllMachinesOfTheCase(t *testing.T) {
	l := &lab{}
	l.clear("A", -10, 4, "") // four days without, before it came
	l.shows("A", 0, 2, "", 10)
	l.shows("A", 1, 3, "", 20) // the same session: no second event
	l.shows("B", 0, 6, "", 10)
	l.clear("A", 10, 5, "")
	if c := l.clean(t, ""); c != nil {
		t.Errorf("B shows it: %+v", c)
	}
	l.clear("B", 10, 7, "")
	l.snap("C", 10, 50, "") // never had it
	c := l.clean(t, "")
	if c == nil || c.Shown != 2 || !near(c.Exposed, 12) || !near(c.Days, 12) || !near(c.Needed, need(2.0/12)) {
		t.Errorf("%+v", c)
	}
}

func TestCleanInTheSameSessionBeginsWithTheLastSighting(t *testing.T) {
	l := &lab{}
	l.shows("A", 0, 2, "", 10)
	l.clear("A", 5, 7, "") // it freed all, and runs on
	if c := l.clean(t, ""); c == nil || !near(c.Days, 5) || !near(c.Exposed, 2) {
		t.Errorf("%+v", c)
	}
}

// TestCleanOfAFixCountsItsVersionOnly: what old builds show or do not show says nothing
// of the fix.
func TestCleanOfAFixCountsItsVersionOnly(t *testing.T) {
	l := &lab{}
	l.shows("A", 0, 2, "4.2", 10)
	l.clear("A", 10, 9, "4.2")
	l.clear("A", 20, 8, "4.3")
	l.shows("B", 20, 2, "4.2", 10) // not updated yet
	c := l.clean(t, "4.3")
	if c == nil || c.Shown != 2 || !near(c.Exposed, 13) || !near(c.Days, 8) {
		t.Fatalf("%+v", c)
	}
	l.shows("B", 30, 2, "4.3", 10)
	if c := l.clean(t, "4.3"); c != nil {
		t.Errorf("a regression: %+v", c)
	}
	if c := l.clean(t, "4.4"); c == nil || c.Days != 0 || c.Share() != 0 {
		t.Errorf("before the fix is anywhere: %+v", c)
	}
}

func TestCleanNeedsUptimes(t *testing.T) {
	l := &lab{}
	l.shows("A", 0, 2, "", 10)
	l.clear("A", 10, 9, "")
	for _, s := range l.Machines[0].Snapshots {
		s.UptimeOK = false
	}
	if c := l.clean(t, ""); c != nil {
		t.Errorf("%+v", c)
	}
}

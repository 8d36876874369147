package series

import (
	"testing"
	"time"

	"poolsweep/ingest"
)

func TestLinked(t *testing.T) {
	tol := DefaultThresholds().BootTolerance
	shifted := func(m moment, by time.Duration) moment { m.At = m.At.Add(by); return m }
	restarted := func(hours, up float64) moment {
		m := at(hours)
		m.Uptime = time.Duration(up * float64(time.Hour))
		return m
	}
	for _, c := range []struct {
		name string
		a, b moment
		want Link
	}{
		{"same boot time", at(1), at(5), SameBoot},
		{"clock off by the tolerance", at(1), shifted(at(5), tol), SameBoot},
		{"just over the tolerance, and not booted between", at(1), shifted(at(5), tol+time.Second), Unlinked},
		{"clock back by the tolerance", at(1), shifted(at(5), -tol), SameBoot},
		{"started between", at(10), restarted(12, 1), Restarted},
		{"started between, ran longer than before", at(1), restarted(12, 8), Restarted},
		{"shorter uptime, no session times", at(10).untimed(), restarted(12, 1).untimed(), Restarted},
		{"longer uptime without times may be another boot", at(1).untimed(), at(5).untimed(), Unlinked},
		{"earlier uptime missing, later session already ran", at(2).unaged(), at(5), SameBoot},
		{"earlier uptime missing, started later", at(2).unaged(), restarted(5, 1), Restarted},
		{"later uptime missing", at(2), at(5).unaged(), Unlinked},
		{"nothing known", at(1).untimed().unaged(), at(5).untimed().unaged(), Unlinked},
	} {
		if got := Linked(c.a.Snapshot, c.b.Snapshot, DefaultThresholds()); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestFallenCountersProveARestart(t *testing.T) {
	bare := func(allocs, frees uint64) moment {
		return at(0).untimed().unaged().tag("Abcd", int64(allocs-frees), 64).counted(allocs, frees)
	}
	for _, c := range []struct {
		name string
		a, b moment
		want Link
	}{
		{"allocations fell", bare(5_000, 400), bare(4_999, 400), Restarted},
		{"frees fell", bare(5_000, 400), bare(5_000, 399), Restarted},
		{"equal", bare(5_000, 400), bare(5_000, 400), Unlinked},
		{"rose: another boot may have run longer", bare(5_000, 400), bare(5_001, 401), Unlinked},
		{"just below half of 32 bits", bare(wrapped-1, 1), bare(7, 1), Restarted},
		{"came round at 32 bits", bare(wrapped, 1), bare(7, 1), Unlinked},
		{"not counted", bare(5_000, 400), at(0).untimed().unaged().tag("Abcd", 3, 64), Unlinked},
		{"other tag", bare(5_000, 400), at(0).untimed().unaged().tag("Efgh", 3, 64).counted(3, 0), Unlinked},
	} {
		if got := Linked(c.a.Snapshot, c.b.Snapshot, DefaultThresholds()); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestBootsDivideAHistory(t *testing.T) {
	second := func(hours float64) moment {
		m := at(hours)
		m.At = m.At.Add(100 * time.Hour)
		return m
	}
	boots := Boots(history(at(0).untimed().unaged(), at(1), at(5), second(1), second(3)), DefaultThresholds())
	var sizes []int
	var before []Link
	for _, b := range boots {
		sizes, before = append(sizes, len(b.Snapshots)), append(before, b.Before)
	}
	if len(boots) != 3 || sizes[1] != 2 || sizes[2] != 2 || before[0] != 0 || before[1] != Unlinked || before[2] != Restarted {
		t.Errorf("sizes %v, before %v", sizes, before)
	}
	if got := boots[1].Window(); got != 4*time.Hour {
		t.Errorf("window %s", got)
	}
	if Boots(nil, DefaultThresholds()) != nil {
		t.Error("no snapshots make a boot session")
	}
}

func TestUptimeIsTheClock(t *testing.T) {
	a, b := at(1), at(5)
	b.At = b.At.Add(2 * time.Minute) // the clock was corrected
	if got := oneBoot(t, a, b).Offsets()[1]; got != 4*time.Hour {
		t.Errorf("offset %s, want that of the uptimes", got)
	}
	if got := oneBoot(t, at(1).unaged(), b).Offsets()[1]; got != 4*time.Hour+2*time.Minute {
		t.Errorf("offset %s, want that of the session times", got)
	}
}

func TestPointsOfEveryQuantity(t *testing.T) {
	a, b, c := at(1).tag("Proc", 90, 90_000), at(2).tag("Proc", 400, 400_000), at(2).tag("Proc", 401, 401_000)
	for i, m := range []moment{a, b, c} {
		m.Filters = []ingest.Filter{{Name: "guardflt", Instances: []ingest.Instance{{Count: 3 + i}, {Count: 1}}}}
		m.Totals = []ingest.PoolTotal{{Pool: ingest.NonPaged, Usage: ingest.Usage{Bytes: uint64(1000 * (i + 1))}}}
		m.Running = []ingest.ProcessHandles{{Image: "spool.exe", PID: 40, Handles: int64(50 * i)}, {Image: "x.exe", Handles: -1}}
		m.Processes = &ingest.Processes{Listed: 80}
	}
	boot := oneBoot(t, a, b, c)
	for _, q := range []struct {
		name        string
		of          Quantity
		first, last float64
	}{
		{"instances", Instances("guardflt"), 4, 6},
		{"total", PoolBytes(ingest.NonPaged), 1000, 3000},
		{"handles", Handles("spool.exe", 40), 0, 100},
		{"gap", ProcessGap, 10, 321},
	} {
		points := boot.Points(q.of)
		if len(points) != 2 || points[0].Value != q.first || points[1].Value != q.last {
			t.Errorf("%s: %+v, want %v then %v, the later print of one moment", q.name, points, q.first, q.last)
		}
	}
	for name, of := range map[string]Quantity{"instances": Instances("other"), "total": PoolBytes(ingest.Paged),
		"handles": Handles("x.exe", 0)} {
		if points := boot.Points(of); points != nil {
			t.Errorf("%s not in the log: %+v", name, points)
		}
	}
}

package judge

import (
	"math"
	"slices"
	"testing"
	"time"

	"poolsweep/analyze"
	"poolsweep/ingest"
)

// reading is a snapshot of machine M so long after the first, its healthy tags
// moved a little, in a file of its own.
func reading(i int, apart time.Duration) made {
	m := snap("M")
	m.At, m.Uptime = m.At.Add(time.Duration(i)*apart), m.Uptime+time.Duration(i)*apart
	m.Source.File = "M-" + string(rune('a'+i)) + ".log"
	for j := range m.Tags {
		m.Tags[j].File = m.Source.File
		m.Tags[j].Outstanding += int64((i + j) % 2)
	}
	return m
}

// row numbers must differ from file to file, as they do in real logs.
func (m made) filed() made {
	for i := range m.Tags {
		m.Tags[i].File = m.Source.File
	}
	return m
}

// readings makes one snapshot an hour for each count of the tag Abcd, 1,024 bytes each.
func readings(counts ...int64) []made { return readingsOf("Abcd", time.Hour, 1024, counts...) }

func readingsOf(tag string, apart time.Duration, each uint64, counts ...int64) []made {
	var out []made
	for i, n := range counts {
		out = append(out, reading(i, apart).np(tag, n, uint64(n)*each).filed())
	}
	return out
}

func line(n int, from, step int64) []int64 {
	var out []int64
	for i := range n {
		out = append(out, from+int64(i)*step)
	}
	return out
}

func TestGrowthVerdictNeedsVolumeWindowAndInterval(t *testing.T) {
	th := analyze.DefaultThresholds()
	firm, least, leap := int64(th.GrowthFirm*th.GrowthCount), int64(th.GrowthCount), int64(th.GrowthLeap*th.GrowthCount)
	quarter := func(all int64) int64 { return (all + 3) / 4 }
	for _, c := range []struct {
		name   string
		apart  time.Duration
		counts []int64
		want   analyze.Verdict // 0: no case
	}{
		{"a leak: firm volume", time.Hour, line(5, 2_000, quarter(firm)), analyze.Leak},
		{"just under the firm volume", time.Hour, line(5, 2_000, quarter(firm)-1), analyze.Suspect},
		{"at the least volume", time.Hour, line(5, 2_000, quarter(least)), analyze.Suspect},
		{"just under the least volume", time.Hour, line(5, 2_000, quarter(least)-1), 0},
		{"window at its minimum", th.GrowthWindow / 4, line(5, 2_000, quarter(firm)), analyze.Leak},
		{"window just under", th.GrowthWindow/4 - time.Second, line(5, 2_000, quarter(firm)), analyze.Suspect},
		{"a day makes the least volume firm", th.GrowthDay / 4, line(5, 2_000, quarter(least)), analyze.Leak},
		{"just under a day", th.GrowthDay/4 - time.Second, line(5, 2_000, quarter(least)+1), analyze.Suspect},
		{"four points have an interval", time.Hour, line(4, 2_000, firm/3+1), analyze.Leak},
		{"three have none", time.Hour, line(3, 2_000, firm), analyze.Suspect},
		{"two that leapt", time.Hour, line(2, 2_000, leap), analyze.Suspect},
		{"two, just under the leap", time.Hour, line(2, 2_000, leap-1), 0},
		{"two, half again", time.Hour, line(2, 2*leap, leap), analyze.Suspect},
		{"two, not half again", time.Hour, line(2, 2*leap+2, leap), 0},
		{"two, too close", th.Series.MinWindow - time.Second, line(2, 2_000, leap), 0},
		{"flat", time.Hour, line(5, 60_000, 0), 0},
		{"warm-up", time.Hour, []int64{2_000, 40_000, 62_000, 70_000, 71_000, 71_000, 71_100, 71_100}, 0},
		{"falls", time.Hour, line(5, 90_000, -9_000), 0},
		{"rose and came back", time.Hour, []int64{2_000, 40_000, 90_000, 60_000, 3_000}, 0},
	} {
		var got analyze.Verdict
		// 24 bytes each: the counts decide.
		r := judge(t, readingsOf("Abcd", c.apart, 24, c.counts...)...)
		if len(r.Cases) > 0 {
			got = r.Cases[0].Verdict
			if k := r.Cases[0]; k.Class != analyze.Growth || k.Kind != analyze.PoolLeak ||
				k.Core[0].Tag.String() != "Abcd" || k.Holder.Established() {
				t.Errorf("%s: %s %s around %q, holder %q", c.name, k.Kind, k.Class, tagsOf(k.Core), k.Holder.Module)
			}
		}
		if got != c.want || len(r.Cases) > 1 {
			t.Errorf("%s: verdict %q of %d cases, want %q", c.name, got, len(r.Cases), c.want)
		}
	}
}

func TestGrowthByBytesIsWorthAsMuch(t *testing.T) {
	th := analyze.DefaultThresholds()
	each := uint64(16 << 10)
	n := int64(th.GrowthFirm*th.GrowthBytes) / int64(each) / 4
	for step, want := range map[int64]analyze.Verdict{n: analyze.Leak, n - 1: analyze.Suspect} {
		if got := onlyCase(t, judge(t, readingsOf("Abcd", time.Hour, each, line(5, 2_000, step)...)...)).Verdict; got != want {
			t.Errorf("%d allocations an hour: %s, want %s", step, got, want)
		}
	}
}

func TestGrowthWithEverythingElseIsNoCase(t *testing.T) {
	th := analyze.DefaultThresholds()
	crowd := func(others int64) *analyze.Result {
		var all []made
		for i, m := range readings(line(5, 2_000, 20_000)...) {
			one, two := int64(i)*others*3/8, int64(i)*others*5/8
			all = append(all, m.np("Qrst", 5_000+one, 1_000+uint64(one)*1024).np("Qrsu", 5_000+two, 1_000+uint64(two)*1024).filed())
		}
		return judge(t, all...)
	}
	// Abcd gains 80,000, so that 320,000 of others leave it a fifth but for the healthy tags' few.
	equal := int64(20_000 * (1/th.GrowthShare - 1))
	has := func(r *analyze.Result, tag string) bool {
		return slices.ContainsFunc(r.Cases, func(c analyze.Case) bool { return c.Core[0].Tag.String() == tag })
	}
	if !has(crowd(equal-20), "Abcd") || has(crowd(equal+20), "Abcd") {
		t.Error("a tag that makes up a fifth of the gains is a case, one that does not is none")
	}
}

func TestCachesAndObjectsGrowWithLessWeight(t *testing.T) {
	if r := judge(t, readingsOf("FMsl", time.Hour, 1024, line(5, 2_000, 50_000)...)...); len(r.Cases) != 0 {
		t.Errorf("a cache that grows raised %q", tagsOf(r.Cases[0].Core))
	}
	var all []made
	for i, m := range readings(line(5, 2_000, 50_000)...) {
		all = append(all, m.np("MmCa", 3_000+int64(i)*50_000, 1_000+uint64(i)*9_000_000).filed())
	}
	if r := judge(t, all...); len(r.Cases) != 0 {
		t.Errorf("growth in step with control areas raised %q", tagsOf(r.Cases[0].Core))
	}
	normal := know(t).Tag(ingest.MustTag("Even")).Normal
	grow := func(last int64) *analyze.Case {
		return onlyCase(t, judge(t, readingsOf("Even", time.Hour, 128, line(5, last-4*60_000, 60_000)...)...))
	}
	if c := grow(normal - 1); c.Verdict != analyze.Suspect || c.Kind != analyze.ObjectLeak ||
		c.Object != "event" || c.Class != analyze.Growth {
		t.Errorf("fewer events than a healthy machine may have: %s %s %s of %q", c.Verdict, c.Kind, c.Class, c.Object)
	}
	if c := grow(normal); c.Verdict != analyze.Leak {
		t.Errorf("as many events as a healthy machine may have, and growing: %s", c.Verdict)
	}
}

func TestMovementArguesForAndAgainst(t *testing.T) {
	for _, c := range []struct {
		name    string
		counts  []int64
		for_    analyze.Rule
		against analyze.Rule
	}{
		{"one", line(1, 200_000, 0), "", analyze.RuleOneSnapshot},
		{"two, more", line(2, 200_000, 1_000), analyze.RuleDifference, ""},
		{"two, equal", line(2, 200_000, 0), "", analyze.RuleNoDifference},
		{"three that rise", line(3, 200_000, 9_000), analyze.RuleRose, ""},
		{"line", line(5, 200_000, 9_000), analyze.RuleGrowing, ""},
		{"flat", line(5, 200_000, 0), analyze.RuleRetained, ""},
		{"settled", []int64{200_000, 260_000, 290_000, 291_000, 291_000, 291_000}, "", analyze.RuleSettled},
		{"spike", []int64{200_000, 200_010, 390_000, 200_020, 200_010}, "", analyze.RuleRecovered},
		{"breathes", []int64{200_000, 201_000, 200_100, 200_900, 200_300}, "", analyze.RuleFlat},
	} {
		var all []made
		for _, m := range readings(c.counts...) {
			last := m.Tags[len(m.Tags)-1]
			all = append(all, m.counted(uint64(last.Outstanding), 0))
		}
		k := onlyCase(t, judge(t, all...))
		if k.Class != analyze.NoFrees {
			t.Fatalf("%s: class %s", c.name, k.Class)
		}
		moves := []analyze.Rule{analyze.RuleGrowing, analyze.RuleRose, analyze.RuleDifference, analyze.RuleRetained}
		for _, r := range moves {
			if hasRule(k.Why, r) != (r == c.for_) {
				t.Errorf("%s: reason %s fired: %v", c.name, r, hasRule(k.Why, r))
			}
		}
		for _, r := range []analyze.Rule{analyze.RuleOneSnapshot, analyze.RuleNoDifference, analyze.RuleSettled,
			analyze.RuleRecovered, analyze.RuleFlat} {
			if hasRule(k.WhyNot, r) != (r == c.against) {
				t.Errorf("%s: reason against %s fired: %v", c.name, r, hasRule(k.WhyNot, r))
			}
		}
		if short := hasRule(k.Limits, analyze.RuleShortSeries); short != (len(c.counts) == 2) {
			t.Errorf("%s: says how many snapshots are missing: %v", c.name, short)
		}
	}
}

func TestRateAndExhaustionAreMeasured(t *testing.T) {
	all := readingsOf("Abcd", time.Hour, 1024, line(5, 60_000, 9_000)...)
	c := onlyCase(t, judge(t, all...))
	r := c.Rate
	if r == nil || r.SinceBoot || r.Window != 4*time.Hour || r.Snapshots != 5 || r.EventsPerHour != 9_000 ||
		r.BytesPerHour != 9_000*1024 || r.BytesLow != 9_000*1024 || r.BytesHigh != 9_000*1024 {
		t.Fatalf("rate %+v", r)
	}
	x := c.Exhausts // 32-bit: 256 MB
	last := all[4]
	room := float64(ceiling32 - last.Sum(ingest.NonPaged).Bytes)
	want := time.Duration(room / (9_000 * 1024) * float64(time.Hour))
	if x == nil || (x.In-want).Abs() > time.Second || x.Earliest != x.In || x.Latest != x.In || !x.At.Equal(last.At.Add(x.In)) {
		t.Errorf("exhausts %+v, want in %s", x, want)
	}
	if c.Core[0].Trend != "growing" || c.NoExhaustion.Rule != "" {
		t.Errorf("trend %q, no date because of %q", c.Core[0].Trend, c.NoExhaustion.Rule)
	}
}

func TestNoDateHasAReason(t *testing.T) {
	bits64 := func(all []made) []made {
		for _, m := range all {
			m.OS.Bits = 64
		}
		return all
	}
	counted := func(all []made) []made {
		for _, m := range all {
			m.counted(uint64(m.Tags[len(m.Tags)-1].Outstanding), 0)
		}
		return all
	}
	big := func(all []made) []made {
		for _, m := range bits64(all) {
			m.RAM = 512 << 30
		}
		return all
	}
	clockless := func(all []made) []made {
		for _, m := range all {
			m.UptimeOK, m.At = false, time.Time{}
		}
		return all
	}
	for _, c := range []struct {
		name string
		all  []made
		want analyze.Rule
	}{
		{"no ceiling", bits64(readings(line(5, 60_000, 20_000)...)), analyze.RuleNoCeiling},
		{"three readings", readings(line(3, 60_000, 20_000)...), analyze.RuleNoInterval},
		{"flat", counted(readings(line(5, 110_000, 0)...)), analyze.RuleNoGrowth},
		{"more than a year", big(readingsOf("Abcd", time.Hour, 64, line(5, 60_000, 20_000)...)), analyze.RuleTooFar},
		{"one snapshot", counted(readings(110_000)), analyze.RuleAverage},
		{"close together", counted(readingsOf("Abcd", 9*time.Minute, 64, 110_000, 111_000)), analyze.RuleCloseBy},
		{"no clock, two logs", clockless(counted(readings(110_000, 112_000))), analyze.RuleNoClock},
		{"no clock, one log", clockless(counted(readings(110_000))), analyze.RuleNoRate},
	} {
		k := onlyCase(t, judge(t, c.all...))
		if k.Exhausts != nil || k.NoExhaustion.Rule != c.want {
			t.Errorf("%s: %+v because of %q, want %q", c.name, k.Exhausts, k.NoExhaustion.Rule, c.want)
		}
	}
}

func TestOneDefectIsOneCaseWithTheNewestFigures(t *testing.T) {
	all := readings(line(5, 200_000, 9_000)...)
	for _, m := range all {
		m.counted(uint64(m.Tags[len(m.Tags)-1].Outstanding), 0)
	}
	c := onlyCase(t, judge(t, all...))
	if c.Lead != all[4].Snapshot || c.Core[0].Outstanding != 236_000 {
		t.Errorf("figures of %s: %d", c.Lead.At, c.Core[0].Outstanding)
	}
	if !hasRule(c.Why, analyze.RuleForeseen) {
		t.Error("what the earlier log had foreseen is not told")
	}
}

func TestARestartHidesALeakAndMendsNothing(t *testing.T) {
	before := readings(line(5, 200_000, 9_000)...)
	for _, m := range before {
		m.counted(uint64(m.Tags[len(m.Tags)-1].Outstanding), 0)
	}
	after := func(uptime time.Duration, n int64) made {
		m := reading(6, time.Hour).np("Abcd", n, uint64(n)*1024).counted(uint64(n), 0).filed()
		m.At, m.Uptime = m.At.Add(30*time.Hour), uptime
		return m
	}
	th := analyze.DefaultThresholds().Series
	up := before[4].Uptime
	young := time.Duration(float64(up) * th.LowUptime)
	for _, c := range []struct {
		name   string
		uptime time.Duration
		n      int64
		fell   bool
	}{
		{"small after the start", young, 236_000 / restartFall, true},
		{"not ten times smaller", young, 236_000/restartFall + 1, false},
		{"half grown up", young + time.Minute, 1_000, false},
		{"after as long", up, 1_000, true},
	} {
		r := judge(t, append(slices.Clone(before), after(c.uptime, c.n))...)
		k := onlyCase(t, r)
		if k.Lead != before[4].Snapshot || !hasRule(k.WhyNot, analyze.RuleNotSeenSince) ||
			hasRule(k.Why, analyze.RuleRestartFell) != c.fell {
			t.Errorf("%s: lead %s, not seen since %v, fell %v", c.name, k.Lead.At,
				hasRule(k.WhyNot, analyze.RuleNotSeenSince), hasRule(k.Why, analyze.RuleRestartFell))
		}
		if r.Machines[0].Boots != 2 || r.Machines[0].Verdict != analyze.Leak {
			t.Errorf("%s: %d boots, verdict %s", c.name, r.Machines[0].Boots, r.Machines[0].Verdict)
		}
	}
}

func TestGivenBackWithoutARestartIsNoCase(t *testing.T) {
	for last, want := range map[int64]int{90_000: 1, 89_999: 0} {
		all := readings(180_000, last)
		for _, m := range all {
			m.counted(uint64(m.Tags[len(m.Tags)-1].Outstanding), 0)
		}
		if r := judge(t, all...); len(r.Cases) != want {
			t.Errorf("down to %d of 180,000: %d cases, want %d", last, len(r.Cases), want)
		}
	}
}

func TestBusyTagsWithALargeShareAreNoCase(t *testing.T) {
	busy := func(turns uint64) int {
		var all []made
		for i := range 4 {
			m := reading(i, time.Hour).unknown("Abcd", 90_000, analyze.DefaultThresholds().ShareBytes)
			all = append(all, m.counted(100_000_000+uint64(i)*turns, 100_000_000+uint64(i)*turns-90_000).filed())
		}
		return len(judge(t, all...).Cases)
	}
	if busy(30_000) != 0 || busy(29_999) != 1 {
		t.Errorf("turned over once: %d cases, not quite: %d", busy(30_000), busy(29_999))
	}
}

// Totals carry what was there before; what two snapshots gained does not.
func TestClustersOfGains(t *testing.T) {
	step := func(off int64) *analyze.Case {
		var all []made
		for i := range 5 {
			n := int64(i) * 10_000
			m := reading(i, time.Hour).unknown("Qzsc", 1_700+n, uint64(1_700+n)*1_200).
				unknown("Qzct", 9_300+2*n, uint64(9_300+2*n)*64).unknown("Qzwi", 40_000+n, uint64(40_000+n)*128)
			if i == 4 {
				m.Tags[len(m.Tags)-1].Outstanding += off
			}
			all = append(all, m.filed())
		}
		r := judge(t, all...)
		return &r.Cases[0]
	}
	c := step(0)
	if c.Cluster == nil || !c.Cluster.Gains || len(c.Core) != 3 || c.Cluster.Events != 40_000 ||
		!hasRule(c.Why, analyze.RuleInStepGain) {
		t.Fatalf("core %q, cluster %+v", tagsOf(c.Core), c.Cluster)
	}
	for _, m := range c.Core {
		if want := map[string]int64{"Qzsc": 40_000, "Qzct": 80_000, "Qzwi": 40_000}[m.Tag.String()]; m.Gained != want || m.Surplus != 0 {
			t.Errorf("%s gained %d with surplus %d, want %d", m.Tag, m.Gained, m.Surplus, want)
		}
	}
	// 0.1 % of 40,000 is 40.
	for off, want := range map[int64]int{40: 3, 41: 2, -40: 3, -41: 2} {
		if got := len(step(off).Core); got != want {
			t.Errorf("%+d off: %d members, want %d", off, got, want)
		}
	}
}

func TestGrowthForEachUnitOfWork(t *testing.T) {
	var all []made
	for i := range 5 {
		n := 2_000 + int64(i)*30_000
		m := reading(i, time.Hour).np("Proc", 80, 280_000).counted(uint64(300+i*10_000), uint64(220+i*10_000)).
			unknown("Abcd", n, uint64(n)*1024)
		all = append(all, m.filed())
	}
	c := onlyCase(t, judge(t, all...))
	at := slices.IndexFunc(c.Why, func(r analyze.Reason) bool { return r.Rule == analyze.RulePerWork })
	if at < 0 || math.Abs(float64(c.Why[at].Facts["each"].(analyze.Ratio))-3) > 1e-9 ||
		c.Why[at].Facts["process"] != true {
		t.Errorf("3 for each process are not told: %+v", c.Why)
	}
}

func TestRunawayInstancesAreFollowed(t *testing.T) {
	var all []made
	for i, n := range []int{10_826, 10_926, 11_026, 11_126} {
		m := attached()
		m.At, m.Uptime = m.At.Add(time.Duration(i)*time.Hour), m.Uptime+time.Duration(i)*time.Hour
		m.Source.File = "R-" + string(rune('a'+i)) + ".log"
		m.Filters[len(m.Filters)-1].Instances[0].Count = n
		all = append(all, m.filed())
	}
	c := onlyCase(t, judge(t, all...))
	if c.Rate == nil || c.Rate.EventsPerHour != 100 || c.Events != 11_126 ||
		hasRule(c.WhyNot, analyze.RuleOneSnapshot) ||
		c.NoExhaustion.Rule != analyze.RuleNoBytes {
		t.Errorf("rate %+v, %d events", c.Rate, c.Events)
	}
}

func TestCourseOfBytesOnly(t *testing.T) {
	var all []made
	for i := range 5 {
		all = append(all, reading(i, time.Hour).unknown("Abcd", 0, uint64(100+40*i)<<20).filed())
	}
	c := onlyCase(t, judge(t, all...))
	if c.Class != analyze.Growth || c.Rate == nil || c.Rate.EventsPerHour != 0 || c.Rate.BytesPerHour != 40<<20 {
		t.Errorf("class %s, rate %+v", c.Class, c.Rate)
	}
	if k := c.Why[slices.IndexFunc(c.Why,
		func(r analyze.Reason) bool { return r.Rule == analyze.RuleGrowing })]; k.Facts["bytes"] != true {
		t.Errorf("facts %+v", k.Facts)
	}
}

// A count that breathes for a day around a level is as large as the machine needs it.
func TestBreathingForADayIsOnlySuspect(t *testing.T) {
	th := analyze.DefaultThresholds()
	breathe := func(apart time.Duration, more func(made) made) analyze.Verdict {
		var all []made
		for i, n := range []int64{60_000, 60_900, 60_100, 60_800, 60_300} {
			all = append(all, more(reading(i, apart).np("Thre", n, uint64(n)*2_600)).filed())
		}
		return onlyCase(t, judge(t, all...)).Verdict
	}
	same := func(m made) made { return m }
	if got := breathe(th.GrowthDay/4, same); got != analyze.Suspect {
		t.Errorf("a day: %s", got)
	}
	if got := breathe(th.GrowthDay/4-time.Second, same); got != analyze.Leak {
		t.Errorf("just under a day: %s", got)
	}
	var all []made
	for i, n := range []int64{60_000, 60_900, 60_100, 60_800, 60_300} {
		all = append(all, reading(i, th.GrowthDay/4).np("Proc", n, uint64(n)*3_500).live(200).filed())
	}
	if got := onlyCase(t, judge(t, all...)).Verdict; got != analyze.Leak {
		t.Errorf("far more than live ones: %s", got)
	}
}

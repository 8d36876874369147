package analyze

import (
	"math"
	"time"

	"poolsweep/analyze/series"
)

// Thresholds holds every number a rule compares with, in one place, each with
// its reason.
type Thresholds struct {
	// RunawayFactor: a filter has run away when it has this many times the
	// instances of every other filter on the machine, and of what the listed volumes
	// leave room for. Filters that take all volumes differ by less than 5 on machines
	// with 60 volumes.
	RunawayFactor int
	// RunawayFloor: and at least this many instances. 64 volumes are seen on
	// healthy machines.
	RunawayFloor int
	// RunawayFirm: from here on the listing alone is firm; below, FMis has to agree.
	RunawayFirm int

	// FilterDefinitions: a filter attaches to a volume once a definition; those in
	// public listings have one to three, and no driver is known with more than this.
	FilterDefinitions int
	// FilterMachines: a filter has a norm with this many other machines; two may both
	// be odd.
	FilterMachines int
	// FilterSmall and FilterRoom: fewer instances, or fewer than FilterRoom times what
	// volumes and peers explain, are not suspect even against other machines or the
	// past. Public listings of healthy machines end at 17 where volumes are few.
	FilterSmall int
	FilterRoom  int
	// FilterSnapshots: growth takes this many snapshots of a boot session; from two
	// points anything rises every second time.
	FilterSnapshots int
	// FilterRepeats: the filter manager refuses a second instance of the same name on
	// a volume; detached ones that are held open may list a few of them twice.
	FilterRepeats int

	// NameCache: so many cached file names (FMfn) are no cache. Up to 583,000 are seen
	// on healthy machines, 4.5 million and more where they leak.
	NameCache int64

	// NoFreesShare and NoFreesOutstanding: freed share below, outstanding above.
	// Start-up allocations are never freed either, but stay in the thousands.
	NoFreesShare       float64
	NoFreesOutstanding int64

	// ObjectFactor and ObjectExtra: a gap is outstanding > ObjectFactor · live + ObjectExtra.
	// A healthy machine was measured 27 above 285 live processes.
	ObjectFactor int64
	ObjectExtra  int64
	// CachedFiles: file objects of cached files come with a control area (MmCa);
	// healthy machines have 0.63 to 0.98 of them per file object.
	CachedFiles float64
	// CachedSurely: with so many control areas for each file object they are cached.
	// FilesFar: where the table may have lost the control areas, only this many times
	// the usual count of file objects is worth a suspicion.
	CachedSurely float64
	FilesFar     int64
	// PartnerSlack: how far what comes with each object may be off its count; 2.2 %
	// above and 4 % below are published.
	PartnerSlack float64
	// SiblingFreed: another tag of the driver is freed again from this share on.
	SiblingFreed float64

	// HandleFloor, HandleSystem, HandleStore: handles of a process that are published
	// as worth a look: of an ordinary one, of System, of the security authority and of
	// data bases. HandleFar: this many times as many are suspect; half of it is seen
	// with busy services. HandleShare: one type of that many holds nearly all.
	// HandleFactor: or a process has this many times the handles of every other.
	HandleFloor  int64
	HandleSystem int64
	HandleStore  int64
	HandleFar    int64
	HandleShare  float64
	HandleFactor int64

	// ZombieFloor: fewer exited processes that one process keeps are not worth a
	// case: many machines have some dozens. The firm limit is that of the object gap.
	ZombieFloor int64
	// SessionFloor and SessionShare: so many logon sessions, nearly all of them without
	// a process. A terminal server has hundreds of sessions, with processes.
	SessionFloor int64
	SessionShare float64

	// GrowthHourly: published as a rate of pool growth to be woken up for.
	// KeptObjects: fewer threads, processes or handles come and go by themselves.
	// KeptControl: under the other condition at most this share of them stays.
	// KeptEvents: without a control, one thing an event has to stay over so many events.
	GrowthHourly uint64
	KeptObjects  int64
	KeptControl  float64
	KeptEvents   int64

	// PoolFull: a pool is nearly full from this share of its ceiling on; 80 % is the
	// published critical limit, and where the debugger calls the usage excessive.
	// NarrowPool: a smaller ceiling is that of a 32-bit system, where the pools run
	// out first. PoolOfRAM: the pools of 64-bit systems may have most of the memory,
	// so they have to hold this share of it, too.
	PoolFull   float64
	NarrowPool uint64
	PoolOfRAM  float64

	// ShareOfPool and ShareBytes: one tag holds most of a pool. In health the first
	// nonpaged tag had 22 %.
	ShareOfPool float64
	ShareBytes  uint64

	// GrowthCount and GrowthBytes: a tag that gained less in its boot session is not
	// worth a case. 10 MB over the two hours of the published sampling procedure fill
	// a gigabyte in nine days.
	GrowthCount, GrowthBytes float64
	// GrowthFirm and GrowthLeap: a leak gained this many times as much; two readings
	// alone make a suspect only from this many times on.
	GrowthFirm, GrowthLeap float64
	// GrowthWindow: shorter windows make a suspect at most. The published procedure
	// samples for two hours. From GrowthDay on the least volume is firm: what only
	// follows the working day has come back down.
	GrowthWindow, GrowthDay time.Duration
	// GrowthShare: a tag that grows with everything else has no case of its own: it
	// has to make up this share of what its pool gained.
	GrowthShare float64
	// Series holds what trends within a boot session are judged by.
	Series series.Thresholds

	// GoneChance and GoneFactor: a case is probably gone when, if it still came up as
	// often as before, so long a time without it had this probability; and then so many
	// times as long, because a few sessions tell little of how often that was.
	GoneChance float64
	GoneFactor float64

	// ClusterFloor: smaller counts meet by chance too easily to be compared.
	ClusterFloor int64
	// ClusterTolerance: largest relative deviation of a core member. Totals carry
	// each tag's own other uses, so 0.2 % rather than the 0.1 % of differences.
	ClusterTolerance float64
	// ClusterGain: largest relative deviation where two snapshots of a boot session
	// show what each tag gained: nothing that was there before blurs it.
	ClusterGain float64
	// ClusterPair: two tags alone are a cluster only above this count, and only
	// when they agree to one part in ClusterPair.
	ClusterPair int64
	// ClusterChance: a cluster around a tag that another sign has chosen supports the
	// case when so many matches of that tag are no more probable than this.
	ClusterChance float64
	// NameChance: a tag in step with another leads the case and names a driver only
	// when no more than this many would come so close by chance, at any ratio. With
	// ClusterChance, one simulated case of kept processes in forty was led by a tag
	// that had nothing to do with it; with this and the ratios that speak, one in 150.
	NameChance float64
	// ClusterLuck: a cluster convicts by itself when fewer than this many as good are
	// expected by chance in the same table. Each cluster size is one more try, so the
	// bound is a fifth of the 1 % that unrelated tables may show.
	ClusterLuck float64
	// ClusterEvents and ClusterBytes: a cluster alone, with no other sign, is worth
	// a case only with this volume.
	ClusterEvents int64
	ClusterBytes  uint64
	// WholeTable: a table without TOTAL counts as whole from this many rows on; what
	// people post in prose is shorter, what a tool prints is longer.
	WholeTable int
	// FollowerSurplus: a shared tag follows with at most this surplus from its
	// other uses; 2.2 % was measured on file objects.
	FollowerSurplus float64

	// BandWarn: a tag or a pool above so many times the upper edge of its healthy
	// band is worth saying. No machine shown as healthy came near.
	BandWarn float64
	// BandSuspect and BandBytes: so far above, and with this volume, a tag is a
	// suspect by itself. Published leaks were 20 to 150 times above.
	BandSuspect float64
	BandBytes   uint64

	// SizeFactor: an allocation that is so many times larger or smaller than the
	// object's usual sizes is not that object. Builds of Windows differ by less.
	SizeFactor float64

	// LeaderFactor, LeaderBytes, LeaderCount, LeaderRows: an unknown tag leads its pool
	// with so many times the bytes of the next, in a list of at least so many rows. The
	// vendor's example of a leak to look into leads by 4.3 with 36,405 blocks and 32
	// MB; in tables of healthy machines the first is 1.1 to 3.2 times the next, and
	// only in excerpts of a few kilobytes more.
	LeaderFactor float64
	LeaderBytes  uint64
	LeaderCount  int64
	LeaderRows   int

	// FirmFrom: a verdict is firm from this confidence on; what is as likely wrong as
	// right is suspect, whatever raised it.
	FirmFrom float64

	// Weights are the log-odds that a sign adds to the confidence of a case.
	Weights Weights
}

// Weights are log-odds: 0.7 doubles the odds that the verdict is right, 2.3
// makes them ten times better. Prior stands for "no sign at all".
type Weights struct {
	Prior        float64
	PeerGap      float64 // a filter far above its peers, or else above what its volumes explain
	VolumeGap    float64 // and above what its volumes explain
	FleetGap     float64 // a filter far above itself on every other machine
	Climbs       float64 // a filter whose instances grow from snapshot to snapshot
	Repeats      float64 // a filter many times on one volume
	Confirmed    float64 // pool structures equal the listing, or live objects were listed
	ObjectGap    float64
	NoDiskFilter float64 // no minifilter on any disk volume
	NoFrees      float64
	Cluster      float64 // a cluster that is no luck
	Pair         float64 // two tags in step
	Scan         float64 // unknown tags found inside the holder's image
	KnownIssue   float64
	Share        float64
	Handles      float64 // a process with far too many handles
	ObjectBytes  float64 // too many objects by their bytes, or of a table that may be cut
	Partner      float64 // what comes with each object is left, too
	Sibling      float64 // another tag of the driver is freed again
	Sessions     float64 // logon sessions without a process
	Stated       float64 // a growth that the log states and does not show
	HandlesToo   float64 // the same, seen another way
	Growing      float64 // grew all the time, beyond noise and wandering
	Rose         float64 // rose over three readings, too few for an interval
	Difference   float64 // more than before, by two readings or unsure ones
	Retained     float64 // flat while other tags moved
	RestartFell  float64 // a restart gave it back
	GainShare    float64 // makes up much of what its pool gained
	Flat         float64 // negative: no growth was seen
	Recovered    float64 // negative: came back down without a restart
	OwnTag       float64 // a third party's own tag leads
	Verifier     float64 // Driver Verifier's own count
	Foreseen     float64 // a later log shows what was foreseen
	Refuted      float64 // negative: a later log of the same boot shows less than was foreseen
	Loaded       float64 // the same of a driver that may still need what it holds
	PoolFull     float64 // a pool near its ceiling, for reasons unknown
	AllocFailed  float64 // allocations that failed beside it
	Band         float64 // above what healthy machines hold
	Size         float64 // whole objects of their usual size
	Leader       float64 // an unknown tag leads its pool
	Unclosed     float64 // negative: the table has no TOTAL row
	Disagreement float64 // negative: the rows do not sum to TOTAL
	Most         float64 // largest confidence ever given from one snapshot
}

// Confidence turns log-odds into a probability, never above what one snapshot can
// carry.
func (w Weights) Confidence(odds float64) float64 {
	return math.Round(100*min(probability(odds), w.Most)) / 100
}

// DefaultThresholds returns the values used when nothing else is configured.
func DefaultThresholds() Thresholds {
	return Thresholds{
		RunawayFactor: 10, RunawayFloor: 200, RunawayFirm: 1000,
		FilterDefinitions: 8, FilterMachines: 3, FilterSmall: 20, FilterRoom: 2, FilterSnapshots: 3, FilterRepeats: 20,
		NameCache:    1_000_000,
		NoFreesShare: 0.01, NoFreesOutstanding: 100_000,
		ObjectFactor: 2, ObjectExtra: 1000, CachedFiles: 0.1, CachedSurely: 0.5, FilesFar: 5, PartnerSlack: 0.1, SiblingFreed: 0.99,

		PoolFull: 0.8, NarrowPool: 512 << 20, PoolOfRAM: 0.25,
		HandleFloor: 10_000, HandleSystem: 20_000, HandleStore: 50_000, HandleFar: 5, HandleShare: 0.8,
		HandleFactor: 10, ZombieFloor: 250, SessionFloor: 1000, SessionShare: 0.9,
		GrowthHourly: 1 << 30, KeptObjects: 50, KeptControl: 0.05, KeptEvents: 100,

		ShareOfPool: 0.5, ShareBytes: 500 << 20,
		GrowthCount: 10_000, GrowthBytes: 10 << 20, GrowthFirm: 5, GrowthLeap: 10, GrowthWindow: 2 * time.Hour,
		GrowthDay:   24 * time.Hour,
		GrowthShare: 0.2, Series: series.DefaultThresholds(),
		GoneChance: 0.01, GoneFactor: 3,
		ClusterFloor: 500, ClusterTolerance: 0.002, ClusterGain: 0.001, ClusterPair: 10_000,
		ClusterChance: 0.05, NameChance: 0.015, ClusterLuck: 0.002,
		ClusterEvents: 50_000, ClusterBytes: 100 << 20, FollowerSurplus: 0.05, WholeTable: 60,
		BandWarn: 2, BandSuspect: 5, BandBytes: 200 << 20, SizeFactor: 2,
		LeaderFactor: 3.5, LeaderBytes: 16 << 20, LeaderCount: 10_000, LeaderRows: 4, FirmFrom: 0.5,
		Weights: Weights{
			Prior: -1, Confirmed: 1, ObjectGap: 3,
			PeerGap: 3, VolumeGap: 0.5, FleetGap: 1, Climbs: 1, Repeats: 1, NoDiskFilter: 0.7,
			NoFrees: 2.5, Cluster: 2, Pair: 0.5, Scan: 1, KnownIssue: 0.5, Share: 1,
			Handles: 1, HandlesToo: 0.3, Sessions: 1, Stated: 0.8,
			ObjectBytes: 1, Partner: 0.3, Sibling: 0.3,
			OwnTag: 0.7, Verifier: 4, Loaded: 0.6, PoolFull: 0.5, AllocFailed: 0.5,
			Band: 0.5, Size: 0.2, Leader: 0.3,
			Foreseen: 0.3, Refuted: -1, Unclosed: -0.3, Disagreement: -0.5, Most: 0.98,
			Growing: 2, Rose: 0.7, Difference: 0.3, Retained: 0.3, RestartFell: 0.4, GainShare: 0.3, Flat: -0.4,
			Recovered: -1.5,
		},
	}
}

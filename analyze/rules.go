package analyze

// Rule names one sentence of the reasoning. The templates hold the sentence
// under this name, in each language; docs/architecture.md tells how the two meet.
type Rule string

// Rules about where a pool's ceiling is known from.
const (
	RuleCeilingVM      Rule = "ceiling.vm"
	RuleCeiling32      Rule = "ceiling.32-bit"
	RuleCeiling64      Rule = "ceiling.64-bit"
	RuleCeilingUnknown Rule = "ceiling.unknown"
)

// Rules that speak for a case.
const (
	RulePeerGap       Rule = "why.peer-gap"
	RuleFMisAgrees    Rule = "why.fmis-agrees"
	RuleFMisMany      Rule = "why.fmis-many"
	RuleInStep        Rule = "why.in-step"
	RuleChance        Rule = "why.chance"
	RuleScanHits      Rule = "why.scan-hits"
	RuleIssueFits     Rule = "why.issue-fits"
	RuleObjectGap     Rule = "why.object-gap"
	RuleObjectMany    Rule = "why.object-many"
	RuleNoFrees       Rule = "why.no-frees"
	RuleShare         Rule = "why.share"
	RuleOwnTag        Rule = "why.own-tag"
	RuleNoCachedFiles Rule = "why.no-cached-files"
	RuleHandleType    Rule = "why.handle-type"
	RuleHandlePeers   Rule = "why.handle-peers"
	RuleHandleLimit   Rule = "why.handle-limit"
	RulePartners      Rule = "why.partners"
	RuleThreadParts   Rule = "why.thread-parts"
	RuleObjectEach    Rule = "why.object-each"
	RuleObjectBytes   Rule = "why.object-bytes"
	RuleHandlesFew    Rule = "why.handles-few"
	RuleHandlesMany   Rule = "why.handles-many"
	RuleOwnBytes      Rule = "why.own-bytes"
	RuleSibling       Rule = "why.sibling"
	RuleSessions      Rule = "why.sessions"
	RuleGrowthStated  Rule = "why.growth-stated"
	RuleKeptStated    Rule = "why.kept-stated"
	RuleKeptEach      Rule = "why.kept-each"
	RuleZombies       Rule = "why.zombies"
	RuleVerifierList  Rule = "why.verifier-list"
	RuleVerifierStop  Rule = "why.verifier-stop"
	RuleAboveBand     Rule = "why.above-band"
	RuleUsualSize     Rule = "why.usual-size"
	RuleLeader        Rule = "why.leader"
	RuleForeseen      Rule = "why.foreseen"
	RuleVolumeGap     Rule = "why.volume-gap"
	RuleFleetGap      Rule = "why.fleet-gap"
	RuleClimbs        Rule = "why.climbs"
	RuleRepeats       Rule = "why.repeats"
	RuleFMvoMany      Rule = "why.fmvo-many"
	RuleNamesGrow     Rule = "why.names-grow"
	RuleNoDiskFilter  Rule = "why.no-disk-filter"
	RuleVerifierHolds Rule = "why.verifier-holds"
	RulePoolFull      Rule = "why.pool-full"
	RuleAllocFailed   Rule = "why.alloc-failed"
	RuleGrowing       Rule = "why.growing"
	RuleRose          Rule = "why.rose"
	RuleDifference    Rule = "why.difference"
	RuleRetained      Rule = "why.retained"
	RuleGainShare     Rule = "why.gain-share"
	RuleRestartFell   Rule = "why.restart-fell"
	RulePerWork       Rule = "why.per-work"
	RuleInStepGain    Rule = "why.in-step-gain"
)

// Rules that speak against a case, or for another reading of it.
const (
	RuleNotInRatio    Rule = "why-not.not-in-ratio"
	RuleFMisDiffers   Rule = "why-not.fmis-differs"
	RuleOneSnapshot   Rule = "why-not.one-snapshot"
	RulePartlyOther   Rule = "why-not.frees-unknown"
	RuleFollows       Rule = "why-not.follows"
	RuleTableDiffers  Rule = "why-not.table-differs"
	RuleBalanced      Rule = "why-not.balanced"
	RuleUserHandles   Rule = "why-not.user-handles"
	RuleOddSize       Rule = "why-not.odd-size"
	RuleRefuted       Rule = "why-not.refuted"
	RuleSharedObject  Rule = "why-not.shared-object"
	RuleCachedUnknown Rule = "why-not.cached-unknown"
	RuleNotMeasured   Rule = "why-not.not-measured"
	RuleStillLoaded   Rule = "why-not.still-loaded"
	RuleWrapped       Rule = "why-not.wrapped"
	RuleLoadOrLeak    Rule = "why-not.load-or-leak"
)

// Rules about what a case cannot say.
const (
	RuleTriggerUnknown Rule = "unsure.trigger"
	RuleTriggerIssue   Rule = "unsure.trigger-issue"
	RuleVolumesUnknown Rule = "unsure.volumes"
	RuleNotScanned     Rule = "unsure.not-scanned"
	RuleHolderUnknown  Rule = "unsure.holder"
	RuleHandles        Rule = "unsure.handles"
	RuleSystemHandles  Rule = "unsure.system-handles"
	RuleVerifierBlind  Rule = "unsure.verifier-blind"
	RuleOwnerUnknown   Rule = "unsure.owner"
	RuleOnlyShared     Rule = "unsure.only-shared"
	RuleIssueVersion   Rule = "unsure.issue-version"
	RuleNameBuild      Rule = "unsure.name-build"
	RuleSpecialPool    Rule = "unsure.special-pool"
)

// Rules about limits of the input.
const (
	RuleCut        Rule = "limit.cut"
	RuleUnclosed   Rule = "limit.unclosed"
	RuleStatedRate Rule = "limit.stated-rate"
	RuleNoRate     Rule = "limit.no-rate"
	RuleAverage    Rule = "limit.average"
	RuleNoCounts   Rule = "limit.no-counts"
	RuleListOpen   Rule = "limit.list-open"

	RulePoolAboveBand Rule = "limit.pool-above-band"

	RuleShortSeries Rule = "limit.short-series"
	RuleCloseBy     Rule = "limit.close-together"
	RuleNoClock     Rule = "limit.no-clock"
	RuleNoBytes     Rule = "limit.no-bytes"
	RuleNoCeiling   Rule = "limit.no-ceiling"
	RuleNoInterval  Rule = "limit.no-interval"
	RuleNoGrowth    Rule = "limit.no-growth"
	RuleTooFar      Rule = "limit.too-far"
)

// Rules of the reasoning chain.
const (
	ChainFltmgrLarge  Rule = "chain.fltmgr-large"
	ChainFltmgrServes Rule = "chain.fltmgr-serves"
	ChainFilter       Rule = "chain.filter"
	ChainSameCount    Rule = "chain.same-count"
	ChainScan         Rule = "chain.scan"
	ChainNoScan       Rule = "chain.no-scan"
	ChainIssue        Rule = "chain.issue"
	ChainBalanced     Rule = "chain.balanced"
	ChainObject       Rule = "chain.object"
	ChainPartners     Rule = "chain.partners"
	ChainOwnerServes  Rule = "chain.owner-serves"
	ChainReference    Rule = "chain.reference"
	ChainTag          Rule = "chain.tag"
	ChainOwner        Rule = "chain.owner"
	ChainNoOwner      Rule = "chain.no-owner"
	ChainVerifier     Rule = "chain.verifier"
	ChainNameCache    Rule = "chain.name-cache"
	ChainSessions     Rule = "chain.sessions"
	ChainStated       Rule = "chain.stated"
	ChainHandles      Rule = "chain.handles"
	ChainPressure     Rule = "chain.pressure"
)

// Rules about attribution: the basis of a claim, or why there is none.
const (
	OwnerScan      Rule = "owner.scan"
	OwnerBinary    Rule = "owner.binary"
	OwnerMap       Rule = "owner.map"
	OwnerLabMap    Rule = "owner.lab-map"
	OwnerLabMany   Rule = "owner.lab-several"
	OwnerNone      Rule = "owner.none"
	OwnerNoTable   Rule = "owner.no-table"
	OwnerNoStep    Rule = "owner.no-step"
	OwnerSeveral   Rule = "owner.several"
	HolderCount    Rule = "holder.count"
	HolderInstance Rule = "holder.instances"
	HolderOwnTag   Rule = "holder.own-tag"
	HolderNone     Rule = "holder.none"
	HolderSystem   Rule = "holder.system"
	HolderHandles  Rule = "holder.handles"
	HolderOwnBytes Rule = "holder.own-bytes"
	HolderZombies  Rule = "holder.zombies"
	HolderVerifier Rule = "holder.verifier"
	TriggerNone    Rule = "trigger.none"
	AmplifierNone  Rule = "amplifier.none"
	ProbablyIts    Rule = "owner.probably"
	LostServes     Rule = "lost.serves"
	LostPeers      Rule = "lost.peers"
	LostBalanced   Rule = "lost.balanced"
)

// Rules about next steps.
const (
	NextScan       Rule = "next.scan"
	NextLookup     Rule = "next.lookup"
	NextVersion    Rule = "next.version"
	NextFilter     Rule = "next.filter"
	NextVolumes    Rule = "next.volumes"
	NextInstances  Rule = "next.instances"
	NextAgain      Rule = "next.again"
	NextLive       Rule = "next.live"
	NextFind       Rule = "next.find"
	NextObject     Rule = "next.object"
	NextHandles    Rule = "next.handles"
	NextTrace      Rule = "next.trace"
	NextTraceShow  Rule = "next.trace-show"
	NextFindstr    Rule = "next.findstr"
	NextBlocks     Rule = "next.blocks"
	NextVerifier   Rule = "next.verifier"
	NextStack      Rule = "next.stack"
	NextNames      Rule = "next.names"
	NextAttached   Rule = "next.attached"
	NextHtrace     Rule = "next.htrace"
	NextHtraceDiff Rule = "next.htrace-diff"
	NextUnload     Rule = "next.unload"
	NextTags       Rule = "next.tags"
	NextPoolmon    Rule = "next.poolmon"
)

// Rules about what helps until the defect is mended.
const (
	MitigateFilter  Rule = "mitigate.filter"
	MitigateRestart Rule = "mitigate.restart"
	MitigateReview  Rule = "mitigate.review"
	MitigateIssue   Rule = "mitigate.issue"
)

// Rules about the ways of finding an owner or a holder that were tried.
const (
	RungScan          Rule = "rung.scan"
	RungNoScan        Rule = "rung.no-scan"
	RungScanEmpty     Rule = "rung.scan-empty"
	RungNoBinary      Rule = "rung.no-binary"
	RungShared        Rule = "rung.shared"
	RungNoMap         Rule = "rung.no-map"
	RungNoRunaway     Rule = "rung.no-runaway"
	RungNoFilters     Rule = "rung.no-filters"
	RungVerifierOther Rule = "rung.verifier-other"
	RungNoVerifier    Rule = "rung.no-verifier"
	RungOwnTag        Rule = "rung.own-tag"
	RungOwnTags       Rule = "rung.own-tags"
	RungNoOwnTag      Rule = "rung.no-own-tag"
	RungHandles       Rule = "rung.handles"
	RungNoHandles     Rule = "rung.no-handles"
)

// Rules about how a case was put together.
const (
	NoteAssigned Rule = "note.assigned"
	NoteNameless Rule = "note.nameless"
	NoteJoined   Rule = "note.joined"
	NoteHolders  Rule = "note.holders"
	NoteSeveral  Rule = "note.several-holders"
	NoteVerifier Rule = "note.verifier"
	NotePools    Rule = "note.pools"
	NoteSnapshot Rule = "note.snapshot"
	NoteShared   Rule = "note.shared"
)

// Rules against a case, from how its figures moved between snapshots.
const (
	RuleFlat         Rule = "why-not.flat"
	RuleSettled      Rule = "why-not.settled"
	RuleRecovered    Rule = "why-not.recovered"
	RuleNoDifference Rule = "why-not.no-difference"
	RuleNotSeenSince Rule = "why-not.not-seen-since"
)

// Rules about signs that came near and did not fire.
const (
	MissObject     Rule = "miss.object-gap"
	MissVolume     Rule = "miss.no-frees-volume"
	MissFreed      Rule = "miss.no-frees-share"
	MissLuck       Rule = "miss.lockstep-luck"
	MissSmall      Rule = "miss.lockstep-small"
	MissShare      Rule = "miss.share"
	MissPeerGap    Rule = "miss.peer-gap"
	MissFMis       Rule = "miss.fmis-many"
	MissVerifier   Rule = "miss.verifier"
	MissHandles    Rule = "miss.handles"
	MissHandleType Rule = "miss.handle-type"
)

// Rules about what the next log has to show.
const (
	ExpectStays   Rule = "expect.stays"
	ExpectObjects Rule = "expect.objects"
	ExpectLeft    Rule = "expect.left"
	ExpectGrows   Rule = "expect.grows"
	ExpectTables  Rule = "expect.tables"
	ExpectNames   Rule = "expect.names"
)

// Rules of the trail that are no reason of a case by themselves.
const TrailPrior Rule = "trail.prior"

// Rules about signs that came near and did not fire.
const (
	MissGivenBack Rule = "miss.given-back"
	MissBusy      Rule = "miss.busy"
)

// Rules about machines without a case.
const (
	MachineQuiet   Rule = "machine.quiet"
	MachineFilters Rule = "machine.filters"
	MachineNoPool  Rule = "machine.no-pool"
	MachineCut     Rule = "machine.cut"
	MachinePartial Rule = "machine.partial"
	MachineBogusVM Rule = "machine.bogus-vm"
	MachineCached  Rule = "machine.cached"
	MachineNotPool Rule = "machine.not-pool"
)

// Rules about filters that do not stand out, and what is worth saying about any.
const (
	FilterUsual      Rule = "filter.usual"
	FilterVolumes    Rule = "filter.volumes"
	FilterEverywhere Rule = "filter.everywhere"
	FilterAlone      Rule = "filter.alone"
	FilterNone       Rule = "filter.none"
	FilterLegacy     Rule = "filter.legacy"
	FilterRepeated   Rule = "filter.repeated"
	FilterDetached   Rule = "filter.detached"
	FilterTwins      Rule = "filter.twins"
	FilterApart      Rule = "filter.apart"
	FilterOrphan     Rule = "filter.orphan"
)

// Rules about what came near and did not fire.
const (
	MissBand      Rule = "miss.band"
	MissNameBuild Rule = "miss.name-build"
	MissNameCount Rule = "miss.name-count"
)

// Rules about lines of decisions that cannot be read: what is expected in place of
// the word that was found.
const (
	WantCase      Rule = "want.case"
	WantVerb      Rule = "want.verb"
	WantCleared   Rule = "want.cleared"
	WantOther     Rule = "want.other"
	WantModule    Rule = "want.module"
	WantVersion   Rule = "want.version"
	WantUntil     Rule = "want.until"
	WantTeam      Rule = "want.team"
	WantURL       Rule = "want.url"
	WantBecause   Rule = "want.because"
	WantEnd       Rule = "want.end"
	WantPrintable Rule = "want.printable"
	WantShorter   Rule = "want.shorter"
)

// Rules about decisions that can be read and not be followed.
const (
	CannotFindCase   Rule = "cannot.find-case"
	CannotCircle     Rule = "cannot.circle"
	CannotNameModule Rule = "cannot.name-module"
)

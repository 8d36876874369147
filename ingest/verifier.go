package ingest

// VerifiedDriver is one driver of Driver Verifier's list with what it holds in
// the pools: the strongest evidence there is, for Verifier counts by driver.
type VerifiedDriver struct {
	Module   string // "ebpfcore.sys"
	State    string // "Loaded", "Unloaded", "Loaded and Unloaded", as printed
	NonPaged VerifiedPool
	Paged    VerifiedPool
	Blocks   []VerifiedBlocks // the listed allocations by tag
	Source
}

// VerifiedPool is what a verified driver holds in one pool now.
type VerifiedPool struct {
	Allocs uint64
	Bytes  uint64
}

// VerifiedBlocks groups the listed allocations of a driver by tag.
type VerifiedBlocks struct {
	Tag    Tag
	Count  int
	Bytes  uint64
	Caller string // of the first one: "ebpfcore!ebpf_allocate+0x21"
	Source        // of the first one
}

// Bugcheck is the stop code of a dump.
type Bugcheck struct {
	Code   uint32
	Args   [4]uint64
	Known  int    // how many Args were printed
	Driver string // the driver the text itself names as the one that leaked; never IMAGE_NAME, which is a guess
	Image  string // IMAGE_NAME or MODULE_NAME, the debugger's guess
	Source
}

package ingest

// ProcessHandles is one process with the handles it has open.
type ProcessHandles struct {
	Image   string
	PID     uint64
	Handles int64 // -1: not printed
	Exited  bool  // no handle table: only references keep it
	Source
}

// HandleCount is how many handles of one type stand open, in one process or in
// all of them.
type HandleCount struct {
	Process string // image or address as printed; empty: not told apart
	Type    string // "File", "Process"; empty: all types together
	Count   int64
	Source
}

// Object is one kernel object that !object printed.
type Object struct {
	Address  uint64
	Type     string
	Name     string
	Handles  int64
	Pointers int64
	Source
}

// PoolBlocks are the blocks of one tag that !poolfind listed, or the one block
// that !pool was asked about.
type PoolBlocks struct {
	Tag   Tag
	Pool  Pool // 0 when not printed
	Count int
	Bytes uint64
	First []uint64 // addresses of the first few
	Large bool     // a large allocation with pages of its own
	Owner string   // "Binary :" of the note, or ""
	Source
}

// Tally is a count of things that a command lists and poolsweep does not keep:
// locks, IRPs, pages by state.
type Tally struct {
	What  string // "irps", "locks held", "pages: active"
	Count int64
	Source
}

// Zombies are the exited processes and threads that one process keeps by its
// handles to them.
type Zombies struct {
	Holder    string // image, as printed
	PID       uint64 // of the holder, 0 when not printed
	Held      int64  // both kinds together
	Processes int64  // of Held, as far as the log tells the kinds apart
	Threads   int64
	Source
}

// FileHit is a driver file on disk that holds a searched text: findstr, strings.
// A search that found none is kept as well: it has no file.
type FileHit struct {
	Pattern string
	File    string // as printed; empty: the search found nothing
	Source
}

// Volume is a volume as the filter manager sees it, with what is attached.
type Volume struct {
	Name      string // NT device name or drive
	Device    string // NT device name where Name is the drive and both are printed
	Frame     string
	Address   uint64
	Instances []Instance
	Source
}

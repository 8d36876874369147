package ingest

import "slices"

// Reason says in one fixed word why a drop waits, is refused or is read with a
// doubt, or why something else does not go its usual way. The list is closed: what
// has no code here is not refused. The zero value means that nothing is wrong.
type Reason string

// Reasons about a drop that lie in its name, its kind and its place.
const (
	ReasonNotRegular    Reason = "NOT_REGULAR"    // a pipe, socket, device or folder where a file belongs
	ReasonSymlink       Reason = "SYMLINK"        // a link, also one to a good file
	ReasonHardLink      Reason = "HARDLINK"       // has a second name somewhere, perhaps outside the folder
	ReasonOtherDevice   Reason = "XDEV"           // something else is mounted here
	ReasonNameUnsafe    Reason = "NAME_UNSAFE"    // a name that means a device or a stream on Windows
	ReasonNameCollision Reason = "NAME_COLLISION" // would be written over another one's output
	ReasonTempName      Reason = "TEMP_NAME"      // named as a copy under way or a helper file: ignored
	ReasonTooBig        Reason = "TOO_BIG"
	ReasonTooDeep       Reason = "TOO_DEEP" // a folder below the depth that is watched
)

// Reasons about a drop that lie in how it is written.
const (
	ReasonChanging         Reason = "CHANGING"       // not yet quiet for long enough
	ReasonOpenForWrite     Reason = "OPEN_FOR_WRITE" // quiet, but a writer has it open
	ReasonIncomplete       Reason = "INCOMPLETE"     // quiet, but no line says that the log was closed
	ReasonEmpty            Reason = "EMPTY"          // no byte
	ReasonNULTail          Reason = "NUL_TAIL"       // ends in NULs or holds a hole: space not yet written
	ReasonNeverStable      Reason = "NEVER_STABLE"   // still changing after hours
	ReasonChangedWhileRead Reason = "CHANGED_WHILE_READ"
	ReasonPermission       Reason = "PERMISSION"
	ReasonIOError          Reason = "IO_ERROR"
)

// Reasons about a drop that lie in its content.
const (
	ReasonNotALog          Reason = "NOT_A_LOG"
	ReasonArchive          Reason = "ARCHIVE" // an archive that cannot be opened, or not within the limits
	ReasonEncoding         Reason = "ENCODING"
	ReasonNoSections       Reason = "NO_SECTIONS" // text, but no output that is known
	ReasonLineCut          Reason = "LINE_CUT"    // a line longer than what is kept of one
	ReasonLimitCPU         Reason = "LIMIT_CPU"
	ReasonLimitMemory      Reason = "LIMIT_MEM"
	ReasonCrashedParser    Reason = "CRASHED_PARSER"
	ReasonIdentityMismatch Reason = "IDENTITY_MISMATCH" // the text names another machine than its place does
	ReasonDuplicate        Reason = "DUPLICATE"         // the same bytes were read before
	ReasonQuota            Reason = "QUOTA"             // more from one machine than is taken in an hour
)

// Reasons about what all drops depend on, and about mail.
const (
	ReasonShareSuspect Reason = "SHARE_SUSPECT" // empty, unreadable or not the folder it was
	ReasonShareDown    Reason = "SHARE_DOWN"    // does not answer
	ReasonDBAway       Reason = "DB_AWAY"
	ReasonDBFull       Reason = "DB_FULL"
	ReasonDBDamaged    Reason = "DB_DAMAGED"
	ReasonClockSuspect Reason = "CLOCK_SUSPECT" // leapt, so nothing is removed by it
	ReasonConfig       Reason = "CONFIG"        // the changed configuration is wrong: the old one holds
	ReasonMailInDoubt  Reason = "MAIL_IN_DOUBT" // perhaps sent
	ReasonMailRefused  Reason = "MAIL_REFUSED"
	ReasonMailTooBig   Reason = "MAIL_TOO_BIG"
)

var reasons = []Reason{
	ReasonNotRegular, ReasonSymlink, ReasonHardLink, ReasonOtherDevice, ReasonNameUnsafe,
	ReasonNameCollision, ReasonTempName, ReasonTooBig, ReasonTooDeep,
	ReasonChanging, ReasonOpenForWrite, ReasonIncomplete, ReasonEmpty, ReasonNULTail,
	ReasonNeverStable, ReasonChangedWhileRead, ReasonPermission, ReasonIOError,
	ReasonNotALog, ReasonArchive, ReasonEncoding, ReasonNoSections, ReasonLineCut,
	ReasonLimitCPU, ReasonLimitMemory, ReasonCrashedParser, ReasonIdentityMismatch,
	ReasonDuplicate, ReasonQuota,
	ReasonShareSuspect, ReasonShareDown, ReasonDBFull, ReasonDBAway, ReasonDBDamaged, ReasonClockSuspect, ReasonConfig,
	ReasonMailInDoubt, ReasonMailRefused, ReasonMailTooBig,
}

// Known reports whether the code is on the list.
func (r Reason) Known() bool { return slices.Contains(reasons, r) }

// Refusal is an error with its reason code, such as a drop that may not be opened.
type Refusal struct {
	Reason Reason
	Err    error // what the system said; nil when the code says it all
}

// Error returns the code and what the system said.
func (r *Refusal) Error() string {
	if r.Err == nil {
		return string(r.Reason)
	}
	return string(r.Reason) + ": " + r.Err.Error()
}

// Unwrap returns what the system said.
func (r *Refusal) Unwrap() error { return r.Err }

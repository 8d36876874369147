package windbg

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"

	"poolsweep/ingest"
)

// session is what the debugger's own lines tell about the target: its banner,
// vertarget, version and .time.
type session struct {
	line     int  // of the first such line, 0 when there is none
	banner   bool // printed at the begin of a session, not asked for by a command
	os       ingest.OS
	machine  ingest.Machine
	base     uint64
	at       time.Time
	uptime   time.Duration
	uptimeOK bool

	dump      string // path of the dump that was loaded
	collected collection
	also      string // a name that the log prints beside that of the collection header
}

// known reports whether the lines told anything about the target.
func (s session) known() bool {
	return s.os.Text != "" || s.machine.Name != "" || s.base != 0 || !s.at.IsZero() || s.uptimeOK ||
		!s.collected.time.IsZero()
}

// elsewhere reports whether the lines tell of another moment than the snapshot's
// without a doubt. A later time printed by .time alone does not: somebody looked
// at the clock between two commands on a live target.
func (s session) elsewhere(m *moment) bool {
	if len(m.snap.Blocks) == 0 {
		return false
	}
	return s.rebooted(m) || s.another(m) ||
		s.banner && !s.at.IsZero() && !m.at.IsZero() && !s.at.Equal(m.at) ||
		!s.collected.time.IsZero() && !s.collected.time.Equal(m.collected.time)
}

// another reports whether the lines name another machine. The name in the collection
// header goes before one that the log prints: that may be the host's.
func (s session) another(m *moment) bool {
	beside := m.snap.Machine.From == ingest.NameFromHeader && s.machine.From != ingest.NameFromHeader
	return !beside && differ(s.machine.Name, m.snap.Machine.Name)
}

// rebooted reports whether the target was started anew: the kernel lies at
// another address, or the machine runs for a shorter time than before.
func (s session) rebooted(m *moment) bool {
	return s.base != 0 && m.base != 0 && s.base != m.base ||
		s.uptimeOK && m.uptimeOK && s.uptime < m.uptime
}

// differ reports whether two names are known and not the same.
func differ(a, b string) bool { return a != "" && b != "" && !strings.EqualFold(a, b) }

// sessionLines lists how the debugger's own lines begin. Some tell nothing that
// is kept, but no command's output goes on after them. Order is that of print.
var sessionLines = []struct {
	begin string
	read  func(s *session, rest []byte) error
}{
	{"Opened log file", beginSession},
	{"Microsoft (R) Windows Debugger", beginSession}, // the version is the debugger's, not the target's
	{"Loading Dump File", readDump},
	{"Connected to Windows", beginSession}, // its time is the host's clock
	{"Windows ", readOS},
	{"Machine Name:", readMachine},
	{"Computer Name:", readMachine},  // MEX !di
	{"COMPUTERNAME=", readMachine},   // the environment in !peb
	{"COMPUTERNAME = ", readMachine}, // !envvar
	{"Kernel base =", readBase},
	{"Debug session time:", readTime},
	{"System Uptime:", readUptime},
	{"System Uptime ", readMEXUptime}, // MEX !di -v
	{ingest.HeaderPrefix, readHeader},
	{"Closing open log file", nil},
	{"quit:", nil},
}

// openedLog is the entry that no command prints but .logopen, which another
// session may begin with.
const openedLog = 0

// isSessionLine reports whether a line is the debugger's own.
func isSessionLine(text []byte) bool {
	text = unindent(text)
	return sessionIndex(text) >= 0
}

// sessionIndex returns the entry of sessionLines that a line begins as, or -1.
func sessionIndex(text []byte) int {
	if len(text) == 0 || !bytes.ContainsRune([]byte("OMLCWKDSq#"), rune(text[0])) {
		return -1
	}
	for i, s := range sessionLines {
		if bytes.HasPrefix(text, []byte(s.begin)) && (s.begin != "Windows " || isOS(text)) {
			return i
		}
	}
	return -1
}

// sessionLine reads one of the debugger's own lines and reports whether it is
// one. Asked means that a command such as .time prints it.
func (p *parser) sessionLine(l line, asked bool) bool {
	text := unindent(l.text)
	i := sessionIndex(text)
	if i < 0 {
		return false
	}
	entry := sessionLines[i]
	if i == openedLog {
		defer p.glued(text, l)
	}
	if entry.read == nil {
		return true
	}
	if bytes.HasPrefix(text, []byte("Loading Dump File")) {
		p.load()
	}
	s := &p.session
	banner := s.banner
	if err := entry.read(s, bytes.TrimSpace(text[len(entry.begin):])); err != nil {
		p.doubts.add(p.source(l.no), err.Error(), excerpt(l.text))
	}
	first := l.no
	if asked {
		s.banner, first = banner, p.block.Line
	}
	if s.line == 0 && (s.known() || s.banner) {
		s.line = first
	}
	return true
}

// glued reads the prompt that a copy has left on the line of .logopen:
//
//	Opened log file 'c:\logs\a.txt0: kd> !poolused 2
func (p *parser) glued(text []byte, l line) {
	if i := bytes.LastIndex(text, []byte("kd> ")); i > 0 && p.state != inside {
		p.command(trim(text[i+len("kd> "):]), l)
	}
}

// beginSession notes that what follows is not the answer to a command.
func beginSession(s *session, _ []byte) error {
	s.banner = true
	return nil
}

// readDump notes which dump was loaded: "Loading Dump File [c:\dumps\MEMORY.DMP]".
func readDump(s *session, rest []byte) error {
	s.banner, s.dump = true, strings.ToValidUTF8(strings.Trim(string(rest), "[]"), "\ufffd")
	return nil
}

// isOS recognises the banner's line about the target. The dump of a process lacks the
// word Kernel:
//
//	Windows 10 Kernel Version 22621 MP (4 procs) Free x64
//	Windows XP Kernel Version 2600 (Service Pack 3) MP (2 procs) Free x86 compatible
//	Windows Vista Version 6000 MP (2 procs) Free x86 compatible
func isOS(text []byte) bool {
	has := func(part string) bool { return bytes.Contains(text, []byte(part)) }
	return has(" Kernel Version ") || has(" Version ") && (has(" MP (") || has(" UP Free "))
}

// readOS takes the line apart that isOS recognises.
func readOS(s *session, rest []byte) error {
	s.banner = true
	_, after, _ := strings.Cut(string(rest), "Version ")
	s.os = ingest.OS{Text: "Windows " + strings.ToValidUTF8(string(rest), "\ufffd")}
	if fields := strings.Fields(after); len(fields) > 0 {
		s.os.Build, _ = strconv.Atoi(fields[0])
	}
	s.os.ServicePack = numberAfter(after, "(Service Pack ")
	switch {
	case strings.Contains(after, " MP ("):
		s.os.Processors = numberAfter(after, " MP (")
	case strings.Contains(after, " UP "):
		s.os.Processors = 1
	}
	switch {
	case strings.Contains(after, " x64"), strings.Contains(after, "64-bit"), strings.Contains(after, "AMD64"):
		s.os.Bits = 64
	case strings.Contains(after, " x86"), strings.Contains(after, "Thumb-2"):
		s.os.Bits = 32
	}
	return nil
}

// numberAfter returns the number that follows label in text, 0 when there is none.
func numberAfter(text, label string) int {
	_, after, found := strings.Cut(text, label)
	v, n := number([]byte(after))
	if !found || n == 0 || n > 9 {
		return 0
	}
	return int(v)
}

// readMachine takes over a computer's name. Nearly all debuggers print none, MEX
// prints "Not Found"; copies have blanks or curly quotes around it.
func readMachine(s *session, rest []byte) error {
	name := strings.Trim(string(rest), "\"'“”″ \t")
	switch {
	case !validHost(name):
	case s.machine.From == ingest.NameFromHeader:
		if differ(name, s.machine.Name) {
			s.also = name
		}
	default:
		s.machine = ingest.Machine{Name: strings.ToValidUTF8(name, "\ufffd"), From: ingest.NameFromLog}
	}
	return nil
}

// validHost reports whether a text may be a computer's name.
func validHost(name string) bool {
	return name != "" && len(name) <= 63 && !strings.ContainsAny(name, " \t\\/:")
}

// readBase reads "Kernel base = 0xfffff802`53800000 PsLoadedModuleList = …". Since
// Vista the kernel lies elsewhere after every boot.
func readBase(s *session, rest []byte) error {
	v, n := address(rest)
	if n == 0 {
		return fmt.Errorf("kernel base is no address")
	}
	s.base = v
	return nil
}

// readTime reads the time of the target in any of the forms
//
//	Wed Jan 31 14:47:08 2001
//	Tue Jun 17 02:28:23.000 2008 (GMT-7)
//	Fri Sep  9 11:46:06.702 2023 (UTC - 7:00)
//
// A time without a zone is taken as UTC.
func readTime(s *session, rest []byte) error {
	clock, zone, _ := strings.Cut(string(rest), "(")
	fields := strings.Fields(clock)
	if len(fields) != 5 {
		return fmt.Errorf("session time not understood")
	}
	at, err := time.Parse("Jan 2 15:04:05 2006", strings.Join(fields[1:], " "))
	if err != nil {
		return fmt.Errorf("session time not understood")
	}
	offset, ok := zoneOffset(zone)
	if !ok {
		return fmt.Errorf("time zone not understood")
	}
	if zone != "" {
		at = at.Add(-offset).In(time.FixedZone("", int(offset/time.Second)))
	}
	s.at = at
	return nil
}

// zoneOffset reads "UTC - 7:00)" or "GMT+5:30)"; no zone is UTC.
func zoneOffset(zone string) (time.Duration, bool) {
	zone = strings.TrimSuffix(strings.ReplaceAll(zone, " ", ""), ")")
	if zone == "" || zone == "UTC" || zone == "GMT" {
		return 0, true
	}
	if len(zone) < 5 || zone[:3] != "UTC" && zone[:3] != "GMT" || zone[3] != '+' && zone[3] != '-' {
		return 0, false
	}
	hours, minutes, _ := strings.Cut(zone[4:], ":")
	h, err := strconv.Atoi(hours)
	if err != nil || h < 0 || h > 14 {
		return 0, false
	}
	m, err := strconv.Atoi("0" + minutes)
	if err != nil || m > 59 {
		return 0, false
	}
	offset := time.Duration(h)*time.Hour + time.Duration(m)*time.Minute
	if zone[3] == '-' {
		offset = -offset
	}
	return offset, true
}

// readUptime reads "0 days 0:10:16.931", "1 days 21:45:06" or "not available".
func readUptime(s *session, rest []byte) error {
	fields := strings.Fields(string(rest))
	if string(rest) == "not available" {
		return nil
	}
	if len(fields) != 3 {
		return fmt.Errorf("uptime not understood")
	}
	days, err := strconv.Atoi(fields[0])
	if err != nil || days < 0 || days > 36500 {
		return fmt.Errorf("uptime not understood")
	}
	part := strings.Split(fields[2], ":")
	if len(part) != 3 {
		return fmt.Errorf("uptime not understood")
	}
	clock, err := time.ParseDuration(part[0] + "h" + part[1] + "m" + part[2] + "s")
	if err != nil || clock < 0 {
		return fmt.Errorf("uptime not understood")
	}
	s.uptime, s.uptimeOK = time.Duration(days)*24*time.Hour+clock, true
	return nil
}

// readMEXUptime reads "28m:16.641", "2h:38:23.643" or "2d.09:23:53.324", with no colon
// behind its label; other texts that begin so are prose.
func readMEXUptime(s *session, rest []byte) error {
	text := strings.NewReplacer("d.", "d:", "h:", ":", "m:", ":").Replace(string(rest))
	days, clock, ok := strings.Cut(text, "d:")
	if !ok {
		days, clock = "0", text
	}
	clock = strings.Repeat("0:", max(0, 2-strings.Count(clock, ":"))) + clock
	_ = readUptime(s, []byte(days+" days "+clock))
	return nil
}

// sessionOutput reads .time, vertarget and version, which print session lines.
type sessionOutput struct{}

// newSessionOutput reads all three alike: the lines tell what they are.
func newSessionOutput(_ *parser, c typed) (body, string) { return sessionOutput{}, c.word }

// read accepts the lines that stand between those session lines, too: "Product:
// WinNt, suite: …", "Built by: …", "Process Uptime: …".
func (sessionOutput) read(b *block, l line) verdict {
	text := unindent(l.text)
	if i := sessionIndex(text); i >= 0 && (sessionLines[i].read == nil || i == openedLog) {
		return foreign
	}
	if b.p.sessionLine(l, true) {
		b.begun = true
		return row
	}
	if elided(text) || len(text) == 0 {
		return foreign
	}
	if b.begun && len(text) < len(l.text) || bytes.Contains(text, []byte(": ")) {
		return noise
	}
	return foreign
}

func (sessionOutput) finish(b *block, end ending) { b.State = listed(end) }

// merge has nothing to add: the parser's session has it all.
func (sessionOutput) merge(*moment) {}

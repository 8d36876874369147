package tooltext

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// owner is the process that a sentence speaks of.
type owner struct {
	image string
	pid   uint64
}

var (
	// holdWords stand between a process and the number of its handles.
	holdWords = strings.Fields("has have had owns own owned holds hold held keeps keep kept retains retained " +
		"shows showed holding owning reached")
	// nearWords may stand before a number without changing what it says. "Up to" and
	// "under" would.
	nearWords = strings.Fields("approximately approx about around roughly nearly almost only just some over " +
		"currently still now already alone exactly")
	// knownProcesses are called by their names without ".exe".
	knownProcesses = strings.Fields("lsass csrss svchost services explorer winlogon dwm spoolsv smss wininit " +
		"wmiprvse w3wp taskhostw searchindexer")
	// manyWords make a sentence one about any process: "each Qz process has 12 handles".
	manyWords = strings.Fields("each every per any some no another other both these those all")
)

// before returns the process that a sentence gives the number at i to: "lsass.exe had
// about", "The System process (PID 4) held", "System (PID 4):".
func before(all []token, i int) (owner, bool) {
	at := i - 1
	for at >= 0 && (all[at].in(nearWords) || all[at].is("~")) {
		at--
	}
	if at < 1 || !all[at].in(holdWords) && !all[at].is(":", "=", "-") {
		return owner{}, false
	}
	strong := !all[at].is("has", "have", "had", "shows", "showed", "reached")
	at--
	for at >= 0 && all[at].in(nearWords) || at >= 0 && all[at].is("is", "was", "has") {
		at--
	}
	return named(all[:at+1], strong)
}

// named reads the process that the last tokens name. Alone, "System" may be the whole
// machine: strong says that the sentence speaks of what holds something.
func named(all []token, strong bool) (owner, bool) {
	all, pid := withoutPID(all)
	if len(all) == 0 {
		return owner{}, false
	}
	last := all[len(all)-1]
	switch name, known := imageOf(last); {
	case known:
		if !called(all[:len(all)-1], "host") {
			return owner{name, pid}, true
		}
		return owner{"svchost.exe (" + last.text + ")", pid}, true
	case last.text == "System" && (pid > 0 || strong):
		return owner{"System", pid}, true
	case last.is("process"):
		return describedProcess(all[:len(all)-1], pid)
	case last.is("host") && len(all) > 2 && all[len(all)-2].is("service") && capital(all[len(all)-3]):
		return owner{"svchost.exe (" + all[len(all)-3].text + ")", pid}, true
	case capital(last) && called(all[:len(all)-1], "host"):
		return owner{"svchost.exe (" + last.text + ")", pid}, true
	}
	return owner{}, false
}

// withoutPID cuts "(PID 4)" or "(4)" off the end.
func withoutPID(all []token) (rest []token, pid uint64) {
	n := len(all)
	if n < 3 || !all[n-1].is(")") || !all[n-2].count || all[n-2].signed {
		return all, 0
	}
	pid = uint64(all[n-2].n)
	n -= 2
	for n > 0 && (all[n-1].is("PID", ":", "=")) {
		n--
	}
	if n == 0 || !all[n-1].is("(") {
		return all, 0
	}
	return all[:n-1], pid
}

// imageOf returns the image a word names: "w3wp.exe", "LSASS".
func imageOf(t token) (image string, ok bool) {
	switch {
	case len(t.text) > len(".exe") && strings.HasSuffix(strings.ToLower(t.text), ".exe"):
		return t.text[strings.LastIndexAny(t.text, `\/`)+1:], true
	case t.in(knownProcesses):
		return strings.ToLower(t.text) + ".exe", true
	}
	return "", false
}

// called reports whether the words end as in "service host containing only".
func called(all []token, noun string) bool {
	n := len(all)
	if n > 0 && all[n-1].is("only") {
		n--
	}
	return n > 2 && all[n-1].is("containing", "hosting", "running", "for", "of", "with") &&
		all[n-2].is(noun) && all[n-3].is("service")
}

// describedProcess reads the words before "process": "The long-lived Qz desktop". The
// name begins with its first capital.
func describedProcess(all []token, pid uint64) (owner, bool) {
	from := len(all)
	for from > 0 && len(all)-from < 4 && all[from-1].word() && !all[from-1].is("the", "a", "an", "this", "that", "our") {
		from--
		if all[from].in(manyWords) {
			return owner{}, false
		}
	}
	for ; from < len(all); from++ {
		if image, ok := imageOf(all[from]); ok && from == len(all)-1 {
			return owner{image, pid}, true
		}
		if capital(all[from]) {
			break
		}
	}
	var name []string
	for _, t := range all[from:] {
		name = append(name, t.text)
	}
	return owner{strings.Join(name, " "), pid}, len(name) > 0
}

// capital reports whether a word begins with a capital letter, as names do.
func capital(t token) bool {
	r, _ := utf8.DecodeRuneInString(t.text)
	return !t.number && unicode.IsUpper(r)
}

// after returns the process that stands behind what is counted: "handles in LSASS",
// "held by System (PID 4)", "zombies kept by the Qz process".
func after(all []token, at int) (owner, bool) {
	if at < len(all) && all[at].is("are", "were", "is") {
		at++
	}
	strong := at < len(all) && all[at].is("held", "owned", "kept", "open", "opened")
	if strong {
		at++
	}
	if at >= len(all) || !all[at].is("in", "by", "of") || all[at].is("by") && !strong {
		return owner{}, false
	}
	at++
	for at < len(all) && all[at].is("the", "a") {
		at++
	}
	const most = 8 // "the service host containing only Qz (PID 4)" has no more behind the article
	for end := min(len(all), at+most); end > at; end-- {
		if w, ok := named(all[at:end], true); ok && plainName(all[at:end]) {
			return w, true
		}
	}
	return owner{}, false
}

// plainName reports whether tokens hold a name alone: no second sentence, no clause.
func plainName(all []token) bool {
	for _, t := range all {
		if t.ends() || t.is(",", "and", "which", "that", ":") {
			return false
		}
	}
	return true
}

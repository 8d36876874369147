package ingest

import (
	"fmt"
	"regexp"
	"strings"
)

// NameRule tells users how a log gets its machine's name. Place.Machine and
// Document.NameMachines do what it says.
const NameRule = `a machine's name is the first of
  1. the name in the line that poolsweep's collection script writes on top
  2. the name the log itself prints ("Machine Name:", "Computer Name:")
  3. for a file found in a folder: the nearest folder below the one given that
     is not a date, a number or a general word such as "logs"
  4. what --name-rule finds in the file's name
  5. the file's own name up to a date, a time or a general word:
     LAB-014_20261124_0930.log is LAB-014
  6. when the file's name is nothing but such words (log-1, poolused): the
     folder it lies in
  7. the file's name without its ending
When two of the first four name different machines, the first is believed and
a warning names both.`

// FileRule finds a machine's name in the name of a file, as a lab writes it.
type FileRule struct {
	pattern *regexp.Regexp
	group   int
}

// NewFileRule returns the rule of a regular expression with a group named machine:
// "^(?P<machine>LAB-[0-9]+)_".
func NewFileRule(pattern string) (*FileRule, error) {
	re, err := regexp.Compile(pattern)
	if err != nil {
		return nil, fmt.Errorf("read file-name rule: %w", err)
	}
	group := re.SubexpIndex("machine")
	if group < 0 {
		return nil, fmt.Errorf("read file-name rule: %q has no group (?P<machine>...)", pattern)
	}
	return &FileRule{re, group}, nil
}

// find returns the name in a file's name, "" where the rule does not fit.
func (r *FileRule) find(file string) string {
	if r == nil {
		return ""
	}
	found := r.pattern.FindStringSubmatch(file)
	if found == nil {
		return ""
	}
	return strings.TrimSpace(found[r.group])
}

// Place is where a log was found, which often tells whose log it is.
type Place struct {
	File    string   // last element of the path
	Below   []string // folders between the folder given and the file, outermost first
	Outside string   // the folder given, or the one a file given by itself lies in

	Rule *FileRule // of the user; nil when there is none
}

// PlaceBelow returns the place of a file by its path below the folder given, with
// forward slashes.
func PlaceBelow(name string) Place {
	elements := strings.Split(name, "/")
	last := len(elements) - 1
	return Place{File: elements[last], Below: elements[:last]}
}

// Machine returns the name that the place suggests.
func (p Place) Machine() Machine { return p.names()[0] }

// names returns the names that the place suggests, the surest first: a folder, what
// the user's rule finds, and only where neither tells anything, a guess.
func (p Place) names() []Machine {
	var names []Machine
	for i := len(p.Below) - 1; i >= 0; i-- {
		if !general(p.Below[i]) {
			names = append(names, Machine{Name: p.Below[i], From: NameFromFolder})
			break
		}
	}
	if name := p.Rule.find(p.File); name != "" {
		names = append(names, Machine{Name: name, From: NameFromRule})
	}
	if len(names) == 0 {
		names = append(names, p.guess())
	}
	return names
}

// guess returns the name that the file's own name suggests, or the folder outside.
func (p Place) guess() Machine {
	stem := stemOf(p.File)
	if name := nameInStem(stem); name != "" {
		return Machine{Name: name, From: NameFromFile}
	}
	if p.Outside != "" && !general(p.Outside) {
		return Machine{Name: p.Outside, From: NameFromFolder}
	}
	return Machine{Name: stem, From: NameFromFile}
}

// NameMachines names every snapshot whose log names no machine after the place it
// was found in, and warns where two of log, folder and file-name rule disagree.
func (d *Document) NameMachines(p Place) {
	names := p.names()
	for _, s := range d.Snapshots {
		if s.Machine.From < NameFromLog {
			s.Machine = names[0]
		}
		for _, other := range names {
			if other.disagrees(s.Machine) {
				s.Warnings = append(s.Warnings, Warning{Source: s.Source, Note: true, Message: fmt.Sprintf(
					"the %s names machine %q, the %s %q; the %[1]s is believed",
					s.Machine.From, s.Machine.Name, other.From, other.Name)})
			}
		}
	}
}

// Claim gives the document to one machine, and reports whether any of its
// snapshots was of another by its own words. Those get a warning.
func (d *Document) Claim(m Machine) (mismatch bool) {
	for _, s := range d.Snapshots {
		if sameHost(s.Machine.Name, m.Name) {
			continue
		}
		mismatch = true
		s.Warnings = append(s.Warnings, Warning{Source: s.Source, Message: fmt.Sprintf(
			"the %s names machine %q, but this is the place of %q, which counts", s.Machine.From, s.Machine.Name, m.Name)})
		s.Machine = m
	}
	return mismatch
}

// disagrees reports whether a name is meant as one and is not that of the machine.
// What is only guessed from a file's name never disagrees.
func (m Machine) disagrees(with Machine) bool {
	meant := m.From == NameFromRule || m.From == NameFromFolder && hostName.MatchString(m.Name)
	return meant && !sameHost(m.Name, with.Name)
}

// hostName is what Windows accepts as a computer's name: a folder that reads
// otherwise ("from the ticket") was never meant as one.
var hostName = regexp.MustCompile(`^[A-Za-z0-9-]{1,15}$`)

// sameHost compares without case and without domain: LAB-014.corp.example is lab-014.
func sameHost(a, b string) bool {
	a, _, _ = strings.Cut(a, ".")
	b, _, _ = strings.Cut(b, ".")
	return strings.EqualFold(a, b)
}

// endings are cut off a file's name. Any other last dot belongs to the name,
// as in LAB-014_2026.11.24.
var endings = regexp.MustCompile(`(?i)(\.(log|txt|text|out|gz|zip|dmp))+$`)

func stemOf(file string) string {
	if stem := endings.ReplaceAllString(file, ""); stem != "" {
		return stem
	}
	return file
}

const (
	// date is 2026-11-24, 2026.11.24 or 20261124.
	date = `(19|20)\d\d[-_. ]?(0[1-9]|1[0-2])[-_. ]?(0[1-9]|[12]\d|3[01])`
	// clock is 0930, 09-30-15, T0930Z or 9am; only looked for behind a date,
	// because LAB-0930 is a machine.
	clock = `[-_. tT]*([01]?\d|2[0-3])[-_.:hH]?[0-5]\d([-_.:]?[0-5]\d)?(\.\d+)?[zZ]?`
	// words say what a file or a folder holds, never whose it is.
	words = `(logs?|dumps?|minidumps?|dmp|pool|poolused|pooltags?|poolmon|memory|mem|kd|cdb|livekd|` +
		`windbg|windbgx|dbg|debug|debugger|output|out|text|txt|session|capture|snapshots?|snap|before|after|copy|` +
		`nonpaged|paged|npp|fltmc|fltkd|filters?|files?|results?|reports?|uploads?|drops?|incoming|` +
		`inbox|archive|tmp|temp|run|day|week|full|kernel|crash|bsod|bugcheck|untitled|unnamed)`
	// bare words are general by themselves only: VM-03 and DATA01 are machines.
	bare = `(vm|data|new|old)`
)

var (
	stampTail = regexp.MustCompile(`[-_. (]*` + date + `(` + clock + `)?\)?$`)
	stampHead = regexp.MustCompile(`^` + date + `(` + clock + `)?[-_. ]+`)
	wordTail  = regexp.MustCompile(`(?i)([-_. ]+` + words + `[-_.]?\d{0,3}|[_. ]+` + bare + `|[ _]*\(\d+\))$`)
	// Only "_" and blank part a leading word from a name: "MEMORY-LAB" may be a machine.
	wordHead = regexp.MustCompile(`(?i)^` + words + `\d{0,3}[_ ]+`)
	allWords = regexp.MustCompile(`(?i)^(` + bare + `|([-_. ()]|\d+|` + words + `|` +
		date + `(` + clock + `)?)*)$`)
)

// general reports whether a name is made of dates, numbers and general words only.
func general(name string) bool { return allWords.MatchString(stampTail.ReplaceAllString(name, "")) }

// nameInStem cuts stamps and general words off both ends of a file's name. It
// returns "" when nothing else is left.
func nameInStem(stem string) string {
	if general(stem) {
		return ""
	}
	for {
		cut := stem
		for _, re := range []*regexp.Regexp{stampTail, wordTail, stampHead, wordHead} {
			cut = re.ReplaceAllString(cut, "")
		}
		if cut == stem || general(cut) {
			return strings.Trim(stem, "-_. ")
		}
		stem = cut
	}
}

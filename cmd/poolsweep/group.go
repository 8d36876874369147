package main

import (
	"cmp"
	"context"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"poolsweep/analyze"
	"poolsweep/ingest"
	"poolsweep/ingest/store"
	"poolsweep/templates"
)

// groupConfig is a group of machines that gets reports of its own: those whose names
// fit one pattern, and those with a log in a folder that fits one.
type groupConfig struct {
	Name string `yaml:"name"`
	// Machines are patterns of machines' names, such as LAB-0*. Case does not matter.
	Machines []string `yaml:"machines"`
	// Folders are patterns of folders that logs lie in, such as drop/building-3: of
	// watched folders, or of folders in them. What lies below one counts as well.
	Folders []string `yaml:"folders"`
	// Default puts the machines into the group that are in no other.
	Default bool `yaml:"default"`

	// Recipients get the group's mails.
	Recipients []string `yaml:"recipients"`
	// Weekday is the day that the weekly mail is made on; without, none is made. Hour is
	// the hour of the day, Zone where it is that hour.
	Weekday string `yaml:"weekday"`
	Hour    *int   `yaml:"hour"`
	Zone    string `yaml:"zone"`
	// Lang and Profile are those of the mails, if they are others than of all reports.
	Lang    string `yaml:"lang"`
	Profile string `yaml:"profile"`
	// Floor is the mildest verdict that a mail tells of.
	Floor string `yaml:"floor"`
	// AttachBytes is how much of the reports goes along with a mail.
	AttachBytes *int64 `yaml:"attach_bytes"`
	// Notices has each new case of a firm verdict told at once, in at most so many mails
	// a day.
	Notices    bool `yaml:"notices"`
	NoticesDay int  `yaml:"notices_a_day"`
}

// Defaults of a group.
const (
	defaultHour    = 7
	defaultZone    = "UTC"
	defaultAttach  = 8 << 20 // nearly 11 MiB in a mail, below what most servers take
	defaultNotices = 5
)

// fill gives what is left out its default.
func (g *groupConfig) fill() {
	if g.Hour == nil {
		g.Hour = new(int)
		*g.Hour = defaultHour
	}
	if g.AttachBytes == nil {
		g.AttachBytes = new(int64)
		*g.AttachBytes = defaultAttach
	}
	g.Zone, g.Floor = cmp.Or(g.Zone, defaultZone), cmp.Or(g.Floor, analyze.Suspect.String())
	g.NoticesDay = cmp.Or(g.NoticesDay, defaultNotices)
}

// floors are the verdicts that may be the mildest told.
var floors = []string{analyze.Suspect.String(), analyze.Leak.String()}

// floor is the mildest verdict that a mail of the group tells of.
func (g *groupConfig) floor() analyze.Verdict {
	if g.Floor == analyze.Leak.String() {
		return analyze.Leak
	}
	return analyze.Suspect
}

// schedule is when the group's weekly mail is made; the configuration was checked.
func (g *groupConfig) schedule() (schedule, error) {
	zone, err := time.LoadLocation(g.Zone)
	day, _ := weekday(g.Weekday) // without one it is made by hand, as of Sunday
	return schedule{day, *g.Hour, zone}, err
}

// fits reports whether a text fits a pattern of the configuration, which was checked
// when it was read. Machines' names have no separators, so that one in a pattern of
// theirs fits nothing.
func fits(pattern, text string) bool {
	ok, err := path.Match(strings.ToLower(pattern), strings.ToLower(text))
	return ok && err == nil
}

// anyFits reports whether a text fits one of several patterns.
func anyFits(patterns []string, text string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return fits(p, text) })
}

// holdsFolder reports whether a folder below a share is one of the group's, or lies
// below one.
func (g *groupConfig) holdsFolder(share, folder string) bool {
	if len(g.Folders) == 0 {
		return false
	}
	lies := path.Join(rooted(share), folder)
	for _, pattern := range g.Folders {
		pattern = rooted(pattern)
		for at := lies; ; at = path.Dir(at) {
			if fits(pattern, at) {
				return true
			}
			if at == path.Dir(at) {
				break
			}
		}
	}
	return false
}

// rooted is a path that counts from the root, with forward slashes.
func rooted(name string) string {
	abs, err := filepath.Abs(name)
	if err != nil { // the working folder is gone: only paths from the root can fit
		abs = name
	}
	return filepath.ToSlash(abs)
}

// holdsMachine reports whether a name fits one of the group's patterns.
func (g *groupConfig) holdsMachine(name string) bool { return anyFits(g.Machines, name) }

// deciding are the groups that decide who is in a group: itself, and for the default
// group all.
func (c *config) deciding(g *groupConfig) []*groupConfig {
	out := []*groupConfig{g}
	for _, other := range c.all() {
		if g.Default && other != g {
			out = append(out, other)
		}
	}
	return out
}

// all are the groups as they stand in the configuration.
func (c *config) all() []*groupConfig {
	var out []*groupConfig
	for i := range c.Groups {
		out = append(out, &c.Groups[i])
	}
	return out
}

// groupNames returns the names of the groups that machines are in, by folded name, nil
// when there are none.
func (c *config) groupNames(machines []analyze.Machine, lying map[*groupConfig]map[string]bool) map[string][]string {
	if len(c.Groups) == 0 {
		return nil
	}
	names := map[string][]string{}
	for i := range machines {
		name := machines[i].Name
		for _, g := range among(c.all(), name, lying) {
			names[ingest.MachineKey(name)] = append(names[ingest.MachineKey(name)], g.Name)
		}
	}
	return names
}

// lying returns by group the keys of the machines with a log in its folders; each goes
// through the folders, below their share, that logs of a machine lie in.
func lying(groups []*groupConfig, each func(func(share, folder, machine string)) error) (map[*groupConfig]map[string]bool, error) {
	keys := map[*groupConfig]map[string]bool{}
	for _, g := range groups {
		if len(g.Folders) > 0 {
			keys[g] = map[string]bool{}
		}
	}
	if len(keys) == 0 {
		return keys, nil
	}
	return keys, each(func(share, folder, machine string) {
		for g := range keys {
			if g.holdsFolder(share, folder) {
				keys[g][ingest.MachineKey(machine)] = true
			}
		}
	})
}

// stored goes through the folders that a history knows.
func stored(ctx context.Context, db *store.Store) func(func(share, folder, machine string)) error {
	return func(yield func(share, folder, machine string)) error { return db.Places(ctx, yield) }
}

// swept goes through those of logs that were read without a history.
func swept(docs []*ingest.Document) func(func(share, folder, machine string)) error {
	return func(yield func(share, folder, machine string)) error {
		for _, d := range docs {
			for _, s := range d.Snapshots {
				yield(path.Dir(d.File), "", s.Machine.Name)
			}
		}
		return nil
	}
}

// among returns which of some groups a machine is in: those that hold it by its name or
// by where its logs lie, and the default group where no other does.
func among(groups []*groupConfig, machine string, lying map[*groupConfig]map[string]bool) []*groupConfig {
	holds := func(g *groupConfig) bool { return g.holdsMachine(machine) || lying[g][ingest.MachineKey(machine)] }
	none := !slices.ContainsFunc(groups, func(g *groupConfig) bool { return !g.Default && holds(g) })
	return keep(groups, func(g *groupConfig) bool { return holds(g) || g.Default && none })
}

// mailingProblems are those of what a group is mailed.
func (c *config) mailingProblems(i int) []problem {
	g := &c.Groups[i]
	var all []problem
	wrong := func(words string, key ...any) {
		all = append(all, problem{append([]any{"groups", i}, key...), words})
	}
	among := func(key, value string, known []string) {
		if value != "" && !slices.Contains(known, value) {
			wrong(fmt.Sprintf("%q is none of %s", value, strings.Join(known, ", ")), key)
		}
	}
	for k, r := range g.Recipients {
		switch {
		case !isAddress(r):
			wrong(fmt.Sprintf("%q is no mail address; write lab-managers@lab.example", r), "recipients", k)
		case slices.ContainsFunc(g.Recipients[:k], func(other string) bool { return strings.EqualFold(other, r) }):
			wrong(fmt.Sprintf("%s stands there twice", r), "recipients", k)
		}
	}
	if _, ok := weekday(g.Weekday); g.Weekday != "" && !ok {
		wrong(fmt.Sprintf("%q is no day; write monday", g.Weekday), "weekday")
	}
	if len(g.Recipients) > 0 && g.Weekday == "" && !g.Notices {
		wrong("they get nothing: give weekday, or notices: true", "recipients")
	}
	if g.Hour != nil && (*g.Hour < 0 || *g.Hour > 23) {
		wrong(fmt.Sprintf("%d is no hour of the day; write 0 to 23", *g.Hour), "hour")
	}
	if !isZone(g.Zone) {
		wrong(noZone(g.Zone), "zone")
	}
	among("lang", g.Lang, templates.Languages())
	among("profile", g.Profile, profiles)
	among("floor", g.Floor, floors)
	if g.AttachBytes != nil && *g.AttachBytes < 0 {
		wrong(fmt.Sprintf("%d is no size", *g.AttachBytes), "attach_bytes")
	}
	if g.NoticesDay < 0 {
		wrong(fmt.Sprintf("%d is no number of mails", g.NoticesDay), "notices_a_day")
	}
	return all
}

// group returns the group of a name.
func (c *config) group(name string) (*groupConfig, error) {
	var known []string
	for i := range c.Groups {
		if strings.EqualFold(c.Groups[i].Name, name) {
			return &c.Groups[i], nil
		}
		known = append(known, c.Groups[i].Name)
	}
	if len(known) == 0 {
		return nil, fmt.Errorf("no group %q: the configuration has none; docs/reports.md shows the key groups", name)
	}
	return nil, fmt.Errorf("no group %q: the configuration has %s", name, strings.Join(known, ", "))
}

// groupProblems are those of one group, by itself and among the others.
func (c *config) groupProblems(i int) []problem {
	g := &c.Groups[i]
	var all []problem
	wrong := func(words string, key ...any) {
		all = append(all, problem{append([]any{"groups", i}, key...), words})
	}
	switch {
	case strings.TrimSpace(g.Name) == "":
		wrong("a group has no name", "name")
	case plain(g.Name) != g.Name:
		wrong(fmt.Sprintf("%q holds what does not show", g.Name), "name")
	}
	for _, other := range c.Groups[:i] {
		if g.Name != "" && strings.EqualFold(other.Name, g.Name) {
			wrong(fmt.Sprintf("there are two groups %q", g.Name), "name")
		}
	}
	if len(g.Machines)+len(g.Folders) == 0 && !g.Default {
		wrong("the group has neither machines nor folders, so no machine is in it")
	}
	for _, other := range c.Groups[:i] {
		if g.Default && other.Default {
			wrong(fmt.Sprintf("%s is the default group already", plain(other.Name)), "default")
		}
	}
	all = append(all, c.mailingProblems(i)...)
	for _, of := range []struct {
		key      string
		patterns []string
	}{{"machines", g.Machines}, {"folders", g.Folders}} {
		for k, p := range of.patterns {
			switch _, err := path.Match(filepath.ToSlash(p), ""); {
			case p == "":
				wrong("a pattern is empty", of.key, k)
			case err != nil:
				wrong(fmt.Sprintf("%q is no pattern; write * for any characters, ? for one", p), of.key, k)
			case of.key == "machines" && strings.ContainsAny(p, `/\`):
				wrong(fmt.Sprintf("%q is a folder, no machine; put it under folders", p), of.key, k)
			}
		}
	}
	return all
}

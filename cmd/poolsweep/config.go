package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"

	"poolsweep/analyze/knowledge"
	"poolsweep/ingest"
	"poolsweep/ingest/bucket"
	"poolsweep/templates"
)

// config is what a lab tells poolsweep about itself, in one YAML file. A key that
// stands here is all that is needed to add one: unknown keys are refused by what
// this struct has. Paths count from the folder of the file.
type config struct {
	// TagMaps are files that say which driver uses which tag: a pooltag.txt, a
	// localtag.txt, a list of the lab's own. The first that knows a tag counts.
	TagMaps []string `yaml:"tag_maps"`
	// Issues is a folder with the lab's own known issues, one YAML file each. They
	// stand beside those that poolsweep knows, and replace them by id.
	Issues string `yaml:"issues"`
	// NameRule finds machines' names in files' names, as --name-rule does.
	NameRule string `yaml:"name_rule"`

	// Paper is what PDFs are drawn on, Profile whom reports are for: the lab's
	// engineers, or readers outside, for whom names are taken out.
	Paper   string `yaml:"paper"`
	Profile string `yaml:"profile"`
	// Groups are machines that belong together, for reports of their own.
	Groups []groupConfig `yaml:"groups"`
	// Trackers are bug trackers that cases are told to.
	Trackers []trackerConfig `yaml:"trackers"`
	// Mail is how mails to the groups are sent.
	Mail mailConfig `yaml:"mail"`
	// Lang is the language of the reports.
	Lang string `yaml:"lang"`
	// Zone is where the lab is: reports give its time of the day.
	Zone string `yaml:"zone"`

	// The keys below are for the watcher.

	// Drops are the folders that machines drop logs into.
	Drops []dropConfig `yaml:"drops"`
	// Decisions is the name of the file in each of them that people decide in.
	Decisions string `yaml:"decisions"`
	// Out is the folder that reports are written to, State the one that the history
	// is kept in. Both are made when they are missing.
	Out   string `yaml:"out"`
	State string `yaml:"state"`
	// Database is the URL of a PostgreSQL database that the history is kept in instead
	// of State, DatabaseFile the file that it stands in, for it holds a password.
	Database     string `yaml:"database"`
	DatabaseFile string `yaml:"database_file"`
	// Scan is how long the watcher waits between two scans of a folder.
	Scan duration `yaml:"scan"`
	// Workbook is how often the workbook of the whole fleet is made anew.
	Workbook duration `yaml:"workbook"`
	// WorkbookPeriod is the time that the workbook is about: what is new in it, what
	// grew in it, what changed.
	WorkbookPeriod duration `yaml:"workbook_period"`
	// History is how far back a machine's past is judged with its present.
	History duration `yaml:"history"`
	// Keep is how long logs that were read are kept in the history.
	Keep duration `yaml:"keep"`
	// Identity is what tells whose a log is that lies in a machine's folder: the
	// folder, whatever the log says, or the log.
	Identity string `yaml:"identity"`
	// Redact is what is taken out of what was read before it is kept: nothing, or
	// all that names people.
	Redact string `yaml:"redact"`
}

// dropConfig is one folder that machines drop logs into, or a bucket.
type dropConfig struct {
	Path string `yaml:"path"`
	// Depth 1 takes logs from the folder alone, 2 also from the folders in it.
	Depth int `yaml:"depth"`
	// Marker names a file that has to lie in the folder, else it is not trusted.
	Marker string `yaml:"marker"`
	// Kind says how the folder behaves when the system cannot tell.
	Kind string `yaml:"kind"`
	// MaxBytes is the largest log that is read.
	MaxBytes int64 `yaml:"max_bytes"`
	// Quota is how many logs are taken from one machine's folder in an hour.
	Quota int `yaml:"quota"`
	// How long a log has to stand still: when its end is seen, at least, and when
	// nothing shows its end.
	EndWait   duration `yaml:"end_wait"`
	QuietWait duration `yaml:"quiet_wait"`
	LongWait  duration `yaml:"long_wait"`

	// The keys below are for a bucket, whose path is s3://bucket/prefix: its server,
	// the server's name for where it stands, the file with the right to read it, and
	// the CA of the server's certificate.
	Endpoint        string `yaml:"endpoint"`
	Region          string `yaml:"region"`
	CredentialsFile string `yaml:"credentials_file"`
	CAFile          string `yaml:"ca_file"`
}

// Values of Identity and Redact.
const (
	identityFolder = "folder"
	identityLog    = "log"
	redactNone     = "none"
	redactStrict   = "strict"
)

// duration is a time.Duration that may be written in days: 30d.
type duration struct{ time.Duration }

// longest is the longest time that a configuration may give: a century.
const longest = 36525 * 24 * time.Hour

// UnmarshalYAML reads "5s", "1h30m" or "30d".
func (d *duration) UnmarshalYAML(node *yaml.Node) error {
	var err error
	if d.Duration, err = parseDuration(node.Value); err != nil {
		return &yaml.TypeError{Errors: []string{fmt.Sprintf("line %d: %v", node.Line, err)}}
	}
	return nil
}

// parseDuration reads a time above zero, also in days.
func parseDuration(text string) (time.Duration, error) {
	var d time.Duration
	var err error
	if days, ok := strings.CutSuffix(text, "d"); ok {
		var n int64
		n, err = strconv.ParseInt(days, 10, 32)
		d = time.Duration(min(n, 1<<16)) * 24 * time.Hour
	} else {
		d, err = time.ParseDuration(text)
	}
	if err != nil || d <= 0 || d > longest {
		return 0, fmt.Errorf("%q is no time; write 5s, 10m, 1h30m or 30d", text)
	}
	return d, nil
}

// String writes whole days as days, and no seconds or minutes that are none.
func (d duration) String() string {
	if day := 24 * time.Hour; d.Duration > 0 && d.Duration%day == 0 {
		return strconv.Itoa(int(d.Duration/day)) + "d"
	}
	text := d.Duration.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// configHint goes with every complaint about a configuration file.
const configHint = "docs/configuring.md shows each key with an example"

// readConfig reads a configuration file; no file is an empty configuration.
func readConfig(file string) (*config, error) {
	c := &config{}
	if file == "" {
		return c, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, &failure{exitUsage, fmt.Errorf("read configuration: %w", err),
			"give the path of the file with --config, or leave --config out"}
	}
	if err := knowledge.Decode(filepath.ToSlash(file), text, c); err != nil {
		return nil, &failure{exitUsage, err, configHint}
	}
	c.resolve(filepath.Dir(file))
	if wrong := c.problems(); len(wrong) > 0 {
		return nil, &failure{exitUsage, locate(filepath.ToSlash(file), text, wrong), configHint}
	}
	return c, nil
}

// resolve makes all paths of the configuration count from a folder.
func (c *config) resolve(below string) {
	for i := range c.TagMaps {
		c.TagMaps[i] = within(below, c.TagMaps[i])
	}
	for i := range c.Drops {
		for _, p := range []*string{&c.Drops[i].Path, &c.Drops[i].CredentialsFile, &c.Drops[i].CAFile} {
			*p = within(below, *p)
		}
	}
	for _, g := range c.Groups {
		for i := range g.Folders {
			g.Folders[i] = within(below, g.Folders[i])
		}
	}
	for i := range c.Trackers {
		c.Trackers[i].TokenFile = within(below, c.Trackers[i].TokenFile)
	}
	for _, p := range []*string{&c.Issues, &c.Out, &c.State, &c.DatabaseFile, &c.Mail.PasswordFile, &c.Mail.CAFile, &c.Mail.Verify.Log,
		&c.Mail.Verify.Maildir} {
		*p = within(below, *p)
	}
}

// within makes a path of the configuration one of the working folder.
func within(dir, name string) string {
	if name == "" || filepath.IsAbs(name) || bucket.IsPath(name) {
		return name
	}
	return filepath.Join(dir, filepath.FromSlash(name))
}

// settings are the flags for what a lab knows; each goes before the same key of
// the configuration file.
type settings struct {
	config, issues, nameRule, lang string
	tagMaps                        []string
}

func (s *settings) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&s.config, "config", "", "read the configuration from `FILE` (YAML)")
	f.StringArrayVar(&s.tagMaps, "tag-map", nil,
		"read tags' drivers from `FILE` (pooltag.txt); may be repeated")
	f.StringVar(&s.issues, "issues", "", "read the lab's own known issues from folder `DIR`")
	f.StringVar(&s.nameRule, "name-rule", "",
		"find machines' names in files' names by `REGEX`: '^(?P<machine>LAB-\\d+)_'")
	langFlag(cmd, &s.lang)
}

// langFlag is --lang, which goes before the key of the configuration file.
func langFlag(cmd *cobra.Command, lang *string) {
	cmd.Flags().StringVar(lang, "lang", "", "write the reports in language `LANG`: "+strings.Join(templates.Languages(), ", "))
}

// defaultLang is the language of the reports when none is asked for.
const defaultLang = "en"

// words returns the wording of a language, the default's when none is given.
func words(lang string) (*templates.Words, error) {
	w, err := templates.Load(cmp.Or(lang, defaultLang))
	if err != nil {
		return nil, &failure{exitUsage, err, "give one of them with --lang, or with the key lang in the configuration"}
	}
	return w, nil
}

// zone is the lab's zone, nil for UTC, in which all reports are anyway.
func (c *config) zone() *time.Location {
	if z, err := time.LoadLocation(c.Zone); err == nil && z != time.UTC {
		return z
	}
	return nil
}

// clock is a moment by the lab's clock: days of decisions begin with its midnight.
func (c *config) clock(at time.Time) time.Time {
	if z := c.zone(); z != nil {
		return at.In(z)
	}
	return at.UTC()
}

// isZone reports whether a name is that of a time zone. Local is none: what a report says
// must not hang on the machine that makes it.
func isZone(name string) bool {
	_, err := time.LoadLocation(name)
	return err == nil && !strings.EqualFold(name, "local")
}

// merge returns the configuration with the flags over it. A tag map of the
// command line is asked before those of the file.
func (s *settings) merge() (*config, error) {
	c, err := readConfig(s.config)
	if err != nil {
		return nil, err
	}
	c.TagMaps = append(slices.Clone(s.tagMaps), c.TagMaps...)
	if s.issues != "" {
		c.Issues = s.issues
	}
	if s.nameRule != "" {
		c.NameRule = s.nameRule
	}
	c.Lang = cmp.Or(s.lang, c.Lang)
	return c, nil
}

// nameRule returns the rule of a pattern, nil when none is given.
func nameRule(pattern string) (*ingest.FileRule, error) {
	if pattern == "" {
		return nil, nil
	}
	return ingest.NewFileRule(pattern)
}

// knowledge returns what poolsweep knows with what the lab knows over it.
func (c *config) knowledge(con *console) (*knowledge.Base, error) {
	know, err := knowledge.Load()
	if err != nil {
		return nil, err
	}
	for i, file := range c.TagMaps {
		shown := filepath.ToSlash(file)
		if c.public() {
			shown = fmt.Sprintf("tag-map-%d.txt", i+1)
		}
		if err := addTagMap(con, know, file, shown); err != nil {
			return nil, err
		}
	}
	if c.Issues == "" {
		return know, nil
	}
	if info, err := os.Stat(c.Issues); err != nil || !info.IsDir() {
		return nil, &failure{exitUsage, fmt.Errorf("read known issues: %s is no folder", filepath.ToSlash(c.Issues)),
			"make the folder, or leave --issues and the key issues out"}
	}
	before := len(know.Issues)
	label := filepath.ToSlash(c.Issues)
	if c.public() {
		label = publicIssues
	}
	if err := know.AddIssues(folder(c.Issues), ".", label); err != nil {
		return nil, &failure{exitUsage, err, configHint}
	}
	if c.public() {
		redactIssues(know.Issues)
	}
	if con.verbose {
		con.note("%s: %d known issues more than our own %d", filepath.ToSlash(c.Issues), len(know.Issues)-before, before)
	}
	return know, nil
}

// doubted is how many doubts about one tag map are printed.
const doubted = 5

// addTagMap reads one tag map, known in reports by the path shown, and says what is wrong with it. A map without any
// entry is another kind of file.
func addTagMap(con *console, know *knowledge.Base, file, shown string) error {
	f, err := os.Open(file)
	if err != nil {
		reason := err
		var p *fs.PathError
		if errors.As(err, &p) {
			reason = p.Err
		}
		return &failure{exitUsage, fmt.Errorf("read tag map %s: %w", shown, reason),
			"give the path of a pooltag.txt, or leave --tag-map and the key tag_maps out"}
	}
	defer f.Close() // read only
	m, doubts, err := knowledge.ReadTagMap(shown, f)
	if err != nil { // a line of such length stands in no list
		return &failure{exitUsage, err, configHint}
	}
	if m.Len() == 0 {
		err := fmt.Errorf("read tag map %s: no line like TAG - DRIVER - DESCRIPTION", shown)
		return &failure{exitUsage, err, configHint}
	}
	doubts = append(doubts, know.AddTagMap(m)...)
	for i, doubt := range doubts {
		if i == doubted && !con.verbose {
			con.note("%s: %d more doubts; -v prints all", shown, len(doubts)-doubted)
			break
		}
		con.note("%s", doubt)
	}
	return nil
}

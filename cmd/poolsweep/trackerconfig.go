package main

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"poolsweep/report/tracker"
)

// trackerConfig is a bug tracker that cases are told to, in the tickets that people
// named for them.
type trackerConfig struct {
	Kind string `yaml:"kind"`
	// URL is its start page. Only tickets below it are written to.
	URL string `yaml:"url"`
	// TokenFile holds the token in its first line.
	TokenFile string `yaml:"token_file"`
	// Attach is what is added to tickets: nothing, a comment, or a comment and the PDF.
	Attach string `yaml:"attach"`
	// Every is how long the watcher lets pass between two comments on one ticket.
	Every duration `yaml:"every"`
	// Profile is whom the comments are for, if not for whom reports are.
	Profile string `yaml:"profile"`
}

// Values of Attach.
const (
	attachOff     = "off"
	attachComment = "comment"
	attachPDF     = "comment+pdf"
)

var attachKinds = []string{attachOff, attachComment, attachPDF}

const defaultEvery = 24 * time.Hour

// trackerProblems are those of one tracker, by itself and among the others.
func (c *config) trackerProblems(i int) []problem {
	t := &c.Trackers[i]
	var all []problem
	wrong := func(words string, key ...any) {
		all = append(all, problem{append([]any{"trackers", i}, key...), words})
	}
	if !slices.Contains(tracker.Kinds, tracker.Kind(t.Kind)) {
		wrong(fmt.Sprintf("%q is none of github, gitlab, gitea, jira", t.Kind), "kind")
	}
	if t.Attach != "" && !slices.Contains(attachKinds, t.Attach) {
		wrong(fmt.Sprintf("%q is none of %s", t.Attach, strings.Join(attachKinds, ", ")), "attach")
	}
	if t.Profile != "" && !slices.Contains(profiles, t.Profile) {
		wrong(neither(t.Profile, profiles), "profile")
	}
	if t.TokenFile == "" && t.Attach != "" && t.Attach != attachOff {
		wrong("a tracker takes nothing without a token: give the file that holds it", "token_file")
	}
	at, err := tracker.ParseURL(t.URL)
	if err != nil {
		wrong(err.Error(), "url")
		return all
	}
	for _, other := range c.Trackers[:i] {
		o, err := tracker.ParseURL(other.URL)
		if err == nil && (tracker.Holds(at, o.String()+"/") || tracker.Holds(o, at.String()+"/")) {
			wrong(fmt.Sprintf("%s and %s are one, or one lies in the other", t.URL, other.URL), "url")
		}
	}
	return all
}

// tracker returns the tracker that a ticket belongs to, or nil.
func (c *config) tracker(ticket string) *trackerConfig {
	for i := range c.Trackers {
		if at := c.Trackers[i].at(); at != nil && tracker.Holds(at, ticket) {
			return &c.Trackers[i]
		}
	}
	return nil
}

// at is the address of the tracker, which was checked when it was read.
func (t *trackerConfig) at() *url.URL {
	u, err := tracker.ParseURL(t.URL)
	if err != nil {
		return nil
	}
	return u
}

// trackerPatience is how long a call to a tracker may take.
const trackerPatience = 30 * time.Second

// client makes what speaks to the tracker, with the token as it is now.
func (t *trackerConfig) client() (*tracker.Tracker, error) {
	token, err := readToken(t.TokenFile)
	if err != nil {
		return nil, err
	}
	name, version, _ := strings.Cut(tool, " ")
	return &tracker.Tracker{Kind: tracker.Kind(t.Kind), URL: t.at(), Token: token, Agent: name + "/" + version,
		Patience: trackerPatience}, nil
}

// readToken reads the token for a tracker.
func readToken(file string) (string, error) {
	return readSecret("trackers: token_file", file, exitFailed, func(line string) (string, error) {
		line = strings.TrimSpace(line)
		// What is no visible ASCII cannot stand in a header, and the error would print it.
		if line == "" || strings.ContainsFunc(line, func(r rune) bool { return r <= ' ' || r > '~' }) {
			return "", errors.New("its first line is no token")
		}
		return line, nil
	}, "write the token into the first line of the file, for poolsweep's user alone")
}

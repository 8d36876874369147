// Package tracker writes to issues of bug trackers: GitHub, GitLab, Gitea and Jira, in
// the few calls that a comment with a file takes. A token is sent to the tracker that
// it is for and to no other host: no redirect is followed.
package tracker

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Kind is a product whose API is spoken.
type Kind string

// Kinds of trackers.
const (
	GitHub Kind = "github"
	GitLab Kind = "gitlab"
	Gitea  Kind = "gitea"
	Jira   Kind = "jira"
)

// Kinds are all of them.
var Kinds = []Kind{GitHub, GitLab, Gitea, Jira}

// TakesFiles reports whether the product has an API for files. GitHub has none: files
// come to its issues through a browser only.
func (k Kind) TakesFiles() bool { return k != GitHub }

// Longest is how long a comment may be, in bytes, with some to spare. Jira's limit is
// one of its settings; this is the default.
func (k Kind) Longest() int {
	if k == Jira {
		return 32_000
	}
	return 65_000
}

// Tracker is one installation of a product.
type Tracker struct {
	Kind  Kind
	URL   *url.URL // its start page
	Token string
	Agent string // how we name ourselves
	// Patience is how long one call may take; a file may take four times as long.
	Patience time.Duration
}

// ParseURL reads the address of a tracker's start page. A token is sent to no address
// that others on the network can listen to.
func ParseURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%q is no address", text)
	case u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		return nil, fmt.Errorf("%q does not begin with https:// and a host", text)
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return nil, fmt.Errorf("%q is more than the address of a start page", text)
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return nil, fmt.Errorf("%q would send the token in clear text; write https://", text)
	}
	u.Path = strings.TrimRight(u.Path, "/")
	u.RawPath = ""
	return u, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Issue is an issue of a tracker.
type Issue struct {
	Page string // address for people
	api  string // address of its API
	home string // address of its project's API; GitLab's only
}

// Holds reports whether a page belongs to the tracker at an address.
func Holds(at *url.URL, page string) bool {
	_, ok := below(at, page)
	return ok
}

// below returns the path of a page below a tracker's address.
func below(at *url.URL, page string) (string, bool) {
	u, err := url.Parse(page)
	if err != nil || u.User != nil || u.Scheme != at.Scheme || !strings.EqualFold(u.Hostname(), at.Hostname()) ||
		port(u) != port(at) {
		return "", false
	}
	return strings.CutPrefix(u.EscapedPath(), at.EscapedPath()+"/")
}

func port(u *url.URL) string {
	if p := u.Port(); p != "" {
		return p
	}
	return map[string]string{"https": "443", "http": "80"}[u.Scheme]
}

// Issue finds the issue that a page shows.
func (t *Tracker) Issue(page string) (*Issue, error) {
	rest, ok := below(t.URL, page)
	if !ok {
		return nil, fmt.Errorf("%s is no page of %s", page, t.URL)
	}
	d := dialects[t.Kind]
	m := d.page.FindStringSubmatch(rest)
	if m == nil || slices.Contains(m, ".") || slices.Contains(m, "..") {
		return nil, fmt.Errorf("%s is no page of an issue, such as %s/%s", page, t.URL, d.sample)
	}
	i := &Issue{Page: strings.TrimSuffix(t.URL.String(), "/") + "/" + strings.TrimSuffix(m[0], "/")}
	api := *t.URL
	if t.Kind == GitHub && strings.EqualFold(api.Host, "github.com") {
		api.Host = "api.github.com" // the one product whose API has a host of its own
	} else {
		api.Path += d.api
	}
	i.api, i.home = d.address(strings.TrimSuffix(api.String(), "/"), m)
	return i, nil
}

// Comment is a comment as a tracker has it.
type Comment struct {
	ID   string
	Page string // address for people
	body string
}

// answer is a comment in the words of all four.
type answer struct {
	ID   json.RawMessage `json:"id"` // Jira: a string
	Page string          `json:"html_url"`
	Body string          `json:"body"`
}

func (t *Tracker) comment(i *Issue, a answer) *Comment {
	c := &Comment{ID: strings.Trim(string(a.ID), `"`), Page: a.Page, body: a.Body}
	if anchor := dialects[t.Kind].anchor; anchor != "" {
		c.Page = i.Page + anchor + c.ID
	}
	return c
}

// mostPages bounds how much of an issue is looked through.
const mostPages = 200

// Find returns a comment that holds a text, nil when there is none.
func (t *Tracker) Find(ctx context.Context, i *Issue, text string) (*Comment, error) {
	d := dialects[t.Kind]
	for page := range mostPages {
		var raw json.RawMessage
		if err := t.call(ctx, "GET", i.api+d.list(page), nil, &raw); err != nil {
			return nil, fmt.Errorf("list comments: %w", err)
		}
		found, err := d.comments(raw)
		if err != nil {
			return nil, fmt.Errorf("list comments: %w", err)
		}
		for _, a := range found {
			// A tracker that keeps another form of text may have put backslashes in.
			if strings.Contains(strings.ReplaceAll(a.Body, `\`, ""), text) {
				return t.comment(i, a), nil
			}
		}
		if !d.paged || len(found) < pageSize {
			return nil, nil
		}
	}
	return nil, fmt.Errorf("list comments: the issue has more than %d", mostPages*pageSize)
}

// Comment adds a comment to an issue. After an error nobody knows whether it is there:
// Find tells.
func (t *Tracker) Comment(ctx context.Context, i *Issue, text string) (*Comment, error) {
	body, err := json.Marshal(map[string]string{"body": text})
	if err != nil {
		return nil, err
	}
	var a answer
	err = t.call(ctx, "POST", i.api+dialects[t.Kind].post, &content{kind: "application/json", body: body}, &a)
	if err == nil && len(a.ID) == 0 {
		err = fmt.Errorf("%s: the answer names no comment", i.api)
	}
	if err != nil {
		return nil, fmt.Errorf("add comment: %w", err)
	}
	return t.comment(i, a), nil
}

// Upload adds a file to an issue, unless one of its name is there. What it returns links
// to the file in the tracker's markup; it is empty where the issue shows its files itself.
func (t *Tracker) Upload(ctx context.Context, i *Issue, name string, file []byte) (link string, err error) {
	d := dialects[t.Kind]
	if d.files != "" { // GitLab lists none: an upload that nothing links to is seen by nobody
		var raw json.RawMessage
		if err := t.call(ctx, "GET", i.api+d.files, nil, &raw); err != nil {
			return "", fmt.Errorf("list files: %w", err)
		}
		names, err := d.names(raw)
		if err != nil {
			return "", fmt.Errorf("list files: %w", err)
		}
		if slices.Contains(names, name) {
			return "", nil
		}
	}
	c, err := multipartOf(d.field, name, file)
	if err != nil {
		return "", err
	}
	at := i.api
	if i.home != "" {
		at = i.home
	}
	var raw json.RawMessage
	if err := t.call(ctx, "POST", at+d.upload, c, &raw); err != nil {
		return "", fmt.Errorf("upload %s: %w", name, err)
	}
	var uploaded struct {
		Markdown string `json:"markdown"` // GitLab's
	}
	if bytes.HasPrefix(raw, []byte("{")) { // Jira's is a list
		err = json.Unmarshal(raw, &uploaded)
	}
	return uploaded.Markdown, err
}

// authorize shows the token as the product wants it.
func (t *Tracker) authorize(h http.Header) {
	switch user, secret, pair := strings.Cut(t.Token, ":"); {
	case t.Kind == GitLab:
		h.Set("PRIVATE-TOKEN", t.Token)
	case t.Kind == Gitea:
		h.Set("Authorization", "token "+t.Token)
	case t.Kind == Jira && pair: // in the cloud a token goes with its owner's mail address
		r := http.Request{Header: h}
		r.SetBasicAuth(user, secret)
	default:
		h.Set("Authorization", "Bearer "+t.Token)
	}
}

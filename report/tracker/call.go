package tracker

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// StatusError is an answer that is no success.
type StatusError struct {
	Method string
	URL    string
	Status int
	Says   string        // the beginning of the answer, on one line
	Wait   time.Duration // that the tracker asks for; 0: it does not say
}

// Error returns the call and what came of it.
func (e *StatusError) Error() string {
	text := fmt.Sprintf("%s %s: %d %s", e.Method, e.URL, e.Status, http.StatusText(e.Status))
	if e.Says != "" {
		text += ": " + e.Says
	}
	return text
}

// Passes reports whether the same call may do later: the tracker is down or busy, or
// wants to be asked less often. The others need a person: a token, a right, an address.
func (e *StatusError) Passes() bool {
	return e.Status >= 500 || e.Status == http.StatusTooManyRequests || e.Status == http.StatusRequestTimeout || e.Wait > 0
}

// UnwantedFile reports whether the tracker takes comments, but not such a file.
func (e *StatusError) UnwantedFile() bool {
	switch e.Status {
	case http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity:
		return true
	}
	return false
}

// content is what a call sends.
type content struct {
	kind string
	body []byte
	file bool
}

func multipartOf(field, name string, file []byte) (*content, error) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	part, err := w.CreateFormFile(field, name)
	if err == nil {
		_, err = part.Write(file)
	}
	if err == nil {
		err = w.Close()
	}
	return &content{w.FormDataContentType(), b.Bytes(), true}, err
}

// Bounds on what a tracker answers.
const (
	mostAnswer = 64 << 20 // Gitea lists all comments at once
	mostSays   = 300
)

// call makes one call and reads its answer. A redirect is an error. Followed, it could
// take the token to another host, and it would make a GET of a POST, whose success
// would mean nothing.
func (t *Tracker) call(ctx context.Context, method, address string, send *content, answer any) error {
	patience := t.Patience
	if send != nil && send.file {
		patience *= 4
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	req, err := t.request(ctx, method, address, send)
	if err != nil {
		return err
	}
	stay := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := stay.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		return statusError(req, resp)
	}
	text, err := io.ReadAll(io.LimitReader(resp.Body, mostAnswer))
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, address, err)
	}
	if err := json.Unmarshal(text, answer); err != nil { // a page to log in at, for example
		return fmt.Errorf("%s %s: the answer is no JSON: %w", method, address, err)
	}
	return nil
}

func (t *Tracker) request(ctx context.Context, method, address string, send *content) (*http.Request, error) {
	var body io.Reader
	if send != nil {
		body = bytes.NewReader(send.body)
	}
	req, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", t.Agent)
	req.Header.Set("Accept", "application/json")
	if send != nil {
		req.Header.Set("Content-Type", send.kind)
	}
	if t.Kind == Jira { // which else takes a form for one that a page in a browser forged
		req.Header.Set("X-Atlassian-Token", "no-check")
	}
	t.authorize(req.Header)
	return req, nil
}

func statusError(req *http.Request, resp *http.Response) error {
	// What cannot be read of it does not matter: the status says enough.
	text, _ := io.ReadAll(io.LimitReader(resp.Body, mostSays))
	e := &StatusError{Method: req.Method, URL: req.URL.String(), Status: resp.StatusCode, Says: oneLine(string(text)),
		Wait: waitFor(resp.Header)}
	if resp.StatusCode/100 == 3 {
		e.Says, e.Wait = "to "+target(resp.Header.Get("Location"))+", which is not followed", 0
	}
	return e
}

// target is where a redirect leads, without what may be secret in it.
func target(location string) string {
	u, err := url.Parse(location)
	if err != nil || location == "" {
		return "an address that cannot be read"
	}
	u.User, u.RawQuery, u.Fragment = nil, "", ""
	return u.String()
}

// LongestWait bounds for how long a tracker may ask to be left alone.
const LongestWait = 24 * time.Hour

// waitFor reads how long a tracker wants to be left alone: seconds or a date, or, of
// GitHub, when its count of calls begins anew. A date counts by the tracker's own clock.
func waitFor(h http.Header) time.Duration {
	date, dateErr := http.ParseTime(h.Get("Date"))
	var wait time.Duration
	retry := h.Get("Retry-After")
	if n, err := strconv.Atoi(retry); err == nil {
		wait = time.Duration(min(n, int(LongestWait/time.Second))) * time.Second
	} else if at, err := http.ParseTime(retry); err == nil && dateErr == nil {
		wait = at.Sub(date)
	} else if reset, err := strconv.ParseInt(h.Get("X-RateLimit-Reset"), 10, 64); err == nil && dateErr == nil &&
		h.Get("X-RateLimit-Remaining") == "0" {
		wait = time.Unix(reset, 0).Sub(date)
	}
	return min(max(wait, 0), LongestWait)
}

// oneLine makes the beginning of an answer fit into a list.
func oneLine(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
	return strings.Join(strings.Fields(text), " ")
}

package tracker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

func at(t *testing.T, text string) *url.URL {
	t.Helper()
	u, err := ParseURL(text)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestParseURLRefusesWhatWouldLoseTheToken(t *testing.T) {
	for text, says := range map[string]string{
		"https://github.com":         "",
		"https://git.lab/gitlab/":    "",
		"http://127.0.0.1:8080":      "",
		"http://localhost":           "",
		"http://[::1]:80":            "",
		"http://git.lab":             "clear text",
		"http://10.0.0.1":            "clear text",
		"git.lab":                    "does not begin",
		"ftp://git.lab":              "does not begin",
		"":                           "does not begin",
		"https://me:pw@git.lab":      "more than",
		"https://git.lab/?a=b":       "more than",
		"https://git.lab/%zz":        "no address",
		"https://localhost.evil.com": "",
	} {
		_, err := ParseURL(text)
		if says == "" && err != nil || says != "" && (err == nil || !strings.Contains(err.Error(), says)) {
			t.Errorf("%s: %v, want %q", text, err, says)
		}
	}
}

func TestIssueIsFoundByItsPage(t *testing.T) {
	for _, tt := range []struct {
		kind             Kind
		tracker, page    string
		api, home, shown string // empty: no issue
	}{
		{GitHub, "https://github.com", "https://github.com/lab/pool.x/issues/12", "https://api.github.com/repos/lab/pool.x/issues/12", "", "="},
		{GitHub, "https://github.com", "https://GitHub.com:443/lab/pool/issues/12#issuecomment-7", "https://api.github.com/repos/lab/pool/issues/12", "",
			"https://github.com/lab/pool/issues/12"},
		{GitHub, "https://ghe.lab", "https://ghe.lab/lab/pool/issues/12/", "https://ghe.lab/api/v3/repos/lab/pool/issues/12", "",
			"https://ghe.lab/lab/pool/issues/12"},
		{GitHub, "https://github.com", "https://github.com/lab/pool/pull/12", "", "", ""},
		{GitHub, "https://github.com", "https://github.com/lab/pool/issues/12x", "", "", ""},
		{GitHub, "https://github.com", "https://github.com/../pool/issues/12", "", "", ""},
		{GitHub, "https://github.com", "https://github.com/%2e%2e/pool/issues/12", "", "", ""},
		{GitHub, "https://github.com", "https://github.com.evil.com/lab/pool/issues/12", "", "", ""},
		{GitHub, "https://github.com", "https://evil.com/github.com/lab/pool/issues/12", "", "", ""},
		{GitHub, "https://github.com", "http://github.com/lab/pool/issues/12", "", "", ""},
		{GitHub, "https://github.com", "https://github.com:8443/lab/pool/issues/12", "", "", ""},
		{GitHub, "https://github.com", "https://me@github.com/lab/pool/issues/12", "", "", ""},
		{GitLab, "https://git.lab/gitlab", "https://git.lab/gitlab/a/b/c/-/issues/7", "https://git.lab/gitlab/api/v4/projects/a%2Fb%2Fc/issues/7",
			"https://git.lab/gitlab/api/v4/projects/a%2Fb%2Fc", "="},
		{GitLab, "https://git.lab", "https://git.lab/a/b/issues/7?x=y", "https://git.lab/api/v4/projects/a%2Fb/issues/7",
			"https://git.lab/api/v4/projects/a%2Fb", "https://git.lab/a/b/issues/7"},
		{GitLab, "https://git.lab", "https://git.lab/a/b/-/work_items/7", "https://git.lab/api/v4/projects/a%2Fb/issues/7",
			"https://git.lab/api/v4/projects/a%2Fb", "="},
		{GitLab, "https://git.lab/gitlab", "https://git.lab/gitlabs/a/b/-/issues/7", "", "", ""},
		{Gitea, "https://git.lab", "https://git.lab/lab/pool/issues/3", "https://git.lab/api/v1/repos/lab/pool/issues/3", "", "="},
		{Jira, "https://jira.lab", "https://jira.lab/browse/PS_2-14", "https://jira.lab/rest/api/2/issue/PS_2-14", "", "="},
		{Jira, "https://lab/jira", "https://lab/jira/browse/PS-14?focusedCommentId=1", "https://lab/jira/rest/api/2/issue/PS-14", "",
			"https://lab/jira/browse/PS-14"},
		{Jira, "https://jira.lab", "https://jira.lab/projects/PS", "", "", ""},
	} {
		tr := Tracker{Kind: tt.kind, URL: at(t, tt.tracker)}
		i, err := tr.Issue(tt.page)
		if tt.api == "" {
			if err == nil {
				t.Errorf("%s: %+v, want none", tt.page, i)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", tt.page, err)
			continue
		}
		if tt.shown == "=" {
			tt.shown = tt.page
		}
		if i.api != tt.api || i.home != tt.home || i.Page != tt.shown {
			t.Errorf("%s: %+v", tt.page, i)
		}
	}
}

// pages are an issue's page of each kind below a tracker's address.
var pages = map[Kind]string{GitHub: "/lab/pool/issues/12", GitLab: "/lab/sub/pool/-/issues/12",
	Gitea: "/lab/pool/issues/12", Jira: "/browse/PS-12"}

// apis are where its API is.
var apis = map[Kind]string{GitHub: "/api/v3/repos/lab/pool/issues/12", GitLab: "/api/v4/projects/lab%2Fsub%2Fpool/issues/12",
	Gitea: "/api/v1/repos/lab/pool/issues/12", Jira: "/rest/api/2/issue/PS-12"}

// served starts a server, and returns a tracker and an issue of it.
func served(t *testing.T, kind Kind, serve http.HandlerFunc) (*Tracker, *Issue) {
	t.Helper()
	server := httptest.NewServer(serve)
	t.Cleanup(server.Close)
	tr := &Tracker{Kind: kind, URL: at(t, server.URL), Token: "s3cret", Agent: "poolsweep/0", Patience: 10 * time.Second}
	i, err := tr.Issue(server.URL + pages[kind])
	if err != nil {
		t.Fatal(err)
	}
	return tr, i
}

func TestCommentSpeaksEachAPI(t *testing.T) {
	for _, tt := range []struct {
		kind                       Kind
		path, header, value, reply string
		id, anchor                 string
	}{
		{GitHub, "/comments", "Authorization", "Bearer s3cret", `{"id":41,"html_url":"https://x/41"}`, "41", "https://x/41"},
		{GitLab, "/notes", "Private-Token", "s3cret", `{"id":41}`, "41", "#note_41"},
		{Gitea, "/comments", "Authorization", "token s3cret", `{"id":41,"html_url":"https://x/41"}`, "41", "https://x/41"},
		{Jira, "/comment", "Authorization", "Bearer s3cret", `{"id":"41"}`, "41", "?focusedCommentId=41"},
	} {
		t.Run(string(tt.kind), func(t *testing.T) {
			tr, i := served(t, tt.kind, func(w http.ResponseWriter, r *http.Request) {
				var sent struct{ Body string }
				if err := json.NewDecoder(r.Body).Decode(&sent); err != nil || sent.Body != "text\n\"q\"" {
					t.Errorf("sent %+v, %v", sent, err)
				}
				if got := r.Method + " " + r.URL.EscapedPath(); got != "POST "+apis[tt.kind]+tt.path {
					t.Error(got)
				}
				if r.Header.Get(tt.header) != tt.value || r.Header.Get("User-Agent") != "poolsweep/0" {
					t.Errorf("headers %v", r.Header)
				}
				w.WriteHeader(http.StatusCreated)
				io.WriteString(w, tt.reply)
			})
			c, err := tr.Comment(t.Context(), i, "text\n\"q\"")
			if err != nil {
				t.Fatal(err)
			}
			want := tt.anchor
			if !strings.HasPrefix(want, "https:") {
				want = i.Page + want
			}
			if c.ID != tt.id || c.Page != want {
				t.Errorf("%+v, want page %s", c, want)
			}
		})
	}
}

func TestTokenOfTheCloudGoesWithItsOwner(t *testing.T) {
	tr, i := served(t, Jira, func(w http.ResponseWriter, r *http.Request) {
		if user, pw, ok := r.BasicAuth(); !ok || user != "me@lab" || pw != "s3cret" {
			t.Errorf("%s, %s, %v", user, pw, ok)
		}
		io.WriteString(w, `{"id":"1"}`)
	})
	tr.Token = "me@lab:s3cret"
	if _, err := tr.Comment(t.Context(), i, "x"); err != nil {
		t.Fatal(err)
	}
}

// An issue with 250 comments is looked through in three calls, but for Gitea, which
// lists all at once.
func TestFindLooksThroughAllPages(t *testing.T) {
	for _, kind := range Kinds {
		t.Run(string(kind), func(t *testing.T) {
			calls := 0
			tr, i := served(t, kind, func(w http.ResponseWriter, r *http.Request) {
				calls++
				from, to := 0, 250
				if kind != Gitea {
					q := r.URL.Query()
					fmt.Sscan(q.Get("startAt"), &from)
					if p := q.Get("page"); p != "" {
						fmt.Sscan(p, &from)
						from = (from - 1) * 100
					}
					to = min(from+100, 250)
				}
				var list []string
				for n := from; n < to; n++ {
					list = append(list, fmt.Sprintf(`{"id":%d,"body":"mark\\-%d end"}`, n, n))
				}
				all := "[" + strings.Join(list, ",") + "]"
				if kind == Jira {
					all = `{"comments":` + all + `}`
				}
				io.WriteString(w, all)
			})
			c, err := tr.Find(t.Context(), i, "mark-249 ")
			if err != nil || c == nil || c.ID != "249" {
				t.Errorf("%+v, %v", c, err)
			}
			if c, err := tr.Find(t.Context(), i, "mark-250 "); c != nil || err != nil {
				t.Errorf("found what is not there: %+v, %v", c, err)
			}
			if want := map[bool]int{true: 2, false: 6}[kind == Gitea]; calls != want {
				t.Errorf("%d calls, want %d", calls, want)
			}
		})
	}
}

func TestUploadOncePerName(t *testing.T) {
	for _, tt := range []struct {
		kind                             Kind
		field, path, listed, reply, link string
	}{
		{GitLab, "file", "/api/v4/projects/lab%2Fsub%2Fpool/uploads", "", `{"markdown":"[a.pdf](/uploads/1/a.pdf)"}`, "[a.pdf](/uploads/1/a.pdf)"},
		{Gitea, "attachment", apis[Gitea] + "/assets", `[{"name":"a.pdf"}]`, `{"name":"a.pdf"}`, ""},
		{Jira, "file", apis[Jira] + "/attachments", `{"fields":{"attachment":[{"filename":"a.pdf"}]}}`, `[{"filename":"a.pdf"}]`, ""},
	} {
		t.Run(string(tt.kind), func(t *testing.T) {
			there, uploads := false, 0
			tr, i := served(t, tt.kind, func(w http.ResponseWriter, r *http.Request) {
				if r.Method == "GET" {
					if !there {
						io.WriteString(w, strings.NewReplacer(`{"name":"a.pdf"}`, "", `{"filename":"a.pdf"}`, "").Replace(tt.listed))
						return
					}
					io.WriteString(w, tt.listed)
					return
				}
				uploads++
				there = true
				f, h, err := r.FormFile(tt.field)
				if err != nil {
					t.Error(err)
					return
				}
				text, _ := io.ReadAll(f)
				if h.Filename != "a.pdf" || string(text) != "%PDF" || r.URL.EscapedPath() != tt.path {
					t.Errorf("%s %q to %s", h.Filename, text, r.URL.EscapedPath())
				}
				if tt.kind == Jira && r.Header.Get("X-Atlassian-Token") != "no-check" {
					t.Error("Jira takes this for a forgery")
				}
				w.WriteHeader(http.StatusCreated)
				io.WriteString(w, tt.reply)
			})
			for range 2 {
				link, err := tr.Upload(t.Context(), i, "a.pdf", []byte("%PDF"))
				if err != nil || link != tt.link {
					t.Errorf("%q, %v", link, err)
				}
			}
			if want := map[bool]int{true: 2, false: 1}[tt.listed == ""]; uploads != want {
				t.Errorf("%d uploads, want %d", uploads, want)
			}
		})
	}
}

func TestAnswersAreToldApart(t *testing.T) {
	day := "Tue, 24 Nov 2026 09:00:00 GMT"
	for _, tt := range []struct {
		name     string
		status   int
		headers  map[string]string
		passes   bool
		wait     time.Duration
		unwanted bool
	}{
		{"no token", 401, nil, false, 0, false},
		{"no right", 403, nil, false, 0, false},
		{"GitHub's count is used up", 403, map[string]string{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1795511400"}, true, 10 * time.Minute, false},
		{"GitHub's second limit", 403, map[string]string{"Retry-After": "60"}, true, time.Minute, false},
		{"count not used up", 403, map[string]string{"X-RateLimit-Remaining": "9", "X-RateLimit-Reset": "1795511400"}, false, 0, false},
		{"no such issue", 404, nil, false, 0, false},
		{"too large", 413, nil, false, 0, true},
		{"not such a file", 422, nil, false, 0, true},
		{"too often", 429, nil, true, 0, false},
		{"too often, until a date", 429, map[string]string{"Retry-After": "Tue, 24 Nov 2026 09:30:00 GMT"}, true, 30 * time.Minute, false},
		{"too often, for a century", 429, map[string]string{"Retry-After": "3155760000"}, true, LongestWait, false},
		{"too often, until yesterday", 429, map[string]string{"Retry-After": "Mon, 23 Nov 2026 09:00:00 GMT"}, true, 0, false},
		{"broken", 500, nil, true, 0, false},
		{"away", 503, map[string]string{"Retry-After": "120"}, true, 2 * time.Minute, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tr, i := served(t, GitHub, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Date", day)
				for k, v := range tt.headers {
					w.Header().Set(k, v)
				}
				w.WriteHeader(tt.status)
				io.WriteString(w, "say\r\n\x1b[31m"+strings.Repeat("long ", 1000))
			})
			_, err := tr.Comment(t.Context(), i, "x")
			var e *StatusError
			if !errors.As(err, &e) {
				t.Fatal(err)
			}
			if e.Status != tt.status || e.Passes() != tt.passes || e.Wait != tt.wait || e.UnwantedFile() != tt.unwanted {
				t.Errorf("%+v, passes %v", e, e.Passes())
			}
			if text := err.Error(); strings.Contains(text, "s3cret") || strings.ContainsAny(text, "\r\n\x1b") || len(text) > 600 {
				t.Errorf("says %q", text)
			}
		})
	}
}

// Neither to another host nor on the same one: a POST that is led on becomes a GET, and
// its success would be believed.
func TestNoRedirectIsFollowed(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t.Errorf("the other host was asked, with %v", r.Header)
	}))
	defer other.Close()
	for _, status := range []int{301, 302, 303, 307, 308} {
		for _, to := range []string{other.URL + "/elsewhere?key=secret", "/login"} {
			calls := 0
			tr, i := served(t, GitLab, func(w http.ResponseWriter, r *http.Request) {
				if calls++; r.URL.Path == "/login" {
					t.Error("followed on the same host")
				}
				http.Redirect(w, r, to, status)
			})
			_, err := tr.Comment(t.Context(), i, "x")
			var e *StatusError
			if !errors.As(err, &e) || e.Passes() || calls != 1 || !strings.Contains(e.Says, "not followed") ||
				strings.Contains(err.Error(), "key=") {
				t.Errorf("%d to %s: %v after %d calls", status, to, err, calls)
			}
			if _, err := tr.Upload(t.Context(), i, "a.pdf", nil); err == nil {
				t.Error("an upload that was led on counts")
			}
		}
	}
}

func TestSlowTrackerIsGivenUp(t *testing.T) {
	hang := make(chan struct{})
	tr, i := served(t, Jira, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusOK)
		io.WriteString(w, `{"id":`)
		w.(http.Flusher).Flush()
		<-hang
	})
	defer close(hang)
	tr.Patience = 50 * time.Millisecond
	if _, err := tr.Comment(t.Context(), i, "x"); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	if _, err := tr.Find(t.Context(), i, "x"); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}

// A page to log in at is no success, whatever its status.
func TestAnswerThatIsNoCommentIsNone(t *testing.T) {
	for _, reply := range []string{"<html>log in", "", "{}", "[]", `{"id":`} {
		tr, i := served(t, GitHub, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, reply) })
		if c, err := tr.Comment(t.Context(), i, "x"); err == nil {
			t.Errorf("%q is %+v", reply, c)
		}
	}
}

package tracker

import (
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
)

// pageSize is how many comments are asked for at a time: the most that all allow.
const pageSize = 100

// dialect is what the API of a product calls things. Addresses begin at the issue's
// where nothing else is said.
type dialect struct {
	page    *regexp.Regexp // of an issue, below the tracker's address
	sample  string
	api     string // below the tracker's address
	address func(api string, m []string) (issue, home string)

	list     func(page int) string // of comments
	paged    bool
	comments func(raw []byte) ([]answer, error)
	post     string // a comment
	anchor   string // of a comment on the issue's page; empty: the answer holds its address

	files  string // list of files; empty: there is none
	names  func(raw []byte) ([]string, error)
	upload string // a file; at the project where it has an address
	field  string // of the form
}

var dialects = map[Kind]*dialect{
	// https://github.com/OWNER/REPO/issues/12
	GitHub: {
		page: regexp.MustCompile(`^([\w.-]+)/([\w.-]+)/issues/(\d+)/?$`), sample: "OWNER/REPO/issues/12", api: "/api/v3",
		address: repository, list: paged("/comments?per_page=%d&page=%d"), paged: true, comments: listed, post: "/comments",
	},
	// https://gitlab.com/GROUP/SUBGROUP/PROJECT/-/issues/12
	GitLab: {
		page: regexp.MustCompile(`^(.+?)/(?:-/)?(?:issues|work_items)/(\d+)/?$`), sample: "GROUP/PROJECT/-/issues/12",
		api: "/api/v4", address: project, list: paged("/notes?sort=desc&per_page=%d&page=%d"), paged: true,
		comments: listed, post: "/notes", anchor: "#note_", upload: "/uploads", field: "file",
	},
	// https://gitea.com/OWNER/REPO/issues/12
	Gitea: {
		page: regexp.MustCompile(`^([\w.-]+)/([\w.-]+)/issues/(\d+)/?$`), sample: "OWNER/REPO/issues/12", api: "/api/v1",
		address: repository, list: func(int) string { return "/comments" }, comments: listed, post: "/comments",
		files: "/assets", names: assets, upload: "/assets", field: "attachment",
	},
	// https://jira.lab/browse/KEY-12. Version 2 of the API takes wiki markup, in the
	// cloud as well as at home.
	Jira: {
		page: regexp.MustCompile(`^browse/([A-Za-z][A-Za-z0-9_]*-\d+)/?$`), sample: "browse/KEY-12", api: "/rest/api/2",
		address: func(api string, m []string) (string, string) { return api + "/issue/" + m[1], "" },
		list: func(page int) string {
			return fmt.Sprintf("/comment?orderBy=-created&maxResults=%d&startAt=%d", pageSize, page*pageSize)
		},
		paged: true, comments: wrapped, post: "/comment", anchor: "?focusedCommentId=",
		files: "?fields=attachment", names: attachments, upload: "/attachments", field: "file",
	},
}

func repository(api string, m []string) (issue, home string) {
	return fmt.Sprintf("%s/repos/%s/%s/issues/%s", api, m[1], m[2], m[3]), ""
}

// project names a project by its path, with the slashes escaped.
func project(api string, m []string) (issue, home string) {
	path, err := url.PathUnescape(m[1])
	if err != nil { // it came out of an address that was read
		path = m[1]
	}
	home = api + "/projects/" + url.PathEscape(path)
	return home + "/issues/" + m[2], home
}

func paged(format string) func(page int) string {
	return func(page int) string { return fmt.Sprintf(format, pageSize, page+1) }
}

func listed(raw []byte) ([]answer, error) {
	var list []answer
	err := json.Unmarshal(raw, &list)
	return list, err
}

func wrapped(raw []byte) ([]answer, error) {
	var page struct {
		Comments []answer `json:"comments"`
	}
	err := json.Unmarshal(raw, &page)
	return page.Comments, err
}

func assets(raw []byte) ([]string, error) {
	var list []struct {
		Name string `json:"name"`
	}
	err := json.Unmarshal(raw, &list)
	var names []string
	for _, a := range list {
		names = append(names, a.Name)
	}
	return names, err
}

func attachments(raw []byte) ([]string, error) {
	var issue struct {
		Fields struct {
			Attachment []struct {
				Filename string `json:"filename"`
			} `json:"attachment"`
		} `json:"fields"`
	}
	err := json.Unmarshal(raw, &issue)
	var names []string
	for _, a := range issue.Fields.Attachment {
		names = append(names, a.Filename)
	}
	return names, err
}

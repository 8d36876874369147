package bucket

import (
	"errors"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/minio/minio-go/v7/pkg/s3utils"
)

// scheme begins the path of a bucket.
const scheme = "s3://"

// Place is where drops lie: a bucket, and the prefix that their keys have in common,
// empty or with a slash at its end.
type Place struct{ Name, Prefix string }

// IsPath reports whether a path is meant as that of a bucket.
func IsPath(path string) bool { return strings.HasPrefix(path, scheme) }

// ParsePlace reads s3://bucket or s3://bucket/prefix.
func ParsePlace(path string) (Place, error) {
	rest, ok := strings.CutPrefix(path, scheme)
	if !ok {
		return Place{}, errors.New("it does not begin with " + scheme)
	}
	name, prefix, _ := strings.Cut(strings.TrimSuffix(rest, "/"), "/")
	if err := s3utils.CheckValidBucketName(name); err != nil {
		return Place{}, err
	}
	if prefix == "" {
		return Place{Name: name}, nil
	}
	if isUnsafe(prefix) {
		return Place{}, errors.New("an element of the prefix is empty, a dot or two, or no UTF-8")
	}
	return Place{name, prefix + "/"}, nil
}

// String is the path that ParsePlace reads, in its one form.
func (p Place) String() string {
	return strings.TrimSuffix(scheme+p.Name+"/"+p.Prefix, "/")
}

// isUnsafe reports whether a key means something else, or nothing, in the address of
// a call: proxies take dots and empty elements out of it.
func isUnsafe(key string) bool {
	for element := range strings.SplitSeq(key, "/") {
		if element == "" || element == "." || element == ".." {
			return true
		}
	}
	return !utf8.ValidString(key)
}

// Endpoint is the server that keeps a bucket.
type Endpoint struct {
	Host  string // with a port, if it is not that of the protocol
	Plain bool   // without TLS
}

// ParseEndpoint reads minio.lab.example:9000, which means https, or an address that
// begins with http:// or https://.
func ParseEndpoint(text string) (Endpoint, error) {
	if !strings.Contains(text, "://") {
		text = "https://" + text
	}
	u, err := url.Parse(text)
	if err != nil {
		return Endpoint{}, err
	}
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return Endpoint{}, errors.New("it is neither http nor https")
	case u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.Trim(u.Path, "/") != "":
		return Endpoint{}, errors.New("it is no host and port")
	}
	return Endpoint{u.Host, u.Scheme == "http"}, nil
}

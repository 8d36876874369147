package bucket

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"time"
)

// mostList is the longest answer that lists keys: a thousand of 1,024 bytes each,
// three times as long by how they are written, take 4 MiB.
const mostList = 16 << 20

// errSilent means that the server stopped in the middle of an answer.
var errSilent = errors.New("the server does not go on with its answer")

// line is what calls go over. It ends each whose answer comes to a halt, which a limit
// on the whole call could not: a large object takes as long as it takes.
type line struct {
	http.RoundTripper
	patience time.Duration
}

func newLine(roots *x509.CertPool, patience time.Duration) line {
	return line{&http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: patience}).DialContext,
		TLSClientConfig:       &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:   patience,
		ResponseHeaderTimeout: patience,
		IdleConnTimeout:       time.Minute,
		DisableCompression:    true, // what was stored packed is read packed
	}, patience}
}

// RoundTrip makes a call.
func (l line) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx, end := context.WithCancelCause(req.Context())
	resp, err := l.RoundTripper.RoundTrip(req.WithContext(ctx))
	if err != nil {
		end(nil)
		return nil, err
	}
	a := &answer{ReadCloser: resp.Body, ctx: ctx, end: end, patience: l.patience, left: -1}
	resp.Body = a
	if resp.StatusCode == http.StatusOK && req.URL.Query().Has("list-type") {
		a.left = mostList
		err = asList(resp)
	}
	if err != nil {
		a.Close()
		return nil, err
	}
	return resp, nil
}

// asList makes sure that an answer is a list. The library takes any XML for one, a page
// to log in at too: that would be an empty bucket.
func asList(resp *http.Response) error {
	head := make([]byte, 512)
	n, err := io.ReadFull(resp.Body, head)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		err = nil // it is shorter
	}
	if err == nil && !bytes.Contains(head[:n], []byte("<ListBucketResult")) {
		err = errors.New("the server does not answer with a list")
	}
	if err != nil {
		return err
	}
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(head[:n]), resp.Body), resp.Body}
	return nil
}

// answer is the body of an answer.
type answer struct {
	io.ReadCloser
	ctx      context.Context
	end      context.CancelCauseFunc
	patience time.Duration
	left     int64 // bytes that may still come; below zero: any number
}

// Read waits for as long as the line's patience lasts.
func (a *answer) Read(p []byte) (int, error) {
	if a.left == 0 {
		return 0, errors.New("the list is longer than any")
	}
	if a.left > 0 {
		p = p[:min(int64(len(p)), a.left)]
	}
	alarm := time.AfterFunc(a.patience, func() { a.end(errSilent) })
	n, err := a.ReadCloser.Read(p)
	alarm.Stop()
	if a.left > 0 {
		a.left -= int64(n)
	}
	if err != nil && context.Cause(a.ctx) == errSilent {
		err = errSilent
	}
	return n, err
}

// Close ends the call.
func (a *answer) Close() error {
	err := a.ReadCloser.Close()
	a.end(nil)
	return err
}

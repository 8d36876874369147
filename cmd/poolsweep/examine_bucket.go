package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"

	"poolsweep/ingest/bucket"
)

// checkBucket lists a bucket and opens one of its drops.
func (d *doctor) checkBucket(drop *dropConfig) {
	check := "drop " + drop.Path
	o, err := drop.bucketOptions()
	if err != nil {
		d.fail(check, err, configHint)
		return
	}
	b, err := bucket.New(o)
	if err != nil {
		d.fail(check, err, configHint)
		return
	}
	s, err := answered(b.Survey)
	if err == nil {
		err = s.Closed
	}
	if err != nil {
		d.fail(check, err, mendBucket(err))
		return
	}
	says := []string{fmt.Sprintf("%s; %d logs%s, each read when it is listed", bucket.Kind, s.Drops, ofFirst(s))}
	if s.Tried != "" {
		says = append(says, fmt.Sprintf("%s can be read", plain(s.Tried)))
	}
	if o.Key.ID == "" {
		says = append(says, "calls are not signed")
	}
	if o.Endpoint.Plain && !onThisMachine(o.Endpoint.Host) {
		says = append(says, "what is read goes over the network as it is")
		d.warn(check, strings.Join(says, "; "), "let the server speak TLS, and endpoint begin with https://")
		return
	}
	d.ok(check, strings.Join(says, "; "))
}

// ofFirst tells of how many keys the logs are that were found.
func ofFirst(s bucket.Survey) string {
	if s.More {
		return " among the first 1000 keys"
	}
	return ""
}

// onThisMachine reports whether a host, perhaps with a port, is this machine.
func onThisMachine(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// mendBucket tells what to do about a bucket that cannot be watched.
func mendBucket(err error) string {
	var untrusted *tls.CertificateVerificationError
	switch {
	case errors.Is(err, bucket.ErrNoBucket):
		return "make the bucket, or name another in path"
	case errors.Is(err, bucket.ErrDenied):
		return "name a key with credentials_file that may list the bucket and get its objects"
	case errors.Is(err, bucket.ErrClock):
		return "set the clock of this machine"
	case errors.As(err, &untrusted):
		return "name the CA of the server's certificate with ca_file"
	}
	return "look after endpoint, the server and the network; the watcher goes on with the other folders meanwhile"
}

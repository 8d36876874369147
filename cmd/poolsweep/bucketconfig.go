package main

import (
	"errors"
	"strings"

	"poolsweep/ingest/bucket"
)

// bucketOptions are how a bucket is watched, with what stands in the files that the
// configuration names.
func (d *dropConfig) bucketOptions() (o bucket.Options, err error) {
	o = bucket.Options{Region: d.Region, Depth: d.Depth, MaxBytes: d.MaxBytes}
	if o.Place, err = bucket.ParsePlace(d.Path); err != nil {
		return o, err // it was checked when it was read, as is the endpoint
	}
	if o.Endpoint, err = bucket.ParseEndpoint(d.Endpoint); err != nil {
		return o, err
	}
	if d.CredentialsFile != "" {
		if o.Key, err = readBucketKey(d.CredentialsFile); err != nil {
			return o, err
		}
	}
	if d.CAFile != "" {
		o.Roots, err = readRoots("drops: ca_file", d.CAFile)
	}
	return o, err
}

// readBucketKey reads the right to read a bucket, in the form that other programs keep
// it in too:
//
//	[default]
//	aws_access_key_id = poolsweep
//	aws_secret_access_key = ...
func readBucketKey(file string) (bucket.Key, error) {
	return readPrivate("drops: credentials_file", file, exitUsage, func(text string) (bucket.Key, error) {
		var k bucket.Key
		fields := map[string]*string{
			"aws_access_key_id": &k.ID, "aws_secret_access_key": &k.Secret, "aws_session_token": &k.Session}
		section := "default"
		for line := range strings.Lines(text) {
			line = strings.TrimSpace(line)
			if name, ok := strings.CutPrefix(line, "["); ok {
				section = strings.TrimSpace(strings.TrimSuffix(name, "]"))
			}
			name, value, _ := strings.Cut(line, "=")
			if field := fields[strings.TrimSpace(name)]; field != nil && section == "default" {
				*field = strings.TrimSpace(value)
			}
		}
		if k.ID == "" || k.Secret == "" {
			return k, errors.New("aws_access_key_id or aws_secret_access_key is missing")
		}
		return k, nil
	}, "write both into the file, each as name = value, for the watcher's user alone")
}

// bucketProblems are those of the keys of a drop that only a bucket has, or only a
// folder.
func (d *dropConfig) bucketProblems(wrong func(key, format string, args ...any)) {
	for _, k := range []struct {
		key             string
		given, ofBucket bool
	}{
		{"endpoint", d.Endpoint != "", true},
		{"region", d.Region != "", true},
		{"credentials_file", d.CredentialsFile != "", true},
		{"ca_file", d.CAFile != "", true},
		{"marker", d.Marker != "", false},
		{"kind", d.Kind != "", false},
		{"end_wait", d.EndWait.Duration != 0, false},
		{"quiet_wait", d.QuietWait.Duration != 0, false},
		{"long_wait", d.LongWait.Duration != 0, false},
	} {
		switch {
		case !k.given || k.ofBucket == d.inBucket():
		case k.ofBucket:
			wrong(k.key, "it is for a bucket, whose path begins with s3://")
		default:
			wrong(k.key, "it is for a folder; what a bucket lists is complete")
		}
	}
	if d.inBucket() {
		d.addressProblems(wrong)
	}
}

// addressProblems are those of where a bucket is.
func (d *dropConfig) addressProblems(wrong func(key, format string, args ...any)) {
	if _, err := bucket.ParsePlace(d.Path); err != nil {
		wrong("path", "%q is no bucket: %v; write s3://bucket or s3://bucket/prefix", d.Path, err)
	}
	at, err := bucket.ParseEndpoint(d.Endpoint)
	switch {
	case d.Endpoint == "":
		wrong("path", "a bucket needs the key endpoint: its server, such as minio.lab.example:9000")
	case err != nil:
		wrong("endpoint", "%q is no server: %v; write minio.lab.example:9000", d.Endpoint, err)
	case at.Plain && d.CAFile != "":
		wrong("ca_file", "there is no certificate without TLS; leave it out, or let endpoint begin with https://")
	}
}

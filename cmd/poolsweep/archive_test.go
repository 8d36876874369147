package main

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"strings"
	"testing"

	"poolsweep/ingest"
	"poolsweep/ingest/unpack"
	"poolsweep/report"
)

// zipped packs pairs of a name and a text.
func zipped(t *testing.T, pairs ...string) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := 0; i < len(pairs); i += 2 {
		part, err := w.Create(pairs[i])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(part, pairs[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func gzipped(text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = io.WriteString(w, text) // into memory
	_ = w.Close()
	return b.String()
}

// variant is shortLog with other figures, so that it is no copy.
func variant(n int) string {
	return strings.ReplaceAll(shortLog, "   186240", fmt.Sprintf("   %d", 186240+n))
}

// told returns what came of inputs, a line each.
func told(t *testing.T, inputs ...input) string {
	t.Helper()
	r, err := readAll(t.Context(), inputs, keepTables, func() {})
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, d := range r.docs {
		line := d.File + " is " + machineOf(d)
		for _, w := range d.Warnings {
			line += "; " + w.Message
		}
		lines = append(lines, line)
	}
	for _, f := range r.refused {
		lines = append(lines, "refused "+f.Path+": "+f.Reason)
	}
	for _, a := range r.asides {
		lines = append(lines, a.State+" "+a.Path+": "+a.Reason)
	}
	for _, n := range r.notes {
		lines = append(lines, "note "+n)
	}
	return strings.Join(lines, "\n")
}

func TestArchivesAreReadLikeFolders(t *testing.T) {
	inner := zipped(t, "kd.log", variant(1))
	run := zipped(t,
		"LAB-2/x.log", variant(2),
		"LAB-1/x.log", variant(3),
		"../../LAB-3/x.log", variant(4),
		"LAB-4.zip", inner,
		"LAB-5_20261124.log.gz", gzipped(variant(5)),
		"LAB-6/MEMORY.DMP", "PAGEDU64 and so on",
		"LAB-6/.hidden", "x", "README.md", "x",
		"LAB-7/copy.log", variant(2))
	found := textInput("drop/run.zip", run)
	found.place = ingest.Place{File: "run.zip"}
	want(t, told(t, found, textInput("LAB-8.log", variant(3))),
		"drop/run.zip!../../LAB-3/x.log is LAB-3",
		"drop/run.zip!LAB-1/x.log is LAB-1",
		"drop/run.zip!LAB-2/x.log is LAB-2",
		"drop/run.zip!LAB-4.zip!kd.log is LAB-4",
		"drop/run.zip!LAB-5_20261124.log.gz!LAB-5_20261124.log is LAB-5",
		"refused drop/run.zip!LAB-6/MEMORY.DMP: is a memory dump; make a log of it first: "+
			`kd -z MEMORY.DMP -logo out.log -c "!poolused 3; !fltkd.filters; lm; !vm 1; q"`,
		"read drop/run.zip!LAB-4.zip: unpacked, files: 1",
		"read drop/run.zip!LAB-5_20261124.log.gz: unpacked, files: 1",
		"read drop/run.zip!LAB-7/copy.log: same content as drop/run.zip!LAB-2/x.log",
		"read drop/run.zip: unpacked, files: 7",
		"read LAB-8.log: same content as drop/run.zip!LAB-1/x.log",
		"note drop/run.zip!LAB-6/.hidden: hidden, passed over",
		"note drop/run.zip!README.md: no log by its ending, passed over")
}

func TestArchiveNamesAMachineAsItsFolderWould(t *testing.T) {
	for _, c := range []struct {
		name    string
		given   bool
		entry   string
		machine string
	}{
		{"LAB-014.zip", false, "poolused.log", "LAB-014"},
		{"LAB-014.zip", true, "poolused.log", "LAB-014"},
		{"stuff.zip", false, "LAB-3.log", "stuff"},
		{"stuff.zip", true, "LAB-3.log", "LAB-3"},
		{"run-20261124.zip", false, "LAB-3.log", "LAB-3"},
		{"run.7z", true, "LAB-3/day/kd.log", "LAB-3"},
	} {
		in := input{path: c.name, place: ingest.Place{File: c.name}, given: c.given}
		if got := in.within(&unpack.Entry{Name: c.entry}).place.Machine().Name; got != c.machine {
			t.Errorf("%s, given %v, %s: %s, want %s", c.name, c.given, c.entry, got, c.machine)
		}
	}
}

func TestArchiveSumsAreOfBytesAsFound(t *testing.T) {
	data := zipped(t, "x/LAB-1.log", shortLog)
	if err := os.WriteFile(t.TempDir()+"/run.zip", []byte(data), 0o666); err != nil {
		t.Fatal(err)
	}
	r, err := readAll(t.Context(), []input{textInput("run.zip", data)}, keepTables, func() {})
	if err != nil || len(r.docs) != 1 || len(r.asides) != 1 {
		t.Fatalf("%+v, %v", r, err)
	}
	d, a := r.docs[0], r.asides[0]
	if d.SHA256 != fmt.Sprintf("%x", sha256.Sum256([]byte(shortLog))) || d.Bytes != int64(len(shortLog)) {
		t.Errorf("entry: %s, %d bytes", d.SHA256, d.Bytes)
	}
	if a.SHA256 != fmt.Sprintf("%x", sha256.Sum256([]byte(data))) || a.Bytes != int64(len(data)) {
		t.Errorf("archive: %s, %d bytes", a.SHA256, a.Bytes)
	}
}

func TestDamagedArchivesKeepWhatCouldBeRead(t *testing.T) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	h := &zip.FileHeader{Name: "LAB-1.log", UncompressedSize64: uint64(len(shortLog)),
		CompressedSize64: uint64(len(shortLog)), CRC32: crc32.ChecksumIEEE([]byte("other"))}
	part, err := w.CreateRaw(h)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(part, shortLog) // into memory
	_ = w.Close()
	packed := gzipped(strings.Repeat(variant(1), 50) + variant(2))
	in := textInput("run.zip", b.String())
	in.given = true
	want(t, told(t, in, textInput("cut.log.gz", packed[:len(packed)-4]), textInput("none.gz", "\x1f\x8b\x08"),
		textInput("empty.zip", zipped(t))),
		"run.zip!LAB-1.log is LAB-1; the archive is damaged here: zip: checksum error; what came before it was read",
		"cut.log.gz!cut.log is cut; the archive is damaged here: unexpected EOF; what came before it was read",
		"refused none.gz: cannot be unpacked: unexpected EOF",
		"refused empty.zip: is an archive without logs",
		"read run.zip: unpacked, files: 1",
		"read cut.log.gz: unpacked, files: 1")
}

func TestArchivesBeyondALimitAreRefused(t *testing.T) {
	r := newReader(t.Context())
	r.limits.Entry = 1 << 10
	r.limits.Entries = 2
	in := textInput("run.zip", zipped(t, "a.log", strings.Repeat("x", 2000), "b.log", shortLog, "c.log", variant(1)))
	var got []string
	for _, o := range r.input(in) {
		switch {
		case o.archive != nil && o.archive.State == report.InputPartial:
			got = append(got, o.path+": "+o.archive.Reason)
		case o.err != nil:
			got = append(got, o.path+": "+o.err.Error())
		default:
			got = append(got, o.path)
		}
	}
	want(t, strings.Join(got, "\n"),
		`run.zip!a.log: unpacks to more than 1 KiB (limit "Entry"); unpack it by hand and give the folder`,
		"run.zip!b.log",
		`run.zip: unpacked in part, files: 2; holds more than 2 files and folders (limit "Entries"); `+
			"unpack it by hand and give the folder")
}

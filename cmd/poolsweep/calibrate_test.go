package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"poolsweep/report"
)

// incident is the part of a truth.json that the calibration asks for.
type incident struct {
	Verdict string // healthy, high-but-not-leak, leak, runaway-attachment; others are passed over
}

func (i incident) bad() bool { return i.Verdict == "leak" || i.Verdict == "runaway-attachment" }

func (i incident) labelled() bool {
	return i.bad() || i.Verdict == "healthy" || i.Verdict == "high-but-not-leak"
}

// confidences are the ranges of docs/confidence.md.
var confidences = []struct {
	name  string
	below float64
}{{"under 0.5", 0.5}, {"0.5 to 0.7", 0.7}, {"0.7 to 0.9", 0.9}, {"0.9 and more", 2}}

// TestCalibration holds the confidences of alarms against labelled incidents: a
// folder each with a truth.json and the logs, log*.txt. docs/confidence.md tells
// more.
func TestCalibration(t *testing.T) {
	folder := os.Getenv("POOLSWEEP_INCIDENTS")
	if folder == "" {
		t.Skip("POOLSWEEP_INCIDENTS names no folder of labelled incidents")
	}
	truths, err := filepath.Glob(filepath.Join(folder, "*", "truth.json"))
	if err != nil || len(truths) == 0 {
		t.Fatalf("no truth.json in the folders of %s: %v", folder, err)
	}
	given, right := make([]int, len(confidences)), make([]int, len(confidences))
	bad, found, good, quiet := 0, 0, 0, 0
	for _, name := range truths {
		in := readIncident(t, name)
		if !in.labelled() {
			continue
		}
		confidence, alarm := alarmed(t, filepath.Dir(name))
		if in.bad() {
			bad, found = bad+1, found+b2i(alarm)
		} else {
			good, quiet = good+1, quiet+b2i(!alarm)
		}
		if alarm {
			i := slices.IndexFunc(confidences, func(c struct {
				name  string
				below float64
			}) bool {
				return confidence < c.below
			})
			given[i], right[i] = given[i]+1, right[i]+b2i(in.bad())
		}
		t.Logf("%-50s %-20s alarm %-5v %.2f", filepath.Base(filepath.Dir(name)), in.Verdict, alarm, confidence)
	}
	var table strings.Builder
	fmt.Fprintf(&table, "%-14s %6s %6s\n", "confidence", "given", "right")
	for i, c := range confidences {
		fmt.Fprintf(&table, "%-14s %6d %6d\n", c.name, given[i], right[i])
	}
	t.Logf("\n%s%d of %d bad ones raise an alarm, %d of %d good ones raise none", &table, found, bad, quiet, good)
}

func readIncident(t *testing.T, name string) (in incident) {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &in); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return in
}

// alarmed sweeps the logs of a folder and returns the confidence of its worst
// machine, and whether that is an alarm.
func alarmed(t *testing.T, folder string) (float64, bool) {
	t.Helper()
	logs, err := filepath.Glob(filepath.Join(folder, "log*.txt"))
	if err != nil || len(logs) == 0 {
		t.Fatalf("no log*.txt in %s: %v", folder, err)
	}
	_, stdout, stderr := runs(t, append([]string{"sweep", "--json", "-"}, logs...)...)
	var out report.Output
	if err := json.Unmarshal([]byte(stdout), &out); err != nil {
		t.Fatalf("sweep of %s: %v\n%s", folder, err, stderr)
	}
	order := []string{"", "insufficient", "healthy", "suspect", "leak", "runaway-attachment"}
	worst, confidence := 0, 0.0
	for _, m := range out.Machines {
		if rank := slices.Index(order, m.Verdict); rank > worst || rank == worst && m.Confidence > confidence {
			worst, confidence = rank, m.Confidence
		}
	}
	return confidence, worst >= slices.Index(order, "suspect")
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

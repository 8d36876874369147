package jsonout_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"poolsweep/report"
	"poolsweep/report/jsonout"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func ptr[T any](v T) *T { return &v }

// full has a runaway attachment with every key filled and an object leak on a
// single snapshot with as little as a case can have.
func full() *report.Output {
	at := time.Date(2031, 5, 6, 7, 8, 9, 0, time.UTC)
	return &report.Output{
		Schema: report.OutputSchema,
		Tool:   "poolsweep 0.1",
		Inputs: []report.OutputInput{
			{Path: "drop/QA-07/内存.log", SHA256: strings.Repeat("a1", 32), Bytes: 48211, Machine: "QA-07",
				State: report.InputPartial, Reason: "the !poolused table has no TOTAL row",
				Blocks:   []report.OutputBlock{{Command: "!poolused 2", Line: 4, Rows: 19}},
				Warnings: []report.OutputFact{{Text: "no TOTAL row", File: "drop/QA-07/内存.log", Line: 25}}},
			{Path: "drop/readme.bin", Bytes: 12, State: report.InputRefused, Reason: "not text"},
		},
		Machines: []report.OutputMachine{
			{Name: "QA-07", OS: "Windows XP Kernel Version 2600", UptimeS: 172800, Snapshots: 1,
				Verdict: "runaway-attachment", Confidence: 0.95, Cases: []string{"PS-00C0FFEE"}},
			{Name: "QA-08", Snapshots: 1, Verdict: "insufficient"},
		},
		Cases: []report.OutputCase{runaway(at), {ID: "PS-0BADF00D", Kind: "object-leak", Class: "object-gap",
			Machines: []string{"QA-08"}, Pool: "nonpaged", Tags: []string{"Proc"}, Object: ptr("process"),
			NoExhaustion: "One snapshot: no rate.", Verdict: "suspect"}},
	}
}

func runaway(at time.Time) report.OutputCase {
	return report.OutputCase{
		ID: "PS-00C0FFEE", Signature: "v1|peer-gap|nonpaged|AbCd,FMis|ExampleFlt",
		Kind: "runaway-attachment", Class: "peer-gap", Machines: []string{"QA-07"}, Pool: "nonpaged",
		Tags: []string{"FMis", `\x01x<&`}, Followers: []string{"Devi"},
		Events: ptr(int64(9001)), Bytes: 9_007_199_254_740_993, BytesPerEvent: ptr(2048.5),
		Rate: &report.OutputRate{EventsPerHour: 187.5, BytesPerHour: 384093.75, WindowS: 172800,
			SinceBoot: true},
		Exhausts: &report.OutputExhaustion{At: &at, InS: 86400, Ceiling: 268435456, Source: "内存.log:88"},
		Owner:    &report.OutputModule{Module: "ExampleFlt", Weight: 0.9, Source: "scan hit", Proven: true},
		Holder: &report.OutputModule{Module: "ExampleFlt", Weight: 0.95,
			Source: "9,001 instances, peers 3"},
		Trigger: &report.OutputModule{Module: "OtherFlt", Weight: 0.5, Source: "known issue"},

		Confidence: 0.95, Why: []string{"a < b && c > d"}, WhyNot: []string{"fltmgr.sys: carries it"},
		Unsure:   []string{"what triggers it"},
		Evidence: []report.OutputFact{{Text: "FMis 9001 …", File: "drop/QA-07/内存.log", Line: 9}},
		Next: []report.OutputStep{{Command: `!for_each_module s -a @#Base @#End "AbCd"`, Why: "find it",
			Where: "debugger"}},
		KnownIssue: &report.OutputIssue{ID: "example-1", Title: "attaches again and again", Mechanism: "…",
			Mitigation: []string{"unload it"}},
		Title: "ExampleFlt attaches 9,001 times", Verdict: "runaway-attachment",
		Members: []report.OutputMember{
			{Tag: "FMis", Hex: "464D6973", Pool: "nonpaged", Role: "core", Outstanding: 9001,
				Allocs: ptr(uint64(9100)),
				Frees:  ptr(uint64(99)), Bytes: 5400600, Times: 1, Per: 1, File: "drop/QA-07/内存.log", Line: 9},
			{Tag: `\x01x<&`, Hex: "01783C26", Pool: "nonpaged", Role: "related", Outstanding: 77, Bytes: 4928,
				File: "drop/QA-07/内存.log", Line: 12},
		},
		Alternatives: []report.OutputAlternative{{Role: "holder", Module: "PeerFlt", Weight: 0.02,
			Lost: "3 instances"}},
		Limits:     []string{"one snapshot"},
		Mitigation: []string{"restart before Friday"},
	}
}

func write(t *testing.T, m *report.Output) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jsonout.Write(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestWriteGolden(t *testing.T) {
	for _, c := range []struct {
		name string
		m    *report.Output
	}{
		{"full", full()},
		{"nothing", &report.Output{Schema: report.OutputSchema, Tool: "poolsweep 0.1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, path := write(t, c.m), filepath.Join("testdata", c.name+".golden")
			if *update {
				if err := os.WriteFile(path, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatalf("%v (run with -update)", err)
			}
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestWriteRoundTrips(t *testing.T) {
	m := full()
	var back report.Output
	if err := json.Unmarshal(write(t, m), &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(m, &back, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("-written +read:\n%s", diff)
	}
}

func TestWriteLeavesTheDocumentAlone(t *testing.T) {
	m := full()
	first := write(t, m)
	if !reflect.DeepEqual(m, full()) {
		t.Error("Write changed the document it was given")
	}
	if !bytes.Equal(first, write(t, m)) {
		t.Error("the second write differs from the first")
	}
}

func TestWriteEndsInOneNewlineAndKeepsText(t *testing.T) {
	got := string(write(t, full()))
	if !strings.HasSuffix(got, "}\n") || strings.HasSuffix(got, "\n\n") {
		t.Errorf("document ends in %q, want one newline after the brace", got[len(got)-3:])
	}
	for _, want := range []string{`a < b && c > d`, `内存.log`, `\\x01x<&`, `9007199254740993`} {
		if !strings.Contains(got, want) {
			t.Errorf("document lacks %s", want)
		}
	}
}

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, errBroken }

var errBroken = errors.New("broken pipe")

func TestWriteReportsTheWriter(t *testing.T) {
	if err := jsonout.Write(brokenPipe{}, full()); !errors.Is(err, errBroken) {
		t.Errorf("error = %v, want %v", err, errBroken)
	}
}

// schema is poolsweep/1 written out by hand: where a key stands and what it may
// hold. "[]" steps into every element of a list; "?" allows null.
var schema = []struct{ path, kind string }{
	{"schema", "string"}, {"tool", "string"},
	{"inputs", "list"},
	{"inputs[].path", "string"}, {"inputs[].sha256", "string"}, {"inputs[].bytes", "number"},
	{"inputs[].machine", "string"}, {"inputs[].state", "string"}, {"inputs[].reason", "string"},
	{"inputs[].blocks", "list"},
	{"inputs[].blocks[].command", "string"}, {"inputs[].blocks[].line", "number"},
	{"inputs[].blocks[].rows", "number"}, {"inputs[].blocks[].complete", "bool"},
	{"machines", "list"},
	{"machines[].name", "string"}, {"machines[].os", "string"}, {"machines[].uptime_s", "number"},
	{"machines[].snapshots", "number"}, {"machines[].verdict", "string"},
	{"cases", "list"},
	{"cases[].id", "string"}, {"cases[].signature", "string"}, {"cases[].kind", "string"},
	{"cases[].class", "string"}, {"cases[].machines", "list"}, {"cases[].machines[]", "string"},
	{"cases[].pool", "string"}, {"cases[].tags", "list"}, {"cases[].tags[]", "string"},
	{"cases[].followers", "list"}, {"cases[].followers[]", "string"}, {"cases[].object", "string?"},
	{"cases[].events", "number?"}, {"cases[].bytes", "number"}, {"cases[].bytes_per_event", "number?"},
	{"cases[].rate", "object?"}, {"cases[].exhausts", "object?"},
	{"cases[].owner", "object?"}, {"cases[].owner.module", "string"}, {"cases[].owner.weight", "number"},
	{"cases[].owner.source", "string"}, {"cases[].holder", "object?"}, {"cases[].holder.module", "string"},
	{"cases[].trigger", "object?"}, {"cases[].trigger.weight", "number"}, {"cases[].amplifier", "object?"},
	{"cases[].confidence", "number"},
	{"cases[].why", "list"}, {"cases[].why[]", "string"}, {"cases[].why_not", "list"},
	{"cases[].why_not[]", "string"}, {"cases[].unsure", "list"}, {"cases[].unsure[]", "string"},
	{"cases[].evidence", "list"}, {"cases[].evidence[].text", "string"},
	{"cases[].evidence[].file", "string"},
	{"cases[].evidence[].line", "number"},
	{"cases[].next", "list"}, {"cases[].next[].command", "string"}, {"cases[].next[].why", "string"},
	{"cases[].known_issue", "object?"},
}

func TestWriteFollowsTheSchema(t *testing.T) {
	var doc any
	if err := json.Unmarshal(write(t, full()), &doc); err != nil {
		t.Fatal(err)
	}
	for _, s := range schema {
		for _, v := range at(t, doc, s.path) {
			want, optional := strings.CutSuffix(s.kind, "?")
			if k := kindOf(v); k != want && (k != "null" || !optional) {
				t.Errorf("%s is %s, want %s", s.path, k, s.kind)
			}
		}
	}
}

// at returns all values at a path; a missing key fails, a null object on the way
// has nothing below it.
func at(t *testing.T, doc any, path string) []any {
	t.Helper()
	values := []any{doc}
	for _, step := range strings.Split(path, ".") {
		name, list := strings.CutSuffix(step, "[]")
		var next []any
		for _, v := range values {
			if v == nil {
				continue
			}
			child, ok := v.(map[string]any)[name]
			if !ok {
				t.Errorf("%s: no key %q", path, name)
			}
			if elements, _ := child.([]any); list {
				next = append(next, elements...)
				continue
			}
			next = append(next, child)
		}
		values = next
	}
	if len(values) == 0 {
		t.Errorf("%s: the fixture has no such value", path)
	}
	return values
}

func kindOf(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case string:
		return "string"
	case float64:
		return "number"
	case bool:
		return "bool"
	case []any:
		return "list"
	case map[string]any:
		return "object"
	}
	return fmt.Sprintf("%T", v)
}

// ofTopObjects matches the keys of the document and of the objects in its lists.
var ofTopObjects = regexp.MustCompile(`^(\w+|\w+\[\]\.\w+)$`)

// Every key of an object comes in the order of the schema, extra keys after it:
// readers compare documents as text.
func TestWriteKeepsTheOrderOfKeys(t *testing.T) {
	text := string(write(t, &report.Output{Cases: []report.OutputCase{{}},
		Machines: []report.OutputMachine{{}},
		Inputs:   []report.OutputInput{{}}}))
	from := 0
	for _, s := range schema {
		if !ofTopObjects.MatchString(s.path) {
			continue
		}
		key := fmt.Sprintf("%q:", s.path[strings.LastIndexByte(s.path, '.')+1:])
		i := strings.Index(text[from:], key)
		if i < 0 {
			t.Fatalf("%s does not stand after the keys before it", s.path)
		}
		from += i + len(key)
	}
}

func BenchmarkWrite(b *testing.B) {
	m := full()
	for range 2000 {
		m.Inputs = append(m.Inputs, m.Inputs[0])
		m.Machines = append(m.Machines, m.Machines[0])
	}
	var out bytes.Buffer
	for b.Loop() {
		out.Reset()
		if err := jsonout.Write(&out, m); err != nil {
			b.Fatal(err)
		}
	}
	b.SetBytes(int64(out.Len()))
}

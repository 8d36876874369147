package knowledge

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"poolsweep/ingest"
)

func tags(names ...string) []ingest.Tag {
	var out []ingest.Tag
	for _, n := range names {
		out = append(out, ingest.MustTag(n))
	}
	return out
}

func driver(name, version string) []ingest.Module {
	return []ingest.Module{{Name: name, Version: version}}
}

func TestMatchWantsEveryCondition(t *testing.T) {
	b := load(t)
	for _, c := range []struct {
		name string
		s    Subject
		want string
	}{
		{"holder", Subject{Kind: "runaway-attachment", Holder: "WavxDMgr"}, "wavxdmgr-attaches-again"},
		{"holder as file", Subject{Kind: "runaway-attachment", Holder: "wavxdmgr.sys"}, "wavxdmgr-attaches-again"},
		{"another holder", Subject{Kind: "runaway-attachment", Holder: "luafv"}, ""},
		{"no holder", Subject{Kind: "runaway-attachment"}, ""},
		{"another kind", Subject{Kind: "pool-leak", Holder: "WavxDMgr"}, ""},
		{"loaded is not holder", Subject{Kind: "runaway-attachment", Modules: driver("WavxDMgr", "")}, ""},
		{"object", Subject{Kind: "object-leak", Object: "process"}, "process-reference-on-error-path"},
		{"another object", Subject{Kind: "object-leak", Object: "thread"}, ""},
		{"tag", Subject{Kind: "pool-leak", Tags: tags("FMfc", "WCsc")}, "wcifs-file-contexts"},
		{"tag in other case", Subject{Kind: "pool-leak", Tags: tags("wcsc")}, ""},
		{"filter missing on disks", Subject{Tags: tags("FMfn"), NoDiskFilter: true}, "fmfn-without-minifilter"},
		{"filter on a disk", Subject{Tags: tags("FMfn")}, ""},
		{"build in range", Subject{Tags: tags("NtFC"), Build: 22000}, "ntfc-container-hosts"},
		{"build below", Subject{Tags: tags("NtFC"), Build: 21999}, ""},
		{"build unknown", Subject{Tags: tags("NtFC")}, ""},
		{"version in range", Subject{Tags: tags("SysR"), Modules: driver("SysmonDrv", "7.3.0.0")}, "sysmon-7-registry-names"},
		{"version above", Subject{Tags: tags("SysR"), Modules: driver("SysmonDrv", "7.4.0.0")}, ""},
		{"module not loaded", Subject{Tags: tags("SysR"), Modules: driver("nt", "10.0.19041.1")}, ""},
		{"shared tag, module loaded", Subject{Tags: tags("Mdl "), Modules: driver("netkvm", "")}, "netkvm-descriptor-lists"},
		{"shared tag, no module list", Subject{Tags: tags("Mdl ")}, ""},
		{"more conditions win", Subject{Kind: "object-leak", Object: "process", Tags: tags("Proc"),
			Modules: driver("amdkmdag", "32.0.12019.1")}, "amd-graphics-work-items"},
	} {
		got := ""
		if m, found := b.Match(c.s); found {
			got = m.ID
		}
		if got != c.want {
			t.Errorf("%s: matches %q, want %q", c.name, got, c.want)
		}
	}
}

func TestMatchSaysWhichVersionIsNotPrinted(t *testing.T) {
	b := load(t)
	for _, modules := range [][]ingest.Module{nil, driver("mfeavfk", "")} {
		m, found := b.Match(Subject{Tags: tags("MFeS"), Modules: modules})
		if !found || !slices.Equal(m.Unread, []string{"mfeavfk"}) {
			t.Errorf("modules %v: %v %v, want mfeavfk unread", modules, found, m.Unread)
		}
	}
	m, found := b.Match(Subject{Tags: tags("MFeS"), Modules: driver("mfeavfk", "5.5.9.1")})
	if !found || len(m.Unread) != 0 {
		t.Errorf("version printed: %v %v", found, m.Unread)
	}
}

func TestMatchPassesUnloadedModules(t *testing.T) {
	modules := driver("netkvm", "")
	modules[0].Unloaded = true
	if m, found := load(t).Match(Subject{Tags: tags("Mdl "), Modules: modules}); found {
		t.Errorf("an unloaded module matches %s", m.ID)
	}
}

const ownIssue = `id: acme-queue
title: AcmeDrv keeps requests
match: {tags: [Acm, "Irp "], modules: [acmedrv], versions: {acmedrv: "< 2.1"}, builds: 19041-22631}
mechanism: A queue is never drained.
mitigation: [Update AcmeDrv.]
references: [ACME-1234]
fixed_in: AcmeDrv 2.1
`

func TestAddIssuesReadsALabsFolder(t *testing.T) {
	b := load(t)
	before := len(b.Issues)
	err := b.AddIssues(fstest.MapFS{"acme-queue.yaml": {Data: []byte(ownIssue)}}, ".", "lab/issues")
	if err != nil {
		t.Fatal(err)
	}
	if len(b.Issues) != before+1 {
		t.Errorf("%d issues, want %d", len(b.Issues), before+1)
	}
	m, found := b.Match(Subject{Tags: tags("Acm "), Modules: driver("acmedrv", "2.0.9"), Build: 19045})
	if !found || m.ID != "acme-queue" || m.Source.File != "lab/issues/acme-queue.yaml" || m.FixedIn.In(English) != "AcmeDrv 2.1" {
		t.Errorf("match %v %+v", found, m)
	}
}

func TestALabsIssueReplacesOursOfTheSameID(t *testing.T) {
	b := load(t)
	before := len(b.Issues)
	own := strings.Replace(ownIssue, "acme-queue", "wcifs-file-contexts", 1)
	if err := b.AddIssues(fstest.MapFS{"wcifs-file-contexts.yaml": {Data: []byte(own)}}, ".", ""); err != nil {
		t.Fatal(err)
	}
	if len(b.Issues) != before {
		t.Errorf("%d issues, want %d", len(b.Issues), before)
	}
	if m, found := b.Match(Subject{Kind: "pool-leak", Tags: tags("WCsc")}); found {
		t.Errorf("our %s is still matched", m.ID)
	}
}

func TestABadIssueIsRefusedWithItsLine(t *testing.T) {
	for _, c := range []struct{ old, new, want string }{
		{"title:", "titel:", `lab/acme-queue.yaml:2: unknown key "titel"; did you mean "title"?`},
		{"tags:", "tag:", `:3: unknown key "tag"; did you mean "tags"? allowed are builds, filters, holders, kind,`},
		{"[Acm,", "[Acmes,", `:3: a tag has 1 to 4 characters, have "Acmes"`},
		{`"< 2.1"`, `"below 2"`, `:3: want versions like "< 5.6.0"`},
		{"19041-22631", "22631-19041", `:3: want builds like 19041, 7600-19045 or 22000-`},
		{"{tags:", "{kind: leak, tags:", `:3: kind "leak"`},
		{"{tags:", "{object: proces, tags:", `:3: object "proces"; did you mean "process"?`},
		{"id: acme-queue", "id: acme", `lab/acme-queue.yaml:1: id "acme" and the file's name must agree`},
		{"references: [ACME-1234]", "", "title, mechanism and references must be filled"},
		{"{tags:", "[tags:", "lab/acme-queue.yaml:"},
		{`match: {tags: [Acm, "Irp "], modules: [acmedrv], versions: {acmedrv: "< 2.1"}, builds: 19041-22631}`, "match: {kind: pool-leak}",
			"match: needs tags, holders, modules"},
	} {
		text := strings.Replace(ownIssue, c.old, c.new, 1)
		err := load(t).AddIssues(fstest.MapFS{"acme-queue.yaml": {Data: []byte(text)}}, ".", "lab")
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q for %q: error %v, want one with %q", c.new, c.old, err, c.want)
		}
	}
}

func TestVersions(t *testing.T) {
	for _, c := range []struct {
		rule, version string
		want          bool
	}{
		{"< 5.6.0", "5.5.9.9999", true},
		{"< 5.6.0", "5.6.0.0", false},
		{"< 5.6.0", "5.6.0.1", false},
		{"<= 5.6", "5.6.0.1", true},
		{"<= 5.6", "5.7", false},
		{">= 7.1", "7.0.9", false},
		{">= 7.1", "7.1", true},
		{"7.01 - 7.03", "7.0.9.0", false},
		{"7.01 - 7.03", "7.1.0.0", true},
		{"7.01 - 7.03", "7.3.0.2", true},
		{"7.01 - 7.03", "7.4.0.0", false},
		{"1.76", "1.76.0.5", true},
		{"1.76", "1.77.0.0", false},
		{"< 32.0.21045", "32.0.21044.9 (built by: main)", true},
		{"< 10", "9.9", true}, // numbers, not text
		{"< 10", "", false},
		{"< 10", "unknown", false},
	} {
		var v Versions
		if err := Decode("x", []byte(`"`+c.rule+`"`), &v); err != nil {
			t.Fatal(err)
		}
		if v.String() != c.rule || v.Contains(c.version) != c.want {
			t.Errorf("%q holds %q: %v, want %v", c.rule, c.version, !c.want, c.want)
		}
	}
}

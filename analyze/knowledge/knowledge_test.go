package knowledge

import (
	"slices"
	"testing"

	"poolsweep/ingest"
)

func load(t *testing.T) *Base {
	t.Helper()
	b, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestLoadReadsEveryEmbeddedFile(t *testing.T) {
	b := load(t)
	if len(b.tags) < 80 {
		t.Errorf("read %d tags, want at least 80", len(b.tags))
	}
	if len(b.Issues) < 2 {
		t.Fatalf("read %d issues, want at least 2", len(b.Issues))
	}
	for _, i := range b.Issues {
		if len(i.Title) == 0 || len(i.Mechanism) == 0 || len(i.Mitigation) == 0 || len(i.References) == 0 {
			t.Errorf("issue %s: title, mechanism, mitigation and references must be filled", i.ID)
		}
	}
}

func TestTagsKeepCaseAndBlanks(t *testing.T) {
	b := load(t)
	if got := b.Tag(ingest.MustTag("Irp ")); got.Object != "irp" || !got.Generic {
		t.Errorf("Irp: %+v", got)
	}
	if got := b.Tag(ingest.MustTag("irp ")); got.Object != "" {
		t.Errorf("a tag in other case is another tag, got %+v", got)
	}
	for _, s := range []string{"NtFC", "NtfC", "Ntfc"} {
		if got := b.Tag(ingest.MustTag(s)); got.Tag.String() != s {
			t.Errorf("tag %s: %+v", s, got)
		}
	}
}

// A tag that the kernel allocates for others must never point at a driver, or
// the attribution would blame whoever the table names.
func TestObjectsAreGeneric(t *testing.T) {
	for _, info := range load(t).tags {
		if info.Object != "" && !slices.Contains(objects, info.Object) {
			t.Errorf("tag %q: no issue may ask for its object %q", info.Tag, info.Object)
		}
		if info.Object != "" && !info.Generic {
			t.Errorf("tag %q stands for objects but is not generic", info.Tag)
		}
	}
}

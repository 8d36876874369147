package report

import (
	"testing"

	"poolsweep/ingest"
)

func TestTagTextShowsEveryByte(t *testing.T) {
	for _, c := range []struct {
		tag  ingest.Tag
		want string
	}{
		{ingest.MustTag("tsni"), "tsni"},
		{ingest.MustTag("Pp"), "Pp  "},
		{ingest.MustTag("=a\\1"), `=a\1`},
		{ingest.Tag{0, 'b', 0x7f, 0xe9}, `\x00b\x7F\xE9`},
	} {
		if got := TagText(c.tag); got != c.want {
			t.Errorf("TagText(% x) = %q, want %q", c.tag[:], got, c.want)
		}
	}
}

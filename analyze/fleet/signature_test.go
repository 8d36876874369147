package fleet

import (
	"testing"

	"poolsweep/analyze"
	"poolsweep/ingest"
)

func TestRatiosDoNotDependOnTheAnchor(t *testing.T) {
	in := func(tag string, times, per int) analyze.Member {
		return analyze.Member{TagUsage: ingest.TagUsage{Tag: ingest.MustTag(tag)}, Times: times, Per: per}
	}
	for _, c := range []struct {
		core []analyze.Member
		want string
	}{
		{[]analyze.Member{in("AAAA", 1, 1), in("BBBB", 2, 1)}, "41414141,42424242:2:1"},
		{[]analyze.Member{in("BBBB", 1, 1), in("AAAA", 1, 2)}, "41414141,42424242:2:1"},
		{[]analyze.Member{in("AAAA", 1, 1), in("CCCC", 1, 2), in("DDDD", 1, 3)},
			"41414141:6:1,43434343:3:1,44444444:2:1"},
		{[]analyze.Member{in("AAAA", 0, 0)}, "41414141"},
		{nil, ""},
	} {
		if got := coreText(c.core); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

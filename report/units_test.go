package report

import (
	"math"
	"testing"
	"time"

	"poolsweep/ingest"
)

func TestUnits(t *testing.T) {
	s := &speaker{in: Input{Words: english(t)}}
	at := time.Date(2025, 3, 4, 21, 15, 30, 9, time.FixedZone("", 5*3600+1800))
	for _, c := range []struct{ got, want string }{
		{count(-12979), "-12,979"},
		{counter(math.MaxUint64), "9,223,372,036,854,775,807"},
		{signed(30), "+30"},
		{signed(-30), "-30"},
		{signed(0), "0"},
		{bytesEach(664), "664"},
		{bytesEach(1019.97), "1,020"},
		{bytesEach(8.33333), "8.33"},
		{bytesEach(0), "0"},
		{s.weight(0.95), "0.95"},
		{s.bytes(8618056), "8.22 MB"},
		{s.percent(0.5), "50 %"},
		{s.duration(26 * time.Hour), "1 day 2 hours"},
		{s.list([]string{"a", "b", "c"}), "a, b and c"},
		{s.moment(at), "2025-03-04 21:15:30 UTC+05:30"},
		{utc(at), "2025-03-04 15:45:30"},
		{number(22621), "22621"},
		{addresses(ingest.Module{Start: 0xa7ddb000, End: 0xa7e14180}), "a7ddb000 a7e14180"},
		{addresses(ingest.Module{Start: 0xfffff80312340000, End: 0xfffff80312350000}),
			"fffff80312340000 fffff80312350000"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
	if s.err != nil {
		t.Error(s.err)
	}
}

func TestSpeakerKeepsTheFirstError(t *testing.T) {
	s := &speaker{in: Input{Words: english(t)}}
	s.label("no such label")
	s.label("nor this")
	want := `build page: word sentence "no such label": no such sentence in "en"`
	if err := s.done("page"); err == nil || err.Error() != want {
		t.Errorf("error %v", err)
	}
}

func TestShortHashTellsInputsApart(t *testing.T) {
	a, b := document("a.log"), document("bb.log")
	if got := shortHash([]*ingest.Document{b}); got != b.SHA256[:hashLength] {
		t.Errorf("one document: %s, want the start of its own hash", got)
	}
	x, y := shortHash([]*ingest.Document{a, b}), shortHash([]*ingest.Document{b, a})
	if len(x) != hashLength || x == y {
		t.Errorf("two documents: %s and %s", x, y)
	}
}

func TestDatesToPlanByAreInTheLabsZone(t *testing.T) {
	at := time.Date(2025, 3, 4, 21, 15, 30, 0, boston)
	s := &speaker{}
	if got := s.moment(at); got != "2025-03-04 21:15:30 UTC-05:00" {
		t.Errorf("without a zone: %s", got)
	}
	s.in.Zone = time.FixedZone("Lab", 8*3600)
	if got := s.moment(at); got != "2025-03-05 10:15:30 UTC+08:00" {
		t.Errorf("in the lab's: %s", got)
	}
}

package fleet

import (
	"fmt"
	"testing"

	"poolsweep/analyze"
	"poolsweep/ingest"
)

func TestADriverThatNamesEachInstanceHasNotAsManyDefinitions(t *testing.T) {
	th := analyze.DefaultThresholds()
	var f ingest.Filter
	for i := range 3 * th.FilterDefinitions {
		f.Instances = append(f.Instances, ingest.Instance{Name: fmt.Sprint("Kestrel ", i), Count: 1})
		if got, want := definitions(f, th), min(i+1, th.FilterDefinitions); got != want {
			t.Errorf("%d names: %d definitions, want %d", i+1, got, want)
		}
	}
}

package fleet

import "testing"

func TestWithoutLeavesOutOneValue(t *testing.T) {
	for _, c := range []struct {
		list         []int
		value        int
		median, most int
	}{
		{[]int{1, 9}, 9, 1, 1},
		{[]int{1, 9}, 1, 9, 9},
		{[]int{1, 2, 3, 400}, 400, 2, 3},
		{[]int{1, 2, 3, 400}, 1, 3, 400},
		{[]int{5, 5, 5}, 5, 5, 5},
		{[]int{1, 2, 3, 4, 5}, 3, 2, 5}, // of 2 and 4 in the middle the lower one
	} {
		if median, most := without(c.list, c.value); median != c.median || most != c.most {
			t.Errorf("%v without %d: median %d, most %d; want %d, %d", c.list, c.value, median, most, c.median, c.most)
		}
	}
}

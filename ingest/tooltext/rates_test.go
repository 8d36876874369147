package tooltext

import "testing"

func TestStatedRates(t *testing.T) {
	checkSays(t, map[string]string{
		"The non-paged pool grows by about 21.5 GB/hr while it runs.": "nonpaged pool +23085449216 bytes per 1h0m0s",
		"- **Nonpaged pool growth: ~2 GB an hour**":                   "nonpaged pool +2147483648 bytes per 1h0m0s",
		"Paged pool is leaking 12 MB per minute":                      "paged pool +12582912 bytes per 1m0s",
		"`Qzfc` in nonpaged pool climbs at 5.5 GB/h":                  "pool tag Qzfc nonpaged +5905580032 bytes per 1h0m0s",
		"All is well. Nonpaged pool leaks 1 GB per day. Or so":        "nonpaged pool +1073741824 bytes per 24h0m0s",
		// another thing, no growth, a bound, several
		"The disk reads 120 MB/s and memory grows": "", "Nonpaged pool at 120 MB/s": "", "memory grows by 2 GB/h": "",
		"nonpaged pool grows by more than 2 GB/h": "", "nonpaged pool does not grow by 2 GB/h": "",
		"nonpaged and paged pool grow by 2 GB/h": "", "nonpaged pool grows by 2 GB/h, then 3 GB/h": "",
		"`Qzfc` and `Qznm` leak 2 GB/h": "", "nonpaged pool grows 12%": "", "nonpaged pool grows by 2 GB": "",
		"writes grow, nonpaged pool 3 MB/s": "",
	})
}

func TestSignalTablesWithoutATitle(t *testing.T) {
	snaps := read([]byte(rowsIn(" | Before | After", "Nonpaged pool | 9.5 GB | 1.5 GB")))
	if len(snaps) != 2 || snaps[1].Label != "After" || snaps[1].VM.NonPaged != 3<<29 {
		t.Error(dumped(snaps))
	}
	checkSays(t, map[string]string{rowsIn(" | host A | host B", "Nonpaged pool | 9.5 GB | 1.5 GB"): ""})
}

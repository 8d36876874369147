package analyze

import (
	"crypto/sha256"
	"fmt"
	"strconv"
)

// caseID shortens a signature to what people can say and type: "PS-" and the
// first eight hex digits of its SHA-256.
func caseID(signature string) string {
	sum := sha256.Sum256([]byte(signature))
	return fmt.Sprintf("PS-%X", sum[:4])
}

// ratioText words a ratio as engineers do: "2:1", "1:2".
func ratioText(times, per int) string { return strconv.Itoa(times) + ":" + strconv.Itoa(per) }

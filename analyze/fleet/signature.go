package fleet

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"poolsweep/analyze"
	"poolsweep/ingest"
)

// signatureVersion begins each signature. It changes when the same evidence would
// get another text, so that a lab's notes on old signatures stay readable.
const signatureVersion = "v1"

// caseID shortens a signature to what people can say and type: "PS-" and the
// first eight hex digits of its SHA-256.
func caseID(signature string) string {
	sum := sha256.Sum256([]byte(signature))
	return fmt.Sprintf("PS-%X", sum[:4])
}

// ratioText words a ratio as engineers do: "2:1", "1:2".
func ratioText(times, per int) string { return strconv.Itoa(times) + ":" + strconv.Itoa(per) }

// Sign derives the signature, its alternates and the id: what the defect is,
// never how large, where or when it was seen. private are the core's tags that are
// a driver's own.
func Sign(c *analyze.Case, private []analyze.Member) {
	what := cmp.Or(coreText(c.Core), c.Object)
	holder := cmp.Or(c.Holder.Key(), "-")
	c.Signature = text(signatureVersion, c.Kind.String(), c.Class.String(), poolText(c.Pools), what, holder)
	c.ID = caseID(c.Signature)
	nameAlternates(c, private)
}

func text(parts ...string) string { return strings.Join(parts, "|") }

// nameAlternates names the case by less than the whole signature. A tag that many
// drivers make the kernel allocate names nothing by itself, and two of them only
// where the log offers neither a private tag nor a holder.
func nameAlternates(c *analyze.Case, private []analyze.Member) {
	if len(private) > 0 {
		alternate(c, analyze.ByCore, coreText(c.Core))
	}
	private = slices.SortedStableFunc(slices.Values(private),
		func(a, b analyze.Member) int { return cmp.Compare(b.Bytes, a.Bytes) })
	for _, m := range private {
		alternate(c, analyze.ByTag, m.Tag.Hex(), m.Pool.String())
	}
	if c.Holder.Established() {
		alternate(c, analyze.ByHolder, ingest.ModuleKey(c.Holder.Module), c.Kind.String())
	} else if c.Holder.Key() == "" && len(private) == 0 && len(c.Core) > 0 {
		lead := c.Core[0].Tag
		for _, m := range append(c.Core[1:len(c.Core):len(c.Core)], c.Followers...) {
			pair := []string{lead.Hex(), m.Tag.Hex()}
			slices.Sort(pair)
			alternate(c, analyze.ByPartners, strings.Join(pair, "+"), c.Kind.String())
		}
	}
}

func alternate(c *analyze.Case, by analyze.By, parts ...string) {
	c.Alternates = append(c.Alternates, analyze.Alternate{By: by,
		Text: text(append([]string{signatureVersion, by.String()}, parts...)...)})
}

func poolText(pools []ingest.Pool) string {
	var names []string
	for _, p := range pools {
		names = append(names, p.String())
	}
	return strings.Join(names, "+")
}

// coreText writes the core as sorted hex tags with their ratios. The ratios are
// brought to the smallest whole numbers, so that they do not depend on which
// member was the anchor.
func coreText(core []analyze.Member) string {
	scale, least := 1, 0
	for _, m := range core {
		if m.Per > 0 {
			scale = scale / gcd(scale, m.Per) * m.Per
		}
	}
	for _, m := range core {
		if m.Per > 0 {
			least = gcd(least, m.Times*scale/m.Per)
		}
	}
	var tags []string
	for _, m := range core {
		hex := m.Tag.Hex()
		if m.Per > 0 && m.Times*scale/m.Per != least {
			hex += ":" + ratioText(m.Times*scale/m.Per/least, 1)
		}
		tags = append(tags, hex)
	}
	slices.Sort(tags)
	return strings.Join(slices.Compact(tags), ",")
}

// gcd is the greatest common divisor; that of 0 and n is n.
func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

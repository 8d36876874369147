package analyze

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"poolsweep/ingest"
)

// signatureVersion begins each signature. It changes when the same evidence would
// get another text, so that a lab's notes on old signatures stay readable.
const signatureVersion = "v1"

// By is what two cases were found to be one by.
type By uint8

// Strongest first: this is the order in which cases are joined.
const (
	_ By = iota
	// BySignature: the same signature, but that one log does not print the pool.
	BySignature
	// ByMachine: on one machine, one tag or object is one leak.
	ByMachine
	// ByCore: the same core with the same ratios, whatever the class.
	ByCore
	// ByTag: a private tag in the core of both.
	ByTag
	// ByHolder: the same holder and kind of leak.
	ByHolder
	// ByPartners: two shared tags in step, where neither log names more than that.
	ByPartners
)

var bys = [...]string{"", "signature", "machine", "core", "tag", "holder", "partners"}

// String returns one lower-case word.
func (b By) String() string { return bys[b] }

// Alternate is a further name of a defect: part of what the signature says, in
// canonical text. Cases of other logs that carry it may be the same defect.
type Alternate struct {
	By   By
	Text string
}

// caseID shortens a signature to what people can say and type: "PS-" and the
// first eight hex digits of its SHA-256.
func caseID(signature string) string {
	sum := sha256.Sum256([]byte(signature))
	return fmt.Sprintf("PS-%X", sum[:4])
}

// key folds the name of who holds: a module, or else a program.
func (a Attribution) key() string {
	if a.Module == "" && a.Process != "" {
		return "program " + processKey(a.Process)
	}
	return ingest.ModuleKey(a.Module)
}

// ratioText words a ratio as engineers do: "2:1", "1:2".
func ratioText(times, per int) string { return strconv.Itoa(times) + ":" + strconv.Itoa(per) }

// sign derives the signature, its alternates and the id: what the defect is,
// never how large, where or when it was seen.
func (d *draft) sign() {
	what := coreText(d.Core)
	if what == "" {
		what = d.Object
	}
	holder := cmp.Or(d.Holder.key(), "-")
	d.Signature = text(signatureVersion, d.Kind.String(), d.Class.String(), poolText(d.Pools), what, holder)
	d.ID = caseID(d.Signature)
	d.alternates()
}

func text(parts ...string) string { return strings.Join(parts, "|") }

// alternates names the case by less than the whole signature. A tag that many
// drivers make the kernel allocate names nothing by itself, and two of them only
// where the log offers neither a private tag nor a holder.
func (d *draft) alternates() {
	private := d.private()
	if len(private) > 0 {
		d.alternate(ByCore, coreText(d.Core))
	}
	slices.SortStableFunc(private, func(a, b Member) int { return cmp.Compare(b.Bytes, a.Bytes) })
	for _, m := range private {
		d.alternate(ByTag, m.Tag.Hex(), m.Pool.String())
	}
	if d.Holder.Established() {
		d.alternate(ByHolder, ingest.ModuleKey(d.Holder.Module), d.Kind.String())
	} else if d.Holder.key() == "" && len(private) == 0 && len(d.Core) > 0 {
		lead := d.Core[0].Tag
		for _, m := range append(d.Core[1:len(d.Core):len(d.Core)], d.Followers...) {
			pair := []string{lead.Hex(), m.Tag.Hex()}
			slices.Sort(pair)
			d.alternate(ByPartners, strings.Join(pair, "+"), d.Kind.String())
		}
	}
}

func (d *draft) alternate(by By, parts ...string) {
	d.Alternates = append(d.Alternates, Alternate{by, text(append([]string{signatureVersion, by.String()}, parts...)...)})
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
func coreText(core []Member) string {
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

package analyze

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

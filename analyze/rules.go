package analyze

// Rule names one sentence of the reasoning. The templates hold the sentence
// under this name, in each language; docs/architecture.md tells how the two meet.
type Rule string

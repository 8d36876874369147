package windbg

import (
	"bytes"
	"slices"
	"strings"
)

// command is an entry of the table of commands that are read.
type command struct {
	names []string // first word, lower case
	// word recognises words that cannot be listed; nil where names has them all.
	word func(word string) bool
	// accepts tells by the arguments whether this use of the command is read;
	// nil reads every use.
	accepts func(c typed) bool
	// header recognises the first line of the output where no command is echoed;
	// nil where the output does not give itself away.
	header func(text []byte) bool
	// minor commands tell little about the pools: where their output is missing, or
	// says something else, they count as not read.
	minor bool
	// generous commands take nearly every line for their own; the header of another
	// output ends theirs all the same.
	generous bool
	// body returns a reader for the output, and a key that is equal for commands
	// that print the same.
	body func(p *parser, c typed) (body, string)
}

// commands lists what poolsweep reads. docs/adding-a-command.md tells how to add one.
var commands = []*command{
	{
		names:  []string{"!poolused", "!kdexts.poolused", "!kdextx86.poolused"},
		header: poolusedHeader,
		body:   newPoolused,
	},
	{
		names:  []string{"!fltkd.filters", "!filters"},
		header: filterListHeader,
		body:   newFilters,
	},
	{
		names:  []string{"!fltkd.frames", "!frames"},
		header: frameListHeader,
		body:   newFrames,
	},
	{
		names:  []string{"!fltkd.volumes", "!volumes"},
		header: volumeListHeader,
		body:   newVolumes,
	},
	{
		// Their rows look like those of the lists above, and must not be counted again.
		names: []string{
			"!fltkd.filter", "!fltkd.instance", "!fltkd.volume", "!fltkd.frame", "!fltkd.portlist",
			"!portlist",
		},
		header: fltDetailHeader,
		body:   newFltDetail,
	},
	{
		// The debugger offers no search for the module that uses a tag: this is
		// how analysts find it.
		names:   []string{"!for_each_module", "s", ".foreach", ".for"},
		accepts: searchesText,
		body:    newScan,
	},
	{
		generous: true,
		word:     isModuleCommand,
		accepts:  listsModules,
		header:   modulesHeader,
		body:     newModules,
	},
	{
		names:   []string{"x"},
		accepts: func(c typed) bool { return c.args == "*!" }, // prints what lm prints
		body:    newModules,
	},
	{
		names:  []string{"!lmi"},
		header: moduleInfoHeader,
		body:   newModuleInfo,
	},
	{
		names: []string{"ln"},
		body:  newNearest,
	},
	{
		// "!process 0 0" lists all processes; others list one or some of them.
		names:   []string{"!process"},
		accepts: listsAllProcesses,
		header:  processesHeader,
		body:    newProcesses,
	},
	{
		names:  []string{"!vm"},
		header: vmHeader,
		body:   newVM,
	},
	{
		names:   []string{"!verifier"},
		accepts: listsVerified,
		header:  verifierHeader,
		body:    newVerifier,
	},
	{
		names:   []string{"!analyze", ".bugcheck"},
		accepts: analyzes,
		header:  bugcheckHeader,
		minor:   true,
		body:    newBugcheck,
	},
	{
		// How a driver's name is looked up by the address that a stop gives.
		names:   []string{"dS", "ds", "da", "du"},
		accepts: readsText,
		minor:   true,
		body:    newMemoryText,
	},
	{
		names:  []string{"!poolfind"},
		header: poolfindHeader,
		body:   newPoolfind,
	},
	{
		names:  []string{"!pool", "!poolval"},
		header: poolPageHeader,
		minor:  true,
		body:   newPoolPage,
	},
	{
		names:   []string{"!irpfind"},
		accepts: listsIRPs,
		header:  irpfindHeader,
		minor:   true,
		body:    newIRPFind,
	},
	{
		names:  []string{"!handle", "!hande"}, // often retyped in articles, not always well
		header: handlesHeader,
		minor:  true,
		body:   newHandles,
	},
	{
		names:  []string{"!object"},
		header: objectHeader,
		minor:  true,
		body:   newObject,
	},
	{
		names: []string{"!obtrace"},
		minor: true,
		body:  newObtrace,
	},
	{
		names:  []string{"!locks"},
		header: locksHeader,
		minor:  true,
		body:   newLocks,
	},
	{
		names:  []string{"!memusage"},
		header: memusageHeader,
		minor:  true,
		body:   newMemusage,
	},
	{
		header: zombiesHeader,
		body:   newZombies,
	},
	{
		// What these print is recognised without them, too: see sessionLines.
		names:    []string{".time", "vertarget", "version"},
		generous: true,
		body:     newSessionOutput,
	},
}

// named returns the entry that reads a typed command, nil when it is unknown.
func (p *parser) named(c typed) *command {
	word := c.word
	if strings.HasPrefix(word, "!") {
		word = strings.ToLower(word) // extensions are found without regard to case
	}
	for _, cmd := range commands {
		known := slices.Contains(cmd.names, word) || cmd.word != nil && cmd.word(word)
		if known && (cmd.accepts == nil || cmd.accepts(c)) {
			return cmd
		}
	}
	return p.hosts(strings.ToLower(word))
}

// hosts returns the entry of a hosted table that a command prints, or nil.
func (p *parser) hosts(word string) *command {
	for _, cmd := range p.hosted {
		if slices.Contains(cmd.names, word) {
			return cmd
		}
	}
	return nil
}

// headed returns the command whose output begins with the line, nil for none.
func (p *parser) headed(text []byte) *command {
	text = unindent(text)
	if len(text) == 0 {
		return nil
	}
	if bytes.IndexByte([]byte("STtFVPs*BDOlC0123456789"), text[0]) >= 0 {
		for _, cmd := range commands {
			if cmd.header != nil && cmd.header(text) {
				return cmd
			}
		}
	}
	for _, cmd := range p.hosted {
		if cmd.header(text) {
			return cmd
		}
	}
	return nil
}

package templates

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"text/template"
)

//go:embed collect/*.tmpl
var collectFiles embed.FS

// Ways to make a log on a lab machine.
const (
	live       = "live"       // kd looks into the kernel it runs on
	dump       = "dump"       // kd opens one memory dump
	dumps      = "dumps"      // kd opens all memory dumps of a folder
	noDebugger = "nodebugger" // PowerShell, poolmon and fltmc
)

// CollectionKinds returns all ways to make a log, the usual one first.
func CollectionKinds() []string { return []string{live, dump, dumps, noDebugger} }

// endMark is the last line that a script writes. A log without it was broken off.
const endMark = "poolsweep-collect: end of log"

// headerPrefix begins the line that tells the reader machine and time.
const headerPrefix = "#poolsweep/1 "

// Collection says what scripts for lab machines are made for.
type Collection struct {
	Kind    string // one of CollectionKinds
	Drop    string // folder the logs go to, as Windows writes it; empty leaves it to the machine
	Machine string // name the logs carry; empty leaves it to the script
}

// Script is a file to save on a lab machine, with CRLF line ends.
type Script struct {
	Name string
	Text []byte
}

// scriptsOf lists the templates of a kind, in the order to save them.
var scriptsOf = map[string][]string{
	live:       {"live.cmd", "commands.wds"},
	dump:       {"dump.cmd", "commands.wds"},
	dumps:      {"dumps.cmd", "commands.wds"},
	noDebugger: {"nodebugger.ps1"},
}

// Scripts returns the files that collect logs.
func (c Collection) Scripts() ([]Script, error) {
	names, known := scriptsOf[c.Kind]
	if !known {
		return nil, fmt.Errorf("make scripts: unknown kind %q: known are %s",
			c.Kind, strings.Join(CollectionKinds(), ", "))
	}
	if err := errors.Join(checkDrop(c.Drop), checkMachine(c.Machine)); err != nil {
		return nil, err
	}
	set, err := template.New("collect").Option("missingkey=error").
		Funcs(template.FuncMap{"batch": batch, "powershell": powershell}).
		ParseFS(collectFiles, "collect/*.tmpl")
	if err != nil {
		return nil, fmt.Errorf("make scripts: %w", err)
	}
	facts := map[string]any{
		"Drop": c.Drop, "Machine": c.Machine, "Dump": c.Kind != live,
		"EndMark": endMark, "HeaderPrefix": headerPrefix,
	}
	var scripts []Script
	for _, name := range names {
		var text bytes.Buffer
		if err := set.ExecuteTemplate(&text, name+".tmpl", facts); err != nil {
			return nil, fmt.Errorf("make scripts: %w", err)
		}
		_, ending, _ := strings.Cut(name, ".")
		scripts = append(scripts, Script{"poolsweep-collect." + ending, crlf(text.Bytes())})
	}
	return scripts, nil
}

// crlf ends lines as cmd wants them: with LF alone it misses labels.
func crlf(text []byte) []byte {
	text = append(bytes.TrimRight(text, "\n"), '\n')
	return bytes.ReplaceAll(text, []byte("\n"), []byte("\r\n"))
}

// batch writes a text between the quotes of set "NAME=text" in a .cmd file.
func batch(text string) string { return strings.ReplaceAll(text, "%", "%%") }

// powershell writes a text between single quotes in a .ps1 file.
func powershell(text string) string { return strings.ReplaceAll(text, "'", "''") }

// windowsFolder is \\server\share or C:\folder, with or without more below it.
var windowsFolder = regexp.MustCompile(`^(\\\\[^\\]+\\[^\\]+|[A-Za-z]:\\)`)

// checkDrop refuses what no Windows machine takes as a folder. Letters outside
// ASCII are refused because cmd and PowerShell 5 read them differently.
func checkDrop(drop string) error {
	switch {
	case drop == "":
	case !plain(drop):
		return fmt.Errorf("drop folder %q: only ASCII letters survive in a script; "+
			"leave it out and set POOLSWEEP_DROP on the machines", drop)
	case strings.ContainsAny(drop, `"<>|?*/`) || !windowsFolder.MatchString(drop):
		return fmt.Errorf(`drop folder %q is not of the form \\server\share\folder or D:\folder`, drop)
	}
	return nil
}

// checkMachine refuses what cannot stand in the log's header and file name.
func checkMachine(name string) error {
	if len(name) > 63 || !plain(name) || strings.ContainsAny(name, `"<>|?*/\:`) ||
		strings.TrimSpace(name) != name {
		return fmt.Errorf("machine name %q: up to 63 ASCII letters, digits, - and the like", name)
	}
	return nil
}

// plain reports whether a text is printable ASCII.
func plain(text string) bool {
	for _, c := range []byte(text) {
		if c < ' ' || c > '~' {
			return false
		}
	}
	return true
}

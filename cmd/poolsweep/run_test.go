package main

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// runs executes a command line and returns its exit code and what it printed.
func runs(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	code = run(t.Context(), args, &out, &err)
	return code, out.String(), err.String()
}

func TestUsageErrorsExitTwoWithAHint(t *testing.T) {
	for _, tt := range []struct{ line, says, hint string }{
		{"", "no command given", "poolsweep --help"},
		{"sweeep", `unknown command "sweeep"; did you mean sweep?`, "poolsweep --help"},
		{"--colour", "unknown flag: --colour", "poolsweep --help"},
		{"sweep", "requires at least 1 arg", "poolsweep sweep --help"},
		{"sweep --jsn x", "unknown flag: --jsn", "poolsweep sweep --help"},
		{"sweep drop --out", "flag needs an argument", "poolsweep sweep --help"},
		{"show", "requires at least 1 arg", "poolsweep show --help"},
		{"demo drop", `unknown command "drop"`, "poolsweep demo --help"},
		{"version 2", `unknown command "2"`, "poolsweep version --help"},
	} {
		code, stdout, stderr := runs(t, strings.Fields(tt.line)...)
		if code != exitUsage {
			t.Errorf("%q exits %d", tt.line, code)
		}
		if stdout != "" {
			t.Errorf("%q prints %q", tt.line, stdout)
		}
		hint := "\nhint: see '" + tt.hint + "'\n"
		if !strings.HasPrefix(stderr, "poolsweep: "+tt.says) || !strings.HasSuffix(stderr, hint) {
			t.Errorf("%q says %q, want %q and hint %q", tt.line, stderr, tt.says, tt.hint)
		}
	}
}

// everyCommand calls check with the path of each command a user can find.
func everyCommand(cmd *cobra.Command, check func(words []string)) {
	check(strings.Fields(cmd.CommandPath())[1:])
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() && sub.Name() != "help" {
			everyCommand(sub, check)
		}
	}
}

func TestEveryCommandExplainsItself(t *testing.T) {
	var seen []string
	everyCommand(newRoot(&console{}), func(words []string) {
		seen = append(seen, strings.Join(words, " "))
		code, stdout, stderr := runs(t, append(words, "--help")...)
		if code != exitDone || stderr != "" {
			t.Errorf("%v --help exits %d and says %q", words, code, stderr)
		}
		parts := []string{"Exit codes:\n  0  done", "\n  2  the command line", "Examples:\n  poolsweep"}
		for _, part := range parts {
			if !strings.Contains(stdout, part) {
				t.Errorf("%v --help lacks %q:\n%s", words, part, stdout)
			}
		}
		for _, line := range strings.Split(stdout, "\n") {
			if len(line) > 100 {
				t.Errorf("%v --help: %d columns: %s", words, len(line), line)
			}
		}
	})
	if got, want := strings.Join(seen, ","), ",attach,collect,decide,demo,doctor,explain,init,mail,purge,reanalyze,report,show,status,sweep,ticket,version,watch,weekly,work"; got != want {
		t.Errorf("commands %s, want %s", got, want)
	}
}

func TestVersion(t *testing.T) {
	code, stdout, stderr := runs(t, "version")
	right := strings.HasPrefix(stdout, tool+", go1.") || strings.HasPrefix(stdout, tool+" (")
	if code != exitDone || stderr != "" || !right {
		t.Errorf("exits %d, prints %q, says %q", code, stdout, stderr)
	}
}

func TestInterruptSaysWhatIsLeft(t *testing.T) {
	tree(t, "drop/LAB-1/a.log", "drop/LAB-2/b.log")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, line := range []string{"sweep drop", "show drop"} {
		var out, err bytes.Buffer
		if code := run(ctx, strings.Fields(line), &out, &err); code != exitFailed {
			t.Errorf("%s exits %d", line, code)
		}
		const left = "interrupted: 2 of 2 logs were not read, from drop/LAB-1/a.log on; nothing was written"
		if out.Len() > 0 || !strings.Contains(err.String(), left) {
			t.Errorf("%s prints %q and says %q", line, out.String(), err.String())
		}
	}
	if got, want := files(t), "drop/LAB-1/a.log drop/LAB-2/b.log"; got != want {
		t.Errorf("files %s, want %s", got, want)
	}
}

package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// tool names this program in every report. It stands in the files, so it holds
// nothing that differs between two builds of one version.
const tool = "poolsweep 0.1"

func newVersion(con *console) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Long: `Print the version that reports name, the revision it was built from when known,
the Go release and the platform.

Exit codes:
  0  done
  2  the command line is wrong`,
		Example: `  poolsweep version`,
		Args:    usage(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintf(con.out, "%s%s, %s, %s/%s\n",
				tool, revision(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return err
		},
	}
}

// revision returns " (0123456789ab)", with a "+" for a changed checkout, or ""
// when the build does not know.
func revision() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	set := map[string]string{}
	for _, s := range info.Settings {
		set[s.Key] = s.Value
	}
	rev := set["vcs.revision"]
	if len(rev) < 12 {
		return ""
	}
	if set["vcs.modified"] == "true" {
		return " (" + rev[:12] + "+)"
	}
	return " (" + rev[:12] + ")"
}

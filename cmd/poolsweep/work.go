package main

import (
	"errors"

	"github.com/spf13/cobra"
)

func newWork(con *console) *cobra.Command {
	w := watchFlags{role: roleWork, reads: true}
	cmd := &cobra.Command{
		Use:   "work [flags]",
		Short: "Read logs and make reports for watchers on other hosts",
		Long: `Read the logs that watchers on other hosts have found, and judge, report and mail
when no other process does: one does it for all. The history has to be on a
database server; give each host the same configuration. The watched folders and
the folder for reports have the same paths on each.

A process that is killed loses nothing: what it was doing is done by the others
within half a minute. An interrupt (Ctrl-C, SIGTERM) ends it within 10 seconds.
` + exitHelp,
		Example: `  poolsweep work --config poolsweep.yaml`,
		Args:    usage(cobra.NoArgs),
		RunE:    func(cmd *cobra.Command, _ []string) error { return w.run(cmd, con) },
	}
	w.settings.flags(cmd)
	w.looks.flags(cmd)
	w.log.flags(cmd)
	w.folderFlags(cmd)
	return cmd
}

// errAlone is for processes that have nobody to work with.
var errAlone = errors.New("the history is in a state folder, which one process has for itself: " +
	"give the key database or database_file in the configuration")

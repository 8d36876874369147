package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"poolsweep/analyze/knowledge"
	"poolsweep/samples"
)

func newDemo(con *console) *cobra.Command {
	var out, lang string
	var look looks
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Sweep the built-in sample logs",
		Long: `Sweep the sample logs that poolsweep carries in itself, as a lab would sweep its
drop folder, and write the reports. One sample is cut off on purpose; that is
listed but does not count as a failure here.

Exit codes:
  0  done
  1  failed: the reports could not be written
  2  the command line is wrong`,
		Example: `  poolsweep demo
  poolsweep demo --out /tmp/look
  poolsweep demo --lang zh-CN`,
		Args: usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			conf := &config{Lang: lang}
			if err := look.over(conf); err != nil {
				return usageError(cmd, err)
			}
			found := &catch{taken: map[string]bool{}}
			found.walk(samples.Logs, "samples", "")
			know, err := knowledge.Load()
			if err != nil {
				return err
			}
			j, err := conf.readAndJudge(cmd.Context(), con, found, know)
			if err != nil {
				return err
			}
			pages := j.pages(out)
			if err := writeAll(cmd.Context(), pages); err != nil {
				return err
			}
			j.printTable(con.out)
			j.printInputs(con.out, con.verbose)
			if j.unread() > 0 {
				fmt.Fprint(con.out, "\nThat is expected: one of the samples is cut off on purpose.\n")
			}
			printPages(con.out, pages)
			printEarlier(con.out, out, pages)
			return nil
		},
	}
	cmd.Flags().StringVarP(&out, "out", "o", "poolsweep-demo", "write the reports into folder `DIR`")
	look.flags(cmd)
	langFlag(cmd, &lang)
	return cmd
}

package main

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"poolsweep/templates"
)

func newCollect(con *console) *cobra.Command {
	var c templates.Collection
	var out string
	cmd := &cobra.Command{
		Use:   "collect --kind KIND [flags]",
		Short: "Print the script that makes logs on lab machines",
		Long: `Print a script that makes a log on a Windows machine and puts it into the drop
folder, so that the log names its machine, its time and the machine's start, and
holds both pools with allocations and frees. Kinds:

  live        a .cmd and a .wds: kd looks into the kernel of the machine it runs on
  dump        a .cmd and a .wds: kd opens one memory dump
  dumps       a .cmd and a .wds: kd opens every memory dump of a folder
  nodebugger  a .ps1: poolmon, fltmc and driverquery, where there is no debugger

All of them only read. A log is copied as NAME.log.part and renamed when it is
whole; when the drop folder is not reached it is kept, and the next run brings it.

Without --out the files are printed, each below its name.

Exit codes:
  0  done
  1  failed: a file could not be written
  2  the command line is wrong`,
		Example: `  poolsweep collect --kind live --drop '\\srv\lab\drop' --out scripts
  poolsweep collect --kind dumps --drop 'D:\drop'
  poolsweep collect --kind dump --machine LAB-014
  poolsweep collect --kind nodebugger --drop '\\srv\lab\drop'`,
		Args: usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			scripts, err := c.Scripts()
			if err != nil {
				return usageError(cmd, err)
			}
			if cmd.Flags().Changed("out") {
				return saveScripts(cmd, con, out, scripts)
			}
			printScripts(con.out, scripts)
			return nil
		},
	}
	kinds := strings.Join(templates.CollectionKinds(), ", ")
	cmd.Flags().StringVarP(&c.Kind, "kind", "k", "", "`KIND` of log: "+kinds)
	cmd.Flags().StringVar(&c.Drop, "drop", "", "Windows `FOLDER` the logs go to, if not POOLSWEEP_DROP's")
	cmd.Flags().StringVar(&c.Machine, "machine", "", "logs are of machine `NAME`, whatever it calls itself")
	cmd.Flags().StringVarP(&out, "out", "o", "", "write the files into folder `DIR`")
	return cmd
}

// printScripts prints the files one below the other, for a look and for copying.
func printScripts(w io.Writer, scripts []templates.Script) {
	for i, s := range scripts {
		if i > 0 {
			fmt.Fprintln(w)
		}
		fmt.Fprintf(w, "==== save as %s ====\n%s", s.Name, strings.ReplaceAll(string(s.Text), "\r\n", "\n"))
	}
}

// saveScripts writes the files as Windows wants them.
func saveScripts(cmd *cobra.Command, con *console, dir string, scripts []templates.Script) error {
	var pages []page
	for _, s := range scripts {
		pages = append(pages, page{filepath.Join(dir, s.Name), func(w io.Writer) error {
			_, err := w.Write(s.Text)
			return err
		}})
	}
	if err := writeAll(cmd.Context(), pages); err != nil {
		return err
	}
	for _, p := range pages {
		fmt.Fprintln(con.out, filepath.ToSlash(p.path))
	}
	return nil
}

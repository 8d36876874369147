package main

import (
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
)

// initText is a configuration file with all keys at their defaults.
//
//go:embed init.yaml
var initText string

// initFile is where it goes unless the user says otherwise.
const initFile = "poolsweep.yaml"

func newInit(con *console) *cobra.Command {
	return &cobra.Command{
		Use:   "init [FILE]",
		Short: "Write a configuration file with comments to begin from",
		Long: `Write a configuration file with every key, its default and what it is for. The file
is ` + initFile + ` unless another is named; one that is there already is left alone.

Exit codes:
  0  done: the file is written
  1  the file is there already, or could not be written
  2  the command line is wrong`,
		Example: `  poolsweep init
  poolsweep init /etc/poolsweep/poolsweep.yaml`,
		Args: usage(cobra.MaximumNArgs(1)),
		RunE: func(_ *cobra.Command, args []string) error {
			file := initFile
			if len(args) > 0 {
				file = args[0]
			}
			if err := writeNew(file, initText); err != nil {
				return err
			}
			shown := filepath.ToSlash(file)
			fmt.Fprintf(con.out, "Written: %s\nSet drops, out and state in it, then: poolsweep doctor --config %[1]s\n", shown)
			return nil
		},
	}
}

// writeNew writes a file that must not be there yet.
func writeNew(file, text string) error {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return &failure{exitFailed, fmt.Errorf("%s is there already", filepath.ToSlash(file)), "name another file, or move that one away"}
	}
	if err == nil {
		_, err = f.WriteString(text)
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		return &failure{exitFailed, fmt.Errorf("write configuration: %w", err), "name a file in a folder that is there and that you may write to"}
	}
	return nil
}

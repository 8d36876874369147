package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"poolsweep/ingest/watch"
)

func newDoctor(con *console) *cobra.Command {
	var w watchFlags
	var asJSON, deep bool
	cmd := &cobra.Command{
		Use:   "doctor [flags]",
		Short: "Check what the watcher needs, and say how to mend it",
		Long: `Check what the watcher needs: the configuration and what it names, each watched
folder, the folders for reports and history, the database, the mail server, a parser
process and the clock. To the mail server it connects and logs in, and sends no mail.
One line a check, with how to mend what is wrong. It changes nothing, and may run
beside the watcher. Run it as the user that the watcher runs as: another has
other rights.

Exit codes:
  0  done: nothing fails, though there may be warnings
  1  something fails
  2  the command line is wrong`,
		Example: `  poolsweep doctor --config poolsweep.yaml
  sudo -u poolsweep poolsweep doctor --config /etc/poolsweep/poolsweep.yaml --deep
  poolsweep doctor --drop /srv/drop --out /srv/reports --state state --json`,
		Args: usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if w.config == "" && len(w.drops) == 0 {
				return usageError(cmd, errors.New("nothing to check: give --config, or --drop, --out and --state"))
			}
			d := &doctor{deep: deep, now: time.Now()}
			d.examine(cmd.Context(), &w)
			return d.report(con.out, asJSON)
		},
	}
	w.settings.flags(cmd)
	w.folderFlags(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	cmd.Flags().BoolVar(&deep, "deep", false, "read the whole database for damage, with its indexes")
	return cmd
}

// Results of a check.
const (
	resultOK   = "ok"
	resultWarn = "warning"
	resultFail = "FAIL"
)

// checkup is the outcome of one check.
type checkup struct {
	Check  string `json:"check"`
	Result string `json:"result"`
	Says   string `json:"says"`
	Mend   string `json:"mend"` // empty when all is well
}

// doctor collects what the checks find.
type doctor struct {
	deep  bool
	now   time.Time
	found []checkup
}

func (d *doctor) add(result, check, says, mend string) {
	d.found = append(d.found, checkup{check, result, says, mend})
}

func (d *doctor) ok(check, says string)         { d.add(resultOK, check, says, "") }
func (d *doctor) warn(check, says, mend string) { d.add(resultWarn, check, says, mend) }

// fail takes over the hint of an error that has one.
func (d *doctor) fail(check string, err error, mend string) {
	var f *failure
	if errors.As(err, &f) && f.hint != "" {
		mend = f.hint
	}
	for line := range strings.SplitSeq(err.Error(), "\n") {
		d.add(resultFail, check, line, mend)
	}
}

// examine makes all checks; without a configuration those that need none.
func (d *doctor) examine(ctx context.Context, w *watchFlags) {
	if cfg := d.checkConfig(w); cfg != nil {
		for i := range cfg.Drops {
			if drop := &cfg.Drops[i]; drop.inBucket() {
				d.checkBucket(drop)
			} else {
				d.checkDrop(drop)
			}
		}
		d.checkOut(cfg.Out)
		if cfg.State != "" {
			d.checkState(cfg.State)
		}
		d.checkHistory(ctx, cfg)
		for i := range cfg.Trackers {
			d.checkTracker(&cfg.Trackers[i])
		}
		d.checkMail(ctx, cfg)
	}
	d.checkParser()
	d.checkClock()
}

func (d *doctor) checkConfig(w *watchFlags) *config {
	const check = "configuration"
	cfg, err := w.merge()
	if err != nil {
		d.fail(check, err, configHint)
		return nil
	}
	if err := guarded(w.config); err != nil {
		d.fail(check, err, "")
	}
	know, err := cfg.knowledge(&console{out: io.Discard, err: io.Discard})
	if err != nil {
		d.fail(check, err, configHint)
		return cfg
	}
	d.ok(check, fmt.Sprintf("read; %d watched folders, %d tag maps, %d known issues", len(cfg.Drops), len(cfg.TagMaps), len(know.Issues)))
	return cfg
}

// checkTracker looks at the token of a tracker that is told of cases. It sends nothing.
func (d *doctor) checkTracker(t *trackerConfig) {
	check := "tracker " + t.URL
	if t.Attach == attachOff {
		d.ok(check, "attach is off: nothing is sent")
		return
	}
	if _, err := t.client(); err != nil {
		d.fail(check, err, "")
		return
	}
	d.ok(check, fmt.Sprintf("%s, every %s at most; the token can be read", t.Attach, t.Every))
}

// answerWithin is how long a folder may take to answer: one that takes longer keeps
// its scanner waiting for good.
const answerWithin = 10 * time.Second

// checkDrop looks at one watched folder.
func (d *doctor) checkDrop(drop *dropConfig) {
	check := "drop " + filepath.ToSlash(drop.Path)
	s, err := answered(watch.New(drop.Path, drop.options()).Survey)
	if err != nil {
		d.fail(check, err, mendDrop(err))
		return
	}
	says := []string{fmt.Sprintf("%s; %d logs; read %s after an end line, %s after the last change without one",
		s.Kind, s.Files, duration{s.End}, duration{s.Long})}
	var mend []string
	if len(s.Closed) > 0 {
		says = append(says, fmt.Sprintf("may not be read: %s", plain(strings.Join(s.Closed, ", "))))
		mend = append(mend, "let the watcher's user read all that is dropped")
	}
	local := s.Kind == kinds[0]
	switch {
	case s.Tried && s.Probes:
		says = append(says, "open writers are noticed")
	case s.Tried && local:
		says = append(says, "who has a log open is not told, so one without an end line waits as long as on a share")
		mend = append(mend, "give the watcher CAP_LEASE, as docs/poolsweep.service does")
	}
	if !local && drop.Marker == "" {
		says = append(says, "there is no marker file to know the share by")
		mend = append(mend, "lay a small file into it and name it with the key marker")
	}
	result := resultOK
	if len(mend) > 0 {
		result = resultWarn
	}
	d.add(result, check, strings.Join(says, "; "), strings.Join(mend, "; "))
}

// mendDrop tells what to do about a folder that cannot be watched.
func mendDrop(err error) string {
	switch {
	case errors.Is(err, errSilent):
		return "look after the mount or the network; the watcher goes on with the other folders meanwhile"
	case errors.Is(err, fs.ErrPermission):
		return "let the watcher's user list and read the folder"
	}
	return "make or mount the folder, with its marker if one is configured; a link to it will not do"
}

// checkParser has a parser process read a sample.
func (d *doctor) checkParser() {
	const check = "parser"
	rows, err := parseSample()
	if err != nil {
		d.fail(check, err, "let the watcher's user start its own program, with 512 MiB of memory for each parser")
		return
	}
	d.ok(check, fmt.Sprintf("a process of its own starts and reads a sample: %d blocks", rows))
}

func (d *doctor) checkClock() {
	const check = "clock"
	const mend = "set the clock; logs would be removed too early or never"
	if !plausible(d.now) {
		d.fail(check, fmt.Errorf("it says %s", d.now.Format(time.DateTime)), mend)
		return
	}
	d.ok(check, "it says "+d.now.UTC().Format(time.DateTime)+" UTC")
}

// report prints what was found, and fails when anything does.
func (d *doctor) report(out io.Writer, asJSON bool) error {
	failed := 0
	for _, c := range d.found {
		if c.Result == resultFail {
			failed++
		}
	}
	if asJSON {
		enc := json.NewEncoder(out)
		enc.SetIndent("", " ")
		err := enc.Encode(struct {
			Schema string    `json:"schema"`
			Failed int       `json:"failed"`
			Checks []checkup `json:"checks"`
		}{"poolsweep-doctor/1", failed, d.found})
		if err != nil {
			return err
		}
	} else {
		for _, c := range d.found {
			line := fmt.Sprintf("%-8s %s: %s", c.Result, c.Check, c.Says)
			if c.Mend != "" {
				line += " -> " + c.Mend
			}
			fmt.Fprintln(out, plain(line))
		}
	}
	if failed > 0 {
		return &failure{exitFailed, fmt.Errorf("%d of %d checks fail", failed, len(d.found)), ""}
	}
	return nil
}

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"reflect"
	"time"

	"github.com/fsnotify/fsnotify"
	"github.com/spf13/cobra"

	"poolsweep/ingest/bucket"
	"poolsweep/ingest/store"
	"poolsweep/report"
)

func newWatch(con *console) *cobra.Command {
	w := watchFlags{role: roleWatch}
	alone := false
	cmd := &cobra.Command{
		Use:   "watch [flags]",
		Short: "Watch folders for logs and keep the reports up to date",
		Long: `Watch folders that lab machines drop logs into. Every log that is completely
written is read once, whatever happens to the watcher; nothing in the folders is
ever changed. The reports follow by themselves: a write-up for each new or changed
case, and a workbook of the whole fleet.

What was read is kept in the state folder, so that a restart goes on where the
last run ended. An interrupt (Ctrl-C, SIGTERM) ends the watcher within 10 seconds
and loses nothing.

Without --config give --drop, --out and --state.
` + exitHelp,
		Example: `  poolsweep watch --drop /srv/drop --out /srv/reports --state /var/lib/poolsweep
  poolsweep watch --drop //filer/lab/drop --out reports --state state
  poolsweep watch --config poolsweep.yaml`,
		Args: usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			w.reads = !alone
			return w.run(cmd, con)
		},
	}
	w.settings.flags(cmd)
	w.looks.flags(cmd)
	w.log.flags(cmd)
	w.folderFlags(cmd)
	cmd.Flags().BoolVar(&alone, "no-work", false, "with a database: leave reading the logs to 'poolsweep work' elsewhere")
	return cmd
}

// run does what the flags say until it is interrupted.
func (w *watchFlags) run(cmd *cobra.Command, con *console) error {
	log, err := w.log.logger(con.err)
	if err != nil {
		return usageError(cmd, err)
	}
	first, err := w.load(con)
	if err != nil {
		var f *failure
		if !errors.As(err, &f) {
			err = usageError(cmd, err)
		}
		return err
	}
	if w.role == roleWork && first.cfg.State != "" {
		return usageError(cmd, errAlone)
	}
	return w.watch(cmd.Context(), con, first, log)
}

// watchFlags go before the same keys of the configuration file.
type watchFlags struct {
	settings
	looks
	log        logFlags
	drops      []string
	out, state string

	role  string // of the process, where several work on the history
	reads bool   // it reads what watchers found
}

func (w *watchFlags) folderFlags(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&w.drops, "drop", nil, "watch folder `DIR`; may be repeated")
	cmd.Flags().StringVarP(&w.out, "out", "o", "", "write the reports into folder `DIR`")
	cmd.Flags().StringVar(&w.state, "state", "", "keep the history in folder `DIR`, on a local disk")
}

// Defaults of the watcher.
const (
	defaultScan     = 5 * time.Second
	defaultWorkbook = 15 * time.Minute
	defaultPeriod   = 7 * 24 * time.Hour
	defaultHistory  = 30 * 24 * time.Hour
	defaultQuota    = 2000                 // a log an hour, for nearly three months, at once
	defaultKeep     = 400 * 24 * time.Hour // a year, and the weeks to compare it with
)

func (w *watchFlags) merge() (*config, error) {
	c, err := w.settings.merge()
	if err != nil {
		return nil, err
	}
	if len(w.drops) > 0 {
		c.Drops = nil
		for _, d := range w.drops {
			c.Drops = append(c.Drops, dropConfig{Path: d})
		}
	}
	if w.out != "" {
		c.Out = w.out
	}
	c.keepIn(w.state)
	if err := w.looks.over(c); err != nil {
		return nil, err
	}
	return c, c.watchable()
}

// fill gives what is left out its default.
func (c *config) fill() {
	for d, otherwise := range map[*duration]time.Duration{
		&c.Scan: defaultScan, &c.Workbook: defaultWorkbook, &c.WorkbookPeriod: defaultPeriod, &c.History: defaultHistory, &c.Keep: defaultKeep} {
		if d.Duration == 0 {
			d.Duration = otherwise
		}
	}
	for i := range c.Drops {
		if d := &c.Drops[i]; d.Quota == 0 {
			d.Quota = defaultQuota
		}
	}
	for i := range c.Trackers {
		t := &c.Trackers[i]
		t.Attach, t.Every.Duration = cmp.Or(t.Attach, attachOff), cmp.Or(t.Every.Duration, defaultEvery)
	}
	for i := range c.Groups {
		c.Groups[i].fill()
	}
	c.Mail.Security = cmp.Or(c.Mail.Security, securityStartTLS)
	c.Lang, c.Zone = cmp.Or(c.Lang, defaultLang), cmp.Or(c.Zone, defaultZone)
	if c.Identity == "" {
		c.Identity = identityFolder
	}
	if c.Decisions == "" {
		c.Decisions = defaultDecisions
	}
	if c.Redact == "" {
		c.Redact = redactNone
	}
	if c.Paper == "" {
		c.Paper = paperA4
	}
	if c.Profile == "" {
		c.Profile = report.ProfileEngineer
	}
}

// watchable fills in what a watcher needs and says what is missing.
func (c *config) watchable() error {
	c.fill()
	switch {
	case len(c.Drops) == 0:
		return errors.New("no folder to watch: give --drop, or the key drops in the configuration")
	case c.Out == "":
		return errors.New("no folder for reports: give --out, or the key out in the configuration")
	case !c.kept():
		return errors.New("no folder for the history: give --state, or the key state or database in the configuration")
	}
	return locate("", nil, c.problems())
}

// watch runs the watcher until the context ends, with one configuration after the
// other.
func (w *watchFlags) watch(ctx context.Context, con *console, now *setup, log *slog.Logger) error {
	hangup := make(chan os.Signal, 1)
	if w.config != "" { // without, a hangup ends the watcher with its terminal
		notifyHangup(hangup)
	}
	db, err := openStore(ctx, now.cfg)
	if errors.Is(err, context.Canceled) {
		return nil // ended before it began
	}
	if err != nil {
		return err
	}
	defer db.Close()
	if now.cfg.State != "" {
		if err := closeOff(now.cfg.State, log); err != nil {
			return err
		}
	}
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find own program: %w", err)
	}
	began := time.Now()
	base := service{
		store: db, log: log, notify: newNotifier(), role: w.role, reads: w.reads,
		parsers: &parsers{command: []string{self}, limits: defaultParserLimits()},
		now:     time.Now, mono: func() time.Duration { return time.Since(began) },
	}
	defer base.parsers.close()
	quiet := &console{out: con.out, err: logLines{log}, verbose: con.verbose}
	reload := &reloader{file: w.config, load: func() (*setup, error) { return w.load(quiet) }, store: db, log: log,
		now: base.now, every: reloadEvery, loaded: fileStamp(w.config), hangup: hangup}
	for now != nil && err == nil {
		s := base
		s.cfg, s.know, s.words = now.cfg, now.know, now.words
		now, err = s.runUntil(ctx, reload)
	}
	base.notify.say("STOPPING=1")
	log.Info("ended", "err", err)
	var other *store.VersionError
	switch {
	case errors.As(err, &other):
		return &failure{exitFailed, err, fmt.Sprintf("stop them first; one that was killed counts for %s", silence)}
	case errors.Is(err, store.ErrDisk):
		return openFailure(err, mendState)
	}
	return err
}

// runUntil runs the service until the context ends or there is another setup, which
// it returns. Changing over is ending and starting, which loses nothing.
func (s *service) runUntil(ctx context.Context, reload *reloader) (*setup, error) {
	if err := s.newShares(ctx); err != nil {
		return nil, err
	}
	if err := s.join(ctx); err != nil {
		return nil, err
	}
	if s.cluster != nil {
		defer s.leave()
	}
	stop := s.listen()
	defer stop()
	s.log.Info("watching", "folders", len(s.cfg.Drops), "out", s.cfg.Out, "history", s.store)
	s.notify.say("READY=1")
	going, end := context.WithCancel(ctx)
	defer end()
	next := make(chan *setup, 1)
	go func() {
		n := reload.wait(going, s.cfg)
		next <- n
		if n != nil {
			end()
		}
	}()
	err := s.run(going)
	if going.Err() != nil && errors.Is(err, context.Canceled) {
		err = nil // it was ended before it was under way
	}
	end()
	n := <-next
	s.rejudge(n)
	return n, err
}

// rejudge has all machines judged again when the next setup judges otherwise than
// this one: by other tag maps or known issues.
func (s *service) rejudge(next *setup) {
	if next == nil || reflect.DeepEqual(next.know, s.know) {
		return
	}
	if err := s.askAgain(); err != nil {
		s.log.Warn("machines without news are judged as before: run poolsweep reanalyze", "err", err)
	}
}

// askAgain has whoever judges next judge all machines again.
func (s *service) askAgain() error {
	if s.store.Served() {
		return s.store.Reanalyse(context.Background())
	}
	return request(s.cfg.State)
}

// listen has changes in the folders wake their scanners. Without events, as on
// most shares, the scanners wake by the clock.
func (s *service) listen() (stop func()) {
	events, err := fsnotify.NewWatcher()
	if err != nil {
		s.log.Warn("no events: folders are scanned by the clock alone", "err", err)
		return func() {}
	}
	for _, sh := range s.shares {
		if bucket.IsPath(sh.path) {
			continue
		}
		go func() { // a share that hangs keeps nobody waiting
			if err := events.Add(sh.path); err != nil && !errors.Is(err, fsnotify.ErrClosed) {
				s.log.Warn("no events from this folder: it is scanned by the clock alone", "share", sh.path, "err", err)
			}
		}()
	}
	go func() {
		for {
			select {
			case e, ok := <-events.Events:
				if !ok {
					return
				}
				s.wake(e.Name)
			case _, ok := <-events.Errors: // an overflow, for example: the next scan sees all
				if !ok {
					return
				}
			}
		}
	}()
	return func() { _ = events.Close() }
}

// wake has the share of a name scanned soon.
func (s *service) wake(name string) {
	for _, sh := range s.shares {
		if inside(name, sh.path) {
			select {
			case sh.wake <- struct{}{}:
			default: // it is awake
			}
		}
	}
}

package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"sync"

	"github.com/spf13/cobra"
)

// logFlags say how the watcher logs.
type logFlags struct{ form, level string }

func (l *logFlags) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&l.form, "log", "text", "log as `FORM`: text, json")
	cmd.Flags().StringVar(&l.level, "log-level", "info", "log from `LEVEL` on: info, warn, error")
}

// logger logs one record a line, whatever stands in a name: both forms of slog
// quote line ends and all that a terminal would obey.
func (l *logFlags) logger(w io.Writer) (*slog.Logger, error) {
	levels := map[string]slog.Level{"info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError}
	level, known := levels[l.level]
	if !known {
		return nil, fmt.Errorf("--log-level: %q is none of info, warn, error", l.level)
	}
	options := &slog.HandlerOptions{Level: level}
	switch l.form {
	case "text":
		return slog.New(slog.NewTextHandler(w, options)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(w, options)), nil
	}
	return nil, fmt.Errorf("--log: %q is neither text nor json", l.form)
}

// warnings passes on only what is at least a warning, for a library that tells much.
type warnings struct{ slog.Handler }

// Enabled reports whether a record of a level is passed on.
func (w warnings) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && w.Handler.Enabled(ctx, level)
}

// WithAttrs is as in slog.
func (w warnings) WithAttrs(attrs []slog.Attr) slog.Handler {
	return warnings{w.Handler.WithAttrs(attrs)}
}

// WithGroup is as in slog.
func (w warnings) WithGroup(name string) slog.Handler { return warnings{w.Handler.WithGroup(name)} }

// lastWords keeps the beginning of what a process says on its way out, for one
// record of the log.
type lastWords struct {
	mu   sync.Mutex
	text []byte
}

// lastWordsBytes is enough for a panic and the first frames of its stack.
const lastWordsBytes = 4 << 10

func (l *lastWords) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = append(l.text, p[:min(len(p), lastWordsBytes-len(l.text))]...)
	return len(p), nil
}

// String returns the words without the blanks around them.
func (l *lastWords) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(bytes.TrimSpace(l.text))
}

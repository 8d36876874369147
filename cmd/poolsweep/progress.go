package main

import (
	"io"
	"os"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/term"
)

// isTerminal reports whether w shows its text to a person.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// colourful reports whether w may be given colours (https://no-color.org).
func colourful(w io.Writer) bool { return isTerminal(w) && os.Getenv("NO_COLOR") == "" }

// progress shows a bar for n logs on a terminal and nothing elsewhere. It
// returns what to call after each log and at the end.
func progress(w io.Writer, n int) (step, done func()) {
	if n == 0 || !isTerminal(w) {
		return func() {}, func() {}
	}
	bars := mpb.New(mpb.WithOutput(w), mpb.WithWidth(60))
	bar := bars.AddBar(int64(n),
		mpb.PrependDecorators(decor.Name("reading logs "), decor.CountersNoUnit("%d/%d ")),
		mpb.BarRemoveOnComplete())
	return bar.Increment, func() {
		bar.Abort(true) // after an interrupt it is not full
		bars.Wait()
	}
}

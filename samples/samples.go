// Package samples holds kernel debugger logs as a lab drops them, a folder a
// machine, and embeds them so that poolsweep can show itself anywhere. Where
// each log comes from and which figures are real is told in README.md.
package samples

import "embed"

// Logs holds the sample logs under their paths below this folder:
// scenario/machine/file.log. The machine folder names the machine, as in a
// lab's drop folder, because the logs themselves seldom do.
//
//go:embed */*/*.log
var Logs embed.FS

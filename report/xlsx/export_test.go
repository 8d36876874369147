package xlsx

// WriteUpTo is Write for sheets that end at a row of the test's choice: Excel's
// millionth takes too long.
var WriteUpTo = write

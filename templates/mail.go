package templates

import "embed"

// Mail holds how mails are laid out, as HTML and as plain text. The layouts have no
// words of their own: all that they print is in the model.
//
//go:embed mail/*.tmpl
var Mail embed.FS

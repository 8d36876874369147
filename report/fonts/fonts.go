// Package fonts holds the faces that more than one renderer draws text with.
package fonts

import _ "embed"

// The Chinese faces hold the characters of GB 2312. Nobody may write to them.
var (
	//go:embed NotoSansSC_400Regular_gb2312.ttf
	HanRegular []byte
	//go:embed NotoSansSC_700Bold_gb2312.ttf
	HanBold []byte
)

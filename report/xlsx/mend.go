package xlsx

import (
	"bytes"
	"regexp"
	"strings"
)

// Charts that excelize anchors at one cell get an end in the same cell, as far off
// as they are wide. Excel cuts that at the cell's edge, so they become what the
// format has for it: an anchor at one cell, and a size.
//
//	<xdr:twoCellAnchor editAs="oneCell"><xdr:from>…</xdr:from><xdr:to><xdr:col>0</xdr:col>
//	<xdr:colOff>5334000</xdr:colOff><xdr:row>12</xdr:row><xdr:rowOff>3238500</xdr:rowOff></xdr:to>…
var oneCell = regexp.MustCompile(`<xdr:twoCellAnchor editAs="oneCell">(<xdr:from>.*?</xdr:from>)<xdr:to>` +
	`<xdr:col>\d+</xdr:col><xdr:colOff>(\d+)</xdr:colOff><xdr:row>\d+</xdr:row><xdr:rowOff>(\d+)</xdr:rowOff>` +
	`</xdr:to>(.*?)</xdr:twoCellAnchor>`)

// flatTitle stands in excelize's axis titles and says that they lie. Their text says
// that it stands, which Excel follows; LibreOffice follows this.
const flatTitle = `<txPr><a:bodyPr anchorCtr="false" rot="0" spcFirstLastPara="false"></a:bodyPr>` +
	`<a:p></a:p></txPr></title>`

// mended returns a part without what readers take otherwise than excelize means it.
func mended(name string, xml []byte) []byte {
	switch {
	case strings.HasPrefix(name, "xl/drawings/drawing"):
		return oneCell.ReplaceAll(xml, []byte(`<xdr:oneCellAnchor>$1<xdr:ext cx="$2" cy="$3"/>$4</xdr:oneCellAnchor>`))
	case strings.HasPrefix(name, "xl/charts/chart"):
		xml = bytes.ReplaceAll(xml, []byte(flatTitle), []byte("</title>"))
		if bytes.Contains(xml, []byte(`<barDir val="bar">`)) {
			// The value axis lies, and so does its title.
			xml = bytes.ReplaceAll(xml, []byte(`rot="-5400000"`), []byte(`rot="0"`))
		}
		return xml
	}
	return xml
}

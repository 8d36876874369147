package bucket

import "testing"

func TestParsePlace(t *testing.T) {
	for path, want := range map[string]Place{
		"s3://lab-drops":           {"lab-drops", ""},
		"s3://lab-drops/":          {"lab-drops", ""},
		"s3://lab-drops/site-a":    {"lab-drops", "site-a/"},
		"s3://lab-drops/x/site-a/": {"lab-drops", "x/site-a/"},
	} {
		got, err := ParsePlace(path)
		if err != nil || got != want {
			t.Errorf("%s: %v, %v", path, got, err)
		}
		if again, err := ParsePlace(got.String()); err != nil || again != got {
			t.Errorf("%s prints as %s", path, got)
		}
	}
	for _, path := range []string{"", "drop", "s3:/lab-drops", "s3://", "s3://ab", "s3:///x", "s3://UP!",
		"s3://lab-drops//x", "s3://lab-drops/../x", "s3://lab-drops/./x", "s3://lab-drops/\xff"} {
		if got, err := ParsePlace(path); err == nil {
			t.Errorf("%q is read as %v", path, got)
		}
	}
}

func TestParseEndpoint(t *testing.T) {
	for text, want := range map[string]Endpoint{
		"minio.lab.example":                  {"minio.lab.example", false},
		"minio.lab.example:9000":             {"minio.lab.example:9000", false},
		"https://minio.lab.example/":         {"minio.lab.example", false},
		"http://localhost:9000":              {"localhost:9000", true},
		"http://[::1]:9000":                  {"[::1]:9000", true},
		"https://s3.eu-west-1.amazonaws.com": {"s3.eu-west-1.amazonaws.com", false},
	} {
		if got, err := ParseEndpoint(text); err != nil || got != want {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "ftp://host", "https://", "https://user:word@host", "https://host/bucket",
		"host?x=1", "host:port:9"} {
		if got, err := ParseEndpoint(text); err == nil {
			t.Errorf("%q is read as %v", text, got)
		}
	}
}

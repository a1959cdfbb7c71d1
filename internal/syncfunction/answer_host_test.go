package syncfunction

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
)

func TestAnswerHosts(t *testing.T) {
	const s3 = "https://cloudformation-custom-resource-response-x.s3.x."
	for _, tt := range []struct {
		region, endpoint, url string
		want                  bool
	}{
		{"eu-west-1", "", s3 + "amazonaws.com/x?X-Amz-Date=1", true},
		{"eu-west-1", "", "https://S3.AMAZONAWS.COM/x", true},
		{"us-gov-west-1", "", s3 + "amazonaws.com/", true},
		{"cn-north-1", "", s3 + "amazonaws.com.cn/", true},
		{"us-iso-east-1", "", s3 + "c2s.ic.gov/", true},
		{"us-isob-east-1", "", s3 + "sc2s.sgov.gov/", true},
		{"cn-north-1", "", s3 + "amazonaws.com/", false},
		{"eu-west-1", "", s3 + "amazonaws.com.cn/", false},
		{"us-iso-east-1", "", s3 + "amazonaws.com/", false},
		{"eu-west-1", "", "http://s3.amazonaws.com/", false},
		{"eu-west-1", "", "ftp://s3.amazonaws.com/", false},
		{"eu-west-1", "", "https://amazonaws.com/", false},
		{"eu-west-1", "", "https://evilamazonaws.com/", false},
		{"eu-west-1", "", "https://s3.amazonaws.com.evil.example/", false},
		{"eu-west-1", "", "https://evil.example/.amazonaws.com", false},
		{"eu-west-1", "", "https://s3.amazonaws.com@evil.example/", false},
		{"eu-west-1", "", "https://u:p@s3.amazonaws.com/", false},
		{"eu-west-1", "", "https://s3.amazonaws.com./", false},
		{"eu-west-1", "", "https://s3.amazonaws.com:8443/", false},
		{"eu-west-1", "", "https://evil.example#.amazonaws.com", false},
		{"eu-west-1", "", "https://evil.example?.amazonaws.com", false},
		{"eu-west-1", "", "https://127.0.0.1/", false},
		{"eu-west-1", "", "http://127.0.0.1:9001/2018-06-01/", false},
		{"eu-west-1", "", "https://169.254.169.254/", false},
		{"eu-west-1", "", "https://[::1]/", false},
		{"", "", "https://s3.amazonaws.com/", false},
		// The function's environment alone opens this.
		{"eu-west-1", "http://127.0.0.1:4566", "http://127.0.0.1:1234/x", true},
		{"eu-west-1", "http://127.0.0.1:4566", "http://localhost:1234/x", true},
		{"eu-west-1", "http://emulator:4566", "http://emulator:4566/x", true},
		{"eu-west-1", "http://127.0.0.1:4566", "http://evil.example/", false},
		{"eu-west-1", "http://127.0.0.1:4566", "gopher://127.0.0.1/", false},
		{"eu-west-1", "http://127.0.0.1:4566", s3 + "amazonaws.com/", true},
	} {
		u, err := url.Parse(tt.url)
		if err != nil {
			t.Fatal(err)
		}
		cfg := aws.Config{Region: tt.region}
		if tt.endpoint != "" {
			cfg.BaseEndpoint = &tt.endpoint
		}
		if got := answerHosts(cfg)(u); got != tt.want {
			t.Errorf("%s with endpoint %q, %s: got %v", tt.region, tt.endpoint, tt.url, got)
		}
	}
}

// A redirect is followed to where an answer may go, as a PUT, and nowhere else.
func TestRedirectsGoWhereAnswersMayGo(t *testing.T) {
	reached := 0
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { reached++ }))
	defer elsewhere.Close()
	first := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
	}))
	defer first.Close()
	for _, allowed := range []bool{false, true} {
		reached = 0
		h := &Handler{http: newResponder(func(u *url.URL) bool { return allowed || "http://"+u.Host == first.URL })}
		err := h.put(t.Context(), first.URL, []byte("{}"))
		if (err == nil) != allowed || (reached == 1) != allowed {
			t.Errorf("allowed %v: reached %d times, error %v", allowed, reached, err)
		}
	}
}

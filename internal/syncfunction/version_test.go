package syncfunction

import (
	"strings"
	"testing"
)

func TestVersionID(t *testing.T) {
	dated := event{stackID: "s", requestID: "r", logicalResourceID: "l", responseURL: "https://h/p?X-Amz-Algorithm=A&X-Amz-Date=20260102T030405Z&X-Amz-Expires=7200"}
	id := dated.versionID()
	if len(id) != 57 || !strings.HasPrefix(id, "20260102T030405Z-") || dateOf(id) != "20260102T030405Z" {
		t.Errorf("got %q", id)
	}
	if again := dated.versionID(); again != id {
		t.Errorf("got %q and %q of one request", id, again)
	}
	for _, other := range []event{
		{stackID: "s", requestID: "r2", logicalResourceID: "l", responseURL: dated.responseURL},
		{stackID: "s2", requestID: "r", logicalResourceID: "l", responseURL: dated.responseURL},
		{stackID: "s", requestID: "r", logicalResourceID: "l2", responseURL: dated.responseURL},
		{stackID: "sr", requestID: "", logicalResourceID: "l", responseURL: dated.responseURL},
	} {
		if got := other.versionID(); got == id {
			t.Errorf("%+v has the id of another request", other)
		}
	}
	for _, url := range []string{
		"", "https://h/p", "%zz", "https://h/p?X-Amz-Date=", "https://h/p?X-Amz-Date=2026-01-02T03:04:05Z",
		"https://h/p?X-Amz-Date=20261302T030405Z", "https://h/p?X-Amz-Date=20260102T030405.5Z", "https://h/p?X-Amz-Date=20260102T030405Z0",
	} {
		undated := dated
		undated.responseURL = url
		if got := undated.versionID(); len(got) != 64 || dateOf(got) != "" {
			t.Errorf("%q: got %q", url, got)
		}
	}
}

func TestCompare(t *testing.T) {
	const sum = "0123456789abcdef0123456789abcdef01234567"
	early, now, beside, late := "20260102T030405Z-"+sum, "20260102T030406Z-"+sum, "20260102T030406Z-"+strings.Repeat("f", 40), "20261231T235959Z-"+sum
	undated := strings.Repeat("a", 64)
	for _, tt := range []struct {
		id, own string
		want    standing
	}{
		{now, now, mine}, {early, now, older}, {late, now, later}, {beside, now, even},
		{"", now, older}, {undated, now, older}, {"0a1b2c3d-0000-4000-8000-000000000000", now, older},
		{"99991231T235959Z-" + sum + "0", now, older}, {"99991231T235959Z-" + strings.ToUpper(sum), now, older}, {"99991231T235959Z", now, older},
		{undated, undated, mine}, {late, undated, even}, {"", undated, even}, {strings.Repeat("b", 64), undated, even},
	} {
		if got := compare(tt.id, tt.own); got != tt.want {
			t.Errorf("%q to %q: got %d, want %d", tt.id, tt.own, got, tt.want)
		}
	}
}

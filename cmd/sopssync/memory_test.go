package main_test

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// smallest is the least memory that a function can have, in MB.
const smallest = 128

// peak returns how much memory a process ever had at a time, in MiB; 0 where the system
// does not say.
func peak(process int) int {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", process))
	if err != nil {
		return 0
	}
	if m := regexp.MustCompile(`VmHWM:\s+([0-9]+) kB`).FindSubmatch(status); m != nil {
		kB, _ := strconv.Atoi(string(m[1]))
		return kB >> 10
	}
	return 0
}

// Whoever can write the object in a bucket can make the function read any file. In the
// smallest function, an answer comes whatever the file is: Lambda kills a process that
// grows beyond its memory, and CloudFormation then waits for an hour.
func TestAnAnswerComesFromTheSmallestFunction(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "AWS_LAMBDA_FUNCTION_MEMORY_SIZE="+strconv.Itoa(smallest))
	b := w.aws.AddBucket(bucket)
	genuine := string(w.sample("first"))
	values, metadata, ok := strings.Cut(genuine, `"sops":`)
	if !ok {
		t.Fatal("the sample has no metadata")
	}
	numbered := func(format string, n int) string {
		var s strings.Builder
		for i := range n {
			fmt.Fprintf(&s, format, i)
		}
		return s.String()
	}
	long := strings.Repeat("n", 1<<20)
	aliases := numbered("k%d: *x\n", 30_000)
	// Beside the values of a file, whose MAC is right since these are empty.
	aliased := values + `"a": &a [` + strings.Repeat(`"",`, 1000) + `""], "b": [` + strings.Repeat("*a,", 88) + `*a], "sops":` + metadata
	for _, tt := range []struct{ name, ending, content string }{
		{"a long name over many values", "json", `{"` + long[:50_000] + `": {` + numbered(`"%d": "",`, 5000) + `"z": ""}, "sops":` + metadata},
		{"a name of 1 MB over 3,000 values", "json", `{"` + long + `": [` + strings.Repeat("null,", 3000) + `null], "sops":` + metadata},
		{"many names", "json", "{" + numbered(`"a%d": "",`, 90_000) + `"sops":` + metadata},
		{"many numbers", "json", `{"a": [` + strings.Repeat("1,", 1<<20) + `1], "sops":` + metadata},
		{"aliases of a text", "yaml", "a: &x " + long[:256<<10] + "\n" + aliases},
		{"aliases of a long text", "yaml", "a: &x " + long + "\n" + aliases},
		{"aliases of a comment", "yaml", "a: &x\n  # " + long + "\n  b: c\n" + aliases},
		{"names without values", "yaml", "a: {" + strings.Repeat("?,", 1<<20-10) + "}"},
		{"as many marks as are read", "yaml", "a: [" + strings.Repeat("b,", 190_000) + "]"},
		{"as many items as are decrypted", "yaml", values + `"a": [` + strings.Repeat(`"",`, 90_000) + `""], "sops":` + metadata},
		{"aliases of a list", "yaml", aliased},
		{"tag directives", "yaml", "%TAG !e! tag:" + long[:512<<10] + "\n---\n" + numbered("k%d: !e!a b\n", 2000)},
		{"lines that continue", "ini", "a=" + strings.Repeat(strings.Repeat("x", 200)+"\\\n", 9900)},
		{"many lines", "env", numbered("a%d=b\n", 200_000)},
		{"the largest file", "json", strings.Repeat(" ", 2<<20-len(genuine)) + genuine[:len(genuine)-3] + "x}\n"},
	} {
		props := byS3(t)
		file := part(props, "File")
		file["Key"], file["Format"] = "x."+tt.ending, map[string]string{"env": "dotenv"}[tt.ending]
		if file["Format"] == "" {
			file["Format"] = tt.ending
		}
		b.Put("x."+tt.ending, []byte(tt.content))
		w.fails(w.request("Create", props), defaultTimeout)
		if got := peak(w.process); got >= smallest {
			t.Fatalf("%s: the function has had %d MiB", tt.name, got)
		}
	}
	together := several(t, "overlay", slices.Repeat([][]byte{[]byte(aliased)}, 16)...)
	for _, file := range part(together, "File")["Files"].([]any) {
		file.(map[string]any)["Format"] = "yaml"
	}
	w.fails(w.request("Create", together), defaultTimeout, "the files hold too much together: more than 100000 values")
	if got := peak(w.process); got >= smallest {
		t.Errorf("16 files: the function has had %d MiB", got)
	}
	t.Logf("at most %d MiB", peak(w.process))
}

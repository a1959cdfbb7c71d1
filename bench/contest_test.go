package main

import "testing"

// What is measured of our function still works. (The peer comes from the npm registry.)
func TestOurFunctionHandlesAnEvent(t *testing.T) {
	dir := t.TempDir()
	ours, err := buildOurs(dir)
	if err != nil {
		t.Fatal(err)
	}
	w, err := newWorld(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer w.close()
	if err := w.run(&ours, 1); err != nil {
		t.Error(err)
	}
}

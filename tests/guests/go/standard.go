// What Go's runtime makes of WASI: goroutines over one thread, timers, files, directories.
package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"
)

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func main() {
	if len(os.Args) != 2 || os.Args[1] != "word" || os.Getenv("NAME") != "value" {
		panic(os.Args)
	}
	var group sync.WaitGroup
	results := make(chan int, 100)
	for i := 0; i < 100; i++ {
		group.Add(1)
		go func() {
			defer group.Done()
			time.Sleep(time.Duration(i%7) * time.Millisecond)
			results <- i
		}()
	}
	group.Wait()
	sum := 0
	for i := 0; i < 100; i++ {
		sum += <-results
	}

	for i := 0; i < 20; i++ {
		check(os.MkdirAll(fmt.Sprintf("/tree/%d/below", i), 0o755))
		check(os.WriteFile(fmt.Sprintf("/tree/%d/below/file", i), []byte("text"), 0o644))
	}
	files := 0
	check(filepath.WalkDir("/tree", func(_ string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			files++
		}
		return err
	}))
	if _, err := os.Open("/nowhere"); !errors.Is(err, fs.ErrNotExist) {
		panic(err)
	}
	check(os.RemoveAll("/tree"))
	select {
	case <-time.After(10 * time.Millisecond):
	}
	fmt.Println(sum, files)
}

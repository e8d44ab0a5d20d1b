// What Go's runtime makes of WASI: goroutines over one thread, timers, files, directories, links, times, big reads.
package main

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
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

func must[T any](value T, err error) T {
	check(err)
	return value
}

func expect(holds bool) {
	if !holds {
		panic("not as expected")
	}
}

func links() {
	check(os.WriteFile("/file", []byte("text"), 0o644))
	check(os.Symlink("file", "/soft"))
	check(os.Symlink("nowhere", "/dangling"))
	check(os.Link("/file", "/hard"))
	expect(must(os.Readlink("/soft")) == "file")
	expect(must(os.Lstat("/soft")).Mode()&fs.ModeSymlink != 0)
	expect(must(os.Stat("/soft")).Mode().IsRegular())
	_, err := os.Stat("/dangling")
	expect(errors.Is(err, fs.ErrNotExist))
	check(os.WriteFile("/soft", []byte("through"), 0o644))
	expect(string(must(os.ReadFile("/hard"))) == "through")
	check(os.Rename("/hard", "/renamed"))
	expect(os.SameFile(must(os.Stat("/renamed")), must(os.Stat("/file"))))
	_, err = os.Open("../file/")
	expect(err != nil)
	for _, name := range []string{"/soft", "/dangling", "/renamed", "/file"} {
		check(os.Remove(name))
	}
}

func times() {
	begin := time.Now()
	check(os.WriteFile("/timed", nil, 0o644))
	written := must(os.Stat("/timed")).ModTime()
	// A file system's clock may be behind by a tick.
	expect(written.After(begin.Add(-time.Minute)) && written.Before(time.Now().Add(time.Minute)))
	exact := time.Unix(1_234_567_890, 123_456_789)
	check(os.Chtimes("/timed", exact, exact))
	expect(must(os.Stat("/timed")).ModTime().Equal(exact))
	check(os.Remove("/timed"))
	expect(time.Since(begin) > 0)
}

func bigReads() {
	large := make([]byte, 3<<20+5)
	for i := range large {
		large[i] = byte(i * i >> 8)
	}
	check(os.WriteFile("/large", large, 0o644))
	expect(bytes.Equal(must(os.ReadFile("/large")), large))
	file := must(os.OpenFile("/large", os.O_RDWR, 0))
	part := make([]byte, 1<<20)
	expect(must(file.ReadAt(part, 1<<20+1)) == len(part) && bytes.Equal(part, large[1<<20+1:2<<20+1]))
	_, err := file.ReadAt(part, int64(len(large))-10)
	expect(err == io.EOF)
	expect(must(file.Seek(-5, io.SeekEnd)) == 3<<20)
	expect(must(file.Read(part)) == 5)
	check(file.Truncate(100))
	expect(must(file.Stat()).Size() == 100)
	check(file.Close())
	check(os.Remove("/large"))
	// More random bytes than any buffer of the host holds.
	random := make([]byte, 5<<20)
	expect(must(rand.Read(random)) == len(random) && !bytes.Equal(random[len(random)-32:], make([]byte, 32)))
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
	links()
	times()
	bigReads()
	select {
	case <-time.After(10 * time.Millisecond):
	}
	fmt.Println(sum, files)
}

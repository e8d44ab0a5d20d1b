// A server of HTTP on the socket of `weft run --listen`, whose descriptor is its argument, while timers and other goroutines
// run. It ends after a request for /last.
package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync/atomic"
	"time"
)

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func main() {
	descriptor, err := strconv.Atoi(os.Args[1])
	check(err)
	listener, err := net.FileListener(os.NewFile(uintptr(descriptor), "listener"))
	check(err)

	var ticks atomic.Int64
	go func() {
		for {
			time.Sleep(time.Millisecond)
			ticks.Add(1)
		}
	}()

	ended := make(chan struct{})
	http.HandleFunc("/echo", func(answer http.ResponseWriter, request *http.Request) {
		body, err := io.ReadAll(request.Body)
		check(err)
		_, _ = answer.Write(body)
	})
	// Answers when the clock has gone on: the goroutine that accepts must not keep the one that counts from running.
	http.HandleFunc("/ticked", func(answer http.ResponseWriter, _ *http.Request) {
		for begin := ticks.Load(); ticks.Load() < begin+3; {
			time.Sleep(time.Millisecond)
		}
		fmt.Fprintln(answer, "ticked")
	})
	http.HandleFunc("/last", func(answer http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(answer, "bye")
		close(ended)
	})
	server := &http.Server{}
	go func() { _ = server.Serve(listener) }()
	// Nobody has asked for anything yet.
	for ticks.Load() < 3 {
		time.Sleep(time.Millisecond)
	}
	fmt.Println("ticked alone")
	<-ended
	// The answer to /last is under way.
	check(server.Shutdown(context.Background()))
	fmt.Println("served")
}

// How long a plugin's whole life takes in wazero: an instance of compiled code, one call, and its end.
//
//	wazero-lives FILE EXPORT LIVES
//
// Prints the CPU time of the process, its garbage collector included, for one life, in nanoseconds.
package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"syscall"

	"github.com/tetratelabs/wazero"
)

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func cpuNs() int64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return usage.Utime.Nano() + usage.Stime.Nano()
}

func main() {
	if len(os.Args) != 4 {
		panic("wazero-lives FILE EXPORT LIVES")
	}
	ctx := context.Background()
	lives := must(strconv.ParseInt(os.Args[3], 10, 64))
	runtime := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigCompiler())
	compiled := must(runtime.CompileModule(ctx, must(os.ReadFile(os.Args[1]))))
	live := func() {
		module := must(runtime.InstantiateModule(ctx, compiled, wazero.NewModuleConfig().WithName("")))
		must(module.ExportedFunction(os.Args[2]).Call(ctx))
		if err := module.Close(ctx); err != nil {
			panic(err)
		}
	}
	for i := int64(0); i < lives/10; i++ {
		live()
	}
	begin := cpuNs()
	for i := int64(0); i < lives; i++ {
		live()
	}
	fmt.Println((cpuNs() - begin) / lives)
}
